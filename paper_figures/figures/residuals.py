r"""Block-wise and joint residual: where the published scheme stops, and what goes on.

With the band, TIAM moves z_l and a_l one after the other: they come to rest where neither moves
alone, but the pair would, and dist(0, ∂F) stays where it is. JointTIAM moves the two together; a
penalty instead of the band makes another F, in which no two blocks share a nonsmooth term. The runs
are those of ``python -m repro criticality``.
"""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure

from paper_figures.data.frame import Data, Frame
from paper_figures.data.runs import Sources, provenance
from paper_figures.drawing.style import PAGE, PENS, blank, geometric, legend_below
from repro.tables.criticality import LABELS, PROTOCOL, specifications
from repro.tables.parts.request import Protocol, Request

SUBJECTS = ("tiam", "tiam_penalty", "joint_relaxed", "joint_live")
SEEDS = {**PROTOCOL.seeds, "quick": (0,)}
PROTOCOL = Protocol(PROTOCOL.datasets, SUBJECTS, PROTOCOL.sweeps, seeds=SEEDS)
RESIDUALS = {
    "residual_block": "block-wise residual",
    "residual_joint": r"joint residual, dist$(0, \partial F)$",
}
COLUMNS = ("method", "seed", "sweep", *RESIDUALS)


def data(request: Request, sources: Sources) -> Data:
    """A row a run and sweep at which residuals were measured."""
    (name,) = request.datasets
    sources.laboratory.need([name])
    specs = [s for one in request.methods for s in specifications(one, name, request)]
    runs = sources.laboratory.run(specs)
    rows = []
    for subject in request.methods:
        for spec in specifications(subject, name, request):
            block, joint = (runs[spec].result.curves[key] for key in RESIDUALS)
            for k, pair in enumerate(zip(block, joint, strict=True), start=1):
                if all(map(math.isfinite, pair)):
                    rows.append((subject, spec.seed, k, *pair))
    caption = (
        f"Residuals over {request.sweeps} sweeps on 30 digits of three classes, float64, ε = 1e-6; "
        f"geometric means over seeds {', '.join(map(str, request.seeds))}, the band from the least "
        "to the greatest. Both are at most the length of the least element of ∂F, block by block "
        "or of all blocks together."
    )
    return Data((Frame.of_rows("residuals", COLUMNS, rows),), caption, provenance(runs))


def draw(data: Data) -> Figure:
    """The two residuals side by side, on one logarithmic scale."""
    figure, axes = blank(PAGE, 2.5, 1, 2, sharey=True)
    frame = data["residuals"]
    for place, (column, title) in zip(axes, RESIDUALS.items(), strict=True):
        for number, subject in enumerate(frame.levels("method")):
            own = frame.where(method=subject)
            seeds = [own.where(seed=seed) for seed in own.levels("seed")]
            k = seeds[0].numbers("sweep")
            values = np.stack([seed.numbers(column) for seed in seeds])
            pen = PENS[number]
            place.fill_between(k, values.min(0), values.max(0), color=pen.colour, alpha=0.15, lw=0)
            style = pen.marked(len(k), 6, number / 4)
            place.plot(k, geometric(values), label=LABELS[subject], **style)
        place.set_yscale("log")
        place.set_title(title)
        place.set_xlabel("sweep")
    axes[0].set_ylabel("length")
    legend_below(figure, 4)
    return figure
