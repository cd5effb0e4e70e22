"""The two sides of an inequality on every instance, and what is left between them."""

from __future__ import annotations

import numpy as np

from amverify.numbers.balls import Ball
from amverify.numbers.formulas import program
from amverify.theorems.base import Inequality, Instances
from amverify.verdict import Slack

CHUNK = 1 << 15
"""Instances evaluated at a time: few enough that their balls stay in the cache."""


def sides(instances: Instances, inequality: Inequality) -> tuple[Ball, Ball, Ball]:
    """lhs, rhs and rhs − lhs on all instances, a chunk at a time."""
    n = len(instances)
    names = {x.name for x in (inequality.lhs.free_symbols | inequality.rhs.free_symbols)}
    used = {name: instances.values[name] for name in names}
    both = program(inequality.lhs, inequality.rhs, inequality.rhs - inequality.lhs)
    found = tuple(Ball(np.empty(n), np.empty(n)) for _ in both.results)
    for start in range(0, n, CHUNK):
        rows = slice(start, min(start + CHUNK, n))
        here = {name: ball.take(rows) for name, ball in used.items()}
        for whole, part in zip(found, both.run(here), strict=True):
            whole.mid[rows], whole.rad[rows] = part.mid, part.rad
    lhs, rhs, margin = found
    return lhs, rhs, margin


def slack(instances: Instances, lhs: Ball, rhs: Ball, margin: Ball) -> Slack:
    """The least relative margin of each sweep."""
    with np.errstate(all="ignore"):
        size = np.abs(lhs.mid) + np.abs(rhs.mid)
        relative = np.where(size > 0, margin.mid / size, 0.0)
        floor = np.where(size > 0, np.minimum(margin.rad / size, 1e300), 0.0)
    order = np.lexsort((relative, instances.sweep))
    sweeps, first = np.unique(instances.sweep[order], return_index=True)
    worst = order[first]
    return Slack(
        tuple(sweeps.tolist()), tuple(relative[worst].tolist()), tuple(floor[worst].tolist())
    )
