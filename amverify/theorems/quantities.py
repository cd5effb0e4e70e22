r"""Powers, sums over a run, expectations: what else a symbol may be, and what a hypothesis grants.

Beside the vectors of ``properties``, for theorems on sequences and on random batches. A *quantity*
says what a symbol of a theorem is; ``proofs`` makes a name from it, so that nobody types one. An
*assumption* is what a hypothesis grants: that step sizes are fixed before the batch is drawn, that
they lie between two numbers. Templates of ``proofs.script.powers`` and ``proofs.script.means`` ask
for them.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp


@dataclass(frozen=True)
class Quantity:
    """What a symbol is."""


@dataclass(frozen=True)
class Power(Quantity):
    """x^q for x ≥ 0; 0^0 may be 0 or 1, and 0^q is +∞ for q < 0."""

    base: sp.Expr
    exponent: sp.Expr


@dataclass(frozen=True)
class Square(Quantity):
    """The square of another quantity."""

    of: sp.Expr


@dataclass(frozen=True)
class Gap(Quantity):
    """Ψ(x) − Ψ* at a named point."""

    at: str


@dataclass(frozen=True)
class Fall(Quantity):
    """Ψ at the second named point minus Ψ at the first."""

    start: str
    end: str


@dataclass(frozen=True)
class Total(Quantity):
    """Σ of a monomial over coordinates (j), blocks (i) or outcomes (ω)."""

    index: str
    of: sp.Expr


@dataclass(frozen=True)
class Running(Quantity):
    """Σ over an index, up to where the index stands."""

    of: sp.Expr


@dataclass(frozen=True)
class Average(Quantity):
    """(1/count)·Σ over an index that counts to ``count``."""

    of: sp.Expr
    count: sp.Symbol


@dataclass(frozen=True)
class Weighted(Quantity):
    """Σ_j v_j²/α_j for a named vector and named positive numbers."""

    of: str
    weights: str


@dataclass(frozen=True)
class Count(Quantity):
    """A whole number, not below ``least``."""

    least: int = 0


@dataclass(frozen=True)
class Largest(Quantity):
    """No value of ``of``, at any index, is larger."""

    of: sp.Symbol


@dataclass(frozen=True)
class Smallest(Quantity):
    """No value of ``of``, at any index, is smaller."""

    of: sp.Symbol


@dataclass(frozen=True)
class Expected(Quantity):
    """The expectation, given the past, of what is named."""

    of: str


@dataclass(frozen=True)
class Assumption:
    """What a hypothesis grants."""


@dataclass(frozen=True)
class Predictable(Assumption):
    """The step sizes D are fixed before the batch is drawn that they serve."""


@dataclass(frozen=True)
class Unbiased(Assumption):
    """Given the past, the gradient on the batch is ∇f on average, at this point."""

    at: str


@dataclass(frozen=True)
class Variance(Assumption):
    """Coordinate j of the batch's gradient has variance σ_j² given the past."""


@dataclass(frozen=True)
class Smooth(Assumption):
    """∇ of the named function has this modulus on a convex set that holds the points used."""

    function: str
    modulus: sp.Expr


@dataclass(frozen=True)
class Between(Assumption):
    """Every step size of the update lies between these numbers."""

    low: sp.Expr
    high: sp.Expr


@dataclass(frozen=True)
class Moments(Assumption):
    """E‖∇_jℓ‖² ≤ ``bound`` for every block j, at w and where block j is updated."""

    bound: sp.Expr


@dataclass(frozen=True)
class Descends(Assumption):
    """Block by block e_i = −D_i∇_if(v_i), v_i the point that the blocks before have made.

    ``step`` names e, ``end`` the gradient at the point that the last block has made.
    """

    step: str
    end: str


@dataclass(frozen=True)
class FunctionOf(Assumption):
    """``change`` is |g(there) − g(at)| for a function g."""

    change: sp.Symbol
    at: sp.Symbol
    there: sp.Symbol
