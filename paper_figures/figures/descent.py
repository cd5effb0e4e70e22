r"""F and Ψ sweep by sweep on one problem, and where a safeguard stepped in.

Five methods minimise the same F (digits; same ρ, μ and a constant ε). A theorem promises descent of
Ψ, F plus a weighted ‖Δ‖² per block, not of F. One TIAM asks for inertia inside the admissible
region 𝓡, one outside; the ``certified`` safeguard reduces what it cannot certify, mDLAM's redoes
a block that raised F. Below: how many blocks of each sweep that concerned.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from paper_figures.data.frame import Data, Frame
from paper_figures.data.runs import Sources, provenance
from paper_figures.drawing.style import PAGE, PENS, blank, legend_below
from repro.spec import RunSpec, Setting
from repro.tables.parts.full_batch import ACTIVATION, HIDDEN
from repro.tables.parts.request import Protocol, Request

SHARED: dict[str, Setting] = {"rho": 1.0, "mu": 0.05, "epsilon": 1e-3}
EXACT: dict[str, Setting] = {"s": 1.0, "steps": "exact"}


def _tiam(p1: float, p2: float, p3: float, safeguard: str) -> tuple[str, dict[str, Setting]]:
    return "tiam", {"p1": p1, "p2": p2, "p3": p3, "safeguard": safeguard, **EXACT}


SUBJECTS: dict[str, tuple[str, dict[str, Setting]]] = {
    "palm": _tiam(0.0, 0.0, 0.0, "none"),
    "mdlam": ("mdlam", {"steps": "exact"}),
    "tiam": _tiam(0.65, 0.65, 0.2, "certified"),
    "tiam_outside": _tiam(0.9, 0.2, 0.5, "certified"),
    "joint_tiam": ("joint_tiam", {"s": 1.05, "p3": 0.2, "c": 0.0, "p2": 0.0}),
}
LABELS = {
    "palm": "PALM",
    "mdlam": "mDLAM",
    "tiam": r"TIAM, asked inside $\mathcal{R}$",
    "tiam_outside": r"TIAM, asked outside $\mathcal{R}$",
    "joint_tiam": "JointTIAM",
}
PROTOCOL = Protocol(
    ("digits",), tuple(SUBJECTS), 60, seeds={"quick": (0,), "paper": (0,)}, also=("few_digits",)
)
COLUMNS = ("method", "sweep", "F", "Psi", "reduced")


def specification(subject: str, dataset: str, request: Request) -> RunSpec:
    """The audited run of one method: T1 makes it leave rows of every block's step."""
    method, own = SUBJECTS[subject]
    settings = tuple(sorted({**SHARED, **own}.items()))
    sweeps, seed = request.sweeps, request.seeds[0]
    return RunSpec(dataset, method, settings, HIDDEN, ACTIVATION, sweeps, seed, "float64", ("T1",))


def data(request: Request, sources: Sources) -> Data:
    """A row a method and sweep."""
    name = request.datasets[0]
    sources.laboratory.need([name])
    specs = {one: specification(one, name, request) for one in request.methods}
    runs = sources.laboratory.run(list(specs.values()))
    rows = []
    for subject, spec in specs.items():
        curves = runs[spec].result.curves
        reduced = curves.get("reduced", [float("nan")] * spec.sweeps)
        for k, (value, lyapunov, blocks) in enumerate(
            zip(curves["objective"], curves["lyapunov"], reduced, strict=True), start=1
        ):
            rows.append((subject, k, value, lyapunov, blocks))
    caption = (
        f"F, Lyapunov function and safeguard on {name}: {' and '.join(map(str, HIDDEN))} hidden "
        f"ReLU units, ρ = {SHARED['rho']}, μ = {SHARED['mu']}, ε = {SHARED['epsilon']}, exact "
        f"moduli, float64, seed {request.seeds[0]}. Inside: (p1, p2, p3) = (0.65, 0.65, 0.2), "
        "outside: (0.9, 0.2, 0.5), both certified. Below: blocks of the sweep whose inertia the "
        "safeguard reduced; JointTIAM has none to reduce."
    )
    return Data((Frame.of_rows("sweeps", COLUMNS, rows),), caption, provenance(runs))


def draw(data: Data) -> Figure:
    """F, Ψ and the safeguard's work side by side."""
    figure, axes = blank(PAGE, 2.4, 1, 3)
    axes[1].sharey(axes[0])
    sweeps = data["sweeps"]
    titles = ("objective $F$", r"Lyapunov function $\Psi$", "blocks that a safeguard changed")
    for place, column, title in zip(axes, COLUMNS[2:], titles, strict=True):
        for number, (subject, label) in enumerate(LABELS.items()):
            own = sweeps.where(method=subject)
            values = own.numbers(column)
            if np.isfinite(values).any():
                style = PENS[number].marked(len(own), 6, number / len(LABELS))
                place.plot(own.numbers("sweep"), values, label=label, **style)
        place.set_title(title)
        place.set_xlabel("sweep")
    for place in axes[:2]:
        place.set_yscale("log")
    legend_below(figure, len(LABELS))
    return figure
