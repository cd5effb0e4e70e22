r"""The conditions of a conclusion on every instance: met, failed, or open.

A condition lhs ≤ rhs has the ball ⟨m, r⟩ = rhs − lhs:

    met      m − r ≥ 0 (strict: > 0)
    failed   m + r < 0
    open     else: the ball holds 0, or nothing is known of it

An open one whose symbols are known exactly (parameters of a method) is decided exactly. One that
stays open fails by v = r − m at most. Where the theorem states what a failure by v costs its
conclusion (``Inequality.costs``), the instance is decided by what the margin leaves beyond that
cost: L is a modulus up to v, say, and ΔF may be v/2 larger. Where it states none, or v is not
bounded, the instance is undecided: it neither counts as holding nor accuses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amverify.judge.floor import MOST_EXACT, known, margin_of
from amverify.judge.sides import CHUNK, over, sides
from amverify.judge.witness import where
from amverify.numbers.balls import Ball
from amverify.numbers.exact import Exact
from amverify.numbers.formulas import evaluate
from amverify.theorems.base import VIOLATION, Inequality, Instances
from amverify.verdict import Checked

UP = 1 + 2.0**-40
"""Costs come from a few dozen operations in float64."""


@dataclass(frozen=True)
class Judged:
    """One condition: what is said of it, where it is open, and what that costs the conclusion.

    ``cost`` is 0 where it is met (or fails), infinite where it is open at no stated price.
    """

    checked: Checked
    cost: NDArray[np.float64]


def judged(instances: Instances, condition: Inequality, iteration: str = "sweep") -> Judged:
    """A condition on all instances; ``iteration`` is what the run calls its steps."""
    (margin,) = over(instances, condition.rhs - condition.lhs)
    met = np.array(margin.surely_nonnegative)
    if condition.strict:
        met &= margin.mid > margin.rad
    failed = np.array(margin.surely_negative)
    if condition.strict or not condition.costs:
        _exactly(instances, condition, met, failed)
    cost = np.broadcast_to(0.0, (len(instances),))
    rows = np.flatnonzero(~(met | failed))
    if len(rows):
        cost = cost.copy()
        cost[rows] = _cost(instances, condition, rows, margin)
    return Judged(_checked(instances, condition, margin, (met, failed), cost, iteration), cost)


def _exactly(
    instances: Instances,
    condition: Inequality,
    met: NDArray[np.bool_],
    failed: NDArray[np.bool_],
) -> None:
    """Decide what is open and known exactly; equal parameters are looked at once."""
    names = sorted(x.name for x in condition.lhs.free_symbols | condition.rhs.free_symbols)
    balls = [instances.values[name] for name in names]
    n = len(instances)
    sure = ~met & ~failed
    for ball in balls:
        sure &= np.broadcast_to(ball.rad == 0, (n,))
    rows = np.flatnonzero(sure)
    if not len(rows) or not names:
        return
    table = np.stack([np.broadcast_to(ball.mid, (n,))[rows] for ball in balls], axis=1)
    _, first, group = np.unique(table, axis=0, return_index=True, return_inverse=True)
    good, bad = np.zeros(len(first), dtype=bool), np.zeros(len(first), dtype=bool)
    for i, row in enumerate(rows[first][:MOST_EXACT].tolist()):
        values = known(condition, instances, row, None)
        margin = None if values is None else margin_of(condition, values)
        if margin is not None:
            good[i], bad[i] = margin.good, margin.bad
    met[rows], failed[rows] = good[group.ravel()], bad[group.ravel()]


def _cost(
    instances: Instances, condition: Inequality, rows: NDArray[np.int64], margin: Ball
) -> NDArray[np.float64]:
    """What an open condition may take from the conclusion, by row; infinite if unknown."""
    found = np.full(len(rows), np.inf)
    used = {x.name for formula in condition.costs for x in formula.free_symbols}
    used -= {VIOLATION.name}
    for start in range(0, len(rows) if condition.costs else 0, CHUNK):
        part = slice(start, start + CHUNK)
        here = {name: instances.values[name].take(rows[part]) for name in used}
        found[part] = _cheapest(condition, here, margin.take(rows[part]))
    return found


def _cheapest(condition: Inequality, symbols: dict[str, Ball], margin: Ball) -> NDArray[np.float64]:
    """The least of the stated costs, infinite where the violation is unknown."""
    with np.errstate(all="ignore"):
        violation = np.maximum(margin.rad - margin.mid, 0.0) * UP
        symbols = {**symbols, VIOLATION.name: Ball.of(violation)}
        least = np.full(len(violation), np.inf)
        for formula in condition.costs:
            found = evaluate(formula, symbols)
            most = np.broadcast_to((found.mid + found.rad) * UP, least.shape)
            least = np.fmin(least, np.where(most >= 0, most, np.inf))
        return np.where(np.isfinite(violation), least, np.inf)


def _checked(
    instances: Instances,
    condition: Inequality,
    margin: Ball,
    masks: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    cost: NDArray[np.float64],
    iteration: str,
) -> Checked:
    """What is said of a condition on the whole run."""
    met, failed = masks
    text, total = condition.text or str(condition), len(instances)
    unknown = ~np.isfinite(cost)
    open_, priced = int(unknown.sum()), int((~met & ~failed & ~unknown).sum())
    if failed.any():
        rows = np.flatnonzero(failed)
        row = int(rows[np.argmin(margin.mid[rows])])
        lhs, rhs, _ = sides(instances.only(row), condition)
        detail = f"{where(instances, row, iteration)}: {lhs.mid[0]:.6g} against {rhs.mid[0]:.6g} "
        return Checked(
            condition.name,
            text,
            False,
            f"{detail}({len(rows)} of {total} instances fail; {_tally(met, priced, open_)})",
        )
    if open_ == total:
        why = "unknown" if not np.isfinite(margin.rad).any() else "inside its rounding, or unknown,"
        return Checked(condition.name, text, None, f"{why} in all {total} instances")
    return Checked(condition.name, text, True, _tally(met, priced, open_))


def _tally(met: NDArray[np.bool_], priced: int, open_: int) -> str:
    """How many instances are met, met up to rounding, and open."""
    said = [f"met in {int(met.sum())}"]
    said += [f"open, at a cost that the theorem states, in {priced}"] if priced else []
    said += [f"open in {open_}"] if open_ else []
    if len(said) == 1:
        return f"{said[0]} instances"
    return ", ".join(said)


def looked_at_exactly(
    instances: Instances,
    hypotheses: Iterable[tuple[Inequality, Judged]],
    rows: NDArray[np.int64],
    exact: Exact,
) -> NDArray[np.float64]:
    """The cost in some rows, without that of conditions which exact values show to be met."""
    total = np.zeros(len(instances))
    for condition, found in hypotheses:
        for row in rows[found.cost[rows] > 0].tolist():
            values = known(condition, instances, row, exact)
            margin = None if values is None else margin_of(condition, values)
            if margin is None or not margin.good:
                total[row] += found.cost[row]
    return total * UP


def total_cost(found: Iterable[Judged], count: int) -> NDArray[np.float64]:
    """What all open conditions together may take; infinite where one leaves nothing decided."""
    total = np.zeros(count)
    for one in found:
        total = total + one.cost
    return total * UP
