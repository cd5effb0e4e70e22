"""A margin known to lie in an interval: what it decides, against each number of the interval."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from amverify.claims import claim
from amverify.errors import InvalidInput
from amverify.judge.audit import audit
from amverify.judge.floor import Margin
from amverify.trace.trace import Trace
from amverify.verdict import Verdict

HALVES = [Fraction(k, 2) for k in range(-5, 6)]
ROOMS = (None, Fraction(0), Fraction(1))
COSTS = (Fraction(0), Fraction(1))


def margins() -> list[Margin]:
    return [
        Margin(low, high, room, strict, cost)
        for low, high, room, strict, cost in product(HALVES, HALVES, ROOMS, (True, False), COSTS)
        if low <= high
    ]


def at(margin: Margin, value: Fraction) -> Margin:
    return replace(margin, low=value, high=value)


def said(value: Fraction, margin: Margin) -> str:
    """What a number alone decides, as the head of ``judge/floor.py`` writes it."""
    if value > margin.cost or (value == margin.cost and not margin.strict):
        return "holds"
    if margin.room is None:
        return "open"
    least = -margin.cost - margin.room
    return "fails" if value < least or (value == least and margin.strict) else "open"


def test_an_interval_decides_what_all_its_numbers_decide() -> None:
    for margin in margins():
        inside = {said(v, margin) for v in HALVES if margin.low <= v <= margin.high}
        assert margin.good == (inside == {"holds"}), margin
        assert margin.bad == (inside == {"fails"}), margin


def test_a_closer_look_is_taken_exactly_where_it_can_change_the_answer() -> None:
    for margin in margins():
        inside = {said(v, margin) for v in HALVES if margin.low <= v <= margin.high}
        assert margin.settled == (len(inside) == 1), margin


def test_room_and_cost_excuse_together() -> None:
    found = Margin(Fraction(-9), Fraction(-9), Fraction(1, 2), False, Fraction(1, 4))
    assert found.excuse == Fraction(3, 4)
    assert replace(found, room=None).excuse == Fraction(1, 4)


def run_of(sweep: list[int], value: list[float]) -> Trace:
    """A trace of exact values."""
    nothing = np.zeros(len(sweep))
    columns = {"value_error": nothing, "execution": nothing, "value": np.array(value)}
    keys = {"sweep": np.array(sweep), "replicate": np.zeros(len(sweep), dtype=np.int64)}
    return Trace({"subject": "x"}, sweeps=keys | columns)


def test_a_margin_beyond_every_double_is_told() -> None:
    (found,) = audit(run_of([0, 1, 2], [1, 1e200, 1e200]), claim("value[k]*value[k] <= 1")).findings
    assert found.verdict is Verdict.VIOLATED
    assert found.witness is not None
    assert found.witness.margin == -np.inf


def test_two_rows_of_one_sweep_are_refused() -> None:
    """Of [3, 2, 10, 1] at sweeps 0, 1, 1, 2 a decrease held: the 10 was dropped."""
    with pytest.raises(InvalidInput, match="rows 1 and 2 are both of sweep 1, replicate 0"):
        audit(run_of([0, 1, 1, 2], [3, 2, 10, 1]), claim("value[k] <= value[k-1]"))
