r"""A large weight whose gradient comes as a product, formed and used up some rows at a time.

    g = (δᵀa)[rows] + λw;   reduce(g ⊙ d), reduce(g²);   w ← w − α ⊙ g;   Δ ← Δ − α ⊙ g;   d ← g

One compiled loop does all but the product, while the strip is still in the cache; the direction's
memory is used again. Beside w, d and Δ there is memory for one strip alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import increment_version

from amverify.samt.fast.table import GO_ON, KEEP, Sides, Slot, Table

LEAST, ROWS, STRIPS = 2**16, 16, 4
"""Matrices from so many entries on are cut: rows of a strip at least, strips at most."""


class Way(NamedTuple):
    """Along what a weight steps.

    Args:
        delta: δ, a row for each sample.
        a: the layer's inputs.
        decay: λ.
        direction: memory for d, None if nothing is to be measured.
        known: whether d is there.
        displacement: Δ.
    """

    delta: Tensor
    a: Tensor
    decay: float
    direction: Tensor | None
    known: bool
    displacement: Tensor | None


class Strips:
    """A weight that is stepped in strips; what stays from step to step.

    Args:
        w: the weight, a matrix.
        slot: where its α is, and where its sums go.
        lie: how α lies over it.
        run: the loop.
    """

    def __init__(self, w: Tensor, slot: Slot, lie: Sides, run: Callable[..., None]) -> None:
        self._w, self._slot, self._lie, self._run = w, slot, lie, run
        rows = max(ROWS, -(-lie.rows // STRIPS))
        self._ends = [*range(0, lie.rows, rows), lie.rows]
        self._rows, self._table = rows, Table([0] * 7 + [*lie, 0])

    def serves(self, way: Way) -> bool:
        """Whether all lies where and as the loop takes it."""
        w = self._w
        shape, form = (self._lie.rows, self._lie.columns), self._slot.alpha.dtype
        return all(
            u is None or (u.shape == shape and u.dtype is form and u.is_cpu and u.is_contiguous())
            for u in (w, way.direction, way.displacement)
        ) and not any(u is not None and u.is_neg() for u in (w, way.direction, way.displacement))

    def step(self, way: Way, squares: Tensor) -> None:
        """The inner step; reduce(g ⊙ d) goes into the slot where d is known, reduce(g²) there.

        Args:
            way: along what.
            squares: where reduce(g²) goes, if anything is to be measured.
        """
        w, d = self._w.detach(), way.direction
        buffer = w.new_empty(self._rows, self._lie.columns)
        back, single = way.delta.t(), w.dtype is torch.float32
        cells = self._table.cells
        width = self._lie.columns * w.element_size()
        coarse = (self._lie.columns if self._lie.by_column else 1) * w.element_size()
        at_w, at_alpha = w.data_ptr(), self._slot.alpha.data_ptr()
        at_d = 0 if d is None else d.data_ptr()
        at_moved = 0 if way.displacement is None else way.displacement.data_ptr()
        at_inner = self._slot.inner.data_ptr() if way.known else 0
        at_squares = 0 if d is None else squares.data_ptr()
        for first, end in zip(self._ends, self._ends[1:], strict=False):
            g = buffer[: end - first]
            torch.mm(back[first:end], way.a, out=g)
            if way.decay:
                g.add_(w[first:end], alpha=way.decay)
            down, over = first * width, first * coarse if self._lie.by_row else 0
            cells[0], cells[1] = at_w + down, g.data_ptr()
            cells[2] = at_d and at_d + down
            cells[3] = at_alpha + over
            cells[4] = at_moved and at_moved + down
            cells[5] = at_inner and at_inner + over
            cells[6] = at_squares and at_squares + over
            cells[7] = end - first
            cells[11] = (KEEP if at_d else 0) | (GO_ON if first and not self._lie.by_row else 0)
            self._run(self._table.address, 1, single)
        increment_version(self._w)
