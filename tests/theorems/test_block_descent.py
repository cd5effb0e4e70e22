"""T1 and T1p hold for every block of every sweep, whatever the inertia; monotone; certify."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.checks import check_every_block_moves
from support.ledger import check_block_descent, entries
from support.problems import MONOTONE, PIECEWISE_LINEAR, parameters, problem

from amverify.methods.inertia import Inertia, certify, third_inertia
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM, mdlam
from amverify.network.coupling import Band, Penalty

FEW = settings(deadline=None, max_examples=25)
STEPS = ("exact", "backtracking")


def run(method, p, sweeps, seed=0):
    """Pairs of successive states while the run is finite and of a sane size."""
    state = method.initialise(p, parameters(p, seed))
    for _ in range(sweeps):
        before, state = state, method.sweep(p, state)
        if not float(method.objective(p, state)) < 1e12:
            return
        yield before, state


def recorded(p1, p2, p3, s, steps="exact", safeguard="none"):
    rule = StepRule(Inertia(p1, p2, p3), scale=s, steps=steps, safeguard=safeguard)
    return TIAM(rule, record=True)


@FEW
@given(
    p1=st.floats(-1.5, 1.5),
    p2=st.floats(-1.5, 1.5),
    p3=st.floats(0, 2),
    s=st.floats(0.3, 3),
    act=st.sampled_from(MONOTONE),
    loss=st.sampled_from(["cross_entropy", "squared_error", "logistic"]),
    steps=st.sampled_from(STEPS),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    seed=st.integers(0, 10**6),
)
def test_block_descent_with_the_band(p1, p2, p3, s, act, loss, steps, dtype, seed):
    p = problem((4, 3, 3, 2), 5, seed, act=act, loss=loss, dtype=dtype, coupling=Band(0.2))
    for before, after in run(recorded(p1, p2, p3, s, steps), p, 4, seed):
        check_block_descent(p, before, after)


@FEW
@given(
    p1=st.floats(-1.5, 1.5),
    p2=st.floats(-1.5, 1.5),
    p3=st.floats(0, 2),
    s=st.floats(0.3, 3),
    act=st.sampled_from(PIECEWISE_LINEAR),
    steps=st.sampled_from(STEPS),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    seed=st.integers(0, 10**6),
)
def test_block_descent_with_the_penalty(p1, p2, p3, s, act, steps, dtype, seed):
    p = problem((4, 3, 3, 2), 5, seed, act=act, dtype=dtype, coupling=Penalty(0.8))
    for before, after in run(recorded(p1, p2, p3, s, steps), p, 4, seed):
        check_block_descent(p, before, after)


@FEW
@given(
    p=st.floats(0, 1.5),
    p3=st.floats(0, 1.5),
    steps=st.sampled_from(STEPS),
    coupling=st.sampled_from([Band(0.2), Penalty(0.8)]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    seed=st.integers(0, 10**6),
)
def test_monotone_never_raises_a_block(p, p3, steps, coupling, dtype, seed):
    """No block raises F, except by rounding: what inertia spoils is redone without it."""
    q = problem((4, 3, 3, 2), 5, seed, coupling=coupling, dtype=dtype)
    for before, after in run(recorded(p, p, p3, 1.0, steps, "monotone"), q, 6, seed):
        for line in entries(q, before, after):
            assert line.change <= line.rounding, f"{line.kind}_{line.layer} raised F"


def test_monotone_s_redo_is_the_plain_step():
    """One sweep in which every accelerated block is redone, against one without inertia."""
    p = problem((4, 3, 3), 5, seed=3)
    wild = TIAM(StepRule(Inertia(30.0, -30.0, 0.0), safeguard="monotone"), record=True)
    plain = TIAM(StepRule(safeguard="none"), record=True)
    state = plain.sweep(p, plain.initialise(p, parameters(p)))
    tame, other = plain.sweep(p, state), wild.sweep(p, state)
    redone = [r for r in other.records if float(r.p1) == 0]
    first = other.records[0]
    assert redone
    assert float(first.p1) == 0
    torch.testing.assert_close(other.point.w[0], tame.point.w[0])
    for record in other.records:
        assert float(record.change) <= 0


def test_monotone_keeps_the_inertia_where_nothing_rose():
    p = problem((4, 3, 3), 5, seed=3)
    state = (method := mdlam(record=True)).initialise(p, parameters(p))
    kept = set()
    for _ in range(8):
        state = method.sweep(p, state)
        kept |= {float(r.p1) for r in state.records}
    assert len(kept - {0.0}) >= 3


@settings(deadline=None, max_examples=300)
@given(
    modulus=st.floats(1e-6, 1e6),
    held=st.floats(0, 10),
    s=st.floats(0.51, 10),
    p1=st.floats(-2, 2),
    p2=st.floats(-2, 2),
    t=st.floats(1, 6),
    margin=st.floats(0.001, 0.9),
    tensor=st.booleans(),
)
def test_certify_meets_both_conditions_and_no_larger_scale_does(
    modulus, held, s, p1, p2, t, margin, tensor
):
    """T3's conditions (κ = 1) at the result; τ maximal; parameters only shrink; t < 2s."""
    for x in (p1, p2, held):
        assume(x == 0 or abs(x) > 1e-100)  # γ_n does not hold where squares underflow
    delta = held * modulus
    if tensor:
        both = (torch.full((2,), x, dtype=torch.float64) for x in (modulus, delta))
        admitted = certify(*both, s, p1, p2, t, margin)
        values = [float(torch.as_tensor(x).expand(2)[1]) for x in (admitted.p1, admitted.p2)]
        q1, q2, weight = *values, float(admitted.delta[1])
    else:
        admitted = certify(modulus, delta, s, p1, p2, t, margin)
        q1, q2, weight = (float(x) for x in (admitted.p1, admitted.p2, admitted.delta))
    assert 1 <= admitted.t <= t
    assert admitted.t < 2 * s
    few = 32 * 2.0**-53

    def violated(tau, slack):
        c = tau * abs(p1 * s - p2)
        carried = modulus * ((tau * p2) ** 2 + c)
        room = (1 - margin) * (2 * s / admitted.t - 1)
        scale = few * (1 + 1 + abs(p1 * s) + abs(p2) + 2 * s / admitted.t)
        return carried > delta * (1 + slack * few) + slack * modulus * scale * tau or (
            room - c < -slack * scale
        )

    if p1 == p2 == 0:
        tau = 1.0
    else:
        tau = q2 / p2 if abs(p2) >= abs(p1) else q1 / p1
        assert math.isclose(q1, tau * p1, rel_tol=few, abs_tol=1e-300)
        assert math.isclose(q2, tau * p2, rel_tol=few, abs_tol=1e-300)
    assert 0 <= tau <= 1 + few
    assert not violated(tau, 1)
    expected = 2 * modulus * (s / admitted.t - 0.5) * (1 - margin)
    expected -= modulus * tau * abs(p1 * s - p2)
    sizes = modulus * (2 * s + 1 + tau * (abs(p1 * s) + abs(p2)))
    assert abs(weight - expected) <= few * sizes
    assert weight >= -few * sizes
    if tau < 1 - 1e-6:  # a little more inertia breaks a condition
        assert violated(tau * (1 + 1e-6) + 1e-300, -1)


