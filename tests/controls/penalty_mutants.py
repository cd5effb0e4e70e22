"""A right run of TIAM under a penalty and faulty ones, for the theorems on its whole run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from edits import FLIP, column, lagging, not_a_number, times, unset
from joint_mutants import settings
from subjects import Subject
from support.problems import parameters
from support.problems import problem as layered
from test_sweep_mutants import stale_block, step_doubled, weight_too_large

from amverify.methods.inertia import Inertia
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Penalty
from amverify.record.layered.run import traced
from amverify.trace.trace import Trace

NAME = "TIAM, ridges"
RULE = StepRule(Inertia(0.5, 0.5, 0.3), scale=1.1)
KL = {"theta": 0.5, "c": 1e6, "fstar": 0.0}
"""A KL inequality that the points of this short run satisfy, with room."""
WHOLE_RUN = ("TPsi", "TBp", "TRp", "TC0", "TK", "TC")
Patch = Callable[[pytest.MonkeyPatch], None]
Edit = Callable[[Trace], Trace]


def run(patch: Patch | None = None, rule: StepRule = RULE, **options: Any) -> Trace:
    """Twelve sweeps on a small network, every one measured, with or without a fault."""
    given = {"mu": 0.05, "mu_bias": 0.03, "coupling": Penalty(0.7)} | options
    p = layered((4, 3, 3), 5, seed=3, **given)
    with pytest.MonkeyPatch.context() as context:
        if patch is not None:
            patch(context)
        return traced(TIAM(rule), p, parameters(p, 3), 12, measure_every=1)


@cache
def right() -> Trace:
    """The right run."""
    return run()


SUBJECTS = {NAME: Subject(right, WHOLE_RUN, KL)}


def residuals(factor: float) -> Edit:
    """Every residual times a factor, in both tables."""

    def edit(trace: Trace) -> Trace:
        trace = column("blocks", "residual", times(factor**2))(trace)
        return column("measures", "residual_block", times(factor))(trace)

    return edit


def _edits() -> Iterator[tuple[str, Edit, dict[str, float]]]:
    for fault, change in (("of the row before", lagging), ("of the wrong sign", FLIP)):
        yield f"ΔF {fault}", column("blocks", "change", change), {}
    yield "NaN in the trace", column("blocks", "step", not_a_number), {}
    yield "L × 0.1", column("blocks", "modulus", times(0.1)), {}
    yield "δ' × 2.5", column("blocks", "delta_next", times(2.5)), {}
    yield "δ recorded as 0", column("blocks", "delta", unset), {}
    yield "‖u‖² × 10⁸", column("blocks", "norm", times(1e8)), {}
    yield "residuals × 3", residuals(3.0), {}
    yield "residuals × 10¹⁰", residuals(1e10), {}
    yield "γ recorded × ½", column("blocks", "gamma", times(0.5)), {}
    yield "s recorded × 2", settings(scale=2.2), {}
    yield "p3 recorded as 0", settings(inertia=[0.5, 0.5, 0.0]), {}
    yield "p1 and p2 recorded as 0", settings(inertia=[0.0, 0.0, 0.3]), {}
    yield "ν recorded × 10⁻⁶", settings(nu=0.7e-6), {}
    yield "ρ recorded × 10⁻⁶", settings(rho=0.4e-6), {}
    yield "c of KL × 10⁻⁹", lambda trace: trace, {"c": 1e-3}
    yield "Ψ × 10⁻¹⁰", column("sweeps", "lyapunov", times(1e-10)), {}
    yield "objective of the previous iterate", column("sweeps", "value", lagging), {}
    yield "ϑ recorded as 0.9", settings(margin=0.9), {}
    yield "ridges recorded × 100", settings(mu=5.0, mu_bias=3.0), {}
    yield "no ridge on b, told", settings(mu_bias=0.0), {}


def faults() -> Iterator[tuple[str, str, Callable[[], Trace], dict[str, float]]]:
    """Fault, subject, the faulty run, and wrong constants."""
    patches: dict[str, Patch] = {
        "step doubled": step_doubled,
        "block left stale": stale_block,
        "weight δ' × 1.1": weight_too_large,
    }
    for name, patch in patches.items():
        yield name, NAME, (lambda patch=patch: run(patch)), {}
    free = StepRule(Inertia(0.5, 0.5, 0.3), safeguard="none")
    yield "not certified", NAME, (lambda: run(rule=free)), {}
    for name, edit, constants in _edits():
        yield name, NAME, (lambda edit=edit: edit(right())), constants
