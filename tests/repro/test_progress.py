"""Progress is counted in sweeps; a bar on a terminal, lines now and then in a log."""

from __future__ import annotations

import io

import fake_runs
from rich.console import Console

from repro.engine.progress import Tally, progress_of


def test_tally_adds_sweeps_of_finished_runs_and_those_under_way():
    shown: list[tuple[int, int, str, str]] = []
    first, second = fake_runs.specs(2)
    tally = Tally([first, second], lambda *state: shown.append(state))
    tally.swept(first, 2)
    tally.swept(second, 1)
    tally.finished(first)
    assert shown == [
        (2, 6, "0/2 runs", "cora, tiam, seed 0"),
        (3, 6, "0/2 runs", "cora, tiam, seed 1"),
        (4, 6, "1/2 runs", "cora, tiam, seed 0"),
    ]


def test_progress_in_a_log_is_a_line_now_and_then(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("repro.engine.progress.time.monotonic", lambda: now[0])
    console = Console(file=io.StringIO(), width=30)
    runs = [fake_runs.spec(seed=seed, sweeps=100) for seed in range(2)]
    with progress_of(runs, console) as tally:
        for now[0], sweep in ((4.0, 10), (4.5, 15), (6.0, 30), (7.0, 40), (14.0, 60)):
            tally.swept(runs[0], sweep)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().splitlines() == [
        "0/2 runs, now cora, tiam, seed 0, about 0:17 left",
        "0/2 runs, now cora, tiam, seed 0, about 0:28 left",
    ]


def test_progress_on_a_terminal_is_a_bar_that_says_what_is_left(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("amverify.console.pace.time.monotonic", lambda: now[0])
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    runs = fake_runs.specs(2)
    with progress_of(runs, console) as tally:
        tally.swept(runs[0], 1)
        now[0] = 10.0
        tally.finished(runs[0])
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "1/2 runs" in text
    assert "cora, tiam, seed 0" in text
    assert "about 0:15 left" in text
    assert "0:10" not in text
