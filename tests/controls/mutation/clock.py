"""A plugin of pytest that notes which tests pass, and the processor's seconds that they take."""

from __future__ import annotations

import os
import time
from collections import defaultdict

import pytest


class Clock:
    """Seconds of each test, and which failed (in their order) or skipped."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)
        self._others: set[str] = set()
        self._began = 0.0
        self.failed: list[str] = []

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Pytest calls this before a test."""
        self._began = _spent()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Pytest calls this after each phase of a test."""
        self._seconds[report.nodeid] = _spent() - self._began
        if not report.passed:
            self._others.add(report.nodeid)
        if report.failed:
            self.failed.append(report.nodeid)

    @property
    def passed(self) -> dict[str, float]:
        """Tests that passed, with their seconds."""
        return {test: s for test, s in self._seconds.items() if test not in self._others}


def _spent() -> float:
    """By this process and by those that it has waited for."""
    children = os.times()
    return time.process_time() + children.children_user + children.children_system
