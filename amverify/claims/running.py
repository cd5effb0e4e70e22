r"""Sums, means, least and largest elements over [m:k] or over a window [k−m:k].

Σ_{j≤n} x_j in any order is off by γ_{n−1}Σ|x_j| at most. The least of balls lies between the least
of their lower ends and the least of their upper ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amverify.claims.grammar import OF_A_STEP
from amverify.claims.tree import Slice
from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import gamma
from amverify.theorems.base import Missing

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
UP = 1 + 2.0**-48


@dataclass(frozen=True)
class Segment:
    """The instances' rows, and where replicates begin among all rows.

    Args:
        rows: of the instances.
        index: of every row, its index k.
        first: for every row, the row at which its replicate begins.
    """

    rows: Rows
    index: Rows
    first: Rows


def running(
    how: str, elements: Ball, moved: Array, segment: Segment, part: Slice
) -> tuple[Ball, Array]:
    """The running sum, mean, minimum or maximum at each instance.

    Args:
        how: which.
        elements: one for each row of the run.
        moved: how far the steps' rounding can have moved each.
        segment: the rows.
        part: the first slice, which says where it starts and stops.

    Raises:
        Missing: if rows between start and end were not recorded.
    """
    last = segment.rows + part.stop.offset - 1
    start = segment.first[segment.rows]
    if part.start.moving:
        start = np.maximum(segment.rows + part.start.offset, start + (part.name in OF_A_STEP))
    else:
        start = start + part.start.offset
    if not _whole(segment.index, start, last, part):
        raise Missing("rows between the start and k", "recorder.step(x, value) at every step")
    low, high = elements.mid - elements.rad, elements.mid + elements.rad
    if how in ("min", "max"):
        best = np.maximum if how == "max" else np.minimum
        low, high = elements.mid - elements.rad, elements.mid + elements.rad
        ends = (_accumulated(best, x, start, last) for x in (low, high))
        return _between(*ends), _accumulated(np.maximum, moved, start, last)
    total, off = _sum(elements, start, last), _accumulated(np.add, moved, start, last)
    if how == "mean":
        count = (last - start + 1).astype(float)
        return total / Ball.of(count), off / count
    return total, off


def _whole(index: Rows, start: Rows, last: Rows, part: Slice) -> bool:
    """Whether every row from start to last is there, and a fixed start is where it says."""
    if (start >= len(index)).any() or (index[last] - index[start] != last - start).any():
        return False
    return part.start.moving or not (index[start] != part.start.offset).any()


def _between(low: Array, high: Array) -> Ball:
    with np.errstate(all="ignore"):
        mid = low / 2 + high / 2
        return Ball.of(mid, np.maximum(high - mid, mid - low) * UP + np.abs(mid) * 2.0**-51)


def _sum(elements: Ball, start: Rows, last: Rows) -> Ball:
    parts = (elements.mid, np.abs(elements.mid), elements.rad)
    mid, size, rad = (_accumulated(np.add, x, start, last) for x in parts)
    off = gamma(int((last - start).max(initial=0)) + 4)
    with np.errstate(all="ignore"):
        return Ball.of(mid, (rad * (1 + off) + off * size) * UP)


def _accumulated(operation: np.ufunc, x: Array, start: Rows, last: Rows) -> Array:
    """x_start ∘ … ∘ x_last for each pair; pairs with one start share their work."""
    found = np.empty(len(start))
    with np.errstate(all="ignore"):
        for begin in np.unique(start):
            rows = start == begin
            stretch = operation.accumulate(x[begin : int(last[rows].max()) + 1])
            found[rows] = stretch[last[rows] - begin]
    return found
