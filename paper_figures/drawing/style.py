"""One style for all figures: a paper's column widths, small type, pens told apart without colour.

The colours are those of Okabe & Ito (2008), which colour-blind readers tell apart; each pen has a
line style and a marker of its own besides, for print without colour.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper_figures.data.frame import Vector

COLUMN, PAGE = 3.3, 6.9
"""Inches: a column, and both."""
RC: dict[str, Any] = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "legend.columnspacing": 1.2,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.5,
    "axes.formatter.use_mathtext": True,
    "savefig.dpi": 220,
    "svg.fonttype": "path",
    "svg.hashsalt": "amverify",
    "pdf.fonttype": 42,
}


@dataclass(frozen=True)
class Pen:
    """Colour, line style and marker."""

    colour: str
    line: Any
    marker: str

    def plain(self) -> dict[str, Any]:
        """A line without markers."""
        return {"color": self.colour, "linestyle": self.line}

    def marked(self, count: int, marks: int = 7, shift: float = 0.0) -> dict[str, Any]:
        """A line of ``count`` points with a few markers, from a share ``shift`` of a gap on."""
        gap = max(1, count // marks)
        every = (int(shift * gap), gap)
        return {**self.plain(), "marker": self.marker, "markevery": every}

    def dots(self) -> dict[str, Any]:
        """Markers without a line."""
        return {"color": self.colour, "linestyle": "none", "marker": self.marker}


PENS = (
    Pen("#000000", "-", "o"),
    Pen("#0072B2", (0, (5, 1.5)), "s"),
    Pen("#D55E00", (0, (1, 1)), "^"),
    Pen("#009E73", (0, (5, 1.5, 1, 1.5)), "D"),
    Pen("#CC79A7", (0, (8, 1.5)), "v"),
    Pen("#E69F00", (0, (3, 1, 1, 1, 1, 1)), "P"),
    Pen("#56B4E9", (0, (2, 2)), "X"),
    Pen("#7F7F7F", (0, (1, 2.5)), "*"),
)


@contextmanager
def styled() -> Iterator[None]:
    """Within it, figures are drawn and saved in this style, whatever the user's own is."""
    with mpl.rc_context():
        mpl.rcdefaults()
        parameters: Any = mpl.rcParams
        parameters.update(RC)
        yield


def blank(
    width: float, height: float, rows: int = 1, columns: int = 1, **shared: Any
) -> tuple[Figure, list[Axes]]:
    """An empty figure of so many inches, and its axes row by row."""
    figure = Figure(figsize=(width, height), layout="constrained")
    made = np.atleast_1d(np.asarray(figure.subplots(rows, columns, **shared)))
    return figure, list(made.ravel())


def legend_below(figure: Figure, columns: int, *of: Axes) -> None:
    """One legend for all axes, under them, never on the data; each label of ``of`` once."""
    found: dict[str, Any] = {}
    for axes in of or figure.axes[:1]:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    figure.legend(list(found.values()), list(found), loc="outside lower center", ncols=columns)


def geometric(values: Vector) -> Vector:
    """The geometric mean over the first axis; (seeds, n) → (n,)."""
    found: Vector = np.exp(np.log(values).mean(axis=0))
    return found
