r"""What one block update leaves on record, with a bound on the rounding error of every number.

An audit reads these rows and decides inequalities such as T1. So each measured number comes
with a bound on |computed − exact|, *exact* being the value at the stored floating-point points,
and ``execution`` bounds by how much the rounding of the step itself can make T1 (T1p), or T3's
block inequality, fail in exact arithmetic. The bounds and their derivation are in ``bounds.py``.

**Which e, which Δ.** Δ is the displacement as the method stored and used it, exactly: T1 holds
for any Δ. e is the exact difference of the stored points, of which the stored e is the rounding.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, Protocol, Self

import torch
from torch import Tensor

from amverify.methods.rows.metric.record import MetricRecord
from amverify.network.scalars import Scalar, dot, root
from amverify.numbers.roundoff import UNITS, U, gamma

Update = Literal["gradient", "proximal", "other"]


class BlockRecord(NamedTuple):
    """One block update: numbers, or float64 tensors of the replicates' shape.

    ``update`` is "gradient" for an inertial proximal-gradient step (T1), "proximal" for an exact
    minimiser of F(·) + (γ/2)‖· − ũ‖² (T1p; γ = 0 is plain minimisation), "other" for a dual step
    or an optimiser's. ``change`` is F's; ``step`` ‖e‖², ``cross`` ⟨Δ, e⟩, ``inertia`` ‖Δ‖²,
    ``bend`` ⟨d, ∇²H d⟩ with d = e − p2Δ; each ``…_error`` bounds the error of the one before it.
    ``norm`` is at least ‖uᵏ⁺¹‖², ``delta`` and ``delta_next`` are the Lyapunov weights
    δᵏ and δᵏ⁺¹ (0 without ``certified``).
    """

    kind: str
    layer: int
    update: Update
    change: Scalar
    change_error: Scalar
    execution: Scalar
    step: Scalar
    step_error: Scalar
    cross: Scalar
    cross_error: Scalar
    inertia: Scalar
    inertia_error: Scalar
    bend: Scalar
    bend_error: Scalar
    norm: Scalar
    modulus: Scalar
    s: float = 1.0
    t: Scalar = 1.0
    p1: Scalar = 0.0
    p2: Scalar = 0.0
    delta: Scalar = 0.0
    delta_next: Scalar = 0.0
    gamma: float = 0.0
    backtracks: Scalar = 0

    @property
    def key(self) -> Hashable:
        """Rows with equal keys may be stacked."""
        return self[:3]

    def numbers(self) -> tuple[Scalar, ...]:
        """All that differs from sweep to sweep."""
        return self[3:]

    def restored(self, numbers: Sequence[Scalar]) -> BlockRecord:
        """The record of the same block with other numbers, each perhaps a stack of many."""
        return BlockRecord._make((*self[:3], *numbers))

    def finished(self) -> BlockRecord:
        """The record itself; rows that are not finished yet compute theirs."""
        return self


Finished = BlockRecord | MetricRecord
"""The record of a step in a block's modulus, or in its own metric."""


class Head(Protocol):
    """What tells a row from the others of its sweep."""

    @property
    def kind(self) -> str:
        """Kind of the block."""

    @property
    def layer(self) -> int:
        """Its layer, 1 … L."""


class Row(Head, Protocol):
    """The row of one block update, as a sweep leaves it: measured, perhaps not yet bounded."""

    @property
    def step(self) -> Scalar:
        """‖e‖²."""

    @property
    def norm(self) -> Scalar:
        """‖uᵏ⁺¹‖²."""

    @property
    def key(self) -> Hashable:
        """Rows with equal keys may be stacked."""

    def numbers(self) -> tuple[Scalar, ...]:
        """What differs from row to row."""

    def restored(self, numbers: Sequence[Scalar]) -> Row:
        """The row with other numbers: stacks (K, *R) of many rows'."""

    def finished(self) -> Finished:
        """The record, with its bounds."""


Stack = tuple[Sequence[int], Row]
"""The places of some rows among all rows of some sweeps, and one row whose numbers are theirs."""


