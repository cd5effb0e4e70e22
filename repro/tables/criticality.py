r"""Where the published scheme stops: F, the block-wise and the joint residual, run to convergence.

A small problem, so that thousands of sweeps are affordable: 30 digits of three classes, two
hidden layers, float64, the same ρ and μ for all, ε constant. (ρ is small beside μ, so that the
ridge and not the last sweep's z moves V, and ε is tiny: the sides of the band that entries sit on
make F piecewise along directions in which it is nearly flat, with slopes of the order of ε, and a
run drifts there for thousands of sweeps.) With the band, TIAM moves z_l and
a_l one after the other; each is balanced at the end, the pair is not, and the joint residual stays.
JointTIAM, and TIAM with a penalty instead of the band, go on.

Besides: what inertia does. JointTIAM without any, with p2 alone (c = 0: felt by a_l alone), with
live inertia (c ≠ 0 in V and z_L), and with over-relaxation instead: sweeps until the joint residual
is ``FALL`` times what it was when first measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import fmean

import numpy as np

from repro.engine import FinishedRun, Laboratory
from repro.render import Cell, Column, Document, Number, Table, Text
from repro.spec import RunSpec, Setting
from repro.tables.parts.full_batch import document
from repro.tables.parts.measures import Group, group
from repro.tables.parts.request import Protocol, Request
from repro.tables.parts.verdicts import judged

SWEEPS = 1200
HIDDEN = (6, 5)
FALL = 1e-4
SHARED: dict[str, Setting] = {"rho": 0.03, "mu": 0.3}
BAND: dict[str, Setting] = {"epsilon": 1e-6}
TRIPLE: dict[str, Setting] = {"p1": 0.65, "p2": 0.65, "p3": 0.2, "s": 1.0, "steps": "exact"}


def _joint(s: float, p3: float, c: float, p2: float) -> tuple[str, dict[str, Setting]]:
    return "joint_tiam", {**BAND, "s": s, "p3": p3, "c": c, "p2": p2}


SUBJECTS: dict[str, tuple[str, dict[str, Setting]]] = {
    "tiam": ("tiam", {**BAND, **TRIPLE}),
    "tiam_penalty": ("tiam", {"nu": 1.0, **TRIPLE}),
    "joint_relaxed": _joint(1.05, 0.2, 0.0, 0.0),
    "joint_still": _joint(1.2, 0.0, 0.0, 0.0),
    "joint_coupled": _joint(1.2, 0.0, 0.0, 0.4),
    "joint_live": _joint(1.2, 0.0, 0.4, 0.4),
}
LABELS = {
    "tiam": "TIAM, band (as published)",
    "tiam_penalty": "TIAM, penalty",
    "joint_relaxed": "JointTIAM, over-relaxed",
    "joint_still": "JointTIAM, p = 0",
    "joint_coupled": "JointTIAM, c = 0",
    "joint_live": "JointTIAM, c = 0.4 (TH)",
}
PROTOCOL = Protocol(("few_digits",), tuple(SUBJECTS), SWEEPS)
COLUMNS = (
    Column("method", "Method"),
    Column("objective", "Final F", right=True),
    Column("blockwise", "Block-wise residual", right=True),
    Column("first", "Joint residual, first", right=True),
    Column("joint", "Joint residual, last", right=True),
    Column("fall", "Fell by a factor of", right=True),
    Column("least", "At least", right=True),
    Column("sweeps", f"Median sweeps to {FALL:g} of the first", right=True),
    Column("model_gap", "Model gap fell by at least", right=True),
    Column("tk", "TK"),
)


def specifications(subject: str, dataset: str, request: Request) -> tuple[RunSpec, ...]:
    """The runs of one subject, one a seed: traced, so that residuals are measured."""
    method, own = SUBJECTS[subject]
    settings = tuple(sorted({**SHARED, **own}.items()))
    claims = ("C1", "TK") if method == "joint_tiam" else ("C1",)
    return tuple(
        RunSpec(dataset, method, settings, HIDDEN, "relu", request.sweeps, seed, "float64", claims)
        for seed in request.seeds
    )


def make(request: Request, laboratory: Laboratory) -> Document:
    """The document of the table."""
    datasets = laboratory.available(request.datasets)
    (name,) = datasets
    specs = {one: specifications(one, name, request) for one in request.methods}
    runs = laboratory.run([spec for some in specs.values() for spec in some])
    table = Table(
        name="criticality",
        title="Where each scheme stops",
        columns=COLUMNS,
        rows=tuple((Text(LABELS[one]), *_cells(own, runs)) for one, own in specs.items()),
        caption=(
            f"30 digits of three classes, {' and '.join(map(str, HIDDEN))} hidden ReLU "
            f"units, ρ = {SHARED['rho']}, μ = {SHARED['mu']}, ε = {BAND['epsilon']}, "
            f"{request.sweeps} sweeps, float64, seeds {', '.join(map(str, request.seeds))}. F and "
            "residuals: geometric means over the seeds; “at least”: over all of them. "
            "Penalty: ν = 1, another F. Model gap: by how much the models of a sweep's blocks fall "
            "together, first sweep over the greatest of the last ten, the least over the seeds. "
            "TK: its envelope over all sweeps."
        ),
    )
    return document("criticality", (table,), datasets, runs)


def _cells(specs: tuple[RunSpec, ...], runs: Mapping[RunSpec, FinishedRun]) -> tuple[Cell, ...]:
    measured = group(specs, runs)
    blockwise, joint = (_measured(measured, f"residual_{name}") for name in ("block", "joint"))
    first, last = [own[0][1] for own in joint], [own[-1][1] for own in joint]
    falls = [start / end if end else math.inf for start, end in zip(first, last, strict=True)]
    reached = [_sweeps_to(FALL, own) for own in joint]
    median = float(np.median(reached)) if reached else math.inf
    return (
        _mean([run.result.curves["objective"][-1] for run in measured.finite.values()], ".5g"),
        _mean([own[-1][1] for own in blockwise]),
        _mean(first),
        _mean(last),
        _mean(falls),
        Number(min(falls, default=None), ".2e"),
        Number(
            median if math.isfinite(median) else None,
            "g",
            f"{np.isfinite(reached).sum()}/{len(reached)}",
        ),
        Number(min(map(_fall, _measured(measured, "model_gap")), default=None), ".2e"),
        _chain(specs, runs),
    )


def _chain(specs: tuple[RunSpec, ...], runs: Mapping[RunSpec, FinishedRun]) -> Text:
    if "TK" not in specs[0].claims:
        return Text("—")
    found = judged(specs, runs)["TK"]
    return Text(found.verdict_text(), found.configuration)


def _fall(curve: list[tuple[int, float]]) -> float:
    """The first value over the last ten's greatest: a gap below its rounding is not a fall."""
    last = max(abs(value) for _, value in curve[-10:])
    return curve[0][1] / last if last else math.inf


def _measured(runs: Group, curve: str) -> list[list[tuple[int, float]]]:
    """Run by run, the sweeps after which ``curve`` was measured, with its values."""
    curves = [run.result.curves.get(curve, []) for run in runs.finite.values()]
    found = [[(k, v) for k, v in enumerate(own, 1) if math.isfinite(v)] for own in curves]
    return [own for own in found if own]


def _sweeps_to(share: float, curve: list[tuple[int, float]]) -> float:
    """The first sweep that it was measured at and was at most ``share`` of its first value."""
    return next((float(k) for k, value in curve if value <= share * curve[0][1]), math.inf)


def _mean(values: list[float], form: str = ".2e") -> Number:
    """The geometric mean."""
    positive = bool(values) and min(values) > 0
    return Number(math.exp(fmean(map(math.log, values))) if positive else None, form)
