"""Theorem × method × data set, a tile each, by verdict: table 10 at a glance.

A tile has a sign besides its shade, so that it can be read in grey.
"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from amverify.verdict import Verdict
from paper_figures.data.frame import Data, Frame
from paper_figures.data.results import documents, origins, shaped
from paper_figures.data.runs import Sources
from paper_figures.drawing.style import PAGE, blank
from repro.tables.parts.request import Protocol, Request

PROTOCOL = Protocol((), (), 0, seeds={})
COLUMNS = ("dataset", "method", "theorem", "verdict")
SHADES = {
    Verdict.HOLDS: ("#009E73", "+", "holds"),
    Verdict.VIOLATED: ("#000000", "×", "violated"),
    Verdict.NOT_APPLICABLE: ("#D9D9D9", "", "not applicable"),
    Verdict.VACUOUS: ("#FFFFFF", "·", "vacuous"),
    Verdict.UNDECIDED: ("#F0E442", "?", "undecided"),
}
"""Colour, sign and name."""


def data(request: Request, sources: Sources) -> Data:
    """A row a verdict of table 10."""
    found = documents(sources.results, ("table10",))
    with shaped("table10"):
        rows = [
            (*(row[name]["text"] for name in COLUMNS[:3]), _verdict(row["verdict"]["text"]))
            for row in found[0]["tables"][0]["rows"]
            if row["verdict"].get("text")
        ]
    caption = "Every theorem on every method and data set; of several seeds the weakest verdict."
    return Data((Frame.of_rows("tiles", COLUMNS, rows),), caption, origins(found))


def _verdict(text: str) -> str:
    """The verdict without how many of the runs gave it."""
    return str(Verdict(text.partition(" (")[0].replace(" ", "_")))


def draw(data: Data) -> Figure:
    """A panel a data set, methods across, theorems down."""
    tiles = data["tiles"]
    datasets, theorems = tiles.levels("dataset"), tiles.levels("theorem")
    height = 1.6 + 0.13 * len(theorems)
    figure, axes = blank(PAGE, min(height, 4.9), 1, len(datasets), sharey=True)
    methods = tiles.levels("method")
    for place, dataset in zip(axes, datasets, strict=True):
        own = tiles.where(dataset=dataset)
        place.set_title(dataset)
        place.plot([], [])
        for method, theorem, verdict in zip(
            *(own.columns[name] for name in COLUMNS[1:]), strict=True
        ):
            _tile(place, methods.index(method), theorems.index(theorem), Verdict(str(verdict)))
        place.set(xlim=(-0.5, len(methods) - 0.5), ylim=(len(theorems) - 0.5, -0.5))
        place.set_xticks(range(len(methods)), methods, rotation=90, fontsize=6)
        place.set_yticks(range(len(theorems)), theorems, fontsize=6)
        place.tick_params(length=0)
        place.spines[:].set_visible(False)
    figure.legend(handles=_key(), loc="outside lower center", ncols=len(SHADES))
    return figure


def _tile(axes: Axes, x: int, y: int, verdict: Verdict) -> None:
    colour, sign, _ = SHADES[verdict]
    box = Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, edgecolor="white", linewidth=0.6)
    axes.add_patch(box)
    ink = "white" if verdict is Verdict.VIOLATED else "black"
    axes.text(x, y, sign, ha="center", va="center", color=ink, fontsize=6)


def _key() -> list[Patch]:
    return [
        Patch(facecolor=colour, edgecolor="0.5", linewidth=0.4, label=f"{name} {sign}".strip())
        for colour, sign, name in SHADES.values()
    ]
