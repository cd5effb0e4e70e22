r"""What a sweep measures of one block's step, as raw numbers.

Measuring must not slow the sweep, so a row holds the inner products and norms that are formed
from the block's tensors, and nothing that can be computed from those later:

    ‖e‖², ⟨Δ, e⟩, ⟨r, Ae⟩, ‖Ae‖², ‖r‖, ‖uᵏ⁺¹‖², ⟨u − c, e⟩, R's change,
    ‖d‖² and ‖Ad‖² for d = e − p2Δ.

Here they are measured for all blocks together when the sweep has ended: until then the tensors of
its steps are kept. Where the compiled loop serves, that is the first recorded sweep alone; those
after it are summed step by step into arrays (:mod:`amverify.methods.rows.sweep`).

``finished`` turns them into a ``BlockRecord``: F's change and all rounding bounds (``bounds.py``).
The same formulas take one row, whose entries are numbers, or many rows of the same ``Facts``
stacked entry by entry, so a recorder evaluates them once for hundreds of sweeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from amverify.methods.rows import bounds
from amverify.methods.rows.norms import Around, sizes_of
from amverify.methods.rows.record import BlockRecord
from amverify.methods.rows.sums import Sums, Terms, sums_of
from amverify.methods.step import Stepped
from amverify.network.blocks import Block
from amverify.network.scalars import Scalar, root, square, wide

_NONE: Scalar = 0.0
MEASURED = len(bounds.Products._fields)
STEP, NORM = (bounds.Products._fields.index(name) for name in ("step", "norm"))


class GradientRow(NamedTuple):
    """An inertial proximal-gradient step, measured but not yet bounded.

    ``values`` are those of ``bounds.Products`` and then of ``Around``, in their order: one plain
    tuple, for a run keeps thousands, and what holds numbers alone costs a garbage
    collector nothing.
    """

    facts: bounds.Facts
    values: tuple[Scalar, ...]

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
        return self.values[STEP]

    @property
    def norm(self) -> Scalar:
        """‖uᵏ⁺¹‖²."""
        return self.values[NORM]

    @property
    def key(self) -> tuple[object, ...]:
        """Rows with equal keys may be stacked."""
        return self.facts[:-1]

    def numbers(self) -> tuple[Scalar, ...]:
        """All that differs from sweep to sweep."""
        return self.values

    def restored(self, numbers: Sequence[Scalar]) -> GradientRow:
        """A row of the same facts with other numbers, each perhaps a stack of many rows'."""
        return GradientRow(self.facts, tuple(numbers))

    def finished(self) -> BlockRecord:
        """The record, with its bounds."""
        facts = self.facts
        products = bounds.Products._make(map(wide, self.values[:MEASURED]))
        around = Around.restored(self.values[MEASURED:])
        sizes = sizes_of(facts.problem, facts.kind, facts.layer, around)
        return bounds.gradient_bounds(facts, products, sizes)


class Taken(NamedTuple):
    """A step that was taken: the block before it, Δ (``None`` without) and δᵏ."""

    block: Block
    displacement: Tensor | None
    stepped: Stepped
    delta: Scalar = 0.0


def measured(taken: Sequence[Taken]) -> list[tuple[Scalar, ...]]:
    """The inner products and norms of these steps, in the order of ``bounds.Products``."""
    sums = iter(sums_of([terms for step in taken for terms in terms_of(step)]))
    return [
        _products(step, next(sums), None if step.block.isotropic else next(sums)) for step in taken
    ]


def terms_of(taken: Taken) -> list[Terms]:
    """What is summed for a step: of e, and of Ae where that is another."""
    block, displacement, stepped, _ = taken
    e, r, p2 = stepped.e, block.residual, stepped.p2
    if block.isotropic:
        return [(e, displacement, r, stepped.new, 0.0)]
    behind = None if displacement is None else stepped.displaced
    return [
        (e, displacement, _away(block), stepped.new, 0.0 if behind is None else p2),
        (stepped.image, behind, r, r, p2),
    ]


def _away(block: Block) -> Tensor:
    """u − c."""
    return block.u if block.centre is None else block.u - block.centre


def _products(taken: Taken, own: Sums, image: Sums | None) -> tuple[Scalar, ...]:
    """The numbers of a step from its sums; where A is the identity, those of e serve for Ae."""
    block, _, stepped, delta = taken
    along, away, centre = _NONE, _NONE, _NONE
    if image is None:
        image = own
    else:
        along = own.xz
    if block.centre is not None:
        away, centre = root(own.zz), root(square(block.centre))
    return (
        own.xx,
        own.xy,
        image.xz,
        image.xx,
        root(image.zz),
        own.vv,
        own.turned,
        image.turned,
        along,
        away,
        centre,
        block.rest_change(stepped.new) if stepped.rest is None else stepped.rest,
        stepped.modulus,
        stepped.p1,
        stepped.p2,
        stepped.t,
        delta,
        stepped.delta,
        stepped.backtracks,
    )
