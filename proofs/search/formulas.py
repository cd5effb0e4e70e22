r"""Formulas as a user types them, ``2*x**2 - y/3``, into polynomials; never evaluated.

Python's parser gives the tree; only names, whole numbers, decimals (as the rationals that they are
written as), + − · , division by numbers and whole powers are taken from it. Exponents up to
:data:`HIGHEST` and expansions of up to ``polynomial.LARGEST`` terms are limits of this program, and
what is beyond them is told so.
"""

from __future__ import annotations

import ast
from fractions import Fraction
from math import comb

from amverify.errors import InvalidInput
from proofs.kernel.polynomial import LARGEST, Poly, Refused, const, var

LONGEST = 4000
HIGHEST = 16
"""The highest exponent that may be written."""


def parse(text: str) -> Poly:
    """A formula as a polynomial.

    Raises:
        InvalidInput: for anything else than a polynomial with rational coefficients.
    """
    if len(text) > LONGEST:
        raise InvalidInput(f"a formula of {len(text)} characters is too long")
    source = text.replace("^", "**")
    try:
        tree = ast.parse(source.strip(), mode="eval")
        return _poly(tree.body, source.strip())
    except InvalidInput:
        raise
    except Refused as why:
        raise InvalidInput(f"{_short(text)} is beyond a limit of this program: {why}") from None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InvalidInput(f"{_short(text)} is no formula; write one like 2*x**2 - y/3") from None


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _poly(node: ast.expr, text: str) -> Poly:
    match node:
        case ast.Name(id=name):
            return var(name)
        case ast.Constant(value=value) if type(value) in (int, float):
            return _number(ast.get_source_segment(text, node) or "")
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_poly(inner, text)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _poly(inner, text)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _poly(left, text) + _poly(right, text)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _poly(left, text) - _poly(right, text)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _poly(left, text) * _poly(right, text)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            below = _poly(right, text)
            if below.names or not below.terms:
                raise InvalidInput(f"{_short(text)}: division by numbers other than 0 only")
            return _poly(left, text) * const(1 / below.terms[()])
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int(power))):
            return _raised(_poly(left, text), power, text)
        case ast.BinOp(op=ast.Pow()):
            raise InvalidInput(f"{_short(text)}: exponents are whole numbers, 0 to {HIGHEST}")
    segment = ast.get_source_segment(text, node) or text
    raise InvalidInput(f"{_short(segment)} is not part of a polynomial")


def _number(written: str) -> Poly:
    """A decimal as the rational that it is written as; its exponent is one of a number."""
    power = written.lower().partition("e")[2]
    if power and abs(int(power)) > 20 * HIGHEST:
        raise InvalidInput(
            f"{_short(written)}: exponents from {-20 * HIGHEST} to {20 * HIGHEST} only (a limit "
            "of this program)"
        )
    return const(Fraction(written))


def _raised(base: Poly, power: int, text: str) -> Poly:
    """The power of a number may be higher: 10**20 is a number, not a degree."""
    most = HIGHEST if base.names else 20 * HIGHEST
    if not 0 <= power <= most:
        limit = "a limit of this program" if power > 0 else "no negative ones"
        raise InvalidInput(f"{_short(text)}: exponents from 0 to {most} only ({limit})")
    if base.names and comb(len(base.terms) + power - 1, power) > LARGEST:
        raise InvalidInput(
            f"{_short(text)}: a power of {len(base.terms)} terms has more than {LARGEST} "
            "(a limit of this program)"
        )
    found = const(1)
    for _ in range(power):
        found = found * base
    return found
