"""What a hypothesis grants of a sweep that is made on one batch: which random vectors it moves by.

Beside ``properties``, for S7 and S8; ``proofs.script.sweeps`` has the facts that these license.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from amverify.theorems.properties import Vector
from amverify.theorems.quantities import Assumption


@dataclass(frozen=True)
class OneBatch(Assumption):
    """A sweep from a point y on one batch ξ: block i moves by −D_i∇_iℓ(v_i;ξ), once.

    v_i is y moved by the blocks before i. All vectors are random ones, given the past:

    Args:
        slope: ∇f(y).
        noise: ∇ℓ(y;ξ) − ∇f(y).
        drift: over all blocks i, ∇_iℓ(v_i;ξ) − ∇_iℓ(y;ξ).
        plain: D∇ℓ(y;ξ).
        drifted: D times the drift; the sweep's step is −(plain + drifted).
        known: vectors that are fixed before the batch is drawn.
    """

    slope: Vector
    noise: Vector
    drift: Vector
    plain: Vector
    drifted: Vector
    known: tuple[Vector, ...]


@dataclass(frozen=True)
class Shrinks(Assumption):
    """Every step size of a sweep lies between ``low`` > 0, fixed before the run, and ratio·low."""

    low: sp.Expr
    ratio: sp.Expr
