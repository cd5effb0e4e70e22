r"""What a sweep measures of one block's step, as raw numbers.

Measuring must not slow the sweep, so a row holds the inner products and norms that are formed
from the block's tensors, and nothing that can be computed from those later:

    ‖e‖², ⟨Δ, e⟩, ⟨r, Ae⟩, ‖Ae‖², ‖r‖, ‖uᵏ⁺¹‖², ⟨u − c, e⟩, R's change,
    ‖d‖² and ‖Ad‖² for d = e − p2Δ.

What the sweep has formed anyway is taken from it: ‖d‖ and ‖Ad‖ from backtracking, R's change from
z_L's third inertia, Δ in float64 from the row that made it. ‖r‖ and ‖uᵏ⁺¹‖ serve in rounding
bounds alone, so they are measured where a row begins a layer, or in every ``REFRESH``-th sweep, and
bounded by what was added to them elsewhere.

``finished`` turns them into a ``BlockRecord``: F's change and all rounding bounds (``bounds.py``).
The same formulas take one row, whose entries are numbers, or many rows of the same ``Facts``
stacked entry by entry, so a recorder evaluates them once for hundreds of sweeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from amverify.methods import bounds
from amverify.methods.norms import Around, sizes_of
from amverify.methods.record import BlockRecord, unit
from amverify.methods.step import Stepped
from amverify.network.blocks import Block, axpy
from amverify.network.scalars import Scalar, flat, product, root, square, wide

_NONE: Scalar = 0.0
REFRESH = 8
"""Norms of blocks are measured in every so many sweeps."""


class GradientRow(NamedTuple):
    """An inertial proximal-gradient step, measured but not yet bounded."""

    facts: bounds.Facts
    products: bounds.Products
    around: Around

    @property
    def kind(self) -> str:
        """Kind of the block."""
        return self.facts.kind

    @property
    def layer(self) -> int:
        """Its layer."""
        return self.facts.layer

    @property
    def step(self) -> Scalar:
        """‖e‖²."""
        return self.products.step

    @property
    def norm(self) -> Scalar:
        """‖uᵏ⁺¹‖²."""
        return self.products.norm

    @property
    def key(self) -> tuple[object, ...]:
        """Rows with equal keys may be stacked."""
        return self.facts[:-1]

    def numbers(self) -> tuple[Scalar, ...]:
        """All that differs from sweep to sweep."""
        return self.products + self.around.numbers()

    def restored(self, numbers: Sequence[Scalar]) -> GradientRow:
        """A row of the same facts with other numbers, each perhaps a stack of many rows'."""
        cut = len(self.products)
        products = bounds.Products(*numbers[:cut])
        return GradientRow(self.facts, products, Around.restored(numbers[cut:]))

    def finished(self) -> BlockRecord:
        """The record, with its bounds."""
        facts = self.facts
        sizes = sizes_of(facts.problem, facts.kind, facts.layer, self.around)
        products = bounds.Products._make(map(wide, self.products))
        return bounds.gradient_bounds(facts, products, sizes)


class Seen(NamedTuple):
    """What a sweep knows of a block before it measures its step; nothing, by default.

    ``wide`` is Δ in float64, ``near`` a bound on ‖r‖ up to rounding, ``norm`` ‖uᵏ‖², if the new
    norm need not be measured: then ‖uᵏ‖ + ‖e‖ bounds it. ``delta`` is δᵏ.
    """

    wide: Tensor | None = None
    near: Scalar | None = None
    norm: Scalar | None = None
    delta: Scalar = 0.0


def measured(
    block: Block, displacement: Tensor | None, stepped: Stepped, seen: Seen
) -> tuple[bounds.Products, Tensor]:
    """The inner products and norms of an update, and e in float64: the next Δ.

    Args:
        displacement: Δ, or ``None`` where there is none.
    """
    inner, tested = product(block.u), stepped.tested
    if tested is not None and seen.near is not None:
        e, step, cross, along_r, rest = tested
        stretch, near, bent, size = step, step, step, seen.near
    else:
        e, r = flat(stepped.e), flat(block.residual)
        step, cross, rest = inner(e, e), _NONE, block.rest_change(stepped.new)
        if displacement is not None:
            cross = inner(flat(displacement) if seen.wide is None else seen.wide, e)
        if block.isotropic:
            along_r, stretch, near, bent = inner(r, e), step, step, step
        else:
            image = flat(stepped.image)
            along_r, stretch = inner(r, image), inner(image, image)
            near, bent = _turned(displacement, stepped, step, stretch)
        size = root(inner(r, r)) if seen.near is None else seen.near
    along = away = centre = _NONE
    if block.centre is not None:
        at = flat(block.u - block.centre)
        along, away, centre = inner(at, e), root(inner(at, at)), root(square(block.centre))
    elif block.ridge:
        along = inner(flat(block.u), e)
    products = bounds.Products(
        step,
        cross,
        along_r,
        stretch,
        size,
        square(stepped.new) if seen.norm is None else _grown(seen.norm, step, block.u.dtype),
        near,
        bent,
        along,
        away,
        centre,
        rest,
        stepped.modulus,
        stepped.p1,
        stepped.p2,
        stepped.t,
        seen.delta,
        stepped.delta,
        stepped.backtracks,
    )
    return products, e


def _grown(norm: Scalar, step: Scalar, dtype: torch.dtype) -> Scalar:
    """A bound on ‖u + e‖² from ‖u‖² and ‖e‖²; the stored e is off by a unit of its format."""
    reach = root(norm) + root(step)
    return reach * reach * (1 + 8 * unit(dtype))


def _turned(
    displacement: Tensor | None, stepped: Stepped, step: Scalar, stretch: Scalar
) -> tuple[Scalar, Scalar]:
    """‖d‖² and ‖Ad‖², d = e − p2Δ."""
    if stepped.turned is not None:
        return stepped.turned
    if displacement is None or stepped.displaced is None:
        return step, stretch
    d = axpy(stepped.e, -stepped.p2, displacement)
    return square(d), square(axpy(stepped.image, -stepped.p2, stepped.displaced))
