"""What ``amverify fit`` does: a run, its estimates with intervals, and the data of its KL plot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from amverify.command.auditing import Request, constants_of, gathered
from amverify.errors import InvalidInput
from amverify.fitted.plot import KLPlot, kl_plot
from amverify.report import write
from amverify.shown.plain import clean

MOST_ITERATIONS = 1_000_000
READ = ("fstar", "theta", "c", "a", "b", "memory")


def fitted(
    subject: str,
    constants: Sequence[str],
    replicate: int,
    seconds: float,
    files: tuple[Path | None, Path | None],
    quiet: bool,
) -> int:
    """Print the estimate unless ``quiet``, write JSON and CSV where files are named; 0.

    Raises:
        InvalidInput: for a constant that a KL plot has no use for, a run without the columns, or
            one with too few resolved points, if nothing else was asked for.
    """
    declared = constants_of(constants)
    for name in declared:
        if name not in READ:
            raise InvalidInput(f"--constant {name}: a KL plot reads {', '.join(READ)}")
    request = Request(subject, (), (), seconds, MOST_ITERATIONS)
    trace, _ = gathered(request, lambda iteration, total: None)
    plot = kl_plot(trace, declared, replicate)
    for path, text in zip(files, (plot.to_json, plot.to_csv), strict=True):
        if path is not None:
            write(path, text())
    if plot.fitted is None and files == (None, None):
        raise InvalidInput(f"{subject}: {plot.notes[0]}")
    if not quiet:
        print(clean(said(plot)))
    return 0


def said(plot: KLPlot) -> str:
    """The lines that are printed."""
    lines = [f"{plot.subject}: {plot.fitted or plot.notes[0]}"]
    if plot.declared:
        told = ", ".join(f"{name} = {value:.6g}" for name, value in plot.declared.items())
        lines.append(f"declared: {told}")
    if plot.fitted is not None:
        lines.append("fitted after the run: it confirms no claim; T6 asks for declared constants")
    return "\n".join(lines)
