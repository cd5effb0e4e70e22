"""Balls of columns, made with as few passes as they allow, beside the same written out in full.

The slow twins below are the formulas of ``amverify.numbers.balls`` and a walk over the formula: the
fast ones have to give the same numbers, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from amverify.judge import sides as judged_sides
from amverify.numbers.balls import Ball
from amverify.numbers.formulas import evaluate, program
from amverify.numbers.roundoff import ETA, U
from amverify.theorems import CATALOGUE
from amverify.theorems.base import Inequality, Instances


def up(radius: Any) -> Any:
    return radius * (1 + 8 * U) + 4 * ETA


def slow_sum(x: Ball, y: Ball) -> Ball:
    mid = x.mid + y.mid
    return Ball.of(mid, up(x.rad + y.rad + U * np.abs(mid)))


def slow_product(x: Ball, y: Ball) -> Ball:
    mid = x.mid * y.mid
    a, b = np.abs(x.mid), np.abs(y.mid)
    return Ball.of(mid, up(a * y.rad + x.rad * b + x.rad * y.rad + U * np.abs(mid) + ETA))


MIDDLES = st.sampled_from([0.0, -0.0, 1.0, -2.5, 1e-310, 3e160, -1e308, np.inf, np.nan])
RADII = st.sampled_from([0.0, 0.0, 1e-300, 0.25, 1e160, 1e308, np.inf])


@st.composite
def columns(draw: Any, rows: int = 4) -> Ball:
    """A column, a column without errors, or one number."""
    kind = draw(st.sampled_from(["column", "sharp", "number"]))
    if kind == "number":
        return Ball.of(draw(MIDDLES), draw(RADII))
    mid = np.array(draw(st.lists(MIDDLES, min_size=rows, max_size=rows)))
    if kind == "sharp":
        return Ball.of(mid)
    return Ball.of(mid, np.array(draw(st.lists(RADII, min_size=rows, max_size=rows))))


def same(x: Ball, y: Ball) -> bool:
    bits = [np.atleast_1d(part).view(np.int64) for part in (x.mid, x.rad, y.mid, y.rad)]
    return np.array_equal(bits[0], bits[2]) and np.array_equal(bits[1], bits[3])


@given(columns(), columns())
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_sums_and_products_are_the_slow_ones_to_the_last_bit(x: Ball, y: Ball) -> None:
    assert same(x + y, slow_sum(x, y))
    assert same(x * y, slow_product(x, y))


TINY = st.sampled_from([5e-324, 1e-320, 3.9e-310, 5.97e-310, 1e-300, 1.0, 1e30])
SHARES = st.sampled_from([0.0, 1e-3, 0.5, 1 - 1e-8, 1 - 2.0**-52])


@given(TINY, SHARES, TINY, SHARES)
def test_quotients_enclose_where_numbers_underflow(
    a: float, own: float, b: float, share: float
) -> None:
    x, y = Ball.of(a, a * own), Ball.of(b, b * share)
    found = x / y
    least = Fraction(b) - Fraction(float(y.rad))
    if least <= 0 or not np.isfinite(found.rad):
        return
    for end in (Fraction(a) - Fraction(float(x.rad)), Fraction(a) + Fraction(float(x.rad))):
        for under in (least, Fraction(b) + Fraction(float(y.rad))):
            off = abs(end / under - Fraction(float(found.mid)))
            assert off <= Fraction(float(found.rad))


def test_rows_of_a_column_without_errors_have_none() -> None:
    taken = Ball.of(np.arange(4.0)).take(np.array([True, False, True, True]))
    assert same(taken, Ball(np.array([0.0, 2.0, 3.0]), np.zeros(3)))
    assert taken.take(1).rad == 0


def walked(node: Any, values: dict[str, Ball]) -> Ball:
    """The value of a formula, every part of it as often as it stands there."""
    if isinstance(node, sp.Symbol):
        return values[node.name]
    if isinstance(node, sp.Rational):
        return Ball.exact(Fraction(int(node.p), int(node.q)))
    if isinstance(node, sp.Add | sp.Mul):
        return _folded(node, values)
    if isinstance(node, sp.Pow):
        return _power(node, values)
    parts = [walked(a, values) for a in node.args]
    if isinstance(node, sp.Abs):
        return abs(parts[0])
    best: Callable[[Ball, Ball], Ball] = Ball.maximum if isinstance(node, sp.Max) else Ball.minimum
    found = parts[0]
    for other in parts[1:]:
        found = best(found, other)
    return found


def _inverse(node: Any) -> bool:
    return isinstance(node, sp.Pow) and bool(node.exp.is_Rational and node.exp.is_negative)


def _folded(node: Any, values: dict[str, Ball]) -> Ball:
    product = isinstance(node, sp.Mul)
    upper = [a for a in node.args if not (product and _inverse(a))] or [sp.Integer(1)]
    found = walked(upper[0], values)
    for a in upper[1:]:
        other = walked(a, values)
        found = slow_product(found, other) if product else slow_sum(found, other)
    for a in node.args:
        if product and _inverse(a):
            found = found / walked(1 / a, values)
    return found


def _power(node: Any, values: dict[str, Ball]) -> Ball:
    base = walked(node.base, values)
    base = base.sqrt() if node.exp.q == 2 else base
    found = base
    for _ in range(abs(int(node.exp.p)) - 1):
        found = slow_product(found, base)
    return Ball.exact(Fraction(1)) / found if node.exp.is_negative else found


def drawn(names: list[str], rows: int) -> dict[str, Ball]:
    """Numbers for symbols: columns with and without errors, and constants."""
    rng = np.random.default_rng(len(names))
    found = {}
    for i, name in enumerate(names):
        mid = rng.normal(size=rows) * 10.0 ** rng.integers(-8, 8, rows)
        rad = np.abs(mid) * 1e-15 * rng.random(rows)
        found[name] = (Ball.of(mid, rad), Ball.of(mid), Ball.of(mid[0], rad[0]))[i % 3]
    return found


def formulas() -> list[Inequality]:
    """Every inequality of the catalogue: conclusions and conditions."""
    parts = [part for theorem in CATALOGUE.values() for part in theorem.conclusions]
    return [formula for part in parts for formula in (part.inequality, *part.conditions)]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_formulas_of_the_catalogue_have_the_values_of_a_walk() -> None:
    for formula in formulas():
        both = (formula.lhs, formula.rhs, formula.rhs - formula.lhs)
        values = drawn(sorted({x.name for part in both for x in part.free_symbols}), 5)
        for part, found in zip(both, program(*both).run(values), strict=True):
            assert same(found, walked(part, values)), str(part)
            assert same(found, evaluate(part, values)), str(part)


def test_chunks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    formula = next(part.inequality for part in CATALOGUE["T1"].conclusions)
    values = drawn(sorted(x.name for x in (formula.lhs - formula.rhs).free_symbols), 23)
    instances = Instances(values, np.arange(23), np.zeros(23, dtype=np.int64))
    whole = judged_sides.sides(instances, formula)
    monkeypatch.setattr(judged_sides, "CHUNK", 5)
    for one, other in zip(whole, judged_sides.sides(instances, formula), strict=True):
        assert same(one, other)


def test_what_stands_twice_is_evaluated_once() -> None:
    x, y = sp.symbols("x y", real=True)
    both = program((x + y) ** 2, (x + y) * x)
    assert [step.does for step in both.steps].count("+") == 1
