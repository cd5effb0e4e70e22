"""A bar for downloads, drawn by rich: pass what it yields to ``repro.data.load``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.progress import TransferSpeedColumn as SpeedColumn

from amverify.console.screen import Screen
from repro.data.download import ProgressHook


@contextmanager
def download_bar(console: Console | None = None) -> Iterator[ProgressHook]:
    """Yield a hook that shows one bar per file on ``console`` (standard error if None)."""
    shown = console or Screen(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), SpeedColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=shown, transient=True) as bars:

        def hook(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total)
            bars.update(tasks[name], completed=done, total=total)

        yield hook
