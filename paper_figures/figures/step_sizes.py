"""What SAMT learns: step sizes by layer and kind, epoch by epoch.

Each kind starts from its tuned α₀ (table 8). A line is the median over the entries of a layer's α,
the band reaches from the least to the greatest; both are over the factor that the schedule has come
to, so what is seen is what was learned.
"""

from __future__ import annotations

from matplotlib.figure import Figure

from paper_figures.data.frame import Data, Entry, Frame
from paper_figures.data.runs import Sources, provenance
from paper_figures.drawing.style import PAGE, PENS, blank, legend_below
from repro.minibatch.names import LABELS, TRAINED
from repro.minibatch.tuning import configuration
from repro.minibatch.workloads import EPOCHS, Workload, specification
from repro.spec import RunResult
from repro.tables.parts.request import Protocol, Request

SEEDS = {"quick": (0,), "paper": (0,)}
ALSO = ("fashion_mnist", "mnist")
PROTOCOL = Protocol(("digits",), tuple(TRAINED), EPOCHS, seeds=SEEDS, also=ALSO)
STATISTICS = ("least", "median", "greatest")
COLUMNS = ("method", "layer", "epoch", *STATISTICS)


def data(request: Request, sources: Sources) -> Data:
    """A row a kind, layer and epoch."""
    workload = Workload(request.datasets[0], "mlp")
    sources.laboratory.need([workload.dataset])
    chosen = {kind: configuration(kind, workload)[0] for kind in request.methods}
    specs = {
        kind: specification(workload, kind, settings, request.seeds[0], request.sweeps)
        for kind, settings in chosen.items()
    }
    runs = sources.laboratory.run(list(specs.values()))
    rows = [row for kind, spec in specs.items() for row in _rows(kind, runs[spec].result)]
    caption = (
        f"SAMT's step sizes on {workload}, seed {request.seeds[0]}: median, and from the least to "
        "the greatest, over the entries of each layer's α, apart from the schedule."
    )
    return Data((Frame.of_rows("steps", COLUMNS, rows),), caption, provenance(runs))


def _rows(kind: str, result: RunResult) -> list[tuple[Entry, ...]]:
    rows: list[tuple[Entry, ...]] = []
    layer = 1
    while f"alpha_{layer}_median" in result.curves:
        curves = [result.curves[f"alpha_{layer}_{what}"] for what in STATISTICS]
        rows += [(kind, layer, k, *own) for k, own in enumerate(zip(*curves, strict=True), 1)]
        layer += 1
    return rows


def draw(data: Data) -> Figure:
    """A panel a layer."""
    frame = data["steps"]
    layers = frame.levels("layer")
    figure, axes = blank(PAGE, 2.5, 1, len(layers), sharey=True)
    for place, layer in zip(axes, layers, strict=True):
        for number, kind in enumerate(frame.levels("method")):
            own, pen = frame.where(layer=layer, method=kind), PENS[number]
            epochs = own.numbers("epoch")
            low, middle, high = (own.numbers(what) for what in STATISTICS)
            place.fill_between(epochs, low, high, color=pen.colour, alpha=0.12, lw=0)
            place.plot(epochs, middle, label=LABELS[kind], **pen.marked(len(own), 4, number / 4))
        place.set(yscale="log", title=f"layer {layer}", xlabel="epoch")
    axes[0].set_ylabel(r"step size $\alpha$")
    legend_below(figure, 4)
    return figure
