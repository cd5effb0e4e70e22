"""``cache status`` and ``cache prune``: what is kept of finished runs, and what can go."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from repro.engine.kept import STATES, Kept, kept_in, prune


def print_status(folder: Path, screen: Console) -> None:
    """Show by data set how many runs of which version are kept, and how much room they take.

    Raises :class:`amverify.errors.InvalidInput` where there is no such folder.
    """
    kept = kept_in(folder)
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column("Data set")
    for title in (*STATES, "size"):
        shown.add_column(title, justify="right")
    for name in dict.fromkeys(own.path.parent.name for own in kept):
        shown.add_row(name, *_counts(own for own in kept if own.path.parent.name == name))
    shown.add_row("all", *_counts(kept))
    screen.print(shown)
    if any(own.state != STATES[0] for own in kept):
        screen.print(Text("what is not of this version is never read: python -m repro cache prune"))


def prune_cache(folder: Path, screen: Console) -> None:
    """Remove what no run under this code reads, and say how much that was."""
    gone = prune(folder)
    screen.print(Text(f"{folder}: {len(gone)} files removed, {size(gone)} freed"), soft_wrap=True)


def _counts(kept: Iterable[Kept]) -> list[str]:
    own = list(kept)
    numbers = [sum(one.state == state for one in own) for state in STATES]
    return [*(str(number) if number else "·" for number in numbers), size(own)]


def size(kept: Iterable[Kept]) -> str:
    """Bytes of the files together."""
    return f"{sum(own.size for own in kept) / 2**20:.1f} MiB"
