"""T1, T1p and T3 on random problems: no hand-typed tolerance, only computed rounding bounds."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.descent import check_descent, check_every_block_moves, check_lyapunov
from support.problems import parameters, problem

from amverify.methods.inertia import Inertia, certify, third_inertia
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band, Penalty

COUPLINGS = st.sampled_from([Band(0.3), Band(0.01), Penalty(0.7), Penalty(5.0)])
ACTS = st.sampled_from(["relu", "leaky_relu", "hard_tanh"])
P = st.floats(-1.0, 1.5)
STEPS = st.sampled_from(["exact", "backtracking"])
DTYPES = st.sampled_from([torch.float64, torch.float32])


@given(
    P,
    P,
    st.floats(0.0, 1.0),
    st.floats(0.6, 2.0),
    COUPLINGS,
    ACTS,
    STEPS,
    DTYPES,
    st.integers(0, 10**6),
)
@settings(max_examples=60, deadline=None)
def test_block_descent_for_any_parameters(p1, p2, p3, s, coupling, act, steps, dtype, seed):
    """T1 asks for no region: it holds for every p1, p2, p3 ≥ 0 and s."""
    p = problem(seed=seed, coupling=coupling, act=act, dtype=dtype)
    rule = StepRule(Inertia(p1, p2, p3), scale=s, safeguard="none", steps=steps)
    assert check_descent(TIAM(rule, record=True), p, parameters(p, seed), 6) > 0


@given(
    P,
    P,
    st.floats(0.0, 2.0),
    st.floats(0.55, 2.0),
    COUPLINGS,
    ACTS,
    STEPS,
    DTYPES,
    st.integers(0, 10**6),
)
@settings(max_examples=60, deadline=None)
def test_certified_never_increases_psi(p1, p2, p3, s, coupling, act, steps, dtype, seed):
    p = problem(seed=seed, coupling=coupling, act=act, dtype=dtype)
    rule = StepRule(Inertia(p1, p2, p3), scale=s, steps=steps)
    check_lyapunov(TIAM(rule, record=True), p, parameters(p, seed), 12)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("coupling", [Band(0.1), Penalty(1.0)])
def test_at_convergence(coupling, dtype):
    """Where margins are at the rounding floor there must be no false alarm."""
    p = problem((3, 4, 2), 6, coupling=coupling, mu=0.5, dtype=dtype)
    method = TIAM(StepRule(Inertia(0.6, 0.6, 0.2)), record=True)
    check_lyapunov(method, p, parameters(p), 1500)


@given(
    st.floats(1e-6, 1e6),
    st.floats(0.0, 1e6),
    st.floats(0.51, 3.0),
    P,
    P,
    st.floats(0.0, 3.0),
    st.floats(1e-3, 0.5),
)
def test_certified_parameters(modulus, delta, s, p1, p2, p3, margin):
    """Both conditions of T3 hold, parameters only shrink, and τ is the largest."""
    got = certify(modulus, delta, s, p1, p2, 1 + p3, margin)
    room = (1 - margin) * (2 * s / got.t - 1)
    assert 1 <= got.t <= max(1 + p3, 1.0)
    assert got.t == third_inertia(s, 1 + p3, margin)
    c = abs(got.p1 * s - got.p2)
    unit = torch.finfo(torch.float64).eps
    terms = got.p2**2 + abs(got.p1 * s) + abs(got.p2) + delta / modulus
    assert got.p2**2 + c <= delta / modulus + 8 * unit * terms
    assert got.delta >= -8 * unit * modulus * (room + terms)
    assert abs(got.p1) <= abs(p1)
    assert abs(got.p2) <= abs(p2)
    tau = got.p2 / p2 if p2 else (got.p1 / p1 if p1 else 1.0)
    if 0 < tau < 1 - 1e-9:
        wider = tau * (1 + 1e-6)
        wide_c = wider * abs(p1 * s - p2)
        assert (wider * p2) ** 2 + wide_c > delta / modulus or wide_c > room


def test_coupled_inertia_is_the_specification_s_rule():
    """c = 0: p2 = min(p2, √(δ/L)), p1 = p2/s, δ' = (1 − ϑ)L(2s/t − 1)."""
    got = certify(4.0, 1.0, 1.25, 0.8 / 1.25, 0.8, 1.2, 0.1)
    assert got.p2 == pytest.approx(0.5)
    assert got.p1 == pytest.approx(0.5 / 1.25)
    assert got.delta == pytest.approx(0.9 * 4.0 * (2 * 1.25 / 1.2 - 1))


def test_every_block_moves():
    p = problem((5, 4, 4, 3), 9)
    check_every_block_moves(TIAM(record=True), p, parameters(p), 8)
