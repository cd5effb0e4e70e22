"""Instances that no verdict can rest on, in floats and exactly, on a run that goes past rounding.

TIAM on four samples until its steps drown in rounding (``examples/exact_rows.py``), in float64: the
share of T1's, T2's and T3's instances, part by part of the run, that floats decide, that only the
same rows worked out in exact arithmetic decide, and that stay open.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from amverify.judge.audit import audit
from amverify.methods.inertia import Inertia
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network.activations import activation
from amverify.network.coupling import Band
from amverify.network.initial import gaussian
from amverify.network.layered import LayeredProblem
from amverify.network.losses import CrossEntropy
from amverify.record.exact.run import traced_exactly
from amverify.trace.trace import Trace
from paper_figures.data.frame import Data, Entry, Frame
from paper_figures.data.kept import kept
from paper_figures.data.runs import Sources
from paper_figures.drawing.style import PAGE, blank, legend_below
from repro.engine.provenance import DECIDING, JUDGING
from repro.tables.parts.request import Protocol, Request

SWEEPS, PARTS = 600, 12
PROTOCOL = Protocol((), (), 0, seeds={})
MODULES = (*DECIDING, *JUDGING)
CLAIMS = ("T1", "T2", "T3")
COLUMNS = ("theorem", "sweep", "instances", "in_floats", "exactly")
PARTS_OF: dict[str, dict[str, Any]] = {
    "decided in floats": {"color": "0.85", "edgecolor": "0.4", "linewidth": 0.6},
    "decided exactly alone": {"color": "#56B4E9", "edgecolor": "#0072B2", "hatch": "////"},
    "not decided": {"color": "#000000", "linewidth": 0},
}


def data(request: Request, sources: Sources) -> Data:
    """A row a theorem and part of the run; what is open is counted from the start."""
    asked = (SWEEPS, PARTS, *CLAIMS)
    frame = kept(
        sources, "undecided", asked, MODULES, lambda: Frame.of_rows("undecided", COLUMNS, _open())
    )
    caption = (
        f"TIAM in float64 for {SWEEPS} sweeps on four samples: the share of each theorem's "
        f"instances in {SWEEPS // PARTS} sweeps each that are decided in floats, only in exact "
        "arithmetic, and not at all."
    )
    return Data((frame,), caption, {"code": list(MODULES)})


def _open() -> Iterator[tuple[Entry, ...]]:
    """What is open after each part of the run."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(4, 3, dtype=torch.float64, generator=draw)
    y = torch.tensor([0, 1, 0, 1])
    relu, loss = activation("relu"), CrossEntropy()
    problem = LayeredProblem(x, y, (3, 3, 2), 1.0, 0.1, Band(0.05), relu, loss)
    method = TIAM(StepRule(Inertia(0.6, 0.6, 0.3)))
    trace, exact = traced_exactly(method, problem, gaussian(problem.widths, 0), sweeps=SWEEPS)
    for part in range(1, PARTS + 1):
        sweep = SWEEPS * part // PARTS
        begun = _until(trace, sweep)
        floats = audit(begun, CLAIMS).findings
        exactly = audit(begun, CLAIMS, exact=exact).findings
        for before, after in zip(floats, exactly, strict=True):
            left = [own.counts.total - own.counts.settled for own in (before, after)]
            yield before.theorem, sweep, before.counts.total, *left


def _until(trace: Trace, sweep: int) -> Trace:
    """The run as if it had ended there."""
    blocks, sweeps, measures = (
        {key: column[table["sweep"] <= sweep] for key, column in table.items()}
        for table in map(trace.table, ("blocks", "sweeps", "measures"))
    )
    return Trace(trace.header, blocks, sweeps, measures)


def draw(data: Data) -> Figure:
    """A panel a theorem, a bar a part of the run."""
    frame = data["undecided"]
    theorems = frame.levels("theorem")
    figure, places = blank(PAGE, 2.5, 1, len(theorems), sharey=True)
    for place, theorem in zip(places, theorems, strict=True):
        own = frame.where(theorem=theorem)
        ends, total, floats, exactly = (
            np.diff(own.numbers(name), prepend=0) if name != "sweep" else own.numbers(name)
            for name in COLUMNS[1:]
        )
        shares = (total - floats, floats - exactly, exactly)
        base = np.zeros(len(own))
        for (label, look), share in zip(PARTS_OF.items(), shares, strict=True):
            height = 100 * share / total
            width = 0.8 * ends[0]
            place.bar(ends - ends[0] / 2, height, width, base, label=label, **look)
            base = base + height
        place.set(title=theorem, xlabel="sweep", ylim=(0, 100))
    places[0].set_ylabel("% of the instances")
    legend_below(figure, len(PARTS_OF))
    return figure
