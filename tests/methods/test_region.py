"""The certified rule of the wide region: T3z's conditions exactly, the largest scale, descent."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.ledger import entries
from support.problems import MONOTONE, parameters, problem

from amverify.errors import InvalidInput
from amverify.methods.inertia import Admitted, Inertia, certify
from amverify.methods.region import certify_in
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band, Penalty

PARAMETERS = {
    "modulus": st.floats(1e-6, 1e6),
    "held": st.floats(0, 10),
    "s": st.floats(0.51, 8),
    "p1": st.floats(-2, 2),
    "p2": st.floats(-2, 2),
    "t": st.floats(1, 5),
    "margin": st.floats(0.001, 0.9),
}


def admitted_exactly(
    got: Admitted, modulus: float, delta: float, s: float, margin: float
) -> tuple[Fraction, Fraction, Fraction]:
    """δ − Lz²p2²/k, 2(1−ϑ)L(s/t − 1/2k) − δ' and Lc_z of T3z, no rounding."""
    z, p1, p2, t = (Fraction(float(x)) for x in (got.z, got.p1, got.p2, got.t))
    k, L = z * (2 - z), Fraction(modulus)
    old = Fraction(delta) - L * z * z * p2 * p2 / k
    new = 2 * (1 - Fraction(margin)) * L * (Fraction(s) / t - 1 / (2 * k)) - Fraction(
        float(got.delta)
    )
    assert 0 < z <= 1
    assert Fraction(s) / t > 1 / (2 * k)
    return old, new, L * (p1 * Fraction(s) - z * p2 / k)


@given(**PARAMETERS, tensor=st.booleans())
def test_every_condition_of_t3z_holds_exactly(modulus, held, s, p1, p2, t, margin, tensor):
    for x in (p1, p2, held):
        assume(x == 0 or abs(x) > 1e-100)
    assume((p1 * s - p2) * p2 < 0)
    delta = held * modulus
    if tensor:
        both = (torch.full((2,), x, dtype=torch.float64) for x in (modulus, delta))
        found = certify_in("wide", *both, s, p1, p2, t, margin)
        pick = [float(torch.as_tensor(x, dtype=torch.float64).expand(2)[1]) for x in found]
        got = Admitted(*pick)
    else:
        got = certify_in("wide", modulus, delta, s, p1, p2, t, margin)
    old, new, cross = admitted_exactly(got, modulus, delta, s, margin)
    assert old >= 0
    assert new >= 0
    assert old * new >= cross * cross
    assert 1 <= got.t <= t
    tau = got.p2 / p2
    assert 0 <= tau <= 1
    assert got.p1 == pytest.approx(tau * p1, rel=1e-12, abs=1e-300)


@given(**PARAMETERS)
def test_it_admits_no_less_than_the_narrow_rule(modulus, held, s, p1, p2, t, margin):
    """Where p1·s has not left p2 behind it is the narrow rule itself, to the last bit."""
    for x in (p1, p2, held):
        assume(x == 0 or abs(x) > 1e-100)
    given_ = (modulus, held * modulus, s, p1, p2, t, margin)
    narrow, wide = certify(*given_), certify_in("wide", *given_)
    assert certify_in("narrow", *given_) == narrow
    if not (p1 * s - p2) * p2 < 0:
        assert wide == narrow
    elif abs(p2) <= 1:
        assert abs(wide.p2) >= abs(narrow.p2) * (1 - 2.0**-40) - 2.0**-40


def test_what_it_admits_and_the_narrow_rule_does_not():
    """(0.2, 0.6) at s = t = 1 lies outside 𝓡 (0.36 + 0.8 > 1) and inside 𝓡_z (0.8 < 1)."""
    wide = narrow = 1.0
    for _ in range(40):
        inner = certify(1.0, narrow, 1.0, 0.2, 0.6, 1.0, 0.01)
        outer = certify_in("wide", 1.0, wide, 1.0, 0.2, 0.6, 1.0, 0.01)
        narrow, wide = inner.delta, outer.delta
    assert outer.p2 == 0.6
    assert outer.z == 1 / 1.6
    assert inner.p2 < 0.57


