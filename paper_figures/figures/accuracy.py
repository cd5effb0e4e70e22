"""Test accuracy against sweeps and against seconds, with the spread over seeds.

The configurations are those of table 2. Seconds are time inside the sweeps alone, from clocks that
differ from run to run: each seed's accuracy is read at common times, as the last that it had had.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper_figures.data.frame import Data, Frame, Vector
from paper_figures.data.runs import Sources, provenance
from paper_figures.drawing.style import PAGE, PENS, Pen, blank, legend_below
from repro.full_batch.configurations import LABELS, configuration
from repro.spec import RunSpec
from repro.tables.parts.full_batch import ALSO, DATASETS, SWEEPS, place, runs_of
from repro.tables.parts.request import Protocol, Request

METHODS = ("gd", "adam", "mdlam", "tiam", "joint_tiam")
PROTOCOL = Protocol(("digits",), METHODS, SWEEPS, also=(*DATASETS, *ALSO))
COLUMNS = ("method", "seed", "sweep", "seconds", "test_accuracy")
TIMES = 160


def specifications(method: str, dataset: str, request: Request) -> tuple[RunSpec, ...]:
    """The runs of one method, one a seed."""
    own = configuration(method, dataset)
    return runs_of(request, dataset, own.method, dict(own.settings), own.dtype)


def data(request: Request, sources: Sources) -> Data:
    """A row a run and sweep."""
    name = request.datasets[0]
    sources.laboratory.need([name])
    specs = {one: specifications(one, name, request) for one in request.methods}
    runs = sources.laboratory.run([spec for own in specs.values() for spec in own])
    rows = []
    for method, own in specs.items():
        for spec in own:
            curves = runs[spec].result.curves
            pairs = zip(curves["seconds"], curves["test_accuracy"], strict=True)
            rows += [(method, spec.seed, k, *pair) for k, pair in enumerate(pairs, start=1)]
    places = sorted({place(run.provenance) for run in runs.values()})
    caption = (
        f"Test accuracy on {name}, table 2's configurations; mean over seeds "
        f"{', '.join(map(str, request.seeds))}, the band from the least to the greatest. Seconds "
        f"in the sweeps alone, on {'; '.join(places)}."
    )
    return Data((Frame.of_rows("accuracy", COLUMNS, rows),), caption, provenance(runs))


def draw(data: Data) -> Figure:
    """Against sweeps and against seconds, on one scale of accuracy."""
    figure, (left, right) = blank(PAGE, 2.5, 1, 2, sharey=True)
    frame = data["accuracy"]
    for number, method in enumerate(frame.levels("method")):
        own = frame.where(method=method)
        seeds = [own.where(seed=seed) for seed in own.levels("seed")]
        pen, shift = PENS[number], number / len(frame.levels("method"))
        accuracies = [seed.numbers("test_accuracy") for seed in seeds]
        _band(left, seeds[0].numbers("sweep"), np.stack(accuracies), pen, shift, LABELS[method])
        clocks = [seed.numbers("seconds") for seed in seeds]
        times, values = at_common_times(clocks, accuracies)
        _band(right, times, values, pen, shift, LABELS[method])
    left.set_xlabel("sweep")
    left.set_ylabel("test accuracy")
    right.set_xscale("log")
    right.set_xlabel("seconds")
    legend_below(figure, 5)
    return figure


def at_common_times(clocks: list[Vector], values: list[Vector]) -> tuple[Vector, Vector]:
    """Times (n,) that every run has come to, and what each run had last had then, (runs, n)."""
    first = max(float(clock[0]) for clock in clocks)
    last = min(float(np.nanmax(clock)) for clock in clocks)
    times: Vector = np.geomspace(first, max(last, first), TIMES)
    found = [
        own[np.maximum(np.searchsorted(clock, times, side="right") - 1, 0)]
        for clock, own in zip(clocks, values, strict=True)
    ]
    return times, np.stack(found)


def _band(axes: Axes, x: Vector, values: Vector, pen: Pen, shift: float, label: str) -> None:
    axes.fill_between(x, values.min(0), values.max(0), color=pen.colour, alpha=0.15, lw=0)
    axes.plot(x, values.mean(0), label=label, **pen.marked(len(x), 6, shift))
