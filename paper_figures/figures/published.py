"""Measured against published: every published cell that a table here has a verdict on.

It reads the JSON files that ``python -m repro`` wrote, as ``python -m repro score`` does. On the
line they agree; the band is the 0.02 within which a cell counts as reproduced whatever its
standard error is.
"""

from __future__ import annotations

from matplotlib.figure import Figure

from paper_figures.data.frame import Data, Frame
from paper_figures.data.results import documents, origins
from paper_figures.data.runs import Sources
from paper_figures.drawing.style import COLUMN, PENS, blank, legend_below
from repro.published import load
from repro.published.compare import TOLERANCE
from repro.published.score import score
from repro.tables.parts.request import Protocol, Request

TABLES = ("table2", "table3", "table4", "table5", "table7")
PROTOCOL = Protocol((), (), 0, seeds={})
COLUMNS = ("paper", "cell", "table", "verdict", "published", "measured")
VERDICTS = ("reproduced", "differs", "undecided", "not comparable")


def data(request: Request, sources: Sources) -> Data:
    """A row a published cell with a verdict."""
    found = documents(sources.results, TABLES)
    rows = [
        (
            paper.name,
            one.cell.key,
            one.table,
            one.kind,
            one.cell.value,
            one.cell.value + one.difference,
        )
        for paper in score(load(), found)
        for one in paper.outcomes
        if one.cell.value is not None and one.difference is not None
    ]
    caption = (
        f"Measured against published test accuracy: {len(rows)} cells. On the line both agree; "
        f"grey: within {TOLERANCE}."
    )
    return Data((Frame.of_rows("cells", COLUMNS, rows),), caption, origins(found))


def draw(data: Data) -> Figure:
    """One square panel, a sign for each verdict."""
    figure, (axes,) = blank(COLUMN, 3.5)
    cells = data["cells"]
    both = [*cells.numbers("published"), *cells.numbers("measured")]
    low, high = (min(both) - 0.03, max(both) + 0.03) if both else (0.0, 1.0)
    ends = [low, high]
    below, above = ([x + sign * TOLERANCE for x in ends] for sign in (-1, 1))
    axes.fill_between(ends, below, above, color="0.85", lw=0)
    axes.plot(ends, ends, color="0.4", linewidth=0.7)
    for pen, verdict in zip(PENS, VERDICTS, strict=False):
        own = cells.where(verdict=verdict)
        if len(own):
            style = {**pen.dots(), "mfc": "none", "mew": 0.8}
            label = f"{verdict} ({len(own)})"
            axes.plot(own.numbers("published"), own.numbers("measured"), label=label, **style)
    axes.set(xlim=ends, ylim=ends, xlabel="published", ylabel="measured", aspect="equal")
    legend_below(figure, 2)
    return figure
