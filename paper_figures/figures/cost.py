"""What a sweep costs as a problem grows: by samples, hidden units and layers, beside its floor.

From table 9's file. A sign is a measured time (least of a run's sweeps, mean over seeds), the thin
line of the same colour what the method cannot do without at the machine's measured rates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from paper_figures.data.frame import Data, Entry, Frame
from paper_figures.data.results import documents, origins, shaped
from paper_figures.data.runs import Sources
from paper_figures.drawing.style import PAGE, PENS, blank, legend_below
from repro.tables.parts.request import Protocol, Request

PROTOCOL = Protocol((), (), 0, seeds={})
COLUMNS = ("dataset", "method", "samples", "units", "layers", "milliseconds", "floor")
AXES = {"samples": "samples", "units": "hidden units a layer", "layers": "hidden layers"}


def data(request: Request, sources: Sources) -> Data:
    """A row a method and size."""
    found = documents(sources.results, ("table9",))
    with shaped("table9"):
        cost = next(table for table in found[0]["tables"] if table["name"] == "cost")
        rows = [_row(row) for row in cost["rows"] if "mean" in row["milliseconds"]]
    datasets = ", ".join(dict.fromkeys(str(row[0]) for row in rows))
    caption = (
        f"Milliseconds a sweep on {datasets}, one size varied at a time. Signs: measured; thin "
        "lines: the operations and bytes that the method cannot do without, at the rates "
        "measured on the same machine."
    )
    return Data((Frame.of_rows("cost", COLUMNS, rows),), caption, origins(found))


def _row(row: Mapping[str, Any]) -> tuple[Entry, ...]:
    layers, units = (int(part) for part in row["hidden"]["text"].split(" × "))
    names = (row[key]["text"] for key in ("dataset", "method"))
    return (
        *names,
        row["samples"]["value"],
        units,
        layers,
        row["milliseconds"]["mean"],
        row["floor"]["value"],
    )


def draw(data: Data) -> Figure:
    """A panel an axis; the others at the sizes that most rows have."""
    frame = data["cost"]
    usual = {axis: max(frame.levels(axis), key=frame.columns[axis].count) for axis in AXES}
    figure, places = blank(PAGE, 2.7, 1, len(AXES), sharey=True)
    for place, (axis, title) in zip(places, AXES.items(), strict=True):
        others = frame.where(**{name: value for name, value in usual.items() if name != axis})
        for pen, method in zip(PENS, frame.levels("method"), strict=False):
            own = others.where(method=method)
            size = own.numbers(axis)
            order = size.argsort()
            time, floor = (own.numbers(name)[order] for name in COLUMNS[-2:])
            place.plot(size[order], time, label=method, **pen.marked(len(order), len(order)))
            place.plot(size[order], floor, color=pen.colour, linewidth=0.5, linestyle=pen.line)
        place.set(xscale="log", yscale="log", xlabel=title)
        ticks = sorted(others.levels(axis))
        place.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        place.minorticks_off()
    places[0].plot([], [], color="0.5", linewidth=0.5, label="floor")
    places[0].set_ylabel("milliseconds a sweep")
    legend_below(figure, len(frame.levels("method")) + 1)
    return figure
