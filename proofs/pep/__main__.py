"""The table of slack: ``python -m proofs.pep``; exit 1 if a point is undecided or refused."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track
from rich.table import Table

from amverify.console.entry import INTERRUPTED
from amverify.console.screen import Screen
from amverify.console.shell import run
from amverify.files import write
from proofs.kernel.polynomial import Refused
from proofs.pep import region
from proofs.pep.table import STORED, Row, grid, load, row, save
from proofs.script.multipliers import Undecided

EPILOG = """Examples:

\b
python -m proofs.pep                         the stored table, every number checked again
python -m proofs.pep search --json new.json  find all certificates anew (extra pep)
python -m proofs.pep --csv slack.csv
"""
NAME = "python -m proofs.pep"
STATUSES: dict[type[Exception], int] = {Refused: 1}
app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="How far T2's bound is from the worst case, by performance estimation.",
    epilog=EPILOG,
)
Csv = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the numbers.")]
COLUMNS = ("p1", "p2", "p3", "s", "c", "T2", "worst case ≤", "≥", "slack", "best δ ≤", "≥", "𝓡_z")


def cells(r: Row) -> list[str]:
    """A row for print, to five decimals (the file has the exact fractions)."""
    s = r.step
    numbers = [s.p1, s.p2, s.t - 1, s.s, s.coupling]
    bounds = [s.bound, r.upper.omega, r.attained.value, r.slack, r.best.omega,
              r.best_attained.value, r.family]  # fmt: skip
    return [f"{float(x):g}" for x in numbers] + [f"{float(x):+.5f}" for x in bounds]


def summary(rows: Sequence[Row]) -> str:
    """What the table says, in three lines."""
    sides = {"p1 s ≥ p2": [r for r in rows if r.step.coupling >= 0],
             "p1 s < p2": [r for r in rows if r.step.coupling < 0]}  # fmt: skip
    found = [
        f"{len(rows)} points, each upper bound with an exact certificate, each lower bound attained"
    ]
    for name, some in sides.items():
        if not some:
            continue
        most = max(r.slack for r in some)
        low = max(r.step.bound - r.attained.value for r in some)
        gained = [r for r in some if r.best.omega < 0 <= r.step.bound]
        found.append(
            f"{name}: {len(some)} points; T2's largest slack lies between "
            f"{float(max(most, Fraction(0))):.5f} and {float(low):.5f}; "
            f"a weight exists outside T2's region at {len(gained)}"
        )
    far = max(abs(r.family - r.best.omega) for r in rows)
    found.append(f"𝓡_z and the best weight's worst case differ by {float(far):.5f} at most")
    return "\n".join(found)


def _show(rows: Sequence[Row], out: Path | None) -> None:
    table = Table(box=None, pad_edge=False)
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for r in rows:
        table.add_row(*cells(r))
    Screen(width=120).print(table)
    print(summary(rows))
    if out is not None:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(cells(r) for r in rows)
        write(out, text.getvalue())


@app.callback(invoke_without_command=True)
def stored(
    context: typer.Context,
    csv_: Csv = None,
    file: Annotated[Path, typer.Option("--file", metavar="FILE", help="A saved table.")] = STORED,
) -> None:
    """Check a stored table, number by number, and print it; needs no solver."""
    if context.invoked_subcommand is not None:
        return
    rows = load(file)
    for found in rows:
        found.check()
    region.decrease()
    _show(rows, csv_)


@app.command()
def search(
    points: Annotated[int | None, typer.Option(min=1, help="Only the first so many.")] = None,
    json_: Annotated[Path, typer.Option("--json", metavar="FILE", help="Where to.")] = STORED,
    csv_: Csv = None,
) -> None:
    """Find every certificate anew; Ctrl-C keeps the points that are finished."""
    rows, undecided, stopped = [], 0, False
    console = Screen(stderr=True)
    try:
        for step in track(list(grid())[:points], "worst cases", console=console):
            try:
                rows.append(row(step))
            except Undecided as why:
                undecided += 1
                console.print(f"{step}: undecided: {why}")
    except KeyboardInterrupt:
        stopped = True
    if rows:
        save(rows, {p: version(p) for p in ("cvxpy", "clarabel", "numpy")}, json_)
        _show(rows, csv_)
    raise typer.Exit(INTERRUPTED if stopped else int(undecided > 0))


if __name__ == "__main__":
    sys.exit(run(app, NAME, statuses=STATUSES))
