r"""Instances at the rounding floor, decided again: in fractions, and in balls where one must.

A symbol that was measured has a ball around it. Where its value is known exactly, or as closely
as one asks, so is the margin rhs − lhs of an inequality; it is then found as one fraction, or as
an interval [lo, hi] that shrinks as the precision is doubled:

    lhs ≤ rhs   holds if lo ≥ cost,   fails if hi < −cost − room
    lhs < rhs   holds if lo > cost,   fails if hi ≤ −cost − room

``room`` is what rounding in the method's *own* step can do (the column ``execution``), as the
fraction that the recorded float is. Exact values remove the error of *measuring*; they cannot
make a rounded step the step of the theorem. So a margin in [−room, 0) stays at the floor, and so
does 0 under a strict claim unless the room is 0: a run may stand still because its steps are
rounded, and 2 < 2 is false of values that no rounded step has made. Where the room is unknown
nothing fails. ``cost`` is what the hypotheses that rounding leaves open may take
(``amverify.judge.hypothesis``).

The exact values are those at the points as they are stored. Parameters of a method (L, s, p1, …)
are floats that it used as they are: exact as they stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import flint
import numpy as np
from numpy.typing import NDArray

from amverify.numbers.exact import ARB, LEAST_BITS, MOST_BITS, Exact, Real, ball, endpoints
from amverify.numbers.formulas import FRACTIONS, evaluate
from amverify.theorems.base import Inequality, Instances

MOST_EXACT = 2000
"""At most so many instances are decided again exactly."""


@dataclass(frozen=True)
class Margin:
    """low ≤ rhs − lhs ≤ high, and what the method's own rounding may take from it.

    ``room`` is None where that is unknown; ``cost`` is what open hypotheses may take.
    """

    low: Fraction
    high: Fraction
    room: Fraction | None
    strict: bool
    cost: Fraction = Fraction(0)

    @property
    def good(self) -> bool:
        """Whether the inequality surely holds."""
        return self.low > self.cost if self.strict else self.low >= self.cost

    @property
    def bad(self) -> bool:
        """Whether it surely fails, by more than the method's own rounding can explain."""
        return self.room is not None and self._fails(self.high, self.room)

    def _fails(self, margin: Fraction, room: Fraction) -> bool:
        least = -room - self.cost
        return margin <= least if self.strict else margin < least

    @property
    def excuse(self) -> Fraction:
        """What of a failure may be explained."""
        return (self.room or Fraction(0)) + self.cost

    @property
    def settled(self) -> bool:
        """Whether no closer look can change the answer."""
        holds = self.high > self.cost if self.strict else self.high >= self.cost
        fails = self.room is not None and self._fails(self.low, self.room)
        return self.good or self.bad or not (holds or fails)


@dataclass(frozen=True)
class Failure:
    """A row that fails, by an exact margin, and the exact values of its symbols."""

    row: int
    margin: Margin
    values: Mapping[str, Real]


def again(
    inequality: Inequality,
    instances: Instances,
    rows: NDArray[np.int64],
    exact: Exact | None,
    cost: NDArray[np.float64] | None = None,
) -> tuple[int, list[Failure]]:
    """Exact decisions: how many of these rows were decided, and those that fail.

    ``cost`` is what open hypotheses may take, finite in these rows. Where the allowance is not
    finite, rounding of the step explains any failure.
    """
    decided, failures = 0, []
    allowance = np.broadcast_to(np.asarray(instances.allowance), (len(instances),))
    for row in (rows if exact is not None else _sharp(inequality, instances, rows)).tolist():
        values = known(inequality, instances, row, exact)
        if values is None:
            continue
        room = Fraction(float(allowance[row])) if np.isfinite(allowance[row]) else None
        paid = Fraction(0 if cost is None else float(cost[row]))
        margin = margin_of(inequality, values, room, paid)
        if margin is None:
            continue
        decided += margin.good or margin.bad
        if margin.bad:
            failures.append(Failure(row, margin, values))
    return decided, failures


def _sharp(
    inequality: Inequality, instances: Instances, rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Those of the rows in which every symbol is a number without an error."""
    for name in _names(inequality):
        rad = instances.values[name].rad
        rows = rows[np.broadcast_to(rad, (len(instances),))[rows] == 0]
    return rows


@lru_cache(maxsize=256)
def _names(inequality: Inequality) -> tuple[str, ...]:
    """The symbols of both sides, by name."""
    return tuple(sorted(x.name for x in inequality.lhs.free_symbols | inequality.rhs.free_symbols))


def known(
    inequality: Inequality, instances: Instances, row: int, exact: Exact | None
) -> dict[str, Real] | None:
    """Every symbol of an inequality at one instance, or None if one is not known exactly."""
    given: Mapping[str, Real] = {}
    if exact is not None:
        where = int(instances.sweep[row]), instances.block(row), int(instances.replicate[row])
        given = exact(*where) or {}
    values: dict[str, Real] = {}
    for name in _names(inequality):
        measured = instances.values[name].take(row)
        if name in given:
            values[name] = given[name]
        elif measured.rad == 0:
            values[name] = Fraction(float(measured.mid))
        else:
            return None
    return values


def margin_of(
    inequality: Inequality,
    values: Mapping[str, Real],
    room: Fraction | None = Fraction(0),
    cost: Fraction = Fraction(0),
) -> Margin | None:
    """rhs − lhs, as closely as its sign asks for; None where the formula has no such value."""
    formula = inequality.rhs - inequality.lhs
    fractions = {name: x for name, x in values.items() if isinstance(x, Fraction)}
    if len(fractions) == len(values):
        try:
            value: Fraction = evaluate(formula, fractions, FRACTIONS)
        except (ValueError, ZeroDivisionError):
            return None
        return Margin(value, value, room, inequality.strict, cost)
    found, bits = None, LEAST_BITS
    while bits <= MOST_BITS and (found is None or not found.settled):
        with flint.ctx.workprec(bits):
            balls = {name: ball(value) for name, value in values.items()}
            try:
                wide: flint.arb = evaluate(formula, balls, ARB)
            except (ValueError, ZeroDivisionError):
                return None
            ends = endpoints(wide)
        found = None if ends is None else Margin(*ends, room, inequality.strict, cost)
        bits *= 2
    return found
