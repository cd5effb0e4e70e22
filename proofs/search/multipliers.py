r"""Looking for certificates. Nothing here is trusted: the kernel checks whatever is found.

*Multipliers of equations.* What is left of the goal, r = p − Σ (terms), is to be Σ λ_j h_j: r is
divided by the h_j, in orders in which the symbols that the equations define are eliminated first.

Where nothing is found the answer is *undecided*.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations_with_replacement, permutations

import sympy as sp

from proofs.kernel.polynomial import Poly, const
from proofs.script.multipliers import Undecided


def _formula(p: Poly, names: dict[str, sp.Symbol]) -> sp.Expr:
    return sp.Add(*(
        sp.Rational(c.numerator, c.denominator)
        * sp.Mul(*(names.setdefault(v, sp.Symbol(f"v{len(names)}")) ** k for v, k in m))
        for m, c in p.terms.items()
    ))  # fmt: skip


def _back(formula: sp.Expr, names: dict[str, sp.Symbol]) -> Poly:
    gens = list(names.values())
    own = list(names)
    found = sp.Poly(formula, *gens, domain="QQ") if gens else sp.Poly(formula, sp.Symbol("v"))
    return Poly({
        tuple((own[i], k) for i, k in enumerate(m) if k): Fraction(int(c.p), int(c.q))
        for m, c in found.terms()
    })  # fmt: skip


def _defined(equation: Poly) -> list[str]:
    """Variables that an equation could define: alone in a monomial, nowhere else in it."""
    alone = [m[0][0] for m in equation.terms if len(m) == 1 and m[0][1] == 1]
    return [v for v in alone if sum(v in dict(m) for m in equation.terms) == 1]


def multipliers(rest: Poly, equations: Sequence[Poly]) -> tuple[Poly, ...]:
    """λ_j with rest = Σ λ_j h_j.

    Raises:
        Undecided: if division leaves a remainder in every order tried.
    """
    names: dict[str, sp.Symbol] = {}
    target = _formula(rest, names)
    hs = [_formula(h, names) for h in equations]
    if target == 0:
        return tuple(Poly({}) for _ in hs)
    first = list(dict.fromkeys(v for h in equations for v in _defined(h)))
    others = [v for v in names if v not in first]
    leads = (
        list(permutations(first))[:24] if len(first) <= 4 else [tuple(first), tuple(first[::-1])]
    )
    for lead in leads:
        gens = [names[v] for v in (*lead, *others)]
        factors, remainder = sp.reduced(target, hs, *gens, order="lex", domain="QQ")
        if remainder == 0:
            return tuple(_back(f, names) for f in factors)
    for degree in (1, 2):
        found = ansatz(rest, equations, degree)
        if found is not None:
            return found
    raise Undecided("division by the equations leaves a remainder in every order tried")


def ansatz(rest: Poly, equations: Sequence[Poly], degree: int) -> tuple[Poly, ...] | None:
    """λ_j with monomials up to a degree, from the linear equations between coefficients."""
    variables = sorted(rest.names.union(*(h.names for h in equations)))
    monomials = [
        Poly({tuple(sorted((v, chosen.count(v)) for v in set(chosen))): Fraction(1)})
        for n in range(degree + 1)
        for chosen in combinations_with_replacement(variables, n)
    ]
    columns = [(j, m, (h * m).terms) for j, h in enumerate(equations) for m in monomials]
    rows = sorted({key for _, _, terms in columns for key in terms} | set(rest.terms))
    if len(rows) * len(columns) > 250_000:
        return None
    matrix = [[terms.get(r, Fraction(0)) for _, _, terms in columns] for r in rows]
    solution = solve(matrix, [rest.terms.get(r, Fraction(0)) for r in rows])
    if solution is None:
        return None
    factors = [Poly({}) for _ in equations]
    for (j, m, _), value in zip(columns, solution, strict=True):
        if value:
            factors[j] = factors[j] + const(value) * m
    return tuple(factors)


def solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """A solution of Ax = b over the rationals, zero where it is free; None if there is none."""
    rows = [{j: x for j, x in enumerate([*row, b]) if x} for row, b in
            zip(matrix, right, strict=True)]  # fmt: skip
    n = len(matrix[0]) if matrix else 0
    pivots: dict[int, dict[int, Fraction]] = {}
    for row in rows:
        current = dict(row)
        while current and (lead := min(current)) in pivots:
            ratio = current[lead]
            for j, x in pivots[lead].items():
                current[j] = current.get(j, Fraction(0)) - ratio * x
            current = {j: x for j, x in current.items() if x}
        if current:
            lead = min(current)
            if lead == n:
                return None
            pivots[lead] = {j: x / current[lead] for j, x in current.items()}
    solution = [Fraction(0)] * n
    for lead in sorted(pivots, reverse=True):
        row = pivots[lead]
        solution[lead] = row.get(n, Fraction(0)) - sum(
            (x * solution[j] for j, x in row.items() if lead < j < n), Fraction(0)
        )
    return solution
