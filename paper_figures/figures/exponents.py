"""Fitted KL exponents with their intervals, against the known truth of each family.

The runs are those of ``python -m amverify.families.coverage``, fewer of them; how often the
intervals hold the truth stands in docs/kl.md. An interval that misses is drawn filled.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from amverify.errors import InvalidInput
from amverify.families.coverage import CASES
from amverify.fitted.exponent import of_points
from paper_figures.data.frame import Data, Entry, Frame
from paper_figures.data.kept import kept
from paper_figures.data.runs import Sources
from paper_figures.drawing.style import COLUMN, PENS, blank
from repro.tables.parts.request import Protocol, Request

PROTOCOL = Protocol((), (), 0, seeds={"quick": tuple(range(6)), "paper": tuple(range(40))})
COLUMNS = ("family", "seed", "truth", "fitted", "low", "high")
MODULES = ("amverify.families", "amverify.fitted", "amverify.numbers")
NAMES = {"valley": "$x^4 + y^2$", "power": "$|x|^p$", "least_squares": "least squares"}


def data(request: Request, sources: Sources) -> Data:
    """A row a run that gave enough points."""

    def compute() -> Frame:
        return Frame.of_rows("exponents", COLUMNS, _fits(request.seeds))

    frame = kept(sources, "exponents", request.seeds, MODULES, compute)
    caption = (
        "Fitted exponent minus the true one with its interval, one run a seed "
        f"({len(request.seeds)} seeds a family); filled where the interval misses the truth. "
        "Between 1e-4 and −1e-4 the scale is linear."
    )
    return Data((frame,), caption, {"code": list(MODULES)})


def _fits(seeds: tuple[int, ...]) -> Iterator[tuple[Entry, ...]]:
    for family, case in CASES.items():
        for seed in seeds:
            points, truth = case(seed)
            try:
                found = of_points(points).theta
            except InvalidInput:
                continue
            yield family, seed, truth.theta, found.value, found.low, found.high


def draw(data: Data) -> Figure:
    """A column of intervals for each family."""
    figure, (axes,) = blank(COLUMN, 2.8)
    frame = data["exponents"]
    families = frame.levels("family")
    for number, family in enumerate(families):
        own, pen = frame.where(family=family), PENS[number]
        truth, at, low, high = (own.numbers(name) for name in COLUMNS[2:])
        places = number + np.linspace(-0.3, 0.3, len(own)) if len(own) > 1 else np.array([number])
        axes.vlines(places, low - truth, high - truth, color=pen.colour, linewidth=1.0)
        missed = (low > truth) | (truth > high)
        for some, fill in ((~missed, "white"), (missed, pen.colour)):
            style = {**pen.dots(), "mfc": fill, "mew": 0.7, "markersize": 3}
            axes.plot(places[some], (at - truth)[some], **style)
    axes.axhline(0, color="0.6", linewidth=0.6)
    axes.set_yscale("symlog", linthresh=1e-4)
    names = [NAMES.get(family, family) for family in families]
    axes.set_xticks(range(len(families)), names, rotation=30, ha="right")
    axes.set_ylabel(r"fitted $\theta$ minus true $\theta$")
    return figure
