r"""One inner step of one parameter: w ← w − α ⊙ d, and what trains α, measured on the way.

A gradient that comes as a product, ∂W = δᵀa, need never exist as a whole: large matrices are
stepped some rows at a time, by compiled loops (:mod:`amverify.samt.fast.strips`) or by torch
(:mod:`amverify.samt.slabs`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch import Tensor

from amverify.samt.blocks import Group
from amverify.samt.fast.dense import Product
from amverify.samt.fast.loops import Lanes, Path, one_pass
from amverify.samt.fast.strips import Strips, Way
from amverify.samt.fast.table import Slot
from amverify.samt.hypergradient import Known, closed_form, inner
from amverify.samt.rule import Rule, State
from amverify.samt.slabs import displacement_of, in_slabs, is_large, memory_for
from amverify.samt.stepsizes import Hypergradient
from amverify.samt.values import decay_of

Gradient = Tensor | Product | None


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
        if gradient.a is not None and is_large(w, alpha):
            return in_slabs(w.detach(), alpha, (gradient.delta, gradient.a), state, rule)
        gradient = gradient.whole()
    decay = rule.decay(w)
    g = gradient.add(w, alpha=decay) if decay else gradient
    displacement = displacement_of(w, state) if rule.displaces else None
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
    ways: list[tuple[int, Strips, Way]] = []
    train, displaced = rule.train, rule.displaces
    rows = zip(lanes.parameters, gradients, states, lanes.slots, lanes.strips, strict=True)
    for w, gradient, state, slot, strips in rows:
        if gradient is None:
            return None
        if strips is not None and isinstance(gradient, Product):
            way = _way(w, gradient, state, rule)
            if not strips.serves(way):
                return None
            ways.append((len(paths), strips, way))
            paths.append((None, None, None, _square(state, slot) if way.known else None))
            continue
        whole = gradient.whole() if isinstance(gradient, Product) else gradient
        decay = rule.decay(w)
        g = whole.add(w, alpha=decay) if decay else whole
        old: Tensor | None = state["direction"] if train else None
        before = None if old is None else _square(state, slot)
        paths.append((g, old, displacement_of(w, state) if displaced else None, before))
    squares = lanes.step(paths, rule.train)
    if squares is None:
        return None
    found: list[Hypergradient | None] = []
    for (by, d, _, _), state, slot, own in zip(paths, states, lanes.slots, squares, strict=True):
        state["direction"], state["owned"] = by if rule.train else None, False
        state["square"] = own[0] if rule.train else None
        found.append(None if d is None else Hypergradient(slot.inner, own))
    for place, strips, way in ways:
        own = squares[place]
        strips.step(way, own[0])
        states[place]["direction"], states[place]["owned"] = way.direction, True
        found[place] = Hypergradient(lanes.slots[place].inner, own) if way.known else None
    return found


def _square(state: State, slot: Slot) -> Tensor:
    """reduce(d²), d the direction before."""
    known: Tensor | None = state.get("square")
    d = state["direction"]
    return inner(d, d, slot.alpha.shape) if known is None else known


def _way(w: Tensor, gradient: Product, state: State, rule: Rule) -> Way:
    """How a weight is stepped in strips; the direction's memory is used again."""
    assert gradient.a is not None, "biases are not cut"
    known = rule.train and state["direction"] is not None
    direction = memory_for(w, state) if rule.train else None
    displacement = displacement_of(w, state) if rule.displaces else None
    return Way(gradient.delta, gradient.a, rule.decay(w), direction, known, displacement)


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


def decayed(
    gradients: Iterable[Tensor | None], weights: Iterable[Tensor], group: Group
) -> list[Tensor | None]:
    """g + λw."""
    rows = ((g, w, decay_of(group, w)) for g, w in zip(gradients, weights, strict=True))
    return [g if g is None or not decay else g.add(w, alpha=decay) for g, w, decay in rows]
