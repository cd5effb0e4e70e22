r"""Exponents that the form of a sympy expression gives.

F is split into terms that share no variable (Li & Pong 2018: the exponent of a
separable sum is the largest). A polynomial of one variable has 1 − 1/m at a zero of f' of order m
− 1; |x|^p has 1 − 1/p at 0 (p > 1); a quadratic with a convex piecewise linear term has 1/2 (Li &
Pong 2018).
"""

from __future__ import annotations

from typing import Any

import sympy

from amverify.definability.exponents import Exponent
from amverify.definability.values import Shape, Value

_LI_PONG = "Li & Pong 2018"


def of_form(e: Any, variables: set[Any], value_of: Any) -> Exponent | None:
    """The largest exponent of the separable parts, if that of each is known.

    Args:
        e: the expression.
        variables: its symbols that are not fixed.
        value_of: what is known of a term.
    """
    found = [_part(part, variables & part.free_symbols, value_of) for part in _parts(e, variables)]
    if not found or any(theta is None for theta in found):
        return None
    theta = max(t for t in found if t is not None)
    says = f"θ = {theta}" + (": the largest of its separable parts" if len(found) > 1 else "")
    return Exponent("known", says, f"{_LI_PONG}; elementary (order of a zero)", str(theta))


def _parts(e: Any, variables: set[Any]) -> list[Any]:
    """Sums of terms that share variables; constants are dropped."""
    groups: list[tuple[set[Any], Any]] = []
    for term in sympy.Add.make_args(sympy.expand(e) if e.is_polynomial(*variables) else e):
        names, total = term.free_symbols & variables, term
        if not names:
            continue
        apart = []
        for other, rest in groups:
            if other & names:
                names, total = names | other, total + rest
            else:
                apart.append((other, rest))
        groups = [*apart, (names, total)]
    return [total for _, total in groups]


def _part(e: Any, variables: set[Any], value_of: Any) -> Any:
    if len(variables) == 1:
        theta = _univariate(e, next(iter(variables)))
        if theta is not None:
            return theta
    smooth = [t for t in sympy.Add.make_args(e) if t.is_polynomial(*variables)]
    rest = [value_of(t) for t in sympy.Add.make_args(e) if t not in smooth]
    total = sympy.Add(*smooth)
    low = total == 0 or sympy.Poly(total, *variables).total_degree() <= 2
    return sympy.Rational(1, 2) if low and all(_polyhedral(v) for v in rest) else None


def _polyhedral(value: Value) -> bool:
    return value.shape <= Shape.POLYHEDRAL


def _univariate(e: Any, x: Any) -> Any:
    if e.is_polynomial(x) and not e.free_symbols - {x}:
        return _order(sympy.Poly(e, x))
    p, base, factor = sympy.Wild("p", exclude=[x]), sympy.Wild("b"), sympy.Wild("k", exclude=[x])
    match = e.match(factor * sympy.Abs(base) ** p)
    if not match or not match[factor].is_nonzero or match[p].free_symbols:
        return None
    inner = sympy.Poly(match[base], x) if match[base].is_polynomial(x) else None
    affine = inner is not None and inner.degree() == 1 and not match[base].free_symbols - {x}
    return 1 - 1 / match[p] if affine and (match[p] - 1).is_positive else None


def _order(f: Any) -> Any:
    """1 − 1/m, with m − 1 the largest order of a real zero of f'; None with inexact numbers."""
    if not (f.domain.is_ZZ or f.domain.is_QQ):
        return sympy.Rational(1, 2) if f.degree() <= 2 else None
    _, factors = f.diff().sqf_list()
    orders = [k for factor, k in factors if factor.degree() and factor.count_roots() > 0]
    return 1 - sympy.Rational(1, 1 + max(orders, default=0))
