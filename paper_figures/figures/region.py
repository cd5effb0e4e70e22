r"""The admissible region 𝓡 in the plane of (p1, p2), and what runs do at its points.

T2: Ψ has a weight with which it decreases if 2s/t − 1 − p2² > 2|p1 s − p2|, t = 1 + p3.
Performance estimation found a larger region where p1 s < p2 (:mod:`proofs.pep.region`, 𝓡_z). A run
at each point of a grid, without a safeguard, shows T2's verdict, whether F rose in a sweep, and by
how much it grew. The theorem speaks of the worst case: a run that falls outside 𝓡 contradicts
nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from amverify.report import from_json
from amverify.verdict import Verdict
from paper_figures.data.frame import Data, Entry, Frame
from paper_figures.data.runs import Sources, provenance
from paper_figures.drawing.style import COLUMN, blank
from proofs.pep.interpolation import Step
from proofs.pep.region import best
from repro.engine import FinishedRun
from repro.spec import RunSpec, Setting
from repro.tables.criticality import HIDDEN
from repro.tables.parts.full_batch import ACTIVATION
from repro.tables.parts.request import Protocol, Request

GRID = tuple(round(0.15 * i, 2) for i in range(9))
SHARED: dict[str, Setting] = {
    **{"rho": 1.0, "mu": 0.05, "epsilon": 1e-3},
    **{"p3": 0.0, "s": 1.0, "steps": "exact", "safeguard": "none"},
}
CLAIMS = ("T2", "M3")
PROTOCOL = Protocol(("few_digits",), (), 40, seeds={"quick": (0,), "paper": (0,)})
COLUMNS = ("p1", "p2", *CLAIMS, "growth")
SHAPES = {Verdict.HOLDS: "o", Verdict.NOT_APPLICABLE: "s"}
MOST = 6.0
"""Decades of growth at the end of the scale of colours."""
DARK = 2.0
"""Decades from where a cross on the colour has to be white."""
HIGHEST = 1.7
STEPS = 12
"""Of bisection: the border of 𝓡_z to a thousandth."""


def specification(p1: float, p2: float, request: Request) -> RunSpec:
    """The audited run at one point."""
    settings = tuple(sorted({**SHARED, "p1": p1, "p2": p2}.items()))
    sweeps, seed = request.sweeps, request.seeds[0]
    (name,) = request.datasets
    return RunSpec(name, "tiam", settings, HIDDEN, ACTIVATION, sweeps, seed, "float64", CLAIMS)


def data(request: Request, sources: Sources) -> Data:
    """A row a point, and the two borders."""
    sources.laboratory.need(request.datasets)
    specs = {(p1, p2): specification(p1, p2, request) for p1, p2 in product(GRID, GRID)}
    runs = sources.laboratory.run(list(specs.values()))
    rows = ((*point, *_seen(runs[spec])) for point, spec in specs.items())
    caption = (
        f"TIAM at each (p1, p2), p3 = 0, s = 1, exact moduli, no safeguard: {request.sweeps} "
        f"sweeps on 30 digits, float64, seed {request.seeds[0]}. Colour: decades by which F "
        "grew from the first sweep to the last, cut off at the scale's ends; a cross where F "
        "rose in some sweep (M3 violated)."
    )
    frames = (
        Frame.of_rows("points", COLUMNS, rows),
        Frame.of_rows("borders", ("region", "p1", "p2"), borders()),
    )
    return Data(frames, caption, provenance(runs))


def _seen(run: FinishedRun) -> tuple[Entry, ...]:
    report = from_json(run.result.report)
    values = [v for v in run.result.curves["objective"] if math.isfinite(v)]
    return (*(str(report[claim].verdict) for claim in CLAIMS), math.log10(values[-1] / values[0]))


def borders() -> Iterator[tuple[str, float, float]]:
    """The curves where 𝓡 (in closed form) and 𝓡_z (by bisection in p2) end, for p3 = 0, s = 1."""
    for side, name in ((1, "R, p1 s > p2"), (-1, "R, p1 s < p2")):
        for p2 in np.linspace(0, 1, 41).tolist():
            yield name, p2 + side * (1 - p2 * p2) / 2, p2
    for p1 in np.linspace(0, 1, 21).tolist():
        low, high = p1, HIGHEST
        for _ in range(STEPS):
            middle = (low + high) / 2
            at = (Fraction(x).limit_denominator(10**4) for x in (p1, middle, 1, 1))
            low, high = (middle, high) if best(Step(*at)).bound < 0 else (low, middle)
        yield "R_z", p1, low


def draw(data: Data) -> Figure:
    """Points over the borders, one square panel."""
    figure, (axes,) = blank(COLUMN, 3.9)
    points, shown = data["points"], None
    for verdict in points.levels("T2"):
        own = points.where(T2=verdict)
        said = verdict.replace("_", " ").lower()
        shown = axes.scatter(
            own.numbers("p1"),
            own.numbers("p2"),
            c=np.clip(own.numbers("growth"), -1, MOST),
            vmin=-1,
            vmax=MOST,
            cmap="cividis_r",
            s=34,
            marker=SHAPES.get(Verdict(verdict), "D"),
            edgecolors="black",
            linewidths=0.5,
            label=f"T2 {said}",
            zorder=3,
        )
    rose = points.where(M3=str(Verdict.VIOLATED))
    light = ["white" if growth > DARK else "black" for growth in rose.numbers("growth")]
    cross: dict[str, Any] = {"s": 12, "marker": "x", "c": light, "linewidths": 0.7, "zorder": 4}
    axes.scatter(rose.numbers("p1"), rose.numbers("p2"), label="$F$ rose", **cross)
    _borders(axes, data["borders"])
    axes.set(xlabel="$p_1$", ylabel="$p_2$", xlim=(-0.1, 1.3), ylim=(-0.1, HIGHEST), aspect="equal")
    if shown is not None:
        bar = figure.colorbar(shown, ax=axes, shrink=0.8, extend="both")
        bar.set_label(r"$\log_{10}\, F_{\rm last}/F_{\rm first}$")
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def _borders(axes: Axes, frame: Frame) -> None:
    for name in frame.levels("region"):
        own = frame.where(region=name)
        p1, p2 = own.numbers("p1"), own.numbers("p2")
        kept = (p1 > -0.1) & (p2 < HIGHEST)
        label = {"R, p1 s > p2": r"border of $\mathcal{R}$", "R_z": r"border of $\mathcal{R}_z$"}
        line = "--" if name == "R_z" else "-"
        style: dict[str, Any] = {"color": "0.35", "linestyle": line, "linewidth": 1.2, "zorder": 2}
        axes.plot(p1[kept], p2[kept], label=label.get(name), **style)
