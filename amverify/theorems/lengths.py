"""What hypotheses grant of lengths: one inner product, images under matrices, families of blocks.

Beside ``properties``, for theorems on the whole run of a method. ``proofs.script.lengths`` has the
facts of analysis that these license: Cauchy–Schwarz, ‖AB‖ ≤ ‖A‖‖B‖, and that equal vectors are of
equal length.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from amverify.theorems.properties import Vector
from amverify.theorems.quantities import Assumption


@dataclass(frozen=True)
class Lengths(Assumption):
    """Three symbols are ‖x‖², ⟨y, x⟩ and ‖y‖² in one inner product."""

    square: sp.Symbol
    product: sp.Symbol
    other: sp.Symbol


@dataclass(frozen=True)
class Image(Assumption):
    """``of`` is ``source`` under a linear map, a product with a matrix, of norm ≤ ``factor``."""

    of: Vector
    source: Vector
    factor: sp.Expr


@dataclass(frozen=True)
class Vanishes(Assumption):
    """A combination of vectors is 0: an equation between vectors."""

    vector: Vector


@dataclass(frozen=True)
class Among(Assumption):
    """The numbers of one family are numbers of another, none of them twice, and zeros."""

    part: Vector
    whole: Vector


@dataclass(frozen=True)
class ModelGap(Assumption):
    """A symbol is what the model of a proximal step falls by, from the origin to its minimiser."""

    gap: sp.Symbol
    point: Vector
