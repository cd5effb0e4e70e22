"""Lines and branches that were run, a line per room: python -m tests.controls.mutation.rooms."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import coverage
from rich.console import Console
from rich.table import Table

PARTS = ("lines", "lines missed", "branches", "branches missed")
Counts = tuple[int, int, int, int]


def room(name: str) -> str:
    """``amverify/judge`` of ``amverify/judge/ruling.py``, ``amverify`` of what stands beside it."""
    parts = Path(name).parts
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def counted(data: coverage.Coverage) -> dict[str, Counts]:
    """What was run and missed of each file that was measured."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        data.json_report(outfile=file.name)
        files = json.loads(Path(file.name).read_text())["files"]
    keys = ("num_statements", "missing_lines", "num_branches", "missing_branches")
    return {name: tuple(one["summary"][key] for key in keys) for name, one in files.items()}


def summed(counts: Iterable[Counts]) -> Counts:
    """All together."""
    a, b, c, d = (sum(part) for part in zip(*counts, strict=True))
    return a, b, c, d


def share(of: int, missed: int) -> str:
    """In per cent, rounded down."""
    return f"{(1000 * (of - missed) // of) / 10:.1f} %" if of else "-"


def table(files: dict[str, Counts]) -> Table:
    """The rooms, the packages, and all."""
    rooms: dict[str, list[Counts]] = defaultdict(list)
    for name, counts in files.items():
        rooms[room(name)].append(counts)
    table = Table("room", *PARTS, "line", "branch")
    rows = [(name, summed(own)) for name, own in sorted(rooms.items())]
    for package in sorted({name.split("/")[0] for name in rooms}):
        mine = [c for name, c in rows if name.split("/")[0] == package]
        rows.append((f"all of {package}", summed(mine)))
    rows.append(("all", summed(files.values())))
    for name, (lines, gone, branches, untaken) in rows:
        numbers = map(str, (lines, gone, branches, untaken))
        table.add_row(name, *numbers, share(lines, gone), share(branches, untaken))
    return table


def main() -> int:
    """Prints the table of the data file that coverage is told of."""
    data = coverage.Coverage()
    data.load()
    Console(width=110).print(table(counted(data)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
