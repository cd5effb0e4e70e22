r"""What a sweep measures of one block's step, as raw numbers.

Measuring must not slow the sweep, so a row holds the inner products and norms that are formed
from the block's tensors, and nothing that can be computed from those later:

    ‖e‖², ⟨Δ, e⟩, ⟨r, Ae⟩, ‖Ae‖², ‖r‖, ‖uᵏ⁺¹‖², ⟨u − c, e⟩, R's change,
    ‖d‖² and ‖Ad‖² for d = e − p2Δ.

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
from amverify.methods.record import BlockRecord, Sizes
from amverify.methods.step import Stepped
from amverify.network.blocks import Block, axpy
from amverify.network.scalars import Scalar, plain, root, square, wide


class GradientRow(NamedTuple):
    """An inertial proximal-gradient step, measured but not yet bounded."""

    facts: bounds.Facts
    products: bounds.Products
    sizes: Sizes

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
        operator, residual, _, *others, _ = self.sizes
        return (*self.products, operator, residual, *others)

    def restored(self, numbers: Sequence[Scalar]) -> GradientRow:
        """A row of the same facts with other numbers, each perhaps a stack of many rows'."""
        cut = len(self.products)
        operator, residual, *others = numbers[cut:]
        sizes = Sizes(operator, residual, self.sizes.terms, *others)
        return self._replace(products=bounds.Products(*numbers[:cut]), sizes=sizes)

    def finished(self) -> BlockRecord:
        """The record, with its bounds."""
        return bounds.gradient_bounds(self.facts, self.products, self.sizes)


def gradient_row(
    block: Block,
    displacement: Tensor,
    stepped: Stepped,
    sizes: Sizes,
    s: float,
    delta: Scalar = 0.0,
) -> GradientRow:
    """The row of an inertial proximal-gradient step.

    Args:
        s: the step scale.
        delta: δᵏ.
    """
    facts = bounds.Facts.of(block, sizes.terms, s)
    return GradientRow(facts, measured(block, displacement, stepped, sizes, delta), sizes)


def measured(
    block: Block, displacement: Tensor, stepped: Stepped, sizes: Sizes, delta: Scalar = 0.0
) -> bounds.Products:
    """The inner products and norms of an update."""
    product, flat = (_product, _flat) if plain(block.u) else (_products, Tensor.double)
    e, inertia = flat(stepped.e), sizes.inertia
    step = product(e, e)
    cross: Scalar = 0.0
    if not (isinstance(inertia, float) and inertia == 0):
        cross = product(flat(displacement), e)
    if block.isotropic:
        inner, stretch = product(flat(block.residual), e), step
        near, bent = step, step
    else:
        inner = product(flat(block.residual), flat(stepped.image))
        stretch = square(stepped.image)
        near, bent = _turned(displacement, stepped, step, stretch)
    along: Scalar = 0.0
    away: Scalar = sizes.block
    centre: Scalar = 0.0
    if block.centre is not None:
        at = flat(block.u - block.centre)
        along, away, centre = product(at, e), root(product(at, at)), root(square(block.centre))
    elif block.ridge:
        along = product(flat(block.u), e)
    residual = sizes.near if sizes.near is not None else root(square(block.residual))
    return bounds.Products(
        step=step,
        cross=cross,
        inner=inner,
        stretch=stretch,
        residual=residual,
        norm=square(stepped.new),
        near=near,
        bent=bent,
        along=along,
        away=away,
        centre=centre,
        rest=0.0 if block.rest is None else block.rest.change(stepped.new),
        modulus=wide(stepped.modulus),
        p1=wide(stepped.p1),
        p2=wide(stepped.p2),
        t=wide(stepped.t),
        delta=wide(delta),
        delta_next=wide(stepped.delta),
        backtracks=float(stepped.backtracks),
    )


def _flat(u: Tensor) -> Tensor:
    """A block's entries in float64, in a row."""
    return u.double().reshape(-1)


def _product(u: Tensor, v: Tensor) -> float:
    return float(torch.dot(u, v))


def _products(u: Tensor, v: Tensor) -> Tensor:
    """⟨u, v⟩ replicate by replicate."""
    return (u * v).sum((-2, -1))


def _turned(
    displacement: Tensor, stepped: Stepped, step: Scalar, stretch: Scalar
) -> tuple[Scalar, Scalar]:
    """‖d‖² and ‖Ad‖², d = e − p2Δ."""
    if stepped.turned is not None:
        return wide(stepped.turned[0]), wide(stepped.turned[1])
    if stepped.displaced is None:
        return step, stretch
    d = axpy(stepped.e, -stepped.p2, displacement)
    return square(d), square(axpy(stepped.image, -stepped.p2, stepped.displaced))
