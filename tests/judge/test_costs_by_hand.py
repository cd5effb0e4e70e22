"""What open conditions cost a conclusion, and what exact values take back of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from amverify.judge import conclusion, hypothesis
from amverify.judge.hypothesis import Judged, judged, looked_at_exactly, total_cost
from amverify.numbers.balls import Ball
from amverify.theorems.base import (
    VIOLATION,
    Conclusion,
    Context,
    Inequality,
    Instances,
    Theorem,
    symbols,
)
from amverify.trace.trace import Trace
from amverify.verdict import Checked, Counts

x, y, h = symbols("x y h")
FREE = Inequality("h ≥ 0", sp.Integer(0), h, "h is not negative")
PRICED = replace(FREE, costs=(2 * VIOLATION,))
ORDER = Inequality("order", x, y)
MARGIN = Fraction(1, 1000)
"""y − x lies within this of 0, as it was measured."""


def rows(count: int, hyp: Ball) -> Instances:
    close = Ball.of(np.zeros(count), np.full(count, float(MARGIN)))
    values = {"x": Ball.of(np.zeros(count)), "y": close, "h": hyp}
    return Instances(values, np.arange(1, count + 1), np.zeros(count, dtype=np.int64))


Values = Callable[[int, str, int], Mapping[str, Fraction] | None]


def given(*of: tuple[Fraction, Fraction | None]) -> Values:
    """y and h of each sweep, from 1; h where it is known."""

    def exact(sweep: int, block: str, replicate: int) -> Mapping[str, Fraction]:
        own, cost = of[sweep - 1]
        return {"y": own} | ({} if cost is None else {"h": cost})

    return exact


def decided(found: Instances, exact: Values | None, *conditions: Inequality) -> conclusion.Tested:
    part = Conclusion(ORDER, lambda ctx: found, conditions)
    words = {"id": "X", "title": "", "statement": "", "latex": "", "source": ""}
    theorem = Theorem(**words, symbols={"x": "", "y": "", "h": ""}, conclusions=(part,))
    return conclusion.tested(Context(Trace({})), theorem, part, exact)  # type: ignore[arg-type]


ZERO, SMALL = Fraction(0), Fraction(1, 10**6)
OPEN = 0.1
"""How far below 0 h may be, as it was measured; it costs twice that."""


@pytest.mark.parametrize(
    ("own", "cost", "exact", "failed"),
    [
        (ZERO, ZERO, 1, 0),
        (ZERO, SMALL, 1, 0),
        (ZERO, -SMALL, 0, 0),
        (ZERO, None, 0, 0),
        (-SMALL, ZERO, 1, 1),
        (-SMALL, -SMALL, 0, 0),
        (Fraction(1, 4), None, 1, 0),
        (Fraction(1, 4), -SMALL, 1, 0),
        (-Fraction(1, 4), -SMALL, 1, 1),
        (Fraction(1, 8), -SMALL, 0, 0),
    ],
)
def test_exact_values_take_back_what_a_condition_costs(
    own: Fraction, cost: Fraction | None, exact: int, failed: int
) -> None:
    """Where they show it to be met; else what is known of y is read against the cost of 0.2."""
    found = rows(1, Ball.of([0.0], [OPEN]))
    counts = decided(found, given((own, cost)), PRICED).counts
    assert (counts.exact, counts.failed, counts.floor) == (exact, failed, 1 - exact)
    assert (counts.decided, counts.open) == (0, 0)


def test_each_row_is_charged_its_own_costs() -> None:
    """Rows 1 and 2 at a cost that row 1's values take back; row 3 is met in floats."""
    found = rows(3, Ball.of([0.0, 0.0, 1.0], [OPEN, OPEN, 0.5]))
    exact = given((ZERO, ZERO), (ZERO, -SMALL), (ZERO, None))
    counts = decided(found, exact, PRICED).counts
    assert (counts.exact, counts.floor, counts.open) == (2, 1, 0)
    counts = decided(found, exact, PRICED, PRICED).counts
    assert (counts.exact, counts.floor, counts.open) == (2, 1, 0)
    counts = decided(found, exact, PRICED, FREE).counts
    assert (counts.exact, counts.floor, counts.open) == (1, 0, 2)
    counts = decided(found, None, PRICED).counts
    assert (counts.exact, counts.floor, counts.open) == (0, 3, 0)


