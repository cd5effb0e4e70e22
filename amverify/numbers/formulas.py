"""Formulas of sympy evaluated over balls, rationals or any other arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, TypeVar

import sympy as sp

from amverify.numbers.balls import Ball


class _Number(Protocol):
    def __add__(self, other: Any, /) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...
    def __truediv__(self, other: Any, /) -> Any: ...


N = TypeVar("N", bound=_Number)


@dataclass(frozen=True)
class Arithmetic:
    """Where an expression is evaluated: how a rational becomes a number, and √, |·|, max, min."""

    rational: Callable[[Fraction], Any]
    sqrt: Callable[[Any], Any]
    absolute: Callable[[Any], Any]
    maximum: Callable[[Any, Any], Any]
    minimum: Callable[[Any, Any], Any]


BALLS = Arithmetic(Ball.exact, Ball.sqrt, abs, Ball.maximum, Ball.minimum)


def _no_root(x: Fraction) -> Fraction:
    root = sp.sqrt(sp.Rational(x.numerator, x.denominator))
    if not root.is_Rational:
        raise ValueError(f"√({x}) is not rational")
    return Fraction(int(root.p), int(root.q))


FRACTIONS = Arithmetic(lambda q: q, _no_root, abs, max, min)


def evaluate(expression: sp.Expr, values: Mapping[str, N], arithmetic: Arithmetic = BALLS) -> N:
    """The value of a formula, symbol by symbol, in balls, fractions or any other arithmetic.

    Only +, ·, /, integer powers, √, |·|, max and min of rationals and symbols are admitted:
    a float in a formula is an error.

    Raises:
        KeyError: for a symbol without a value.
        ValueError: for anything else in the formula.
    """

    def walk(node: Any) -> Any:
        if isinstance(node, sp.Symbol):
            return values[node.name]
        if isinstance(node, sp.Rational):
            return arithmetic.rational(Fraction(int(node.p), int(node.q)))
        if isinstance(node, sp.Add | sp.Mul):
            return _fold(node, walk)
        if isinstance(node, sp.Pow):
            return _power(walk(node.base), node.exp, arithmetic)
        if isinstance(node, sp.Abs):
            return arithmetic.absolute(walk(node.args[0]))
        if isinstance(node, sp.Max | sp.Min):
            best = arithmetic.maximum if isinstance(node, sp.Max) else arithmetic.minimum
            first, *rest = map(walk, node.args)
            for value in rest:
                first = best(first, value)
            return first
        raise ValueError(f"formula: {node} ({type(node).__name__}) cannot be evaluated exactly")

    result: N = walk(expression)
    return result


def _fold(node: Any, walk: Callable[[Any], Any]) -> Any:
    """A sum or product, from left to right; reciprocals divide."""
    product = isinstance(node, sp.Mul)
    upper = [a for a in node.args if not (product and _reciprocal(a))]
    lower = [1 / a for a in node.args if product and _reciprocal(a)]
    first, *rest = map(walk, upper or [sp.Integer(1)])
    for value in rest:
        first = first * value if product else first + value
    for value in map(walk, lower):
        first = first / value
    return first


def _reciprocal(node: Any) -> bool:
    return isinstance(node, sp.Pow) and node.exp.is_Rational and node.exp.is_negative is True


def _power(base: Any, exponent: Any, arithmetic: Arithmetic) -> Any:
    if not exponent.is_Rational or exponent.q not in (1, 2):
        raise ValueError(f"formula: exponent {exponent} is neither an integer nor a half")
    if exponent.q == 2:
        base = arithmetic.sqrt(base)
    times = abs(int(exponent.p))
    result = base
    for _ in range(times - 1):
        result = result * base
    if exponent.is_negative:
        return arithmetic.rational(Fraction(1)) / result
    return result
