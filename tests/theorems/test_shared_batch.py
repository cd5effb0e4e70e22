"""S7 and S8: enumerated sweeps, what is false instead, exactly, and step sizes that diverge."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import pytest

from amverify.families import draw
from amverify.families.loops.ahead import AheadRule, Sums, ahead_trace
from amverify.judge.audit import audit
from amverify.verdict import Verdict

sys.path.insert(0, str(Path(__file__).parents[1] / "controls"))
from finite_sweeps import of_seed


def test_no_enumerated_sweep_violates_s7_or_s8():
    decided, _, failures = of_seed(0)
    assert not failures
    assert min(decided["S7"], decided["S8"]) >= 40


def _sweep(signs: tuple[int, int], alpha: Fraction, nu: Fraction) -> Fraction:
    """f after a sweep from 0 on ℓ = ξ(w₁w₂ + νw₁) + w₂; block i draws ξ = ``signs[i]``; f is w₂."""
    first = -alpha * signs[0] * nu
    return -alpha * (signs[1] * first + 1)


def test_one_batch_raises_f_where_fresh_batches_lower_it():
    """Coordinate 2 alone has a gradient, and no noise at w: the bias is of first order in α."""
    alpha, nu = Fraction(1, 5), Fraction(10)
    shared = sum((_sweep((s, s), alpha, nu) for s in (1, -1)), Fraction(0)) / 2
    fresh = sum((_sweep((s, t), alpha, nu) for s in (1, -1) for t in (1, -1)), Fraction(0)) / 4
    assert shared == -alpha + alpha**2 * nu == Fraction(1, 5)
    assert fresh == -alpha


def test_s1_of_a_whole_sweep_is_false_for_one_batch():
    """f = ½(w₁ + w₂)², no noise, L̄ = 2, α = 1/10: f falls by less than Σα(1 − L̄α/2)(∂_jf)²."""
    alpha = Fraction(1, 10)
    after = (1 - alpha) ** 4 / 2
    assert after == Fraction(6561, 20000)
    assert after > Fraction(1, 2) - 2 * alpha * (1 - alpha)


@pytest.mark.parametrize(
    "cycle",
    [
        ((Fraction(1, 20), 8), (Fraction(1, 20000), 52)),
        ((Fraction(1, 20), 8), (Fraction(1, 2000), 31)),
        ((Fraction(1, 4), 3), (Fraction(1, 50), 9)),
    ],
    ids=["ratio 1000", "ratio 100", "ratio 12.5"],
)
def test_step_sizes_fixed_before_the_run_can_diverge(cycle):
    """½w², β = 9/10, p = 5m² and more: a product with tr < −(1 + det) has an eigenvalue < −1."""
    a, b, c, d = Fraction(1), Fraction(0), Fraction(0), Fraction(1)
    beta = Fraction(9, 10)
    for alpha, times in cycle:
        for _ in range(times):
            # (w, w_prev) ↦ ((1 − α)(w + β(w − w_prev)), w)
            p, q = (1 - alpha) * (1 + beta), -(1 - alpha) * beta
            a, b, c, d = p * a + q * c, p * b + q * d, a, b
    assert -(a + d) > 1 + (a * d - b * c)


def test_beyond_its_range_a_run_is_not_accused_of_anything():
    trace, _ = ahead_trace(draw("finite_sum", 0), 4, AheadRule(beta=0.9, most=0.3))
    finding = audit(trace, ["S8"])["S8"]
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert "4BL̄" in finding.reason or "(1−β)²/4" in finding.reason


def test_the_point_ahead_moves_by_the_step_alone():
    """z⁺ = z − Dg/m exactly, however step sizes change."""
    sums = Sums.of(draw("finite_sum", 1), AheadRule(beta=0.875, most=0.01, rate=0.5))
    state, beta = sums.start(0), Fraction(7, 8)
    share = beta / (1 - beta)
    for batch in sums.batches[:3]:
        after = sums.swept(state, batch)
        step = [y - w for y, w in zip(sums.ahead(state), after.w, strict=True)]
        for j, moved in enumerate(step):
            z = state.w[j] + share * state.moved[j]
            assert after.w[j] + share * after.moved[j] == z - moved / (1 - beta)
        state = after
