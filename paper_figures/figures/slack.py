"""T2's bound against the worst case over all convex functions, at the points of the stored table.

Each point is a choice of p1, p2, p3 and s. The worst case lies between a value that some function
attains and an upper bound with a certificate (:mod:`proofs.pep`, where every number is exact and
checked); here both are drawn, to the eye the same. On the diagonal T2's bound is sharp. Right: with
the best weight instead of T2's; below the line there is descent where T2 promises none.
"""

from __future__ import annotations

from matplotlib.figure import Figure

from paper_figures.data.frame import Data, Frame
from paper_figures.data.runs import Sources
from paper_figures.drawing.style import PAGE, PENS, blank, legend_below
from proofs.pep.table import Row, load
from repro.tables.parts.request import Protocol, Request

PROTOCOL = Protocol((), (), 0, seeds={})
COLUMNS = ("p1", "p2", "p3", "s", "side", "T2", "upper", "attained", "best", "best_attained", "R_z")
SIDES = {"p1 s >= p2": r"$p_1 s \geq p_2$", "p1 s < p2": r"$p_1 s < p_2$"}


def data(request: Request, sources: Sources) -> Data:
    """A row a point; the fractions of the stored table as floats."""
    rows = load()
    caption = (
        f"T2's bound and the worst case at {len(rows)} points (p1, p2, p3, s), modulus 1: the "
        "change of Ψ over the squared lengths of the last two steps, negative where Ψ surely "
        "decreases."
    )
    frame = Frame.of_rows("points", COLUMNS, map(_numbers, rows))
    return Data((frame,), caption, {"table": "proofs/pep/slack.json"})


def _numbers(row: Row) -> tuple[float | str, ...]:
    step = row.step
    side = "p1 s >= p2" if step.coupling >= 0 else "p1 s < p2"
    bounds = (step.bound, row.upper.omega, row.attained.value, row.best.omega)
    parameters = (step.p1, step.p2, step.t - 1, step.s)
    return (
        *map(float, parameters),
        side,
        *map(float, (*bounds, row.best_attained.value, row.family)),
    )


def draw(data: Data) -> Figure:
    """The worst case with T2's weight and with the best one, each against T2's bound."""
    figure, axes = blank(PAGE, 3.0, 1, 2, sharex=True, sharey=True)
    points = data["points"]
    titles = {"upper": "with T2's weight", "best": "with the best weight"}
    for place, (column, title) in zip(axes, titles.items(), strict=True):
        ends = [points.numbers("T2").min(), points.numbers("T2").max()]
        place.plot(ends, ends, color="0.6", linewidth=0.8, label="bound sharp")
        for pen, (side, label) in zip(PENS, SIDES.items(), strict=False):
            own = points.where(side=side)
            style = {
                **pen.dots(),
                "markersize": 3,
                "markerfacecolor": "none",
                "markeredgewidth": 0.7,
            }
            place.plot(own.numbers("T2"), own.numbers(column), label=label, **style)
        place.axhline(0, color="0.6", linewidth=0.6, linestyle=":")
        place.axvline(0, color="0.6", linewidth=0.6, linestyle=":")
        place.set_title(title)
        place.set_xlabel("T2's bound")
    axes[0].set_ylabel("worst case")
    legend_below(figure, 3)
    return figure
