"""T4: false with a band and said not to apply there; never violated under a penalty."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.long import few
from support.problems import PIECEWISE_LINEAR, parameters, problem

from amverify.judge.audit import audit
from amverify.methods.bcd import BCD
from amverify.methods.dladmm import DlADMM
from amverify.methods.inertia import Inertia
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM, TIAMState, mdlam, palm
from amverify.network.activations import activation, leaky_relu
from amverify.network.coupling import Band, Penalty
from amverify.network.initial import start
from amverify.network.layered import LayeredProblem, Point
from amverify.network.losses import SquaredError
from amverify.network.residual import residual
from amverify.record.layered.run import Tracer, traced
from amverify.theorems.relative import T4, nu
from amverify.trace.trace import Trace
from amverify.verdict import Verdict

EPS, PULL = 0.1, 1e-6


def column(*entries: float) -> torch.Tensor:
    return torch.tensor(entries, dtype=torch.float64).reshape(-1, 1)


def held_by_its_interval(coupling: Band | Penalty) -> tuple[LayeredProblem, Point]:
    """Three samples, widths (1, 1, 1), z_1 on the edge of [a − ε, a + ε]; the fit draws a inwards.

    pre_1 = 0, so z_1's gradient is z_1 = (1, −2, 1), and only its interval holds it there.
    """
    z, side = column(1, -2, 1), column(1, -1, 1)
    a = z + EPS * side
    p = LayeredProblem(
        column(-1, 0, 1), a - PULL * side, (1, 1, 1), 1.0, 0.0, coupling,
        activation("identity"), SquaredError(), representation="dense",
    )  # fmt: skip
    zero, one = column(0), column(1)
    return p, Point([zero, one], [zero.clone(), zero.clone()], [z, a.clone()], [a])


def run(method: TIAM, p: LayeredProblem, at: Point, sweeps: int, every: int = 1) -> Trace:
    """A trace from a given point."""
    first, _ = start(p, (at.w, at.b))
    still = Point(*([torch.zeros_like(u) for u in g] for g in (at.w, at.b, at.z, at.a)))
    recorded = replace(method, record=True)
    state = TIAMState(first, at.copy(), still, {}, {})
    tracer = Tracer(recorded, p, state)
    for k in range(1, sweeps + 1):
        before, state = state, recorded.sweep(p, state)
        tracer.after(k, before, state, k % every == 0)
    return tracer.trace({"subject": "from a point"})


METHODS = [palm(), TIAM(StepRule(Inertia(0.5, 0.5, 0.3)))]


@pytest.mark.parametrize("method", METHODS, ids=["PALM", "certified"])
def test_a_band_leaves_a_residual_of_root_six_and_t4_says_that_it_does_not_apply(method):
    trace = run(method, *held_by_its_interval(Band(EPS)), 16)
    step = np.sqrt(trace.sweeps["step"][trace.measures["sweep"]])
    found = trace.measures["residual_block"]
    assert 0 < step[-1] < 1e-9
    assert found[-1] == pytest.approx(math.sqrt(6), rel=1e-6)
    finding = audit(trace, ["T4"])["T4"]
    assert finding.verdict == Verdict.NOT_APPLICABLE
    assert "the interval of z_l moves when a_l is updated after it" in finding.reason


def test_without_the_fact_the_band_would_accuse_it():
    """The inequality itself fails: the fact is what keeps a false theorem from being claimed."""
    trace = run(palm(), *held_by_its_interval(Band(EPS)), 16)
    bare = replace(T4, facts=(), hypotheses=())
    assert audit(trace, [bare])["T4"].verdict == Verdict.VIOLATED


@pytest.mark.parametrize("part", few(range(4), keep=1))
@settings(deadline=None, max_examples=10)
@given(
    widths=st.lists(st.integers(1, 6), min_size=2, max_size=5),
    samples=st.integers(2, 8),
    act=st.sampled_from(PIECEWISE_LINEAR),
    loss=st.sampled_from(["cross_entropy", "squared_error"]),
    weight=st.sampled_from([1e-3, 0.3, 5.0]),
    rho=st.sampled_from([1e-2, 0.4, 3.0]),
    inertia=st.tuples(st.floats(-0.5, 0.9), st.floats(-0.5, 0.9), st.floats(0, 0.8)),
    safeguard=st.sampled_from(["none", "monotone", "certified"]),
    steps=st.sampled_from(["exact", "backtracking"]),
    seed=st.integers(0, 10**6),
)
def test_it_is_never_violated_under_a_penalty(
    part, widths, samples, act, loss, weight, rho, inertia, safeguard, steps, seed
):
    if loss == "cross_entropy":
        widths = [*widths[:-1], max(2, widths[-1])]
    p = problem(
        tuple(widths), samples, seed, act=act, loss=loss, coupling=Penalty(weight), rho=rho, mu=0.01
    )
    rule = StepRule(Inertia(*inertia), safeguard=safeguard, steps=steps)
    trace = traced(TIAM(rule), p, parameters(p, seed), 60, measure_every=2)
    finding = audit(trace, ["T4"])["T4"]
    assert finding.verdict not in (Verdict.VIOLATED, Verdict.NOT_APPLICABLE), finding.reason


def fitted(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Slope and intercept of the least-squares line, (1, 1) each."""
    found = torch.linalg.lstsq(torch.cat([x, torch.ones_like(x)], 1), y).solution
    return found[:1], found[1:]


