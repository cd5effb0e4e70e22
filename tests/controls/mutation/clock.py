"""A plugin of pytest that notes which tests pass, and their seconds."""

from __future__ import annotations

from collections import defaultdict

import pytest


class Clock:
    """Seconds of each test, and which failed or skipped."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)
        self._others: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Pytest calls this for each phase of a test."""
        self._seconds[report.nodeid] += report.duration
        if not report.passed:
            self._others.add(report.nodeid)

    @property
    def passed(self) -> dict[str, float]:
        """Tests that passed, with their seconds."""
        return {test: s for test, s in self._seconds.items() if test not in self._others}
