"""Exact decisions on hand-made instances: fractions, balls that shrink, room for rounded steps."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import flint
import numpy as np
import pytest
import sympy as sp

from amverify.judge.floor import again, margin_of
from amverify.numbers.balls import Ball
from amverify.numbers.exact import MOST_BITS, added, ball, rounded
from amverify.theorems.base import Inequality, Instances, symbols

x, y = symbols("x y")
CLAIM = Inequality("claim", x, y)
STRICT = replace(CLAIM, strict=True)
TINY = Fraction(1, 2**200)


def one():
    return flint.arb(1)


def root_two():
    return flint.arb(2).sqrt()


def instances(allowance: float) -> Instances:
    values = {"x": Ball.of([0.0], [1.0]), "y": Ball.of([0.0], [0.0])}
    return Instances(values, np.array([3]), np.array([0]), allowance=np.array([allowance]))


def decided(claim: Inequality, value: Fraction, allowance: float) -> tuple[int, int]:
    """How many are decided, and fail, if x is known and y = 0."""
    count, failures = again(
        claim, instances(allowance), np.array([0]), lambda *where: {"x": value} if where else None
    )
    return count, len(failures)


@pytest.mark.parametrize("room", [0.0, 2.0**-30])
def test_room_is_what_a_rounded_step_may_take(room):
    assert decided(CLAIM, -TINY, room) == (1, 0)
    assert decided(CLAIM, Fraction(0), room) == (1, 0)
    assert decided(CLAIM, Fraction(room), room) == ((1, 0) if room == 0 else (0, 0))
    assert decided(CLAIM, Fraction(room) + TINY, room) == (1, 1)


@pytest.mark.parametrize("room", [0.0, 2.0**-30])
def test_equality_breaks_a_strict_claim_where_no_step_can_have_made_it(room):
    assert decided(STRICT, -TINY, room) == (1, 0)
    assert decided(STRICT, Fraction(0), room) == ((1, 1) if room == 0 else (0, 0))
    assert decided(STRICT, Fraction(room), room) == (1, 1)
    assert decided(STRICT, Fraction(0), float("inf")) == (0, 0)


@pytest.mark.parametrize("room", [float("inf"), float("nan")])
def test_a_step_whose_rounding_is_not_bounded_cannot_fail(room):
    assert decided(CLAIM, Fraction(-1), room) == (1, 0)
    assert decided(CLAIM, Fraction(1), room) == (0, 0)


@pytest.mark.parametrize("above", [True, False])
def test_balls_shrink_until_the_sign_shows(above):
    """√2 against a fraction that agrees with it to a thousand bits."""
    n = 1 << 1000
    near = Fraction(int((flint.fmpz(2) * n * n).isqrt()) + above, n)
    margin = margin_of(CLAIM, {"x": root_two, "y": near})
    assert margin is not None
    assert (margin.good, margin.bad) == (above, not above)
    assert margin.low <= margin.high
    assert 0 < abs(margin.high) < Fraction(2, n)


def test_what_no_precision_decides_stays_open():
    margin = margin_of(CLAIM, {"x": root_two, "y": root_two})
    assert margin is not None
    assert not margin.settled
    assert margin.low <= 0 <= margin.high
    assert margin_of(CLAIM, {"x": lambda: flint.arb.nan(), "y": Fraction(0)}) is None


def test_a_margin_within_the_room_is_settled_early():
    asked = []

    def slightly_above_one():
        asked.append(flint.ctx.prec)
        return root_two() / root_two() + flint.arb(2) ** -20

    margin = margin_of(CLAIM, {"x": slightly_above_one, "y": Fraction(1)}, Fraction(1, 2**10))
    assert margin is not None
    assert margin.settled
    assert not margin.good
    assert not margin.bad
    assert asked == [64]


def test_the_precision_of_the_caller_is_left_alone():
    before = flint.ctx.prec
    margin_of(CLAIM, {"x": root_two, "y": Fraction(1)})
    rounded(root_two)
    assert flint.ctx.prec == before


def test_a_formula_without_a_rational_value_says_nothing():
    root = Inequality("root", sp.sqrt(x), y)
    values = {"x": Fraction(2), "y": Fraction(1)}
    assert margin_of(root, values) is None
    assert margin_of(Inequality("pole", 1 / x, y), {"x": Fraction(0), "y": Fraction(1)}) is None
    found = margin_of(root, {"x": lambda: flint.arb(2), "y": Fraction(1)})
    assert found is not None
    assert found.bad


def test_sums():
    assert added(Fraction(1, 3), Fraction(2, 3)) == 1
    total = added(Fraction(1, 3), one)
    assert ball(total).contains(flint.fmpq(4, 3))


@pytest.mark.parametrize("value", [Fraction(1, 3), root_two], ids=["fraction", "enclosure"])
def test_rounding_to_a_ball_keeps_the_number(value):
    found = rounded(value)
    with flint.ctx.workprec(MOST_BITS):
        off = abs(ball(value) - ball(Fraction(float(found.mid))))
        assert off <= ball(Fraction(float(found.rad)))
    assert found.rad <= 2.0**-52
