"""Rows of a run by replicate and index, and where an index of a claim is among them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from amverify.claims.quantities import Quantity, quantity
from amverify.claims.running import Segment
from amverify.claims.tree import Index
from amverify.theorems.base import Context

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Run:
    """The sweeps of a trace in order of replicate and index."""

    ctx: Context

    @cached_property
    def order(self) -> Rows:
        """The trace's rows, replicate by replicate."""
        keys = [self.ctx.column("sweeps", name) for name in ("sweep", "replicate")]
        return np.lexsort(keys)

    @cached_property
    def index(self) -> Rows:
        """k of each row."""
        found: Rows = self.ctx.column("sweeps", "sweep")[self.order]
        return found

    @cached_property
    def replicate(self) -> Rows:
        """Of each row."""
        found: Rows = self.ctx.column("sweeps", "replicate")[self.order]
        return found

    @cached_property
    def first(self) -> Rows:
        """For each row, where its replicate begins."""
        new = np.ones(len(self.replicate), dtype=bool)
        new[1:] = np.diff(self.replicate) != 0
        return np.maximum.accumulate(np.where(new, np.arange(len(new)), 0))

    def at(self, rows: Rows, index: Index) -> Rows:
        """Where the index is, for instances at ``rows``; −1 where the run has no such row."""
        place = (rows if index.moving else self.first[rows]) + index.offset
        wanted = self.index[rows] + index.offset if index.moving else index.offset
        inside = (place >= 0) & (place < len(self.index))
        there = np.where(inside, place, 0)
        same = inside & (self.replicate[there] == self.replicate[rows])
        return np.where(same & (self.index[there] == wanted), there, -1)

    def quantity(self, name: str) -> Quantity:
        """A quantity on all rows."""
        return quantity(self.ctx, name, self.order)

    def segment(self, rows: Rows) -> Segment:
        """What a running sum has to know of the rows."""
        return Segment(rows, self.index, self.first)
