r"""A sympy expression, walked: each node is a rule, or the place where the chain breaks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from typing import Any

import sympy

from amverify.definability.functions import FUNCTIONS, algebraic, apply
from amverify.definability.ledger import Ledger, Refused
from amverify.definability.pieces import continuous, narrowed
from amverify.definability.powers import general_power, power, quotient
from amverify.definability.values import (
    Value,
    absolute,
    constant,
    larger,
    plus,
    product,
    smaller,
    together,
)

Ranges = Mapping[Any, Value]


class Walk:
    """One expression with the ranges of its symbols."""

    def __init__(self, ledger: Ledger, ranges: Ranges) -> None:
        self.ledger, self.ranges = ledger, dict(ranges)

    def value(self, e: sympy.Basic) -> Value:
        """What is known of an expression.

        Raises:
            Refused: with the operation to which no rule applies, and its subexpression.
        """
        if e in self.ranges:
            return self.ranges[e]
        self.ledger.place = ""
        try:
            return self._node(e)
        except Refused as refused:
            if not refused.operation:
                refused.operation = f"{type(e).__name__} in {e}"
            raise

    def _node(self, e: sympy.Basic) -> Value:
        if getattr(e, "is_number", False):
            return self._number(e)
        match e:
            case sympy.Add():
                return self._folded("add", plus, e.args)
            case sympy.Mul():
                return self._product(e)
            case sympy.Pow():
                return self._power(*e.args)
            case sympy.Abs():
                return algebraic("abs", absolute(self.value(e.args[0])), self.ledger)
            case sympy.Max():
                return self._folded("max", larger, e.args)
            case sympy.Min():
                return self._folded("min", smaller, e.args)
            case sympy.Piecewise():
                return self._pieces(e)
            case sympy.sign():
                made = self.value(e.args[0]).made(-1.0, 1.0)
                return algebraic("sign", made, self.ledger, jumps=True)
            case sympy.Heaviside():
                made = self.value(e.args[0]).made(0.0, 1.0)
                made = together([made, *(self.value(at) for at in e.args[1:])])
                return algebraic("Heaviside", made, self.ledger, jumps=True)
            case sympy.floor() | sympy.ceiling():
                return rounded(type(e).__name__, self.value(e.args[0]), self.ledger)
            case sympy.Function():
                return self._function(e)
        raise Refused("no rule for this operation")

    def _number(self, e: Any) -> Value:
        if not e.is_real or not e.is_finite:
            raise Refused("not a real number")
        near = float(e)
        if math.isinf(near):
            raise Refused("a number beyond all floats")
        exact = e.is_Rational and Fraction(int(e.p), int(e.q)) == Fraction(near)
        if exact:
            return constant(near)
        return constant(math.nextafter(near, -math.inf), math.nextafter(near, math.inf))

    def _folded(self, name: str, fold: Any, args: tuple[Any, ...]) -> Value:
        return algebraic(name, reduce(fold, [self.value(a) for a in args]), self.ledger)

    def _product(self, e: Any) -> Value:
        above, below = sympy.fraction(e, exact=True)
        if below != 1 and below != e:
            return quotient(self.value(above), self.value(below), self.ledger)
        if not above.is_Mul:
            return self.value(above)
        return self._folded("multiply", product, above.args)

    def _power(self, base: Any, exponent: Any) -> Value:
        if base is sympy.E:
            return apply("exp", self.value(exponent), self.ledger)
        if not exponent.is_number:
            return general_power(self.value(base), self.value(exponent), self.ledger)
        if not exponent.is_real:
            raise Refused("an exponent that is not real")
        if exponent.is_Rational:
            return power(self.value(base), Fraction(int(exponent.p), int(exponent.q)), self.ledger)
        return power(self.value(base), float(exponent), self.ledger)

    def _function(self, e: Any) -> Value:
        name = type(e).__name__
        if name in ("tan", "sec"):
            top = "sin" if name == "tan" else None
            above = apply("sin", self.value(e.args[0]), self.ledger) if top else constant(1.0)
            return quotient(above, apply("cos", self.value(e.args[0]), self.ledger), self.ledger)
        known = {"loggamma": "lgamma", "LambertW": ""}.get(name, name)
        if known not in FUNCTIONS or len(e.args) != 1:
            raise Refused("no rule for this function")
        x = self.value(e.args[0])
        made = apply(known, x, self.ledger)
        if name != "acot" or x.never_zero:
            return made
        return algebraic("acot, from π/2 to −π/2 at 0", made, self.ledger, jumps=True)

    def _pieces(self, e: Any) -> Value:
        branches, jumps = [], False
        for branch, condition in e.args:
            self._condition(condition)
            inside = narrowed(self.ranges, condition, e)
            branches.append(Walk(self.ledger, inside).value(branch))
            uncut = {s: replace(v, jumps=self.ranges[s].jumps) for s, v in inside.items()}
            jumps = jumps or Walk(Ledger(), uncut).value(branch).jumps
        hull = together(branches)
        made = replace(hull.made(hull.low, hull.high, nonzero=hull.nonzero), varies=True)
        if continuous(e):
            made = replace(made, jumps=jumps, semicontinuous=not jumps)
            return algebraic("cases, continuous", made, self.ledger)
        return algebraic("cases", made, self.ledger, jumps=True)

    def _condition(self, condition: Any) -> None:
        for relation in condition.atoms(sympy.core.relational.Relational):
            self.value(relation.lhs)
            self.value(relation.rhs)


def rounded(name: str, x: Value, ledger: Ledger) -> Value:
    """Of the family of floor: finitely many steps on a bounded argument.

    Raises:
        Refused: on an unbounded one.
    """
    if x.varies and not x.bounded:
        raise Refused(
            "it has infinitely many jumps on an unbounded argument",
            "declare a box for the variables (--box NAME=LOW,HIGH)",
        )
    return algebraic(name, x.made(x.low - 1, x.high + 1), ledger, jumps=True)


def symbol_range(symbol: Any, box: tuple[float, float] | None, fixed: bool) -> Value:
    """What is known of a symbol: its box, and its assumptions (positive, nonnegative, …)."""
    low, high = box or (-math.inf, math.inf)
    if symbol.is_nonnegative:
        low = max(low, 0.0)
    if symbol.is_nonpositive:
        high = min(high, 0.0)
    degree = 0 if fixed else 1
    return Value(low, high, varies=not fixed, nonzero=bool(symbol.is_nonzero), degree=degree)
