r"""Parameters of a method: numbers, formulas of an instance's constants, and ranges to search.

    eta=0.1    eta=2.05/L    eta=0.02/L..1/L    beta=0..0.95

A formula has numbers, L, mu, fstar, D, + − * / ** and the functions of claims; it is read by the
claims' grammar and never evaluated as code. Of a range ``PARTS`` + 1 values are tried. What is not
a plain number is rounded toward zero to ``DIGITS`` binary digits, so that 1/L is a number that the
method can use as it is and that is not above 1/L.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from amverify.claims.formula import constants
from amverify.claims.grammar import parsed
from amverify.claims.tree import (
    Node,
    Number,
    quantities,
    slices,
)
from amverify.errors import InvalidInput
from amverify.falsification.deciding import Decider, Unknown
from amverify.falsification.exactly import Exactly
from amverify.falsification.stepping import constant
from amverify.families.draws import Picked
from amverify.families.problem import Problem
from amverify.numbers.given import given

PARTS = 256
DIGITS = 24
MOST = 2 * Fraction(2) ** 1023
"""Twice the largest parameter, about."""


@dataclass(frozen=True)
class Parameter:
    """One parameter: from ``low`` to ``high``, or ``low`` alone."""

    name: str
    text: str
    low: Node
    high: Node | None
    plain: float | None = None

    @property
    def constants(self) -> set[str]:
        """Constants of an instance that it reads."""
        ends = [self.low] if self.high is None else [self.low, self.high]
        return {name for end in ends for name in constants(end)}

    def drawn(self, problem: Problem, draws: Picked) -> float:
        """Its value on an instance; of a range, the one that is drawn.

        Raises:
            InvalidInput: if the instance lacks a constant, or the range ends below its start.
        """
        if self.plain is not None:
            return self.plain
        low = self._value(self.low, problem)
        if self.high is None:
            return short(low)
        high = self._value(self.high, problem)
        if high < low:
            raise InvalidInput(f"parameter {self.name}={self.text}: no number is in this range")
        share = Fraction(int(draws.integers(0, PARTS + 1)), PARTS)
        return _inside(low + (high - low) * share, low, high)

    def _value(self, node: Node, problem: Problem) -> Fraction:
        known = {}
        for name in constants(node):
            exact = constant(problem, name)
            known[name] = Exactly(exact if isinstance(exact, Fraction) else exact())
        empty = parsed("0 <= 0")
        found = Decider(empty, (), _no_column, 0, known, Exactly)
        try:
            low, high = Exactly(found.side(node, 0)).ends
        except (ArithmeticError, Unknown):
            raise InvalidInput(f"parameter {self.name}={self.text}: it has no value") from None
        if abs(low + high) > MOST:
            raise InvalidInput(f"parameter {self.name}={self.text}: too large for a double")
        return (low + high) / 2


def parameter(name: str, said: Any) -> Parameter:
    """A parameter as it is given: a number, a text, or a pair of these.

    Raises:
        InvalidInput: for what is none.
    """
    if isinstance(said, tuple) and len(said) == 2:
        return parameter(name, f"{said[0]}..{said[1]}")
    if not isinstance(said, str):
        number = given(f"parameter {name}", said)[0]
        if not math.isfinite(number):
            raise InvalidInput(f"parameter {name}: expected a finite number, got {said!r}")
        return Parameter(name, repr(number), Number(Fraction(number)), None, number)
    low, dots, high = said.partition("..")
    if dots:
        return Parameter(name, said, _formula(name, low), _formula(name, high))
    try:
        return parameter(name, float(said))
    except ValueError:
        return Parameter(name, said, _formula(name, said), None)


def parameters(said: Mapping[str, Any]) -> tuple[Parameter, ...]:
    """All of them."""
    return tuple(parameter(name, one) for name, one in said.items())


def _formula(name: str, text: str) -> Node:
    try:
        node = parsed(f"0 <= {text}").rhs
    except InvalidInput:
        raise InvalidInput(
            f"parameter {name}={text}: write a number, a formula such as 1/L, or LOW..HIGH"
        ) from None
    if quantities(node) or slices(node):
        raise InvalidInput(f"parameter {name}={text}: only numbers and constants may stand in it")
    return node


def _no_column(name: str) -> Any:
    raise Unknown(name)


def _inside(value: Fraction, low: Fraction, high: Fraction) -> float:
    """A short number near one of a range, in the range if any double near it is."""
    near, plain = short(value), float(value)
    beside = math.nextafter(plain, -math.inf), math.nextafter(plain, math.inf)
    tried = (near, _longer(near), plain, *beside)
    return next((t for t in tried if math.isfinite(t) and low <= Fraction(t) <= high), near)


def _longer(near: float) -> float:
    """The next number of ``DIGITS`` digits away from 0."""
    return near + math.copysign(math.ldexp(1.0, math.frexp(near)[1] - DIGITS), near)


def short(value: Fraction) -> float:
    """A fraction toward zero, to ``DIGITS`` binary digits."""
    if not value:
        return 0.0
    size = abs(value)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    scale = Fraction(2) ** (DIGITS - exponent)
    return math.copysign(float(Fraction(math.floor(size * scale)) / scale), value)