def test_no_more_rows_are_looked_at_than_there_is_time_for(monkeypatch: pytest.MonkeyPatch) -> None:
    found = rows(3, Ball.of([0.0] * 3, [OPEN] * 3))
    exact = given(*[(ZERO, ZERO)] * 3)
    for most in (2, 3):
        monkeypatch.setattr(conclusion, "MOST_EXACT", most)
        tested = decided(found, exact, PRICED)
        assert (tested.counts.exact, tested.counts.floor) == (most, 3 - most)
        said = f"{most} of 3 instances at the rounding floor were looked at exactly"
        assert tested.notes == (() if most == 3 else (said,))
    assert decided(found, None, PRICED).notes == ()


def cost(*each: float) -> Judged:
    return Judged(Checked("", "", None), np.array(each))


def test_sums_of_costs_are_no_less_than_they_are_and_hardly_more() -> None:
    thirds = [cost(1 / 3, 0.1, 0.0), cost(0.1, np.inf, 0.0), cost(0.7, 0.0, 0.0)]
    exactly = sum(Fraction(one.cost[0]) for one in thirds)
    total = total_cost(thirds, 3)
    assert exactly < Fraction(total[0]) < exactly * (1 + Fraction(1, 10**11))
    assert total[1:].tolist() == [np.inf, 0.0]
    assert total_cost([], 2).tolist() == [0.0, 0.0]


def test_what_is_left_of_costs_is_no_less_than_it_is_and_hardly_more() -> None:
    found = rows(4, Ball.of(np.zeros(4), np.full(4, OPEN)))
    exact = given((ZERO, ZERO), (ZERO, -SMALL), (ZERO, None), (ZERO, -SMALL))
    both = [(PRICED, cost(1 / 3, 1 / 3, 1 / 3, 0.0)), (FREE, cost(0.1, 0.1, 0.1, 0.1))]
    left = looked_at_exactly(found, both, np.array([0, 1, 3]), exact)  # type: ignore[arg-type]
    assert (left[0], left[2]) == (0.0, 0.0), "met; not among the rows"
    for row, costs in ((1, (1 / 3, 0.1)), (3, (0.1,))):
        exactly = sum(map(Fraction, costs))
        assert exactly < Fraction(left[row]) < exactly * (1 + Fraction(1, 10**11))


def test_a_violation_is_what_the_ball_leaves_below_zero() -> None:
    """h ≥ ⟨m, r⟩ fails by r − m at most: a cost of that, of a part and of a multiple."""
    mids, rads = [0.05, 0.0, -0.05, 0.3], [0.1, 0.1, 0.1, 0.1]
    for factor in (1, 3, sp.Rational(1, 3)):
        condition = replace(FREE, costs=(factor * VIOLATION,))
        found = judged(rows(4, Ball.of(mids, rads)), condition).cost
        for got, mid, rad in zip(found[:3], mids, rads, strict=False):
            exactly = (Fraction(rad) - Fraction(mid)) * Fraction(factor)
            assert exactly < Fraction(got) < exactly * (1 + Fraction(1, 10**10))
        assert found[3] == 0


INF = np.inf


