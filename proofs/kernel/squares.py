r"""What is nonnegative by its form: sums of squares, and mᵀGm with G ⪰ 0 by LDLᵀ over ℚ.

Part of the trusted kernel; standard library only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from proofs.kernel.polynomial import Poly, Refused, const, rational, require


@dataclass(frozen=True)
class Gram:
    """mᵀGm: a vector m of polynomials, a symmetric matrix G."""

    basis: tuple[Poly, ...]
    matrix: tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True)
class Term:
    """(Σ c q² + mᵀGm)·Π g_i: squares, Gram form, and positions of the g_i among the premises."""

    factors: tuple[int, ...] = ()
    squares: tuple[tuple[Fraction, Poly], ...] = ((Fraction(1), const(1)),)
    gram: Gram | None = None


def semidefinite(matrix: Sequence[Sequence[Fraction]]) -> bool:
    """Whether a symmetric rational matrix is positive semidefinite, by LDLᵀ."""
    a = [[rational(x) for x in row] for row in matrix]
    n = len(a)
    if any(len(row) != n for row in a) or any(
        a[i][j] != a[j][i] for i in range(n) for j in range(i)
    ):
        raise Refused("a Gram matrix is to be square and symmetric")
    for k in range(n):
        if a[k][k] < 0 or (a[k][k] == 0 and any(a[k][k + 1 :])):
            return False
        for i in range(k + 1, n):
            ratio = a[i][k] / a[k][k] if a[k][k] else Fraction(0)
            for j in range(k + 1, n):
                a[i][j] -= ratio * a[k][j]
    return True


def multiplier(term: Term) -> Poly:
    """σ = Σ c q² + mᵀGm of a term.

    Side conditions: 1. every c is ≥ 0; 2. G ⪰ 0.
    """
    total = const(0)
    for c, q in term.squares:
        require("multiplier 1", rational(c) >= 0, "the multiplier {} is negative", c)
        total += const(c) * q * q
    if term.gram is not None:
        basis = tuple(term.gram.basis)
        matrix = tuple(tuple(rational(c) for c in row) for row in term.gram.matrix)
        if len(basis) != len(matrix):
            raise Refused("a Gram matrix is of the wrong size")
        require("multiplier 2", semidefinite(matrix), "a Gram matrix is not semidefinite")
        for row, m in zip(matrix, basis, strict=True):
            inner = const(0)
            for c, n in zip(row, basis, strict=True):
                inner += const(c) * n
            total += m * inner
    return total