@pytest.mark.parametrize(
    ("p1", "p2", "held"), [(0.1, 0.9, 0.3), (0.8, 0.9, 0.1), (-0.5, 0.4, 0.2), (0.3, -0.8, 0.1)]
)
def test_a_little_more_inertia_breaks_a_condition(p1, p2, held):
    """0.1 % more, and δ no longer covers what the z of these parameters takes."""
    got = certify_in("wide", 1.0, held, 1.0, p1, p2, 1.0, 0.01)
    assert 0 < got.p2 / p2 < 1
    q1, q2 = (Fraction(x) * Fraction(1001, 1000) for x in (got.p1, got.p2))
    z = max(1 / (1 + abs(q2)), 2 - q2 / q1 if q1 * q2 > 0 else Fraction(0))
    k = z * (2 - z)
    assert z * z * q2 * q2 / k + abs(q1 - z * q2 / k) > Fraction(held)


def certified(inertia, s=1.0, steps="exact"):
    return TIAM(StepRule(Inertia(*inertia), scale=s, steps=steps, region="wide"), record=True)


def fall(record, line) -> float:
    """ϑ-free part of T3z's a_i‖e_i‖²: L(s/t − 1/2k)‖e‖², k by the formula for z."""
    s, t, p1, p2 = (float(x) for x in (record.s, record.t, record.p1, record.p2))
    if record.update == "proximal":
        return line.decrease
    z = 1.0
    if (p1 * s - p2) * p2 < 0:
        z = max(1 / (1 + abs(p2)), 2 - p2 / (p1 * s) if p1 * p2 > 0 else 0.0)
    k = z * (2 - z)
    return line.decrease / (s / t - 0.5) * (s / t - 0.5 / k)


@settings(deadline=None, max_examples=25)
@given(
    inertia=st.tuples(st.floats(-0.5, 0.9), st.floats(-1, 1.2), st.floats(0, 1.2)),
    s=st.floats(0.55, 2.5),
    coupling=st.sampled_from([Band(0.3), Band(0.01), Penalty(0.7)]),
    act=st.sampled_from(MONOTONE),
    steps=st.sampled_from(["exact", "backtracking"]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    loss=st.sampled_from(["cross_entropy", "squared_error"]),
    seed=st.integers(0, 10**6),
)
def test_the_lyapunov_function_falls_in_every_sweep(
    inertia, s, coupling, act, steps, dtype, loss, seed
):
    """Ψ recomputed in float64 from the iterates alone."""
    act = "relu" if isinstance(coupling, Penalty) else act
    p = problem((4, 3, 2), 5, seed, act=act, coupling=coupling, dtype=dtype, loss=loss)
    method = certified(inertia, s, steps)
    state = method.initialise(p, parameters(p, seed))
    for _ in range(12):
        before, state = state, method.sweep(p, state)
        lines = entries(p, before, state)
        change = sum(line.lyapunov for line in lines)
        kept = sum(fall(r, line) for r, line in zip(state.records, lines, strict=True))
        assert change <= sum(line.rounding for line in lines) - method.rule.margin * kept


def test_the_default_is_the_narrow_region_and_its_iterates():
    assert StepRule().region == "narrow"
    p = problem((4, 3, 3), 5, seed=1)
    rule = StepRule(Inertia(0.6, 0.5, 0.3), scale=1.1)
    methods = TIAM(rule), TIAM(replace(rule, region="wide"))
    states = [m.initialise(p, parameters(p)) for m in methods]
    for _ in range(10):  # p1·s > p2: the regions are the same
        states = [m.sweep(p, state) for m, state in zip(methods, states, strict=True)]
    for mine, theirs in zip(*(s.point.w + s.point.z for s in states), strict=True):
        assert torch.equal(mine, theirs)


def test_replicates_run_as_each_alone():
    p = problem((4, 3, 3), 5, seed=1)
    method = certified((0.1, 0.8, 0.3))
    together = method.initialise(p, parameters(p, 0, 2))
    alone = [method.initialise(p, parameters(p, seed)) for seed in (0, 1)]
    for _ in range(8):
        together = method.sweep(p, together)
        alone = [method.sweep(p, state) for state in alone]
    for i, state in enumerate(alone):
        assert torch.allclose(together.point.z[-1][i], state.point.z[-1], rtol=1e-9, atol=1e-9)


def test_refusals_name_the_argument():
    with pytest.raises(InvalidInput, match="region: 'narrow' or 'wide'"):
        StepRule(region="large")
    with pytest.raises(InvalidInput, match="'certified', not of 'none'"):
        StepRule(safeguard="none", region="wide")
