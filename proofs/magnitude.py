r"""|q| ≥ ±q, from the kernel's two facts |q| ≥ 0 and |q|² = q².

Were y = ±q − |q| > 0, then y² + 2y|q| = q² − |q|² = 0 and both terms on the left say otherwise.
"""

from __future__ import annotations

from fractions import Fraction

from proofs import checker
from proofs.atoms import atom
from proofs.checker import Proved, Relation
from proofs.polynomial import Poly, const
from proofs.squares import Term

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
