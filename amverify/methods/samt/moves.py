r"""One inner step of one parameter: w ← w − α ⊙ d, and what trains α, measured on the way.

A gradient that comes as a product, ∂W = δᵀa, need never exist as a whole. For some rows at a time,

    g = (δᵀa)[rows] + λw;   reduce(g ⊙ d), √reduce(g²) by the rows;   w ← w − α ⊙ g;   d ← g,

d the direction of the step before, which is kept anyway. A slab of rows stays in the processor's
cache from its making to its last use, and no memory is needed beside w and d but that of a slab.
Where α has one entry for all rows, the slabs' sums are added up; where it has one for each, they
are put below each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from typing import Any, NamedTuple

import torch
from torch import Tensor

from amverify.methods.samt.blocks import Group
from amverify.methods.samt.dense import Product
from amverify.methods.samt.hypergradient import closed_form, length
from amverify.methods.samt.stepsizes import Hypergradient

State = dict[str, Any]
Gradient = Tensor | Product | None
SLAB, SLABS = 2**16, 16
"""A slab has about so many entries, a matrix at most so many slabs; one alone is no gain."""


class Rule(NamedTuple):
    """How the parameters of a block are moved.

    Args:
        group: the block's settings.
        train: whether α is trained by what is measured on the way.
        cosine: whether the lengths of gradients are needed for that.
        decay: λ, unless it is in the gradients already.
        factor: of clipping, if there is any.
    """

    group: Group
    train: bool
    cosine: bool
    decay: float
    factor: Tensor | None = None

    def clipped(self, factor: Tensor | None) -> Rule:
        """The same for gradients that have their decay, and are to be scaled."""
        return self._replace(decay=0.0, factor=factor)

    def shift(self, w: Tensor, alpha: Tensor, d: Tensor, displacement: Tensor | None) -> None:
        """w ← w − α ⊙ d, with momentum; Δ is renewed. All may be rows of the parameter's."""
        if displacement is not None and self.group["momentum"]:
            displacement.mul_(self.group["momentum"]).addcmul_(d, alpha, value=-1)
            w.add_(displacement)
            return
        w.addcmul_(d, alpha, value=-1)
        if displacement is not None:
            displacement.addcmul_(d, alpha, value=-1)


def move(
    w: Tensor, alpha: Tensor, gradient: Tensor | Product, state: State, rule: Rule
) -> Hypergradient | None:
    """Step along a gradient; the hypergradient of the step before, if it is wanted and known.

    Args:
        w: the parameter.
        alpha: its step sizes.
        gradient: of ℓ, as it is or as a product.
        state: ``direction``, ``length`` and ``displacement`` of the step before; they are renewed.
        rule: what else there is.
    """
    if isinstance(gradient, Product):
        if gradient.a is not None and w.numel() >= 2 * SLAB:
            return _in_slabs(w.detach(), alpha, (gradient.delta, gradient.a), state, rule)
        gradient = gradient.whole()
    g = gradient.add(w, alpha=rule.decay) if rule.decay else gradient
    d = g if rule.factor is None else g * rule.factor
    shape, old = alpha.shape, state["direction"]
    own = length(g, shape) if rule.train and rule.cosine and g.shape != shape else None
    found = None
    if rule.train and old is not None:
        before = state.get("length")
        lengths = None if own is None or before is None else (own, before)
        found = closed_form(g, old, shape, rule.cosine, lengths)
    rule.shift(w, alpha, d, _displacement(w, state, rule))
    state["direction"], state["owned"] = d if rule.train else None, False
    state["length"] = own if rule.factor is None else None
    return found


