"""What a sweep measures of one step in a block's own metric, as plain numbers.

``JointSweep`` sums them; ``forms``, ``execution`` and ``residuals`` make columns of them. Each is a
number, or a float64 tensor of the replicates' shape, or a stack of many sweeps' of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

from amverify.network.layered import LayeredProblem
from amverify.network.scalars import Scalar


class MetricFacts(NamedTuple):
    """What the rows of a block have in common from sweep to sweep.

    ``counts`` are the entries of its lines, ``columns`` and ``rows`` the lengths of the sums that
    the last line and its adjoint take, ``weight`` is δ.
    """

    kind: str
    layer: int
    s: float
    weight: float
    counts: tuple[int, int, int]
    columns: int
    rows: int
    unit: float
    problem: LayeredProblem


class Part(NamedTuple):
    """What is summed of one part, u_1 or u_2: ‖e‖², ⟨Δ, e⟩, ‖Δ‖², ⟨r, e⟩, ‖r‖² and ‖u^{k+1}‖²."""

    step: Scalar = 0.0
    cross: Scalar = 0.0
    inertia: Scalar = 0.0
    along: Scalar = 0.0
    slope: Scalar = 0.0
    norm: Scalar = 0.0


class Image(NamedTuple):
    """The same of ℓ_3(e), ℓ_3(Δ) and the residual there."""

    step: Scalar = 0.0
    cross: Scalar = 0.0
    inertia: Scalar = 0.0
    along: Scalar = 0.0
    slope: Scalar = 0.0


class Around(NamedTuple):
    """Norms around the block, from which bounds are made.

    ``operator`` is ‖ℓ_3‖ as a Frobenius norm (without V's column of ones), ``first`` and ``third``
    are S of the residuals in lines 1 and 3, ``old_one`` and ``old_two`` are ‖u^k‖ of the parts.
    """

    operator: Scalar = 0.0
    first: Scalar = 0.0
    third: Scalar = 0.0
    old_one: Scalar = 0.0
    old_two: Scalar = 0.0


class Used(NamedTuple):
    """What the step was made with, and what else was measured of it.

    ``last_image``, ``last_operator`` and ``last_kappa`` are the last step's ‖ℓ_3(e)‖², ‖ℓ_3‖ and κ.
    ``compared`` is Σ model(u) over the entries that moved, ``stayed`` over the others, ``left``
    ‖q‖ of z_L, ``steep`` a bound on the error of the gradient in a, over ρ; ``rest`` R's change.
    """

    kappa: Scalar = 0.0
    p1: Scalar = 0.0
    p2: Scalar = 0.0
    t: Scalar = 1.0
    last_image: Scalar = 0.0
    last_operator: Scalar = 0.0
    last_kappa: Scalar = 0.0
    compared: Scalar = 0.0
    stayed: Scalar = 0.0
    left: Scalar = 0.0
    steep: Scalar = 0.0
    rest: Scalar = 0.0


class Ended(NamedTuple):
    """‖w‖² of the parts, and bounds on the errors of the computed w in norm."""

    first: Scalar = 0.0
    second: Scalar = 0.0
    off_first: Scalar = 0.0
    off_second: Scalar = 0.0


class Numbers(NamedTuple):
    """All that differs from row to row."""

    one: Part
    two: Part
    image: Image
    around: Around
    used: Used
    ended: Ended

    def flat(self) -> tuple[Scalar, ...]:
        """One after the other."""
        return tuple(chain.from_iterable(self))

    @staticmethod
    def restored(numbers: Sequence[Scalar]) -> Numbers:
        """The same of numbers, or of stacks of them."""
        left = iter(numbers)
        kinds = (Part, Part, Image, Around, Used, Ended)
        parts: list[Any] = [kind._make(islice(left, len(kind._fields))) for kind in kinds]
        return Numbers(*parts)
