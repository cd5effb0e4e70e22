r"""y = min(max(x, l), h): it lies between l and h, and (y − x)(v − y) ≥ 0 for every v that does.

From the kernel's two facts |q| ≥ 0 and |q|² = q²; min and max are as ``translate`` writes them.

*The last*, with m = max(x, l): where x ≥ l, m ≤ x; else m ≤ l. Where m ≥ h, y ≥ h; else y ≥ m. So
x ≥ l and m ≥ h give x ≥ y ≥ h ≥ v; x ≥ l and m ≤ h give y = x; and x ≤ l gives x ≤ y ≤ l ≤ v.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from proofs.kernel import checker
from proofs.kernel.checker import Proved, Relation
from proofs.kernel.polynomial import Poly, Refused, const
from proofs.kernel.squares import Term
from proofs.script import magnitude
from proofs.script.translate import polynomial

HALF = (Fraction(1, 2), const(1))


@dataclass(frozen=True)
class Clamp:
    """The formula min(max(x, l), h), taken apart.

    Raises:
        Refused: if it has another form.
    """

    formula: sp.Expr
    low: sp.Expr
    high: sp.Expr

    def __post_init__(self) -> None:
        inner = [a for a in self.formula.args if isinstance(a, sp.Max)]
        if not isinstance(self.formula, sp.Min) or len(inner) != 1:
            raise Refused(f"{self.formula} is no clamp")
        if self.high not in self.formula.args or self.low not in inner[0].args:
            raise Refused(f"{self.formula} does not clamp between {self.low} and {self.high}")

    @property
    def inner(self) -> sp.Expr:
        """max(x, l)."""
        return next(a for a in self.formula.args if isinstance(a, sp.Max))

    @property
    def value(self) -> Poly:
        """x."""
        return polynomial(next(a for a in self.inner.args if a != self.low))


def lower(clamp: Clamp, bounds: Proved) -> Proved:
    """y − l ≥ 0 from h − l ≥ 0."""
    low = polynomial(clamp.low)
    larger = _side(clamp.inner, clamp.low, 1)
    x, y = map(polynomial, clamp.formula.args)
    parts = [larger if a == clamp.inner else bounds for a in clamp.formula.args]
    return magnitude.minimum(x, y, low, *parts)


def upper(clamp: Clamp) -> Proved:
    """h − y ≥ 0."""
    return _side(clamp.formula, clamp.high, -1)


def _side(extreme: sp.Expr, arg: sp.Expr, sign: int) -> Proved:
    """max(x, y) − arg ≥ 0 (1), arg − min(x, y) ≥ 0 (−1)."""
    x, y = map(polynomial, extreme.args)
    side = magnitude.over if sign > 0 else magnitude.below
    return side(x, y, extreme.args.index(arg))


def _is(extreme: sp.Expr, arg: sp.Expr, sign: int) -> Proved:
    """arg − max ≥ 0 where arg is the larger (1), min − arg ≥ 0 where it is the lesser (−1)."""
    x, y = map(polynomial, extreme.args)
    own = polynomial(arg)
    other = polynomial(next(a for a in extreme.args if a != arg))
    size = magnitude.resolved(const(sign) * (own - other), x - y)
    goal = const(sign) * (own - polynomial(extreme))
    return checker.certificate([size], Relation(goal, ">="), [Term((0,), (HALF,))])


def _add(goal: Poly, *parts: Proved) -> Proved:
    """goal = Σ parts ≥ 0."""
    return checker.certificate(parts, Relation(goal, ">="), [Term((i,)) for i in range(len(parts))])


def _product(goal: Poly, one: Proved, other: Proved) -> Proved:
    return checker.certificate([one, other], Relation(goal, ">="), [Term((0, 1))])


def between(clamp: Clamp, bounds: Proved, above_low: Proved, below_high: Proved) -> Proved:
    """(y − x)(v − y) ≥ 0 from h − l ≥ 0, v − l ≥ 0 and h − v ≥ 0."""
    x, y, m = clamp.value, polynomial(clamp.formula), polynomial(clamp.inner)
    low, high = polynomial(clamp.low), polynomial(clamp.high)
    v = above_low.conclusion.poly + low
    goal = (y - x) * (v - y)
    outer = _side(clamp.formula, clamp.inner, -1)
    arg = next(a for a in clamp.inner.args if a != clamp.low)
    m_above_x = _side(clamp.inner, arg, 1)
    x_is, low_is = _is(clamp.inner, arg, 1), _is(clamp.inner, clamp.low, 1)
    high_is, m_is = _is(clamp.formula, clamp.high, -1), _is(clamp.formula, clamp.inner, -1)
    x_above = _add(x - y, x_is, outer)
    far = _product(goal, x_above, _add(y - v, high_is, below_high))
    y_above = _add(y - x, m_is, m_above_x)
    same = checker.cases(v - y, {
        ">=": _product(goal, y_above, checker.assume(Relation(v - y, ">="))),
        "<=": _product(goal, x_above, checker.assume(Relation(y - v, ">="))),
    })  # fmt: skip
    inside = checker.cases(m - high, {">=": far, "<=": same})
    v_above = _add(v - y, above_low, low_is, outer)
    small = checker.assume(Relation(low - x, ">="))
    beyond = _product(goal, _add(y - x, high_is, bounds, small), v_above)
    near = _product(goal, y_above, v_above)
    outside = checker.cases(m - high, {">=": beyond, "<=": near})
    return checker.cases(x - low, {">=": inside, "<=": outside})


def clamp_step(clamp: Clamp, side: int, parts: Sequence[Proved]) -> Proved:
    """``side`` 0: y ≥ l from h ≥ l; 1: y ≤ h; 2: (y − x)(v − y) ≥ 0 from h ≥ l, v ≥ l and v ≤ h."""
    if side == 0:
        return lower(clamp, *parts)
    return upper(clamp) if side == 1 else between(clamp, *parts)
