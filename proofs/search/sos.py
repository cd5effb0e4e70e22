r"""Positivstellensatz certificates by semidefinite programming. Untrusted: the kernel checks them.

    p = Σ_k (m_kᵀ Q_k m_k)·Π_{i∈k} g_i  +  Σ_j λ_j h_j  (+ slack),        Q_k ⪰ 0,

with g_i ≥ 0 and h_j = 0 given, m_k the monomials up to the degree that is left for them. Clarabel
(by way of cvxpy) maximises the least eigenvalue μ of the Q_k; then

1. the floating-point Q_k, λ_j are rounded to rationals, coarse ones first;
2. the rounded point is projected exactly onto the affine space of the identity,
   u + Aᵀ(AAᵀ)⁻¹(b − Au), all in ℚ;
3. LDLᵀ over ℚ decides whether the Q_k are still semidefinite.

Where μ = 0 (the inequality is tight somewhere) step 3 has no room. *Facial reduction* makes some:
a vector v in the kernel of Q_k is guessed in small rationals, and m_k is replaced by a basis of
what is orthogonal to v. On such a face p = (x − ½)² + 10⁻²⁰ lacks its constant, which floating
point does not see: it is asked for as a slack ≥ 0 besides, which the exact projection finds.
Where nothing is found the answer is :class:`Undecided`: it says nothing of the claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, combinations_with_replacement
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from amverify.errors import InvalidInput
from proofs.kernel.checker import Proved, Relation, assume, certificate
from proofs.kernel.polynomial import Monomial, Poly, Refused, const
from proofs.kernel.squares import Gram, Term, semidefinite
from proofs.script.multipliers import Undecided
from proofs.search.multipliers import solve

Free = Literal["none", "least", "any"]
"""A constant beside the squares: none, one of at least μ, or any that is not negative."""
ZERO, ONE = Fraction(0), Fraction(1)
LARGEST = 60
"""Monomials in one Gram matrix; more are not tried."""
ROUNDS = 4
"""Of facial reduction."""
DENOMINATORS = (1, 2, 6, 12, 60, 2**10, 2**20, 2**30)
"""Rounded to, one after the other."""


@dataclass(frozen=True)
class Certificate:
    """What the kernel is to expand: terms over ``given``, multipliers of ``zero``, a slack."""

    goal: Relation
    given: tuple[Poly, ...]
    zero: tuple[Poly, ...]
    terms: tuple[Term, ...]
    factors: tuple[Poly, ...]
    slack: Fraction = ZERO

    def check(self) -> Proved:
        """The goal as a theorem of the kernel.

        Raises:
            Refused: if the identity fails or a multiplier may be negative.
        """
        premises = [assume(Relation(g, ">=")) for g in self.given]
        premises += [assume(Relation(h, "=")) for h in self.zero]
        pairs = [(len(self.given) + j, q) for j, q in enumerate(self.factors)]
        return certificate(premises, self.goal, self.terms, pairs, self.slack)


@dataclass(frozen=True)
class _Block:
    """A product of hypotheses and the basis of its multiplier."""

    factors: tuple[int, ...]
    product: Poly
    basis: tuple[Poly, ...]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        return [(i, j) for i in range(len(self.basis)) for j in range(i + 1)]


def degree(p: Poly) -> int:
    """Total degree; 0 for a constant."""
    return max((sum(k for _, k in m) for m in p.terms), default=0)


def monomials(names: Sequence[str], most: int) -> Iterator[Poly]:
    """All monomials up to a degree."""
    for n in range(most + 1):
        for chosen in combinations_with_replacement(names, n):
            counted = tuple(sorted((v, chosen.count(v)) for v in set(chosen)))
            yield Poly({counted: ONE})


def newton(goal: Poly, names: Sequence[str], basis: Iterable[Poly]) -> Iterator[Poly]:
    """Monomials m with 2m in the Newton polytope of p: a sum of squares has no others."""
    corners = np.array([[dict(m).get(v, 0) for v in names] for m in goal.terms], dtype=float).T
    for candidate in basis:
        (monomial,) = candidate.terms
        double = np.array([2.0 * dict(monomial).get(v, 0) for v in names])
        weights = np.vstack([corners, np.ones(corners.shape[1])])
        point = np.append(double, 1.0)
        if linprog(np.zeros(corners.shape[1]), A_eq=weights, b_eq=point).status == 0:
            yield candidate


def _blocks(
    goal: Poly, given: Sequence[Poly], names: Sequence[str], most: int, alone: bool
) -> list[_Block]:
    found = []
    for size in range(3):
        for factors in combinations(range(len(given)), size):
            product = const(1)
            for i in factors:
                product = product * given[i]
            left = (most - degree(product)) // 2
            basis = tuple(monomials(names, left)) if left >= 0 else ()
            if alone:
                basis = tuple(newton(goal, names, basis))
            if len(basis) > LARGEST:
                raise Undecided(f"{len(basis)} monomials of degree {left} are too many to try")
            if basis:
                found.append(_Block(factors, product, basis))
    return found


@dataclass(frozen=True)
class _System:
    """A u = b over ℚ: one row for each monomial, one column for each unknown."""

    columns: list[Poly]
    rows: list[Monomial]
    right: list[Fraction]
    slack: bool
    """Whether its last unknown is a constant beside the squares."""

    @property
    def matrix(self) -> list[list[Fraction]]:
        return [[c.terms.get(r, ZERO) for c in self.columns] for r in self.rows]


def _system(
    goal: Poly, blocks: Sequence[_Block], zero: Sequence[tuple[Poly, Poly]], slack: Free
) -> _System:
    columns = [
        block.product * block.basis[i] * block.basis[j] * const(1 if i == j else 2)
        for block in blocks
        for i, j in block.pairs
    ]
    columns += [h * m for h, m in zero]
    columns += [const(1)] if slack != "none" else []
    rows = sorted(set(goal.terms).union(*(c.terms for c in columns)))
    right = [goal.terms.get(r, ZERO) for r in rows]
    return _System(columns, rows, right, slack != "none")


def _solve_floating(
    system: _System, blocks: Sequence[_Block], slack: Free
) -> tuple[float, NDArray[np.float64]]:
    """The largest μ and the unknowns there."""
    import cvxpy as cp

    a = np.array([[float(x) for x in row] for row in system.matrix])
    unknown = cp.Variable(a.shape[1])
    least = cp.Variable()
    asked = [a @ unknown == np.array([float(x) for x in system.right]), least <= 1]
    start = 0
    for block in blocks:
        n = len(block.basis)
        gram = cp.Variable((n, n), symmetric=True)
        asked.append(gram - least * np.eye(n) >> 0)
        asked += [gram[i, j] == unknown[start + k] for k, (i, j) in enumerate(block.pairs)]
        start += len(block.pairs)
    if slack != "none":
        asked.append(unknown[a.shape[1] - 1] >= (least if slack == "least" else 0))
    problem: Any = cp.Problem(cp.Maximize(least), asked)
    try:
        problem.solve(solver=cp.CLARABEL)
    except cp.error.SolverError:
        raise Undecided("the semidefinite solver gave up") from None
    if unknown.value is None or least.value is None:
        raise Undecided(f"the identity has no solution in this degree ({problem.status})")
    return float(least.value), np.asarray(unknown.value)


def _grams(u: Sequence[Any], blocks: Sequence[_Block], zero: Any) -> list[list[list[Any]]]:
    """The Q_k in a vector of unknowns."""
    found, start = [], 0
    for block in blocks:
        n = len(block.basis)
        gram = [[zero] * n for _ in range(n)]
        for k, (i, j) in enumerate(block.pairs):
            gram[i][j] = gram[j][i] = u[start + k]
        found.append(gram)
        start += len(block.pairs)
    return found


def _projected(system: _System, point: NDArray[np.float64]) -> Iterator[list[Fraction]]:
    """Rational points of the affine space near a floating one, coarse ones first."""
    matrix = system.matrix
    square = [[sum((x * y for x, y in zip(r, s, strict=True) if x and y), ZERO) for s in matrix]
              for r in matrix]  # fmt: skip
    for most in DENOMINATORS:
        rounded = [Fraction(round(float(x) * most), most) for x in point]
        rest = [b - sum((x * y for x, y in zip(row, rounded, strict=True) if x), ZERO)
                for row, b in zip(matrix, system.right, strict=True)]  # fmt: skip
        shift = solve(square, rest)
        if shift is None:
            raise Undecided("the identity has no solution in this degree")
        yield [
            u + sum((row[k] * y for row, y in zip(matrix, shift, strict=True) if row[k]), ZERO)
            for k, u in enumerate(rounded)
        ]


def _complement(vectors: NDArray[np.float64]) -> list[list[Fraction]] | None:
    """A rational basis orthogonal to floating-point vectors that are guessed to be rational."""
    reduced, n, row = vectors.copy(), vectors.shape[1], 0
    pivots: list[int] = []
    for column in range(n):
        if row == len(reduced):
            break
        best = row + int(np.argmax(np.abs(reduced[row:, column])))
        if abs(reduced[best, column]) < 1e-3:
            continue
        reduced[[row, best]] = reduced[[best, row]]
        reduced[row] /= reduced[row, column]
        for other in range(len(reduced)):
            if other != row:
                reduced[other] -= reduced[other, column] * reduced[row]
        pivots.append(column)
        row += 1
    guessed = [[Fraction(float(x)).limit_denominator(64) for x in line] for line in reduced[:row]]
    off = max((abs(float(g) - x) for line, real in zip(guessed, reduced, strict=False)
               for g, x in zip(line, real, strict=True)), default=0.0)  # fmt: skip
    if off > 1e-2:
        return None
    free = [k for k in range(n) if k not in pivots]
    found = []
    for k in free:
        vector = [ZERO] * n
        vector[k] = ONE
        for pivot_line, column in zip(guessed, pivots, strict=True):
            vector[column] = -pivot_line[k]
        found.append(vector)
    return found


def _reduced(block: _Block, gram: list[list[float]]) -> _Block | None:
    """The block on the face where its matrix can be: None if nothing was found to cut off."""
    values, vectors = np.linalg.eigh(np.array(gram))
    small = values < 1e-4 * max(1.0, float(values[-1]))
    if not small.any():
        return block
    kept = _complement(vectors[:, small].T)
    if kept is None or len(kept) == len(block.basis):
        return None
    basis = []
    for row in kept:
        total = const(0)
        for c, m in zip(row, block.basis, strict=True):
            total += const(c) * m
        basis.append(total)
    return _Block(block.factors, block.product, tuple(basis))


def find(
    goal: Relation,
    given: Sequence[Poly] = (),
    zero: Sequence[Poly] = (),
    most: int | None = None,
) -> Certificate:
    """A certificate of p ≥ 0 (or p > 0) from g_i ≥ 0 and h_j = 0, checked by the kernel.

    Args:
        goal: the claim.
        given: g_i ≥ 0; products of two are tried too.
        zero: h_j.
        most: degree of every term; that of the claim, made even, by default.

    Raises:
        Undecided: if none was found.
        InvalidInput: without cvxpy, or if the goal is an equation.
    """
    try:
        import cvxpy  # noqa: F401
    except ImportError:
        raise InvalidInput("the search needs cvxpy and Clarabel: pip install 'amverify[proofs]'") \
            from None  # fmt: skip
    if goal.kind == "=":
        raise InvalidInput("an equation has no certificate of this kind")
    strict = goal.kind == ">"
    if not goal.poly.terms and not strict:
        return Certificate(goal, tuple(given), tuple(zero), (), tuple(const(0) for _ in zero))
    names = sorted(goal.poly.names.union(*(p.names for p in (*given, *zero))))
    most = most or 2 * -(-max(degree(p) for p in (goal.poly, *given, *zero)) // 2)
    alone = not given and not zero and not strict
    blocks = _blocks(goal.poly, given, names, most, alone)
    free = [(h, m) for h in zero for m in monomials(names, most - degree(h))]
    try:
        return _searched(goal, given, zero, blocks, free, "least" if strict else "none")
    except Undecided as why:
        first = why
    try:
        return _searched(goal, given, zero, blocks, free, "any")
    except Undecided:
        raise Undecided(str(first) or f"no certificate of degree {most} was found") from None


def _searched(
    goal: Relation,
    given: Sequence[Poly],
    zero: Sequence[Poly],
    blocks: list[_Block],
    free: Sequence[tuple[Poly, Poly]],
    slack: Free,
) -> Certificate:
    """A certificate, on smaller faces where there is no room; ``Undecided`` without one."""
    for _ in range(ROUNDS):
        system = _system(goal.poly, blocks, free, slack)
        least, point = _solve_floating(system, blocks, slack)
        if least > 1e-7:
            found = _rational(goal, given, zero, system, blocks, free, point)
            if found is not None:
                return found
        smaller = [
            _reduced(b, g) for b, g in zip(blocks, _grams(point.tolist(), blocks, 0.0), strict=True)
        ]
        left = [b for b in smaller if b is not None and b.basis]
        if least < -1e-5 or None in smaller or left == blocks:
            break
        blocks = left
    raise Undecided("")


def _rational(
    goal: Relation,
    given: Sequence[Poly],
    zero: Sequence[Poly],
    system: _System,
    blocks: Sequence[_Block],
    free: Sequence[tuple[Poly, Poly]],
    point: NDArray[np.float64],
) -> Certificate | None:
    for u in _projected(system, point):
        grams = _grams(u, blocks, ZERO)
        if not all(semidefinite(g) for g in grams):
            continue
        terms = tuple(
            Term(block.factors, (), Gram(block.basis, tuple(map(tuple, gram))))
            for block, gram in zip(blocks, grams, strict=True)
        )
        factors = {h: const(0) for h in zero}
        start = sum(len(b.pairs) for b in blocks)
        for k, (h, m) in enumerate(free):
            factors[h] = factors[h] + const(u[start + k]) * m
        slack = u[-1] if system.slack else ZERO
        found = Certificate(goal, tuple(given), tuple(zero), terms,
                            tuple(factors[h] for h in zero), slack)  # fmt: skip
        try:
            found.check()
        except Refused:
            continue
        return found
    return None


def lines(found: Certificate) -> Iterator[str]:
    """A certificate for print: squares with their weights, by LDLᵀ."""
    for term in found.terms:
        if term.gram is None:
            continue
        product = "·".join(f"({found.given[i]})" for i in term.factors)
        for weight, q in squares(term.gram):
            yield f"{weight}·({q})²" + (f"·{product}" if product else "")
    for h, factor in zip(found.zero, found.factors, strict=True):
        yield f"({factor})·({h})"
    if found.slack:
        yield str(found.slack)


def squares(gram: Gram) -> Iterator[tuple[Fraction, Poly]]:
    """mᵀGm = Σ d_k (m_k + Σ_{j>k} l_jk m_j)² with d_k > 0."""
    a = [list(row) for row in gram.matrix]
    for k in range(len(a)):
        if not a[k][k]:
            continue
        q = const(0)
        for j in range(k, len(a)):
            q += const(a[j][k] / a[k][k]) * gram.basis[j]
        yield a[k][k], q
        for i in range(k + 1, len(a)):
            ratio = a[i][k] / a[k][k]
            for j in range(k + 1, len(a)):
                a[i][j] -= ratio * a[k][j]
