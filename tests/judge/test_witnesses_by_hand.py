"""A witness field by field, its replay, and margins looked at as closely as their sign asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import isqrt
from typing import Any

import flint
import numpy as np
import pytest

from amverify.errors import InvalidInput
from amverify.judge.floor import Failure, Margin, again, known, margin_of
from amverify.judge.witness import exact_witness, replay, where, witness_of
from amverify.numbers.balls import Ball
from amverify.numbers.exact import LEAST_BITS, MOST_BITS
from amverify.theorems.base import Blocks, Conclusion, Inequality, Instances, Theorem, symbols
from amverify.verdict import Witness

x, y = symbols("x y")
ORDER = Inequality("order", x, y)
THEOREM = Theorem(
    "X", "", "", "", "", {"x": "", "y": ""}, (Conclusion(ORDER, lambda ctx: ROWS),), liveness=()
)
ROWS = Instances(
    {"x": Ball.of([1.0, 2.0, 3.0], [0.0, 0.5, 0.25]), "y": Ball.of(1.0, 0.125)},
    np.array([4, 5, 6]),
    np.array([0, 2, 0]),
    Blocks(np.array([b"W", b"b", b"z"], dtype="S4"), np.array([1, 2, 3])),
)
LHS, RHS = Ball.of([10.0, 20.0, 30.0]), Ball.of([1.0, 2.0, 3.0])
MARGIN = Ball.of([-9.0, -18.0, -27.0], [0.1, 0.2, 0.3])


def test_a_witness_is_of_its_row() -> None:
    assert witness_of(THEOREM, ORDER, ROWS, 1, LHS, RHS, MARGIN) == Witness(
        theorem="X", inequality="order: x <= y", sweep=5, block="b_2", replicate=2, lhs=20.0,
        rhs=2.0, margin=-18.0, bound=0.2, decided="float",
        values={"x": (2.0, 0.5), "y": (1.0, 0.125)},
    )  # fmt: skip


@pytest.mark.parametrize("blocks", [True, False])
def test_an_exact_witness_has_the_values_that_decided_it(blocks: bool) -> None:
    margin = Margin(Fraction(-3), Fraction(-2), Fraction(1, 2), False, Fraction(1, 4))
    failure = Failure(2, margin, {"x": Fraction(7, 2)})
    rows = ROWS if blocks else replace(ROWS, blocks=None)
    found = exact_witness(THEOREM, ORDER, rows, failure)
    assert found == Witness(
        theorem="X", inequality="order: x <= y", sweep=6, block="z_3" if blocks else "",
        replicate=0, lhs=3.5, rhs=1.0, margin=-2.0, bound=0.75, decided="exact",
        values={"x": (3.5, 0.0), "y": (1.0, 0.125)},
    )  # fmt: skip


def test_where_an_instance_stands() -> None:
    told = [where(ROWS, row, "step") for row in range(3)]
    assert told == ["step 4, block W_1", "step 5, block b_2, replicate 2", "step 6, block z_3"]
    assert where(replace(ROWS, blocks=None), 1, "sweep") == "sweep 5, replicate 2"


def test_a_replay_holds_every_number_of_the_box() -> None:
    found = witness_of(THEOREM, ORDER, ROWS, 1, LHS, RHS, MARGIN)
    lhs, rhs, margin = replay(found, THEOREM)
    for ball, low, high in ((lhs, 1.5, 2.5), (rhs, 0.875, 1.125), (margin, -1.625, -0.375)):
        assert ball.contains(flint.arb(low))
        assert ball.contains(flint.arb(high))
        assert not ball.contains(flint.arb(low) - 1e-6)
        assert not ball.contains(flint.arb(high) + 1e-6)
    third = replace(found, values={"x": (1 / 3, 0.0), "y": (0.1, 0.0)})
    assert replay(third, THEOREM)[0].rad() < 2.0**-190


def test_a_witness_that_says_too_little_is_refused() -> None:
    found = witness_of(THEOREM, ORDER, ROWS, 1, LHS, RHS, MARGIN)
    endless = replace(found, values={"x": (2.0, np.inf), "y": (1.0, 0.0)})
    with pytest.raises(InvalidInput, match="x has no finite error bound"):
        replay(endless, THEOREM)
    with pytest.raises(InvalidInput, match="the value of 'y' is missing"):
        replay(replace(found, values={"x": (2.0, 0.0)}), THEOREM)
    with pytest.raises(InvalidInput, match="X has no conclusion 'other: x <= y'"):
        replay(replace(found, inequality="other: x <= y"), THEOREM)


class Looked:
    """A number as closely as one asks; ``bits`` are the precisions that were asked for."""

    def __init__(self, value: Callable[[], flint.arb]) -> None:
        self.value, self.bits = value, list[int]()

    def __call__(self) -> flint.arb:
        self.bits.append(flint.ctx.prec)
        return self.value()


def doubled(last: int) -> list[int]:
    return [b for b in (LEAST_BITS << k for k in range(20)) if b <= last]


def root() -> flint.arb:
    return flint.arb(2).sqrt()


NEAR = Fraction(isqrt(2 * 10**120), 10**60)
"""√2 to within 10⁻⁶⁰, from below: 200 bits."""


@pytest.mark.parametrize(
    ("value", "good", "bad", "bits"),
    [
        (Fraction(1), True, False, 64),
        (Fraction(2), False, True, 64),
        (NEAR, True, False, 256),
        (NEAR + Fraction(1, 10**60), False, True, 256),
    ],
)
def test_a_closer_look_is_taken_until_the_sign_is_seen(
    value: Fraction, good: bool, bad: bool, bits: int
) -> None:
    y_is = Looked(root)
    found = margin_of(ORDER, {"x": value, "y": y_is})
    assert found is not None
    assert (found.good, found.bad) == (good, bad)
    assert y_is.bits == doubled(bits)
    nearly = Fraction(isqrt(2 * 10**400), 10**200) - value
    assert found.low <= nearly <= found.high


def test_of_two_equal_numbers_no_look_is_close_enough() -> None:
    y_is = Looked(root)
    found = margin_of(ORDER, {"x": root, "y": y_is})
    assert found is not None
    assert not found.settled
    assert found.low < 0 < found.high < Fraction(1, 2**8000)
    assert y_is.bits == doubled(MOST_BITS)
    assert y_is.bits[-1] == MOST_BITS


def test_what_has_no_value_has_no_margin() -> None:
    nowhere = Looked(lambda: flint.arb(-1).sqrt())
    assert margin_of(ORDER, {"x": root, "y": nowhere}) is None
    assert nowhere.bits == doubled(MOST_BITS)
    inverse = Inequality("1/x", x, 1 / y)
    assert margin_of(inverse, {"x": Fraction(1), "y": Fraction(0)}) is None
    strict = replace(ORDER, strict=True)
    at = margin_of(strict, {"x": Fraction(1), "y": Fraction(3)}, Fraction(5), Fraction(7))
    assert at == Margin(Fraction(2), Fraction(2), Fraction(5), True, Fraction(7))
    of = margin_of(strict, {"x": Fraction(1), "y": root}, None, Fraction(7))
    assert of is not None
    assert (of.room, of.strict, of.cost) == (None, True, Fraction(7))


def test_only_what_was_measured_is_asked_for() -> None:
    asked: list[tuple[int, str, int]] = []

    def exact(sweep: int, block: str, replicate: int) -> Any:
        asked.append((sweep, block, replicate))
        return {"x": Fraction(sweep)} if sweep < 6 else None

    rows = replace(ROWS, values={**ROWS.values, "y": Ball.of(5.0)}, allowance=np.array([0, 0, 1.0]))
    assert known(ORDER, rows, 1, exact) == {"x": Fraction(5), "y": Fraction(5)}
    assert known(ORDER, rows, 2, exact) is None
    assert known(ORDER, rows, 0, None) == {"x": Fraction(1), "y": Fraction(5)}
    assert known(ORDER, rows, 1, None) is None
    assert asked == [(5, "b_2", 2), (6, "z_3", 0)]


@pytest.mark.parametrize(
    ("allowance", "cost", "decided", "failed"),
    [
        ([0.0, 0.0, 0.0], None, 3, [2]),
        ([0.0, 0.0, 1.0], None, 2, []),
        ([0.0, 0.0, 0.5], None, 3, [2]),
        ([np.inf, np.nan, np.inf], None, 2, []),
        ([0.0, 0.0, 0.0], [0.0, 0.5, 0.0], 2, [2]),
        ([0.0, 0.0, 0.0], [1.0, 0.0, 1.0], 2, []),
        ([0.0, 0.0, 0.25], [0.0, 0.0, 0.25], 3, [2]),
        ([0.0, 0.0, 0.5], [0.0, 0.0, 0.5], 2, []),
    ],
)
def test_rows_are_decided_by_their_own_allowance_and_cost(
    allowance: list[float], cost: list[float] | None, decided: int, failed: list[int]
) -> None:
    """y − x is 1, 0 and −1."""
    values = {"x": Ball.of([4.0, 5.0, 6.0]), "y": Ball.of(5.0)}
    rows = replace(ROWS, values=values, allowance=np.array(allowance))
    costs = None if cost is None else np.array(cost)
    number, failures = again(ORDER, rows, np.arange(3), None, costs)
    assert (number, [f.row for f in failures]) == (decided, failed)
    for failure in failures:
        assert failure.values == {"x": Fraction(6), "y": Fraction(5)}
        assert failure.margin.high == -1
