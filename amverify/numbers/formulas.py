"""Formulas of sympy evaluated over balls, rationals or any other arithmetic.

A formula is read once, into a list of steps in the order of its operations (``Program``); what
stands in it twice, or in two formulas that are evaluated together, is one step. So a column that is
evaluated chunk by chunk pays for its arithmetic alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
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


BALLS = Arithmetic(lru_cache(Ball.exact), Ball.sqrt, abs, Ball.maximum, Ball.minimum)


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
    return program(expression).run(values, arithmetic)[0]


@dataclass(frozen=True)
class _Step:
    """One operation, on results of earlier steps; ``last`` are those that nothing later needs."""

    does: str
    of: tuple[int, ...] = ()
    named: Any = None
    last: tuple[int, ...] = ()


@dataclass(frozen=True)
class Program:
    """Formulas as steps in order; ``results`` are the steps that hold their values."""

    steps: tuple[_Step, ...]
    results: tuple[int, ...]

    def run(self, values: Mapping[str, N], arithmetic: Arithmetic = BALLS) -> tuple[N, ...]:
        """The values of all its formulas; raises as ``evaluate`` does."""
        found: list[Any] = []
        for step in self.steps:
            if step.does == "symbol":
                found.append(values[step.named])
            elif step.does == "rational":
                found.append(arithmetic.rational(step.named))
            else:
                found.append(_done(step.does, [found[i] for i in step.of], arithmetic))
            for i in step.last:
                found[i] = None
        return tuple(found[i] for i in self.results)


@lru_cache(maxsize=1024)
def program(*expressions: sp.Expr) -> Program:
    """Formulas that are evaluated together, as one list of steps.

    Raises:
        ValueError: for what no formula may have, see ``evaluate``.
    """
    reading = _Reading()
    results = tuple(reading.of(expression) for expression in expressions)
    last: dict[int, list[int]] = {}
    users = {i: at for at, step in enumerate(reading.steps) for i in step.of}
    for i, at in users.items():
        if i not in results:
            last.setdefault(at, []).append(i)
    steps = (replace(step, last=tuple(last.get(i, ()))) for i, step in enumerate(reading.steps))
    return Program(tuple(steps), results)


@dataclass
class _Reading:
    """The steps read so far; equal ones are one."""

    steps: list[_Step] = field(default_factory=list)
    places: dict[_Step, int] = field(default_factory=dict)

    def put(self, does: str, *of: int, named: Any = None) -> int:
        """The place of a step."""
        step = _Step(does, of, named)
        if step not in self.places:
            self.places[step] = len(self.steps)
            self.steps.append(step)
        return self.places[step]

    def of(self, node: Any) -> int:
        """The place of a formula's value."""
        if isinstance(node, sp.Symbol):
            return self.put("symbol", named=node.name)
        if isinstance(node, sp.Rational):
            return self.put("rational", named=Fraction(int(node.p), int(node.q)))
        if isinstance(node, sp.Mul):
            return self._product(node)
        if isinstance(node, sp.Add):
            return self._folded("+", [self.of(a) for a in node.args])
        if isinstance(node, sp.Pow):
            return self._power(self.of(node.base), node.exp)
        if isinstance(node, sp.Abs):
            return self.put("abs", self.of(node.args[0]))
        if isinstance(node, sp.Max | sp.Min):
            does = "max" if isinstance(node, sp.Max) else "min"
            return self._folded(does, [self.of(a) for a in node.args])
        raise ValueError(f"formula: {node} ({type(node).__name__}) cannot be evaluated exactly")

    def _folded(self, does: str, places: Sequence[int]) -> int:
        """From left to right."""
        first, *rest = places
        for place in rest:
            first = self.put(does, first, place)
        return first

    def _product(self, node: Any) -> int:
        """From left to right; reciprocals divide, after all else."""
        upper = [self.of(a) for a in node.args if not _reciprocal(a)] or [self.of(sp.Integer(1))]
        lower = [self.of(1 / a) for a in node.args if _reciprocal(a)]
        return self._folded("/", [self._folded("*", upper), *lower])

    def _power(self, base: int, exponent: Any) -> int:
        if not exponent.is_Rational or exponent.q not in (1, 2):
            raise ValueError(f"formula: exponent {exponent} is neither an integer nor a half")
        if exponent.q == 2:
            base = self.put("sqrt", base)
        result = self._folded("*", [base] * abs(int(exponent.p)))
        if exponent.is_negative:
            return self.put("/", self.of(sp.Integer(1)), result)
        return result


def _reciprocal(node: Any) -> bool:
    return isinstance(node, sp.Pow) and node.exp.is_Rational and node.exp.is_negative is True


def _done(does: str, of: list[Any], arithmetic: Arithmetic) -> Any:
    """The result of one operation."""
    if does == "+":
        return of[0] + of[1]
    if does == "*":
        return of[0] * of[1]
    if does == "/":
        return of[0] / of[1]
    named: dict[str, Callable[..., Any]] = {
        "sqrt": arithmetic.sqrt,
        "abs": arithmetic.absolute,
        "max": arithmetic.maximum,
        "min": arithmetic.minimum,
    }
    return named[does](*of)