@pytest.mark.parametrize(
    ("mid", "rad", "condition", "holds", "detail"),
    [
        ([1, 1], [0, 0], FREE, True, "met in 2 instances"),
        ([1, 0], [0, 0], FREE, True, "met in 2 instances"),
        ([1, 0], [0.5, 0.5], FREE, True, "met in 1, open in 1"),
        ([1, 0], [0.5, 0.5], PRICED, True,
         "met in 1, open, at a cost that the theorem states, in 1"),
        ([0, 0, 1], [0.5, INF, 0], PRICED, True,
         "met in 1, open, at a cost that the theorem states, in 1, open in 1"),
        ([0, 0], [0.5, 0.5], PRICED, True,
         "met in 0, open, at a cost that the theorem states, in 2"),
        ([0, 0], [INF, INF], FREE, None, "unknown in all 2 instances"),
        ([0, 0], [INF, 0.5], FREE, None, "inside its rounding, or unknown, in all 2 instances"),
        ([0, 0], [0.5, 0.5], FREE, None, "inside its rounding, or unknown, in all 2 instances"),
        ([1, -1, 0, -3, 0, -2], [0, 0, 0.5, 0, INF, 0], FREE, False,
         "step 4: 0 against -3 (3 of 6 instances fail; met in 1, open in 2)"),
        ([1, -1, 0, -3, 0, -2], [0, 0, 0.5, 0, INF, 0], PRICED, False,
         "step 4: 0 against -3 (3 of 6 instances fail; met in 1, open, at a cost that the theorem "
         "states, in 1, open in 1)"),
        ([0, 0], [0, 0.5], replace(FREE, strict=True), False,
         "step 1: 0 against 0 (1 of 2 instances fail; met in 0, open in 1)"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_condition(
    mid: list[float], rad: list[float], condition: Inequality, holds: bool | None, detail: str
) -> None:
    found = judged(rows(len(mid), Ball.of(np.array(mid, float), rad)), condition, "step")
    assert found.checked == Checked("h ≥ 0", "h is not negative", holds, detail)
    plain = judged(rows(len(mid), Ball.of(np.array(mid, float), rad)), replace(condition, text=""))
    assert plain.checked.text == str(condition)


def test_equal_parameters_are_looked_at_once_and_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """−3h ≤ 0 at h = 1/3, ⅔, ⅓, …: 3h − 1 and 3h − 2 are not 0 in floats."""
    border = Inequality("3h ≥ x", x, 3 * h)
    numbers = np.array([1 / 3, 2 / 3, 1 / 3, 2 / 3])
    sides = np.array([1.0, 2.0, 1.0, 2.0])
    found = replace(
        rows(4, Ball.of(numbers)),
        values={"x": Ball.of(sides), "y": Ball.of(np.zeros(4)), "h": Ball.of(numbers)},
    )
    fails = [3 * Fraction(one) < Fraction(side) for one, side in zip(numbers, sides, strict=True)]
    seen: list[int] = []
    known = hypothesis.known

    def noted(*given: object) -> object:
        seen.append(int(given[2]))  # type: ignore[call-overload]
        return known(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(hypothesis, "known", noted)
    assert fails == [True] * 4
    assert judged(found, border).checked.holds is False
    assert seen == [0, 1]
    monkeypatch.setattr(hypothesis, "MOST_EXACT", 1)
    assert "2 of 4 instances fail; met in 0, open in 2" in judged(found, border).checked.detail
    assert seen == [0, 1, 0]


EDGES = Ball.of([0.5, 1.0, 0.5, -0.5, 0.0, 0.0], [0.5, 0.5, 0.25, 0.5, 0.25, 0.0])


@pytest.mark.parametrize(
    ("strict", "counts"),
    [(False, Counts(4, 0, 2, 0, 0)), (True, Counts(2, 1, 3, 1, 0))],
)
def test_at_its_edge_a_ball_shows_what_is_not_strict_alone(strict: bool, counts: Counts) -> None:
    """0 ≤ y or 0 < y, y within [0, 1], [½, 1½], [¼, ¾], [−1, 0], [−¼, ¼], and 0."""
    found = replace(rows(6, Ball.of(1.0)), values={"y": EDGES})
    order = Inequality("order", sp.Integer(0), y, strict=strict)
    part = Conclusion(order, lambda ctx: found)
    words = {"id": "X", "title": "", "statement": "", "latex": "", "source": ""}
    theorem = Theorem(**words, symbols={"y": ""}, conclusions=(part,))  # type: ignore[arg-type]
    assert conclusion.tested(Context(Trace({})), theorem, part, None).counts == counts
    assert (judged(found, order).cost[:3] == 0).tolist() == [not strict, True, True]
