r"""Extrapolation, w ← w + βΔ for all blocks before a sweep, and the way back to the last bit.

Until the first gradient is there a sweep may fail, and then nothing is to have changed. A copy of
all weights would be a third of an optimiser's memory. But y = fl(w + s), s = fl(βΔ), mostly gives w
back: y − s is within half a unit in the last place of y of w, so fl(y − s) = w wherever y has no
larger unit than w. Kept are the entries where it is not so (found by trying), with their places;
where they are more than one in ``MANY``, a copy. Δ becomes s only when the gradient is there.

Bytes beside w and Δ, until then: 8 for each entry kept (float32; 12 in float64), at most w's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import increment_version

from amverify.compiled.available import compiled
from amverify.samt.fast.loops import served

MANY = 4
"""A copy is kept where more than one entry in so many would be."""
PIECE, PIECES = 2**15, 16
"""Without compiled loops: so many entries at a time at least, so many pieces at most."""
WHOLE = {2: torch.int16, 4: torch.int32, 8: torch.int64}


class Lead(NamedTuple):
    """A parameter, or rows of one, ahead by s = βΔ.

    Args:
        w: where it is now.
        moved: Δ.
        beta: β.
        places: of the entries that w − s does not give back, row after row; None for all.
        values: what they were.
    """

    w: Tensor
    moved: Tensor
    beta: float
    places: Tensor | None
    values: Tensor

    def back(self) -> None:
        """w is what it was."""
        if self.places is None:
            self.w.copy_(self.values)
            return
        self.w.sub_(self.moved * self.beta)
        if len(self.places):
            where = torch.unravel_index(self.places.long(), self.w.shape)
            self.w[where] = self.values


class Ahead:
    """All parameters that a sweep extrapolated, until its first gradient is there."""

    def __init__(self) -> None:
        self._leads: list[Lead] = []

    def go(self, w: Tensor, moved: Tensor, beta: float) -> None:
        """w ← w + βΔ."""
        lead = _in_loops(w, moved, beta)
        if lead is not None:
            self._leads.append(lead)
            return
        for part, step in _pieces(w.detach(), moved):
            self._leads.append(_by_torch(part, step, beta))

    def back(self) -> None:
        """Every w is what it was, to the last bit; none if ``settle`` was called."""
        for lead in self._leads:
            lead.back()
        self._leads = []

    def settle(self) -> None:
        """There is no way back: Δ ← βΔ."""
        if self._leads:
            for lead in self._leads:
                lead.moved.mul_(lead.beta)
            self._leads = []


def _in_loops(w: Tensor, moved: Tensor, beta: float) -> Lead | None:
    """By compiled loops, if they can serve."""
    loops, size = compiled(), w.numel()
    if loops is None or size >= 2**31 or moved.shape != w.shape or not served((w, moved)):
        return None
    memory = w.data_ptr(), moved.data_ptr()
    form = size, w.dtype is torch.float32, beta
    count = loops.lost(*memory, *form)
    places: Tensor | None = None
    if count * MANY > size:
        values, to = w.detach().clone(), (0, 0)
    else:
        places, values = torch.empty(count, dtype=torch.int32), w.new_empty(count)
        to = (places.data_ptr(), values.data_ptr()) if count else (0, 0)
    loops.go_ahead(*memory, *to, *form)
    increment_version(w)
    return Lead(w.detach(), moved, beta, places, values)


def _by_torch(w: Tensor, moved: Tensor, beta: float) -> Lead:
    step = moved * beta
    y = w + step
    whole = WHOLE[w.dtype.itemsize]
    lost = y.sub(step).view(whole) != w.view(whole)
    places: Tensor | None = None
    if not w.ndim or int(lost.sum()) * MANY > w.numel():
        values = w.clone()
    else:
        places, values = lost.reshape(-1).nonzero().view(-1).to(torch.int32), w[lost]
    w.copy_(y)
    return Lead(w, moved, beta, places, values)


def _pieces(w: Tensor, moved: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    if not w.numel():
        return iter(())
    if not w.ndim:
        return iter([(w, moved)])
    entries = max(PIECE, -(-w.numel() // PIECES))
    rows = max(1, entries * len(w) // w.numel())
    return zip(torch.split(w, rows), torch.split(moved, rows), strict=True)
