"""Every operation on balls holds the exact result, in rational arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from amverify.numbers.balls import Ball, summed
from amverify.numbers.formulas import FRACTIONS, evaluate
from amverify.numbers.roundoff import gamma

NUMBERS = st.floats(-1e12, 1e12, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-12)
SHARES = st.fractions(-1, 1, max_denominator=64)
RADII = st.sampled_from([0.0, 1e-300, 1e-9, 0.5, 3.0, 1e9])


@st.composite
def members(draw):
    """A ball and an exact member of it."""
    mid, rad = draw(NUMBERS), draw(RADII)
    return Ball.of(mid, rad), Fraction(mid) + draw(SHARES) * Fraction(rad)


def holds(ball: Ball, value: Fraction) -> bool:
    if not math.isfinite(float(ball.rad)):
        return True
    return abs(value - Fraction(float(ball.mid))) <= Fraction(float(ball.rad))


@given(members(), members())
def test_field_operations_hold_the_exact_result(one, two):
    (x, a), (y, b) = one, two
    assert holds(x + y, a + b)
    assert holds(x - y, a - b)
    assert holds(x * y, a * b)
    assert holds(-x, -a)
    assert holds(abs(x), abs(a))
    assert holds(x.maximum(y), max(a, b))
    assert holds(x.minimum(y), min(a, b))
    if b != 0:
        assert holds(x / y, a / b)


@given(members())
def test_roots_hold_the_exact_result(one):
    x, a = one
    if a < 0:
        return
    root = x.sqrt()
    if math.isfinite(float(root.rad)):
        low = Fraction(float(root.mid)) - Fraction(float(root.rad))
        high = Fraction(float(root.mid)) + Fraction(float(root.rad))
        assert high >= 0
        assert high**2 >= a
        assert low <= 0 or low**2 <= a


@given(st.lists(NUMBERS, min_size=1, max_size=40), st.integers(1, 5))
def test_sums_over_runs_of_rows(numbers, length):
    starts = np.arange(0, len(numbers), length)
    got = summed(Ball.of(np.array(numbers)), starts)
    for i, start in enumerate(starts):
        exact = sum(map(Fraction, numbers[start : start + length]), Fraction(0))
        assert holds(got.take(i), exact)


def test_an_operation_that_overflows_says_nothing():
    big = Ball.of(1e308)
    assert not np.isfinite((big + big).rad)
    assert not (big * big).surely_nonnegative.any()
    assert not (Ball.of(1.0) / Ball.of(0.0, 1.0)).surely_negative.any()
    assert not Ball.of(float("nan")).surely_nonnegative.any()


x, y = sp.symbols("x y", real=True)
FORMULAS = [
    x * y - 2 * x / 3 + y**2,
    (x - y) ** 3 / 7,
    sp.Abs(x - y) + sp.Max(x, y, 0) - sp.Min(x, 2 * y),
    x**2 / (y**2 + 1),
]


@given(members(), members(), st.sampled_from(FORMULAS))
def test_formulas_in_balls_hold_formulas_in_fractions(one, two, formula):
    (p, a), (q, b) = one, two
    exact = evaluate(formula, {"x": a, "y": b}, FRACTIONS)
    assert holds(evaluate(formula, {"x": p, "y": q}), exact)


@pytest.mark.parametrize("formula", [sp.sin(x), sp.Float(0.5) * x, x ** sp.Rational(1, 3)])
def test_what_is_not_exact_is_refused(formula):
    with pytest.raises(ValueError, match="formula"):
        evaluate(formula, {"x": Ball.of(2.0)})


def test_gamma_says_when_it_says_nothing():
    assert gamma(10) >= 10 * 2.0**-53
    assert gamma(2.0**60) == math.inf