def _in_slabs(
    w: Tensor, alpha: Tensor, factors: tuple[Tensor, Tensor], state: State, rule: Rule
) -> Hypergradient | None:
    """``move`` for a matrix whose gradient is δᵀa; the direction's memory is used again."""
    total, shape = w.shape[0], alpha.shape
    rows = -(-total // min(SLABS, w.numel() // SLAB))
    known = rule.train and state["direction"] is not None
    before = state.get("length")
    if known and before is None and rule.cosine:
        before = length(state["direction"], shape)
    direction = _memory(w, state) if rule.train else None
    buffer = w.new_empty(rows, w.shape[1])
    sums = Sums(shape, total == shape[0] > 1, shape == w.shape, rule.cosine, [], [])
    slabs = zip(
        torch.split(w, rows),
        torch.split(factors[0].t(), rows),
        _rows(alpha, total, rows),
        _rows(direction, total, rows),
        _rows(_displacement(w, state, rule), total, rows),
        strict=False,
    )
    for part, delta, size, old, moved in slabs:
        g = torch.mm(delta, factors[1], out=buffer[: len(part)])
        if rule.decay:
            g.add_(part, alpha=rule.decay)
        if old is not None:
            sums.add(g, old, known)
        rule.shift(part, size, g, moved)
        if old is not None:
            old.copy_(g)
    own = sums.length()
    state["direction"], state["owned"], state["length"] = direction, True, own
    return sums.hypergradient(own, before) if known else None


def _displacement(w: Tensor, state: State, rule: Rule) -> Tensor | None:
    """Δ, zero at first, where the block needs it."""
    if not (rule.group["momentum"] or rule.group["extrapolation"]):
        return None
    if state.get("displacement") is None:
        state["displacement"] = torch.zeros_like(w)
    found: Tensor = state["displacement"]
    return found


def _memory(w: Tensor, state: State) -> Tensor:
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
    """reduce(g ⊙ d) and √reduce(g²) of a matrix, slab after slab.

    Args:
        shape: of α.
        by_row: whether α has an entry for each row at least.
        alone: whether it has one for each entry: then no length is needed.
        cosine: whether lengths are wanted.
        inner: of the slabs so far.
        lengths: of the slabs so far.
    """

    shape: tuple[int, ...]
    by_row: bool
    alone: bool
    cosine: bool
    inner: list[Tensor]
    lengths: list[Tensor]

    def add(self, g: Tensor, old: Tensor, known: bool) -> None:
        """Another slab; ``old``, its d if that is known, is written over."""
        lengths = self.cosine and not self.alone
        if self.shape == (1, 1):
            if known:
                self.inner.append(torch.dot(g.view(-1), old.view(-1)))
            if lengths:
                self.lengths.append(torch.linalg.vector_norm(g))
            return
        over = 1 if self.by_row else 0
        if known:
            self.inner.append(g * old if self.alone else old.mul_(g).sum(over, keepdim=True))
        if lengths and self.by_row:
            self.lengths.append(torch.linalg.vector_norm(g, dim=1, keepdim=True))
        elif lengths:
            self.lengths.append(torch.mul(g, g, out=old).sum(0, keepdim=True).sqrt_())

    def length(self) -> Tensor | None:
        """√reduce(g²) of the matrix."""
        if len(self.lengths) < 2:
            return self.lengths[0].view(self.shape) if self.lengths else None
        if self.by_row:
            return torch.cat(self.lengths)
        found: Tensor = torch.linalg.vector_norm(torch.stack(self.lengths), dim=0)
        return found.view(self.shape)

    def hypergradient(self, own: Tensor | None, before: Tensor | None) -> Hypergradient:
        """reduce(g ⊙ d) and its bound, from the lengths of g and d."""
        inner = torch.cat(self.inner) if self.by_row else torch.stack(self.inner).sum(0)
        descent = inner.view(self.shape)
        if not self.cosine:
            return Hypergradient(descent, None)
        if own is None or before is None:
            return Hypergradient(descent, descent.abs())
        return Hypergradient(descent, own * before)


def decayed(
    gradients: Iterable[Tensor | None], weights: Iterable[Tensor], decay: float
) -> list[Tensor | None]:
    """g + λw."""
    rows = zip(gradients, weights, strict=True)
    return [g if g is None or not decay else g.add(w, alpha=decay) for g, w in rows]


def clip_factor(gradients: Iterable[Tensor | None], clip: float) -> Tensor | None:
    """By which the block's gradient is scaled, so that it is no longer than ``clip``."""
    present = [g.square().sum() for g in gradients if g is not None]
    if not present:
        return None
    length = torch.stack(present).sum()
    tiny = torch.finfo(length.dtype).tiny
    return (clip / length.clamp(min=tiny).sqrt()).clamp(max=1.0)
