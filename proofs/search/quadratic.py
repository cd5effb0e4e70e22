r"""Quadratic polynomials, exactly: p(x) = Σ d_k ℓ_k(x)² + min p, by completing squares over ℚ.

A polynomial of degree two has one Gram matrix on (x, 1), so p ≥ 0 is decided without a solver: no
coefficient is too small to be seen. Untrusted as all of the search: the kernel checks it.
"""

from __future__ import annotations

from fractions import Fraction

from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Poly, Refused, const, var
from proofs.kernel.squares import Gram, Term
from proofs.search.sos import Certificate, degree

ZERO = Fraction(0)
Matrix = list[list[Fraction]]


def find(goal: Relation) -> Certificate | None:
    """The certificate of p ≥ 0 or p > 0 for p of degree two; None if there is none."""
    if degree(goal.poly) != 2 or goal.kind == "=":
        return None
    names = sorted(goal.poly.names)
    matrix = _gram(goal.poly, names)
    least = _least(matrix)
    if least is None:
        return None
    matrix[-1][-1] -= least
    gram = Gram((*map(var, names), const(1)), tuple(map(tuple, matrix)))
    found = Certificate(goal, (), (), (Term((), (), gram),), (), least)
    try:
        found.check()
    except Refused:
        return None
    return found


def _gram(p: Poly, names: list[str]) -> Matrix:
    """G with p = (x, 1)ᵀG(x, 1)."""
    n = len(names) + 1
    matrix = [[ZERO] * n for _ in range(n)]
    for monomial, c in p.terms.items():
        places = [names.index(v) for v, k in monomial for _ in range(k)]
        i, j = (places + [n - 1] * 2)[:2]
        matrix[i][j] += c / 2
        matrix[j][i] += c / 2
    return matrix


def _least(matrix: Matrix) -> Fraction | None:
    """The least value of p: what elimination of every x leaves; None where p has none."""
    a = [list(row) for row in matrix]
    n = len(a)
    for k in range(n - 1):
        if a[k][k] < 0 or (a[k][k] == 0 and any(a[k][k + 1 :])):
            return None
        for i in range(k + 1, n):
            ratio = a[i][k] / a[k][k] if a[k][k] else ZERO
            for j in range(k + 1, n):
                a[i][j] -= ratio * a[k][j]
    return a[-1][-1]
