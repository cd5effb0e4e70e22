"""What is shown while runs go on, on standard error.

On a terminal a bar (runs done, time left, what runs now); elsewhere, in a log say, a plain
line every few seconds. Work is counted in sweeps; what is left is by the pace of late.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from amverify.console.pace import Pace, about
from repro.engine.errors import described
from repro.spec import RunSpec

PLAIN_INTERVAL = 5.0  # seconds between lines where there is no terminal

# Displays: sweeps done, sweeps in all, runs done of how many, what runs now.
Show = Callable[[int, int, str, str], None]


class Tally:
    """Counts sweeps and runs and shows the state after each change."""

    def __init__(self, specs: Sequence[RunSpec], show: Show) -> None:
        self.total = sum(spec.sweeps for spec in specs)
        self.runs = len(specs)
        self.finished_runs = 0
        self.finished_sweeps = 0
        self.under_way: dict[RunSpec, int] = {}
        self.show = show

    def swept(self, spec: RunSpec, sweep: int) -> None:
        """``spec`` has done ``sweep`` sweeps."""
        self.under_way[spec] = sweep
        self.update(spec)

    def finished(self, spec: RunSpec) -> None:
        """``spec`` is finished."""
        self.under_way.pop(spec, None)
        self.finished_runs += 1
        self.finished_sweeps += spec.sweeps
        self.update(spec)

    def update(self, spec: RunSpec) -> None:
        """Show the state, ``spec`` being the run that something was last heard of."""
        done = self.finished_sweeps + sum(self.under_way.values())
        self.show(done, self.total, f"{self.finished_runs}/{self.runs} runs", described(spec))


@contextmanager
def progress_of(specs: Sequence[RunSpec], console: Console) -> Iterator[Tally]:
    """A tally of ``specs`` shown on ``console`` for as long as the context lasts."""
    if not console.is_terminal:
        yield Tally(specs, plain_lines(console))
        return
    bar = Progress(
        TextColumn("{task.fields[runs]}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.description}", markup=False),
        console=console,
        transient=True,
        expand=True,
    )
    task = bar.add_task("starting", total=None, runs=f"0/{len(specs)} runs", left="")
    pace = Pace()

    def show(done: int, total: int, runs: str, now: str) -> None:
        left = about(pace.left(done, total))
        bar.update(task, completed=done, total=total, runs=runs, left=left, description=now)

    with bar:
        yield Tally(specs, show)


def plain_lines(console: Console) -> Show:
    """Shows a line now and then, for logs."""
    pace, last = Pace(), time.monotonic()

    def show(done: int, total: int, runs: str, now: str) -> None:
        nonlocal last
        moment, seconds = time.monotonic(), pace.left(done, total)
        if moment - last < PLAIN_INTERVAL:
            return
        last = moment
        left = "" if seconds is None else f", {about(seconds)}"
        console.print(f"{runs}, now {now}{left}", markup=False, highlight=False, soft_wrap=True)

    return show