class Rows(Protocol):
    """The rows of one sweep, in their order."""

    @property
    def layout(self) -> object:
        """Sweeps of the same layout may be stacked."""

    @property
    def heads(self) -> Sequence[Head]:
        """Kind and layer of each row; no row is made for it."""

    @property
    def left(self) -> object:
        """What the next recorded sweep need not measure again."""

    def __len__(self) -> int:
        """How many there are."""

    def __iter__(self) -> Iterator[Row]:
        """Each alone."""

    def stacked(self, sweeps: Sequence[Self]) -> Sequence[Stack]:
        """All rows of these sweeps, itself among them, in stacks."""


class Recorded:
    """A state that keeps the rows of its last sweep in ``rows``."""

    rows: Rows

    @property
    def records(self) -> tuple[Finished, ...]:
        """The finished rows of the last sweep, in their order; empty if not recorded."""
        return tuple(row.finished() for row in self.rows)


class Near(NamedTuple):
    """What an exact minimiser of F(·) + (γ/2)‖· − ũ‖² was near: ũ = u + p1Δ with weight γ.

    γ = ``weight`` = sρ with the step scale s; Δ is ``None`` where it is zero; ``delta`` and
    ``delta_next`` are the Lyapunov weights δᵏ and δᵏ⁺¹.
    """

    weight: float = 0.0
    s: float = 1.0
    p1: Scalar = 0.0
    displacement: Tensor | None = None
    delta: Scalar = 0.0
    delta_next: Scalar = 0.0


class Sizes(NamedTuple):
    """Frobenius norms of what a block's step is made of; numbers, or of the replicates' shape.

    ``operator`` ‖A‖_F; ``residual`` S, with ‖fl(r) − r‖ ≤ γ_n·S for n = ``terms``; ``block``
    ‖uᵏ‖; ``moved`` ‖Δ‖, ``inertia`` ‖Δ‖²; ``outside`` β, how far rounding can have put uᵏ
    outside its box.
    """

    operator: Scalar
    residual: Scalar
    terms: int
    block: Scalar
    moved: Scalar
    inertia: Scalar
    outside: Scalar = 0.0


class Moved(NamedTuple):
    """‖e‖², ⟨Δ, e⟩ and ‖Δ‖² with bounds on their errors."""

    step: Scalar
    step_error: Scalar
    cross: Scalar
    cross_error: Scalar
    inertia: Scalar
    inertia_error: Scalar


@lru_cache(maxsize=8)
def unit(dtype: torch.dtype) -> float:
    """The unit roundoff u of a tensor's format."""
    return UNITS[str(dtype).removeprefix("torch.")]


@lru_cache(maxsize=8)
def smallest(dtype: torch.dtype) -> float:
    """More than the underflow of an inner product can lose."""
    return torch.finfo(dtype).tiny


def entries(u: Tensor) -> int:
    """How many entries a block has, replicate by replicate."""
    return u.shape[-2] * u.shape[-1]


def moved(e: Tensor, d: Tensor | None, norm: Scalar, inertia: Scalar, u: float) -> Moved:
    """‖e‖², ⟨Δ, e⟩, ‖Δ‖² and their errors; e is rounded, to the unit u, Δ is not.

    ``norm`` is ‖Δ‖ and ``inertia`` its square, known from the last row.
    """
    cross: Scalar = 0.0 if d is None else dot(d, e)
    return moved_by(dot(e, e), cross, norm, inertia, entries(e), u)


def moved_by(
    step: Scalar, cross: Scalar, norm: Scalar, inertia: Scalar, count: int, u: float
) -> Moved:
    """The same of ‖e‖² and ⟨Δ, e⟩ that are known, of ``count`` entries."""
    tiny = smallest(torch.float64 if u == U else torch.float32)
    relative = gamma(count + 1, U)
    cross_error = (relative + 2 * u) * norm * root(step)
    return Moved(
        step,
        (relative + 3 * u) * step + tiny,
        cross,
        cross_error + tiny,
        inertia,
        relative * inertia + tiny,
    )
