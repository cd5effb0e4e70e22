r"""One inner step of one parameter: w ← w − α ⊙ d, and what trains α, measured on the way.

A gradient that comes as a product, ∂W = δᵀa, need never exist as a whole. For some rows at a time,

    g = (δᵀa)[rows] + λw;   reduce(g ⊙ d), reduce(g²) by the rows;   w ← w − α ⊙ g;   d ← g,

d the direction of the step before, which is kept anyway: beside w and d there is memory for one
slab alone. It is a gain in memory, and hardly one in time: cutting 256×784 into four costs a sweep
some 3 % of its time on one core and 10 % on two, cutting 2048×2048 nothing. So only large matrices
are cut, whose gradients weigh.
Where α has one entry for all rows, the slabs' sums are added up; where it has one for each, they
are put below each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import torch
from torch import Tensor

from amverify.samt.blocks import Group
from amverify.samt.fast.dense import Product
from amverify.samt.fast.loops import Lanes, Path, one_pass
from amverify.samt.hypergradient import Known, closed_form, inner
from amverify.samt.stepsizes import Hypergradient
from amverify.samt.values import decay_of

State = dict[str, Any]
Gradient = Tensor | Product | None
LARGE, ROWS, SLABS = 2**20, 64, 16
"""Matrices from so many entries on are cut: so many rows a slab at least, so many slabs at most."""


class Rule(NamedTuple):
    """How the parameters of a block are moved.

    Args:
        group: the block's settings.
        train: whether α is trained by what is measured on the way.
        cosine: whether squares of gradients are needed for that.
        decays: whether decay is yet to be added, not in the gradients already.
        factor: of clipping, if there is any.
    """

    group: Group
    train: bool
    cosine: bool
    decays: bool
    factor: Tensor | None = None

    @property
    def lean(self) -> bool:
        """Whether a step is w ← w − α ⊙ g, and cosines are measured on the way, if anything is."""
        plain = self.factor is None and not self.group["momentum"]
        return plain and (self.cosine or not self.train)

    @property
    def displaces(self) -> bool:
        """Whether the block needs a Δ."""
        return bool(self.group["momentum"] or self.group["extrapolation"])

    def decay(self, w: Tensor) -> float:
        """λ of a parameter, as far as it is yet to be added."""
        return decay_of(self.group, w) if self.decays else 0.0

    def clipped(self, factor: Tensor | None) -> Rule:
        """The same for gradients that have their decay, and are to be scaled."""
        return self._replace(decays=False, factor=factor)

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
        state: of the step before, renewed: ``direction``, whether its memory is ``owned``, its
            ``square`` reduce(d²) if known, and ``displacement``.
        rule: what else there is.
    """
    if isinstance(gradient, Product):
        if gradient.a is not None and w.numel() >= LARGE:
            return _in_slabs(w.detach(), alpha, (gradient.delta, gradient.a), state, rule)
        gradient = gradient.whole()
    decay = rule.decay(w)
    g = gradient.add(w, alpha=decay) if decay else gradient
    displacement = _displacement(w, state) if rule.displaces else None
    return _measured(w, alpha, g, state, rule, displacement)


def move_together(
    lanes: Lanes, gradients: Sequence[Gradient], states: Sequence[State], rule: Rule
) -> list[Hypergradient | None] | None:
    """``move`` for all parameters of a block at once; None if that cannot be done, and is not.

    Args:
        lanes: the block's.
        gradients: of ℓ.
        states: of the parameters.
        rule: what else there is.
    """
    if not rule.lean:
        return None
    paths: list[Path] = []
    train, displaced = rule.train, rule.displaces
    rows = zip(lanes.parameters, gradients, states, lanes.slots, strict=True)
    for w, gradient, state, slot in rows:
        if gradient is None:
            return None
        g = gradient.whole() if isinstance(gradient, Product) else gradient
        decay = rule.decay(w)
        if decay:
            g = g.add(w, alpha=decay)
        old, before = (state["direction"], state.get("square")) if train else (None, None)
        if old is not None and before is None:
            before = inner(old, old, slot.alpha.shape)
        paths.append((g, old, _displacement(w, state) if displaced else None, before))
    squares = lanes.step(paths, rule.train)
    if squares is None:
        return None
    found: list[Hypergradient | None] = []
    for (g, old, _, _), state, slot, own in zip(paths, states, lanes.slots, squares, strict=True):
        state["direction"], state["owned"] = g if rule.train else None, False
        state["square"] = own[0] if rule.train else None
        found.append(None if old is None else Hypergradient(slot.inner, own))
    return found


def _measured(
    w: Tensor,
    alpha: Tensor,
    g: Tensor,
    state: State,
    rule: Rule,
    displacement: Tensor | None,
) -> Hypergradient | None:
    """``move`` along g, what is measured in tensors of its own."""
    d = g if rule.factor is None else g * rule.factor
    shape, old = alpha.shape, state["direction"] if rule.train else None
    squares = rule.train and rule.cosine and g.shape != shape
    sums = None
    if d is g and not rule.group["momentum"]:
        sums = one_pass((w, g, old, alpha, displacement), squares)
    product, own = (None, None) if sums is None else sums
    if own is None and squares:
        own = inner(g, g, shape)
    found = None
    if old is not None:
        found = closed_form(g, old, shape, rule.cosine, Known(product, own, state.get("square")))
    if sums is None:
        rule.shift(w, alpha, d, displacement)
    state["direction"], state["owned"] = d if rule.train else None, False
    state["square"] = own if rule.factor is None else None
    return found


def _in_slabs(
    w: Tensor, alpha: Tensor, factors: tuple[Tensor, Tensor], state: State, rule: Rule
) -> Hypergradient | None:
    """``move`` for a matrix whose gradient is δᵀa; the direction's memory is used again."""
    total, shape = w.shape[0], alpha.shape
    rows = min(total, max(ROWS, -(-total // SLABS)))
    known = rule.train and state["direction"] is not None
    before = state.get("square")
    if known and before is None and rule.cosine:
        before = inner(state["direction"], state["direction"], shape)
    direction = _memory(w, state) if rule.train else None
    buffer = w.new_empty(rows, w.shape[1])
    decay = rule.decay(w)
    sums = Sums(shape, total == shape[0] > 1, shape == w.shape, rule.cosine, [], [])
    slabs = zip(
        torch.split(w, rows),
        torch.split(factors[0].t(), rows),
        _rows(alpha, total, rows),
        _rows(direction, total, rows),
        _rows(_displacement(w, state) if rule.displaces else None, total, rows),
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


def _displacement(w: Tensor, state: State) -> Tensor:
    """Δ, zero at first."""
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


def decayed(
    gradients: Iterable[Tensor | None], weights: Iterable[Tensor], group: Group
) -> list[Tensor | None]:
    """g + λw."""
    rows = ((g, w, decay_of(group, w)) for g, w in zip(gradients, weights, strict=True))
    return [g if g is None or not decay else g.add(w, alpha=decay) for g, w, decay in rows]
