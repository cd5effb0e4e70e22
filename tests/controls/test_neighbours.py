"""The control of busy neighbours: its neighbour ends, and its ratio is the median of the turns'."""

from __future__ import annotations

import subprocess
from typing import Any

import neighbours
import pytest


def test_the_neighbour_spins_meanwhile_and_is_gone_after() -> None:
    with neighbours.neighbour() as spinning:
        assert spinning.poll() is None
    assert spinning.poll() is not None


def test_the_ratio_is_the_median_of_the_turns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[Any] = []
    monkeypatch.setattr(subprocess, "Popen", lambda *args: pytest.fail("no process here"))
    monkeypatch.setattr(neighbours, "neighbour", lambda: _Counted(started))
    times = iter([1.0, 2.0, 2.0, 14.0, 4.0, 12.0])
    monkeypatch.setattr(neighbours, "seconds", lambda run: next(times))
    assert neighbours.ratio("a run", lambda: None, 3) == 3.0
    assert len(started) == 3
    said = (
        "a run: 12.00 s beside one busy process, 2.00 s idle, median of 3 ratios 3.00 (aim 2.5)\n"
    )
    assert capsys.readouterr().out == said


class _Counted:
    def __init__(self, started: list[Any]) -> None:
        self.started = started

    def __enter__(self) -> None:
        self.started.append(self)

    def __exit__(self, *told: object) -> None:
        pass
