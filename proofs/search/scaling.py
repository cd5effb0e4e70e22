r"""A search in better units: 10²⁰x² + 1 ≥ 0 is y² + 1 ≥ 0 with y = 10¹⁰x.

A semidefinite solver works in floating point and gives up on coefficients that lie many orders of
magnitude apart. The units are powers of two, 2^k for each variable and 2^e for each polynomial,
that bring the logarithms of all coefficients nearest to 0 in least squares. A certificate found
there becomes one of the claim as it was written, exactly:

    p(x) = 2^(−e₀)·p'(2^(−k)x),        g_i(x) = 2^(−e_i)·g'_i(2^(−k)x).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log2

import numpy as np

from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Poly, const
from proofs.kernel.squares import Gram, Term
from proofs.script.multipliers import Undecided
from proofs.search import quadratic, sos
from proofs.search.sos import Certificate

WIDE = 2.0**24
"""Coefficients further apart than this are called badly scaled."""


@dataclass(frozen=True)
class Units:
    """Exponents of two: by variable, and of each polynomial."""

    variables: dict[str, int]
    polynomials: tuple[int, ...]


def find(
    goal: Relation, given: Sequence[Poly], zero: Sequence[Poly], most: int | None = None
) -> Certificate:
    """As :func:`proofs.search.sos.find`; exactly or in better units where its own fail.

    Raises:
        Undecided: if no certificate was found; says so if the claim is badly scaled.
        InvalidInput: as :func:`proofs.search.sos.find`.
    """
    polys = [goal.poly, *given, *zero]
    try:
        return sos.find(goal, given, zero, most)
    except Undecided as why:
        exact = None if given or zero else quadratic.find(goal)
        if exact is not None:
            return exact
        if spread(polys) <= WIDE:
            raise
        said = str(why)
    try:
        return _in_units(units(polys), goal, given, zero, most)
    except Undecided:
        low, high = _ends(polys)
        raise Undecided(
            f"{said}; badly scaled: coefficients from {low:.0e} to {high:.0e}"
        ) from None


def _sizes(polys: Sequence[Poly]) -> list[float]:
    """Logarithms to base 2 of the coefficients' sizes."""
    return [_log(c) for p in polys for c in p.terms.values()]


def _log(c: Fraction) -> float:
    return log2(abs(c.numerator)) - log2(c.denominator)


def _ends(polys: Sequence[Poly]) -> tuple[float, float]:
    sizes = np.clip(_sizes(polys), -1000, 1000)
    return float(2.0 ** sizes.min()), float(2.0 ** sizes.max())


def spread(polys: Sequence[Poly]) -> float:
    """Largest coefficient over smallest; 1 where there are none."""
    sizes = _sizes(polys) or [0.0]
    return float(2.0 ** min(max(sizes) - min(sizes), 1000.0))


def units(polys: Sequence[Poly]) -> Units:
    """The units in which coefficients are of size 1, as nearly as they can be."""
    names = sorted(frozenset[str]().union(*(p.names for p in polys)))
    rows, right = [], []
    for at, p in enumerate(polys):
        for m, c in p.terms.items():
            own = [float(i == at) for i in range(len(polys))]
            rows.append([float(dict(m).get(v, 0)) for v in names] + own)
            right.append(-_log(c))
    found = np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0]
    exponents = [round(float(x)) for x in found]
    return Units(dict(zip(names, exponents, strict=False)), tuple(exponents[len(names) :]))


def _two(exponent: int) -> Fraction:
    return Fraction(2) ** exponent


def forth(p: Poly, chosen: Units, exponent: int) -> Poly:
    """2^e·p(2^k y)."""
    return Poly({
        m: c * _two(exponent + sum(chosen.variables[v] * n for v, n in m))
        for m, c in p.terms.items()
    })  # fmt: skip


def back(p: Poly, chosen: Units) -> Poly:
    """p(2^(−k) x)."""
    inverse = Units({v: -k for v, k in chosen.variables.items()}, ())
    return forth(p, inverse, 0)


def _in_units(
    chosen: Units,
    goal: Relation,
    given: Sequence[Poly],
    zero: Sequence[Poly],
    most: int | None,
) -> Certificate:
    own, *others = chosen.polynomials
    above, equal = others[: len(given)], others[len(given) :]
    found = sos.find(
        Relation(forth(goal.poly, chosen, own), goal.kind),
        [forth(g, chosen, e) for g, e in zip(given, above, strict=True)],
        [forth(h, chosen, e) for h, e in zip(zero, equal, strict=True)],
        most,
    )
    terms = tuple(_term(term, chosen, above, own) for term in found.terms)
    factors = tuple(
        const(_two(e - own)) * back(q, chosen) for q, e in zip(found.factors, equal, strict=True)
    )
    slack = found.slack * _two(-own)
    made = Certificate(goal, tuple(given), tuple(zero), terms, factors, slack)
    made.check()
    return made


def _term(term: Term, chosen: Units, above: Sequence[int], own: int) -> Term:
    if term.gram is None:
        return term
    by = _two(sum(above[i] for i in term.factors) - own)
    basis = tuple(back(m, chosen) for m in term.gram.basis)
    matrix = tuple(tuple(by * x for x in row) for row in term.gram.matrix)
    return Term(term.factors, term.squares, Gram(basis, matrix))
