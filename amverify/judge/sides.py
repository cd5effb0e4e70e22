"""The two sides of an inequality on every instance, and what is left between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amverify.numbers.balls import Ball
from amverify.numbers.formulas import program
from amverify.theorems.base import Inequality, Instances
from amverify.verdict import Slack

CHUNK = 1 << 15
"""Instances evaluated at a time: few enough that their balls stay in the cache."""


def sides(instances: Instances, inequality: Inequality) -> tuple[Ball, Ball, Ball]:
    """lhs, rhs and rhs − lhs on all instances."""
    lhs, rhs, margin = over(
        instances, inequality.lhs, inequality.rhs, inequality.rhs - inequality.lhs
    )
    return lhs, rhs, margin


def over(instances: Instances, *formulas: sp.Expr) -> tuple[Ball, ...]:
    """Formulas on all instances, a chunk at a time."""
    n = len(instances)
    used = {x.name: instances.values[x.name] for f in formulas for x in f.free_symbols}
    together = program(*formulas)
    found = [Ball(np.broadcast_to(0.0, (n,)), np.broadcast_to(0.0, (n,))) for _ in formulas]
    for start in range(0, n, CHUNK):
        rows = slice(start, min(start + CHUNK, n))
        here = {name: ball.take(rows) for name, ball in used.items()}
        for i, part in enumerate(together.run(here)):
            if not start:
                found[i] = _room(part, n)
            if part.mid.ndim:
                found[i].mid[rows], found[i].rad[rows] = part.mid, part.rad
    return tuple(found)


def _room(part: Ball, n: int) -> Ball:
    """Where a ball of each instance goes; one that does not depend on it is there at once."""
    if part.mid.ndim:
        return Ball(np.empty(n), np.empty(n))
    return Ball(np.broadcast_to(part.mid, (n,)), np.broadcast_to(part.rad, (n,)))


def slack(instances: Instances, lhs: Ball, rhs: Ball, margin: Ball) -> Slack:
    """The least relative margin of each sweep, a stretch of whole sweeps at a time."""
    sweeps, parts, floors = instances.sweep, [], []
    with np.errstate(all="ignore"):
        for rows in _stretches(sweeps):
            size = np.abs(lhs.mid[rows])
            size += np.abs(rhs.mid[rows])
            relative = np.where(size > 0, margin.mid[rows] / size, 0.0)
            own = sweeps[rows]
            worst = _least(relative, own)
            size, rad = size[worst], margin.rad[rows][worst]
            floors.append(np.where(size > 0, np.minimum(rad / size, 1e300), 0.0))
            parts.append((own[worst], relative[worst]))
    numbers, margins = zip(*parts, strict=True) if parts else ((), ())
    return Slack(_tuple(numbers), _tuple(margins), _tuple(floors))


def _tuple(parts: Sequence[NDArray[Any]]) -> tuple[Any, ...]:
    return tuple(value for part in parts for value in part.tolist())


def _stretches(groups: NDArray[np.int64]) -> Iterator[slice | NDArray[np.int64]]:
    """The rows of a few whole groups at a time, the groups in order: a stretch is in the cache."""
    later = groups[1:] >= groups[:-1]
    order = None if later.all() else np.argsort(groups, kind="stable")
    own = groups if order is None else groups[order]
    start, n = 0, len(own)
    while start < n:
        end = min(start + CHUNK, n)
        end = int(np.searchsorted(own, own[end - 1], side="right"))
        yield slice(start, end) if order is None else order[start:end]
        start = end


def _least(values: NDArray[np.float64], groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """The row of the least value of each group, the groups in order; of several the first.

    NaN is taken only where a group has nothing else. A pass over the rows: to sort them by value
    would take longer than to judge them.
    """
    order = np.argsort(groups, kind="stable")
    own, values = groups[order], values[order]
    starts = np.flatnonzero(np.append(True, own[1:] != own[:-1])[: len(own)])
    if not len(starts):
        return order
    least = np.repeat(np.fmin.reduceat(values, starts), np.diff(np.append(starts, len(own))))
    there = np.flatnonzero((values == least) | np.isnan(least))
    return order[there[np.searchsorted(there, starts)]]
