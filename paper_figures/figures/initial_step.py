"""How much the initial step size matters: accuracy against α₀, for each kind of step size.

The runs are those of table 8's second table: one meta-rate for all, α₀ from 10⁻⁴ to 1. A run that
diverged has no accuracy and no point.
"""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure

from paper_figures.data.frame import Data, Frame
from paper_figures.data.runs import Sources, provenance
from paper_figures.drawing.style import COLUMN, PENS, blank, legend_below
from repro.minibatch.names import LABELS, SAMT
from repro.minibatch.tuning import RATES
from repro.minibatch.workloads import EPOCHS, Workload, specification
from repro.tables.parts.request import Protocol, Request

SEEDS = {"quick": (0,), "paper": tuple(range(10))}
ALSO = ("fashion_mnist", "mnist")
PROTOCOL = Protocol(("digits",), tuple(SAMT), EPOCHS, seeds=SEEDS, also=ALSO)
COLUMNS = ("method", "alpha", "seed", "test_accuracy")


def data(request: Request, sources: Sources) -> Data:
    """A row a kind, initial step size and seed."""
    workload = Workload(request.datasets[0], "mlp")
    sources.laboratory.need([workload.dataset])
    rates = RATES if request.profile == "paper" else RATES[::2]
    specs = {
        (kind, rate, seed): specification(workload, kind, (("alpha", rate),), seed, request.sweeps)
        for kind in request.methods
        for rate in rates
        for seed in request.seeds
    }
    runs = sources.laboratory.run(list(specs.values()))
    ends = {key: runs[spec].result.curves["test_accuracy"][-1] for key, spec in specs.items()}
    rows = [(*key, end if math.isfinite(end) else None) for key, end in ends.items()]
    caption = (
        f"Test accuracy on {workload} after {request.sweeps} epochs against the initial step size; "
        f"mean over seeds {', '.join(map(str, request.seeds))}, the band from the least to the "
        "greatest."
    )
    return Data((Frame.of_rows("accuracy", COLUMNS, rows),), caption, provenance(runs))


def draw(data: Data) -> Figure:
    """One panel, a line a kind."""
    figure, (axes,) = blank(COLUMN, 2.9)
    frame = data["accuracy"]
    for number, kind in enumerate(frame.levels("method")):
        own, pen = frame.where(method=kind), PENS[number]
        rates = own.levels("alpha")
        values = np.stack([own.where(alpha=rate).numbers("test_accuracy") for rate in rates])
        known = np.isfinite(values).all(axis=1)
        x, found = np.array(rates)[known], values[known]
        axes.fill_between(x, found.min(1), found.max(1), color=pen.colour, alpha=0.12, lw=0)
        style = {**pen.plain(), "marker": pen.marker}
        axes.plot(x, found.mean(1), label=LABELS[kind], **style)
    axes.set(xscale="log", xlabel=r"initial step size $\alpha_0$", ylabel="test accuracy")
    legend_below(figure, 2)
    return figure
