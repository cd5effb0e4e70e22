r"""|q| ≥ ±q, from the kernel's two facts |q| ≥ 0 and |q|² = q².

Were y = ±q − |q| > 0, then y² + 2y|q| = q² − |q|² = 0 and both terms on the left say otherwise.
"""

from __future__ import annotations

from fractions import Fraction

from proofs.kernel import checker
from proofs.kernel.atoms import atom
from proofs.kernel.checker import Proved, Relation
from proofs.kernel.polynomial import Poly, const
from proofs.kernel.squares import Term

ONE = Fraction(1)


def above(q: Poly, sign: int = 1) -> Proved:
    """|q| − q ≥ 0, or |q| + q ≥ 0 for ``sign`` = −1."""
    size, own = atom("|{}|", q), const(sign) * q
    nonnegative, square = checker.absolute(q)
    goal = Relation(size - own, ">=")
    apart = checker.assume(Relation(own - size, ">"))
    nothing = checker.certificate(
        [apart, nonnegative, square],
        Relation(const(0), ">"),
        [Term((0, 0)), Term((0, 1), ((2 * ONE, const(1)),))],
        [(2, const(1))],
    )
    branches = {">=": checker.assume(goal), "<": checker.absurd(nothing, goal)}
    return checker.cases(goal.poly, branches)


def one_side(bounded: Proved, q: Poly, sign: int = 1) -> Proved:
    """b ∓ q ≥ 0 from b − |q| ≥ 0."""
    bound = bounded.conclusion.poly + atom("|{}|", q)
    goal = Relation(bound - const(sign) * q, ">=")
    return checker.certificate([bounded, above(q, sign)], goal, [Term((0,)), Term((1,))])


HALF = const(Fraction(1, 2))


def _lesser(x: Poly, y: Poly) -> Poly:
    """min(x, y) = (x + y − |x − y|)/2, as ``translate`` writes it."""
    return HALF * (x + y - atom("|{}|", x - y))


def _larger(x: Poly, y: Poly) -> Poly:
    """max(x, y) = (x + y + |x − y|)/2, as ``translate`` writes it."""
    return HALF * (x + y + atom("|{}|", x - y))


def below(x: Poly, y: Poly, one: int) -> Proved:
    """x − min(x, y) ≥ 0 for ``one`` = 0, y − min(x, y) ≥ 0 for 1."""
    goal = Relation((y if one else x) - _lesser(x, y), ">=")
    side = above(x - y, 1 if one else -1)
    return checker.certificate([side], goal, [Term((0,), ((ONE / 2, const(1)),))])


def over(x: Poly, y: Poly, one: int) -> Proved:
    """max(x, y) − x ≥ 0 for ``one`` = 0, max(x, y) − y ≥ 0 for 1."""
    goal = Relation(_larger(x, y) - (y if one else x), ">=")
    side = above(x - y, -1 if one else 1)
    return checker.certificate([side], goal, [Term((0,), ((ONE / 2, const(1)),))])


def minimum(x: Poly, y: Poly, z: Poly, first: Proved, second: Proved) -> Proved:
    """min(x, y) − z ≥ 0 from x − z ≥ 0 and y − z ≥ 0: by cases it is one of the two."""
    goal = Relation(_lesser(x, y) - z, ">=")
    branches = {}
    for sign, name, other in ((1, ">=", second), (-1, "<=", first)):
        size = resolved(const(sign) * (x - y), x - y)
        half = Term((0,), ((ONE / 2, const(1)),))
        branches[name] = checker.certificate([size, other], goal, [half, Term((1,))])
    return checker.cases(x - y, branches)


def resolved(q: Poly, inside: Poly) -> Proved:
    """q ≥ 0 ⊢ q − |q| ≥ 0, |q| as |inside|, inside = ±q.

    Were |q| > q, then (|q| − q)² + 2q(|q| − q) = |q|² − q² = 0, and the left is positive.
    """
    size, (_, square) = atom("|{}|", inside), checker.absolute(inside)
    goal = Relation(q - size, ">=")
    apart, mine = checker.assume(Relation(size - q, ">")), checker.assume(Relation(q, ">="))
    nothing = checker.certificate(
        [apart, mine, square],
        Relation(const(0), ">"),
        [Term((0, 0)), Term((0, 1), ((2 * ONE, const(1)),))],
        [(2, const(-1))],
    )
    branches = {">": checker.absurd(nothing, goal), "<=": checker.assume(goal)}
    return checker.cases(size - q, branches)