@pytest.mark.parametrize("s", [0.51, 0.6, 1.0, 2.0])
def test_third_inertia_is_cut_below_twice_the_scale(s):
    for t in (1.0, 1.1, 1.5, 3.0, 100.0):
        cut = third_inertia(s, t, 0.01)
        assert 1 <= cut <= t
        assert cut < 2 * s
        assert cut == t or cut == max(1.0, 2 * s * 0.99)


@pytest.mark.parametrize("coupling", [Band(0.2), Penalty(0.8)], ids=type)
def test_certified_uses_parameters_within_those_wanted(coupling):
    p = problem((4, 3, 3), 5, seed=3, coupling=coupling)
    for _, after in run(recorded(0.8, 0.7, 0.6, 1.0, "exact", "certified"), p, 20):
        for r in after.records:
            assert abs(float(r.p1)) <= 0.8
            assert abs(float(r.p2)) <= 0.7
            assert 1 <= float(r.t) <= 1.6
            if r.update == "proximal":
                assert abs(float(r.p1)) < 0.5


@pytest.mark.parametrize("coupling", [Band(0.2), Penalty(0.8)], ids=type)
@pytest.mark.parametrize("inertia", [(0.0, 0.0, 0.0), (0.6, 0.6, 0.4)])
def test_backtracking_accepts_by_its_own_test(coupling, inertia):
    """Accepted: H at the final point lies under the model of this modulus, from values of H."""
    from support.objective import autograd, smooth
    from support.problems import group
    from support.rounding import gamma

    p = problem((4, 3, 3), 5, seed=3, coupling=coupling)
    for before, after in run(recorded(*inertia, 1.0, "backtracking"), p, 12):
        at = before.point.copy()
        for r in after.records:
            u, d = (group(x, r.kind)[r.layer - 1] for x in (at, before.displacement))
            new = group(after.point, r.kind)[r.layer - 1]
            if r.kind in "Wa":
                h = smooth(p, at, r.kind, r.layer)
                hat = u + float(r.p2) * d
                step, modulus = new - hat, float(r.modulus)
                model = h(hat) + (autograd(h, hat) * step).sum() + modulus / 2 * step.pow(2).sum()
                assert float(h(new)) <= float(model) + gamma(400, p.dtype) * float(h(hat) + h(new))
            group(at, r.kind)[r.layer - 1] = new


def test_coupled_inertia_is_the_specification_s_rule():
    """c = 0: p2 = min(p2, √(δ/L)), p1 = p2/s, δ' = (1 − ϑ)L(2s/t − 1)."""
    got = certify(4.0, 1.0, 1.25, 0.8 / 1.25, 0.8, 1.2, 0.1)
    assert got.p2 == pytest.approx(0.5)
    assert got.p1 == pytest.approx(0.5 / 1.25)
    assert got.delta == pytest.approx(0.9 * 4.0 * (2 * 1.25 / 1.2 - 1))


def test_every_block_moves():
    p = problem((5, 4, 4, 3), 9)
    check_every_block_moves(TIAM(record=True), p, parameters(p), 8)
