"""Facts on a real run that keeps them, and with one entry of it changed: false, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from amverify.methods.inertia import Inertia
from amverify.methods.joint import JointTIAM
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band, Coupling, Penalty
from amverify.network.initial import gaussian
from amverify.network.layered import LayeredProblem
from amverify.record.layered.run import traced
from amverify.theorems.base import Context, Fact
from amverify.theorems.blockwise import CURVED, FORWARD, MODULI
from amverify.theorems.relative import ORDERED
from amverify.theorems.views import columns, lyapunov, membership, metric, penalty, reach
from amverify.theorems.views import residuals as joint_residuals
from amverify.theorems.views import residuals_penalty as penalty_residuals
from amverify.trace.trace import Trace

Change = Callable[[Trace], Trace]


def run(method: TIAM | JointTIAM, coupling: Coupling) -> Trace:
    """Two layers, with ridges: every level set is bounded."""
    x, y = torch.eye(4, 3, dtype=torch.float64), torch.tensor([0, 1, 0, 1])
    problem = LayeredProblem(x, y, (3, 2, 2), rho=1e-2, mu=0.05, mu_bias=0.05, coupling=coupling)
    start = gaussian(problem.widths, seed=0)
    return traced(method, problem, start, 5, measure_every=1)


KINDS: Mapping[str, Callable[[], Trace]] = {
    "joint": lambda: run(JointTIAM(inertia=0.3), Band(0.1)),
    "penalty": lambda: run(TIAM(), Penalty(1.0)),
    "band": lambda: run(TIAM(StepRule(Inertia(0.3, 0.3, 0.0))), Band(0.1)),
}
whole = cache(lambda kind: KINDS[kind]())


def setting(**changed: Any) -> Change:
    """Other settings."""
    return lambda t: replace(t, header={**t.header, "settings": {**t.settings, **changed}})


def entry(table: str, column: str, value: Any, row: int = -1, kind: bytes | None = None) -> Change:
    """Another number in one row: of a kind of block, its last unless said otherwise."""

    def changed(trace: Trace) -> Trace:
        own = trace.table(table)
        rows = np.arange(trace.rows(table))
        if kind is not None:
            rows = rows[own["kind"] == kind]
        column_ = own[column].copy()
        at = rows[row]
        column_[at] = value(column_[at]) if callable(value) else value
        return replace(trace, **{table: {**own, column: column_}})  # type: ignore[arg-type]

    return changed


@dataclass(frozen=True)
class Case:
    """A fact, what breaks it in a kind of run, and what is then said."""

    kind: str
    fact: Fact
    change: Change
    said: str


def far(x: float) -> float:
    """A number that no rounding explains."""
    return 2 * x + 1


CASES = {
    "a weight is lost": Case(
        "band", columns.CARRIED, entry("blocks", "delta_next", far, 0), ", but the block left "
    ),
    "a displacement is lost": Case(
        "band", columns.CARRIED, entry("blocks", "inertia", far), "differs from the last step's"
    ),
    "F is another": Case(
        "band", columns.CONSISTENT, entry("sweeps", "value", far), "the reported F moved by"
    ),
    "ε falls": Case(
        "band", columns.CONSTANT_EPS, entry("sweeps", "eps", 0.01), "ε falls from 0.1 to 0.01"
    ),
    "the curvature is negative": Case(
        "band", CURVED, entry("blocks", "bend", -1.0), "so H is not convex"
    ),
    "a modulus is negative": Case(
        "band", MODULI, entry("blocks", "modulus", -1.0), "modulus is negative"
    ),
    "p3 is negative": Case("band", FORWARD, entry("blocks", "t", 0.5), "p3"),
    "a_l comes before z_l": Case(
        "band", ORDERED, entry("blocks", "kind", b"q", 0, b"z"), "is not updated after z_1"
    ),
    "a length in a metric is lost": Case(
        "joint", metric.METRIC_CARRIED, entry("blocks", "metric_before", far), "in its old metric"
    ),
    "a first displacement": Case(
        "joint", metric.METRIC_CARRIED, entry("blocks", "metric_before", 1.0, 0), ", sweep 1: "
    ),
    "the band is left": Case(
        "joint", metric.FEASIBLE, entry("measures", "infeasible", 0.5), "is violated by 0.5"
    ),
    "the start is outside": Case(
        "joint", metric.FEASIBLE, setting(starts_feasible=False), "the start lies outside the band"
    ),
    "an update in no metric": Case(
        "joint", lyapunov.KEPT, entry("blocks", "update", b"other"), "its update is 'other'"
    ),
    "an update that TIAM has not": Case(
        "penalty", lyapunov.MOVING, entry("blocks", "update", b"other"), "its update is 'other'"
    ),
    "a run without a penalty": Case(
        "penalty", penalty.PENALISED, setting(coupling="band"), "no run of TIAM under a penalty"
    ),
    "Ψ is another": Case(
        "joint", lyapunov.POTENTIAL, entry("sweeps", "lyapunov", far), "the reported Ψ moved by"
    ),
    "ϑ above 1": Case("joint", lyapunov.FLOORS, setting(margin=1.5), "ϑ is above 1"),
    "ϑ below 0": Case("joint", lyapunov.FLOORS, setting(margin=-0.5), "is to be not negative"),
    "a metric below its floor": Case(
        "joint", lyapunov.FLOORS, setting(mu=1e9, mu_bias=1e9, rho=1e9, floor=1e9), "‖e‖²_M < λ⁻"
    ),
    "w is not the sum": Case(
        "joint", joint_residuals.ADDED, entry("sweeps", "joint_residual", far), "is not the sum"
    ),
    "a distance above ‖w‖": Case(
        "joint", membership.MEMBER, entry("measures", "residual_joint", 1e9), "is above ‖w^k‖"
    ),
    "no ridge": Case("joint", joint_residuals.RIDGES, setting(mu=0.0), "μ = 0: level sets may be"),
    "no penalty to hold a": Case(
        "penalty", penalty_residuals.RIDGES, setting(nu=0.0), "ν = 0: level sets may be unbounded"
    ),
    "a weight beyond ω": Case(
        "joint", joint_residuals.BOUNDED, entry("blocks", "norm", 1e20, -1, b"V"), "fails"
    ),
    "a weight beyond ω, under a penalty": Case(
        "penalty", penalty_residuals.BOUNDED, entry("blocks", "norm", 1e20, -1, b"W"), "‖W_l‖ ≤ ω"
    ),
    "a modulus beyond its bound": Case(
        "penalty", penalty_residuals.BOUNDED, entry("blocks", "modulus", 1e20, -1, b"W"),
        "a modulus of W_l is above L̄",
    ),
    "t beyond 2s": Case(
        "penalty", penalty_residuals.SIGNS, entry("blocks", "t", 9.0), "1 ≤ t ≤ 2s is asked"
    ),
    "more inertia than was set": Case(
        "penalty", penalty_residuals.SIGNS, entry("blocks", "p2", 50.0, -1, b"W"),
        "is larger than the settings allow",
    ),
    "t in a joint block": Case(
        "joint", joint_residuals.SIGNS, entry("blocks", "t", 1.5, -1, b"y"), "are asked"
    ),
    "more inertia than was set, in a metric": Case(
        "joint", joint_residuals.SIGNS, entry("blocks", "p2", 50.0, -1, b"V"),
        "is larger than the settings allow",
    ),
    "R without a bound": Case(
        "joint", reach.BELOW, setting(loss_infimum=float("-inf")), "R has no lower bound"
    ),
    "h without a constant": Case(
        "joint", reach.BELOW, setting(activation_lipschitz=float("inf")), "no Lipschitz constant"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_run_that_breaks_a_fact_is_told_where(name: str) -> None:
    case = CASES[name]
    trace = whole(case.kind)
    kept = case.fact.check(Context(trace))
    assert kept.holds is True, kept.detail
    broken = case.fact.check(Context(case.change(trace)))
    assert broken.holds is False, broken.detail
    assert case.said in broken.detail
