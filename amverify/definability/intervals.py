r"""A sympy expression over a box, enclosed by Arb; and whether a symmetric matrix of enclosures is
positive definite.

Functions by cases (|x|, max, sign, Heaviside, Piecewise) are enclosed where the box decides the
case, and refused where it does not: so what is enclosed is as smooth there as its pieces. Gaussian
elimination on enclosures encloses that of every matrix in them: if all pivots are surely positive,
every symmetric matrix among them is positive definite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import flint
import sympy as sp

from amverify.errors import InvalidInput

BITS = 128
Box = Mapping[sp.Symbol, flint.arb]

_FUNCTIONS: dict[type, Callable[[flint.arb], flint.arb]] = {
    sp.exp: lambda x: x.exp(),
    sp.log: lambda x: x.log(),
    sp.sin: lambda x: x.sin(),
    sp.cos: lambda x: x.cos(),
    sp.tan: lambda x: x.tan(),
    sp.sinh: lambda x: x.sinh(),
    sp.cosh: lambda x: x.cosh(),
    sp.tanh: lambda x: x.tanh(),
    sp.atan: lambda x: x.atan(),
    sp.erf: lambda x: x.erf(),
    sp.Abs: lambda x: x * _sign(x),
    sp.sign: lambda x: flint.arb(_sign(x)),
    sp.Heaviside: lambda x: flint.arb((1 + _sign(x)) // 2),
    sp.DiracDelta: lambda x: flint.arb(0 * _sign(x)),
}


class Undecided(InvalidInput):
    """The box does not say which case holds, or reaches where the expression has no value."""


def exact(value: float) -> flint.arb:
    """A float as the number that it is."""
    number = Fraction(value)
    return flint.arb(flint.fmpq(number.numerator, number.denominator))


def around(value: float, radius: float) -> flint.arb:
    """[value − radius, value + radius]."""
    return exact(value) + flint.arb(0, exact(radius))


def enclosed(expression: sp.Expr, box: Box) -> flint.arb:
    """All values of an expression over a box.

    Raises:
        Undecided: where a case is open, or a value is not finite.
        InvalidInput: for a function that is not known here.
    """
    flint.ctx.prec = BITS
    found = _walk(sp.sympify(expression), box)
    if not found.is_finite():
        raise Undecided(f"{expression}: no finite value on the whole box")
    return found


def _walk(x: sp.Expr, box: Box) -> flint.arb:
    if x in box:
        return box[x]
    if x.is_Rational:
        return flint.arb(flint.fmpq(int(x.p), int(x.q)))
    if x.is_Float:
        exactly = sp.Rational(x)
        return flint.arb(flint.fmpq(int(exactly.p), int(exactly.q)))
    if x is sp.pi:
        return flint.arb.pi()
    if x is sp.E:
        return flint.arb(1).exp()
    if x.is_Add or x.is_Mul:
        parts = [_walk(a, box) for a in x.args]
        total = parts[0]
        for part in parts[1:]:
            total = total + part if x.is_Add else total * part
        return total
    if x.is_Pow:
        return _power(x, box)
    if isinstance(x, sp.Max | sp.Min):
        return _extreme([_walk(a, box) for a in x.args], isinstance(x, sp.Max))
    if isinstance(x, sp.Piecewise):
        return _piece(x, box)
    if x.func in _FUNCTIONS:
        return _FUNCTIONS[x.func](_walk(x.args[0], box))
    raise InvalidInput(f"{x.func.__name__}: no enclosure is known of it")


def _power(x: sp.Expr, box: Box) -> flint.arb:
    base, power = x.args
    if power.is_Integer:
        return whole_power(_walk(base, box), int(power))
    at = _walk(base, box)
    if not at > 0:
        raise Undecided(f"{base}: not surely positive, and raised to {power}")
    return at ** _walk(power, box)


def whole_power(x: flint.arb, n: int) -> flint.arb:
    """xⁿ by products: Arb's own power of an enclosure of 0 is not finite."""
    size = abs(x) if n % 2 == 0 else x
    found = flint.arb(1)
    for _ in range(abs(n)):
        found = found * size
    return found if n >= 0 else 1 / found


def _sign(x: flint.arb) -> int:
    if x > 0:
        return 1
    if x < 0:
        return -1
    raise Undecided("a kink lies in the box")


def _extreme(values: Sequence[flint.arb], largest: bool) -> flint.arb:
    best = values[0]
    for value in values[1:]:
        best = value if (_sign(value - best) > 0) == largest else best
    return best


def _piece(x: sp.Piecewise, box: Box) -> flint.arb:
    for value, condition in x.args:
        if _holds(condition, box):
            return _walk(value, box)
    raise Undecided(f"{x}: no case holds")


def _holds(condition: sp.Basic, box: Box) -> bool:
    """Whether a condition holds on the whole box (True) or nowhere on it (False)."""
    if condition in (sp.true, sp.false):
        return bool(condition)
    if not isinstance(condition, sp.Gt | sp.Ge | sp.Lt | sp.Le):
        raise Undecided(f"{condition}: only one comparison a case")
    positive = _sign(_walk(condition.lhs - condition.rhs, box)) > 0
    return positive == isinstance(condition, sp.Gt | sp.Ge)


def positive_definite(matrix: Sequence[Sequence[flint.arb]], shift: float = 0.0) -> bool:
    """Whether every symmetric matrix in the enclosures is ≻ shift·I."""
    flint.ctx.prec = BITS
    rows = [[x - exact(shift) if i == j else x for j, x in enumerate(row)]
            for i, row in enumerate(matrix)]  # fmt: skip
    for k, pivot in enumerate(rows):
        if not pivot[k] > 0:
            return False
        for row in rows[k + 1 :]:
            factor = row[k] / pivot[k]
            for j in range(k, len(rows)):
                row[j] = row[j] - factor * pivot[j]
    return True
