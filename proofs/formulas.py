r"""Formulas as a user types them, ``2*x**2 - y/3``, into polynomials; never evaluated.

Python's parser gives the tree; only names, whole numbers, decimals (as the rationals that they are
written as), + − · , division by numbers and whole powers are taken from it.
"""

from __future__ import annotations

import ast
from fractions import Fraction

from amverify.errors import InvalidInput
from proofs.polynomial import Poly, const, var

LONGEST = 4000


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
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InvalidInput(f"{text!r} is no formula; write one like 2*x**2 - y/3") from None


def _poly(node: ast.expr, text: str) -> Poly:
    match node:
        case ast.Name(id=name):
            return var(name)
        case ast.Constant(value=value) if type(value) in (int, float):
            return const(Fraction(ast.get_source_segment(text, node) or ""))
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
                raise InvalidInput(f"{text!r}: division by numbers other than 0 only")
            return _poly(left, text) * const(1 / below.terms[()])
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int(power))):
            if not 0 <= power <= 16:
                raise InvalidInput(f"{text!r}: powers from 0 to 16 only")
            base, found = _poly(left, text), const(1)
            for _ in range(power):
                found = found * base
            return found
    segment = ast.get_source_segment(text, node) or text
    raise InvalidInput(f"{segment!r} is not part of a polynomial")
