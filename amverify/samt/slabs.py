r"""An inner step of a large matrix whose gradient is a product, ∂W = δᵀa: it is never there whole.

For some rows at a time,

    g = (δᵀa)[rows] + λw;   reduce(g ⊙ d), reduce(g²) by the rows;   w ← w − α ⊙ g;   d ← g,

d the direction of the step before, which is kept anyway: beside w and d there is memory for one
slab alone. It is a gain in memory, and hardly one in time. Where α has one entry for all rows, the
slabs' sums are added up; where it has one for each, they are put below each other. This is torch's
way to do it; where compiled loops can, they do (:mod:`amverify.samt.fast.strips`).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from typing import Any, NamedTuple

import torch
from torch import Tensor

from amverify.samt.hypergradient import inner
from amverify.samt.rule import Rule, State
from amverify.samt.stepsizes import Hypergradient

LARGE, ROWS, SLABS = 2**16, 32, 16
"""Matrices from so many entries on are cut: so many rows a slab at least, so many slabs at most."""
ALONE = 2**20
"""The same where every entry has a step size: they weigh more than what is saved."""


def is_large(w: Tensor, alpha: Tensor) -> bool:
    """Whether it is worth being cut."""
    return w.numel() >= (ALONE if alpha.shape == w.shape else LARGE)


def in_slabs(
    w: Tensor, alpha: Tensor, factors: tuple[Tensor, Tensor], state: State, rule: Rule
) -> Hypergradient | None:
    """``move`` for a matrix whose gradient is δᵀa; the direction's memory is used again."""
    total, shape = w.shape[0], alpha.shape
    rows = min(total, max(ROWS, -(-total // SLABS)))
    known = rule.train and state["direction"] is not None
    before = state.get("square")
    if known and before is None and rule.cosine:
        before = inner(state["direction"], state["direction"], shape)
    direction = memory_for(w, state) if rule.train else None
    buffer = w.new_empty(rows, w.shape[1])
    decay = rule.decay(w)
    sums = Sums(shape, total == shape[0] > 1, shape == w.shape, rule.cosine, [], [])
    slabs = zip(
        torch.split(w, rows),
        torch.split(factors[0].t(), rows),
        _rows(alpha, total, rows),
        _rows(direction, total, rows),
        _rows(displacement_of(w, state) if rule.displaces else None, total, rows),
        strict=False,
    )
    for part, delta, size, old, moved in slabs:
        g = torch.mm(delta, factors[1], out=buffer[: part.shape[0]])
        if decay:
            g.add_(part, alpha=decay)
        if old is not None:
            sums.add(g, old, known)
        rule.shift(part, size, g, moved)
        if old is not None:
            old.copy_(g)
    own = sums.total(sums.squares) if sums.squares else None
    state["direction"], state["owned"], state["square"] = direction, True, own
    if not known:
        return None
    descent = sums.total(sums.inner)
    if not rule.cosine:
        return Hypergradient(descent, ())
    if own is None or before is None:
        return Hypergradient(descent, (descent.abs(),))
    return Hypergradient(descent, (own, before))


def displacement_of(w: Tensor, state: State) -> Tensor:
    """Δ, zero at first."""
    if state.get("displacement") is None:
        state["displacement"] = torch.zeros_like(w)
    found: Tensor = state["displacement"]
    return found


def memory_for(w: Tensor, state: State) -> Tensor:
    """The direction in memory of its own: autograd's may be shared, or an expanded number."""
    old = state["direction"]
    if old is None:
        return torch.empty_like(w, memory_format=torch.contiguous_format)
    if not state.get("owned"):
        old = old.clone(memory_format=torch.contiguous_format)
    found: Tensor = old
    return found


def _rows(x: Tensor | None, total: int, rows: int) -> Iterable[Any]:
    """The slabs' parts of x; x itself for each where it has one row for all."""
    if x is None or len(x) != total:
        return repeat(x)
    parts: tuple[Tensor, ...] = torch.split(x, rows)
    return parts


class Sums(NamedTuple):
    """reduce(g ⊙ d) and reduce(g²) of a matrix, slab after slab.

    Args:
        shape: of α.
        by_row: whether α has an entry for each row at least.
        alone: whether it has one for each entry: then reduce(g²) is not needed.
        cosine: whether it is wanted.
        inner: of the slabs so far.
        squares: of the slabs so far.
    """

    shape: tuple[int, ...]
    by_row: bool
    alone: bool
    cosine: bool
    inner: list[Tensor]
    squares: list[Tensor]

    def add(self, g: Tensor, old: Tensor, known: bool) -> None:
        """Another slab; ``old``, its d if that is known, is written over."""
        if known:
            self.inner.append(g * old if self.alone else self._reduced(g, old, old))
        if self.cosine and not self.alone:
            self.squares.append(self._reduced(g, g, old))

    def _reduced(self, x: Tensor, y: Tensor, scratch: Tensor) -> Tensor:
        if self.shape == (1, 1):
            return torch.dot(x.view(-1), y.view(-1))
        return torch.mul(x, y, out=scratch).sum(1 if self.by_row else 0, keepdim=True)

    def total(self, parts: list[Tensor]) -> Tensor:
        """Of the matrix."""
        found = torch.cat(parts) if self.by_row else torch.stack(parts).sum(0)
        return found.view(self.shape)