def steep(slope: float) -> tuple[LayeredProblem, Point]:
    """h of slope α where z_1 < 0, ρ ≪ ν: a_1 and z_1 = a_1/α creep together, all else is fitted."""
    x, y = column(-1, 0.3, 1, -0.2, 0.6), column(3, -1, 2, 0.5, -2)
    z = -column(1, 2, 1.5, 0.7, 1.2) / slope
    h = leaky_relu(slope)
    p = LayeredProblem(
        x, y, (1, 1, 1), 1e-4, 0.0, Penalty(1.0), h, SquaredError(), representation="dense"
    )
    (w1, b1), (w2, b2) = fitted(x, z), fitted(h(z), y)
    return p, Point([w1, w2], [b1, b2], [z, y.clone()], [h(z)])


def test_the_penalty_s_term_is_needed():
    """Without ν·Lip(h)‖e_a‖ it fails where h is steep: M counts ν for a_l, and not ν·Lip(h)."""
    p, at = steep(100.0)
    trace = run(palm(), p, at, 30, 10)
    assert audit(trace, ["T4"])["T4"].verdict == Verdict.HOLDS
    part = T4.conclusions[0]
    old = replace(part.inequality, rhs=part.inequality.rhs.xreplace({nu: sp.Integer(0)}))
    without = replace(T4, conclusions=(replace(part, inequality=old),))
    finding = audit(trace, [without])["T4"]
    assert finding.verdict == Verdict.VIOLATED
    assert finding.counts.failed == finding.counts.total


def test_what_is_measured_there_is_the_gradient_of_f():
    """By differentiating F itself in z_1, far from h's kink: nearly all of it is ν·α·e_a."""
    p, at = steep(100.0)
    method = replace(palm(), record=True)
    first, _ = start(p, (at.w, at.b))
    still = Point(*([torch.zeros_like(u) for u in g] for g in (at.w, at.b, at.z, at.a)))
    state = TIAMState(first, at, still, {}, {})
    for _ in range(3):
        before, state = state, method.sweep(p, state)
    z = state.point.z[0].clone().requires_grad_(True)
    point = Point(state.point.w, state.point.b, [z, state.point.z[1]], state.point.a)
    (gradient,) = torch.autograd.grad(p.value(point), z)
    block = residual(p, state.point).blocks["z", 1]
    assert float(gradient.norm()) == pytest.approx(float(block), rel=1e-9)
    moved = (state.point.a[0] - before.point.a[0]).norm()
    assert float(block) == pytest.approx(100.0 * float(moved), rel=1e-2)


@pytest.mark.parametrize("method", [BCD(), DlADMM()], ids=lambda m: m.name)
def test_other_splittings_are_not_judged(method):
    """BCD moves a_l before z_l and has blocks of its own, dlADMM moves a dual variable."""
    p = problem((4, 3, 3), 5, seed=3, coupling=Penalty(0.7))
    finding = audit(traced(method, p, parameters(p, 3), 8, measure_every=2), ["T4"])["T4"]
    assert finding.verdict in (Verdict.UNDECIDED, Verdict.NOT_APPLICABLE)


@pytest.mark.parametrize("method", [palm(), mdlam()], ids=lambda m: m.name)
def test_one_layer_with_a_band_shares_nothing(method):
    """No hidden layer: the band couples nothing, and T4 applies."""
    p = problem((4, 3), 5, seed=3, coupling=Band(0.3))
    trace = traced(method, p, parameters(p, 3), 12, measure_every=2)
    assert audit(trace, ["T4"])["T4"].verdict == Verdict.HOLDS


def test_a_run_that_does_not_say_its_coupling_leaves_it_open():
    p = problem((4, 3, 3), 5, seed=3, coupling=Penalty(0.7))
    trace = traced(palm(), p, parameters(p, 3), 8, measure_every=2)
    settings_ = {k: v for k, v in trace.settings.items() if k != "coupling"}
    silent = replace(trace, header={**trace.header, "settings": settings_})
    finding = audit(silent, ["T4"])["T4"]
    assert finding.verdict == Verdict.UNDECIDED
    assert "coupling" in finding.reason


def test_a_before_z_is_another_theorem():
    p = problem((4, 3, 3), 5, seed=3, coupling=Penalty(0.7))
    trace = traced(palm(), p, parameters(p, 3), 8, measure_every=2)
    order = np.arange(trace.rows("blocks"))[::-1]
    turned = replace(trace, blocks={name: c[order] for name, c in trace.blocks.items()})
    finding = audit(turned, ["T4"])["T4"]
    assert finding.verdict == Verdict.NOT_APPLICABLE
    assert "a_1 is not updated after z_1" in finding.reason
