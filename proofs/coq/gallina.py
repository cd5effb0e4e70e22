r"""Sympy formulas as Gallina terms over Coq's real numbers: a small printer.

    L·(s/t − ½)   ↦   L * (- (1 / 2) + s * / t)

Only what the theorem objects use is printed: rationals, symbols, sums, products, powers, |·|,
√, min and max. Anything else is refused, so that no formula is ever printed as another one.
A power with an integer exponent is ``x ^ n`` or ``/ x ^ n``, √x is ``sqrt x``, and any other
power is ``Rpower x y`` = exp(y·ln x), which agrees with xʸ for x > 0 only: statements that use
it ask for x > 0.

The order of terms and factors is sympy's ``default_sort_key``, which depends on nothing but the
formula.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp
from sympy.core.sorting import default_sort_key

from amverify.errors import InvalidInput

RESERVED = frozenset(
    {"as", "at", "by", "else", "end", "exists", "fix", "for", "forall", "fun", "if", "in", "let"}
    | {"match", "mod", "return", "then", "using", "where", "with", "Prop", "R", "Set", "Type"}
)
"""Words that a bound variable of a statement may not be called."""


def identifier(name: str) -> str:
    """A symbol's name as a Coq identifier.

    Raises:
        InvalidInput: if Coq would read it otherwise.
    """
    if not (name.isascii() and name.isidentifier()) or name in RESERVED:
        raise InvalidInput(f"symbol {name!r} cannot be a variable in Coq: rename it")
    return name


def slug(name: str) -> str:
    """A conclusion's name as part of a Coq identifier: runs of other signs become ``_``."""
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in name).split()
    return "_".join(words)


def gallina(formula: sp.Expr) -> str:
    """A formula as a Coq term of type R, bracketed wherever it is not an atom.

    Raises:
        InvalidInput: for a function that is not printed.
    """
    match formula:
        case sp.Symbol(name=name):
            return identifier(name)
        case sp.Rational():
            return _rational(formula)
        case sp.Add():
            return _sum(formula)
        case sp.Mul():
            return _product(formula)
        case sp.Pow():
            return _power(formula.base, formula.exp)
        case sp.Abs():
            return f"(Rabs {gallina(formula.args[0])})"
        case sp.Max():
            return _nested("Rmax", formula.args)
        case sp.Min():
            return _nested("Rmin", formula.args)
    raise InvalidInput(f"{type(formula).__name__} in {formula} has no form in Coq: extend gallina")


def _rational(number: sp.Rational) -> str:
    size = str(abs(number.p)) if number.q == 1 else f"{abs(number.p)} / {number.q}"
    if number < 0:
        return f"(- ({size}))" if number.q != 1 else f"(- {size})"
    return size if number.q == 1 else f"({size})"


def _sorted(args: Iterable[sp.Expr]) -> list[sp.Expr]:
    found: list[sp.Expr] = sorted(args, key=default_sort_key)
    return found


def _sum(formula: sp.Add) -> str:
    """Terms that bear a minus last, each after its minus; a sum of such alone begins with 0."""
    terms = [(_negative(term), term) for term in _sorted(formula.args)]
    plus = [gallina(term) for minus, term in terms if not minus]
    less = [gallina(-term) for minus, term in terms if minus]
    return "(" + " - ".join([" + ".join(plus) or "0", *less]) + ")"


def _negative(term: sp.Expr) -> bool:
    return bool(term.as_coeff_Mul()[0] < 0)


def _product(formula: sp.Mul) -> str:
    """Coefficient, factors, then what it is divided by."""
    coefficient, rest = formula.as_coeff_Mul()
    if coefficient < 0:
        return f"(- {gallina(-formula)})"
    factors = _sorted(rest.args if isinstance(rest, sp.Mul) else [rest])
    below = [1 / x for x in factors if isinstance(x, sp.Pow) and _negative(x.exp)]
    above = [x for x in factors if 1 / x not in below]
    first = [] if coefficient == 1 else [_rational(coefficient)]
    top = " * ".join(first + [gallina(x) for x in above]) or "1"
    return "(" + " / ".join([top, *(gallina(x) for x in below)]) + ")"


def _nested(name: str, args: Iterable[sp.Expr]) -> str:
    first, *rest = (gallina(x) for x in _sorted(args))
    for term in rest:
        first = f"({name} {first} {term})"
    return first


def _power(base: sp.Expr, exponent: sp.Expr) -> str:
    if exponent.is_Rational and exponent < 0:
        return f"(/ {gallina(base ** (-exponent))})"
    inner = gallina(base)
    if exponent == sp.Rational(1, 2):
        return f"(sqrt {inner})"
    if exponent.is_Integer:
        return f"({inner} ^ {int(exponent)})"
    return f"(Rpower {inner} {gallina(exponent)})"
