r"""Powers and quotients: which are semialgebraic, and where they are defined.

x^{p/q} is semialgebraic on x ≥ 0, and for q = 1 everywhere (p < 0: but at 0). x^r with an
irrational r is exp(r log x), on x > 0, extended by 0 to x = 0 where r > 0; there it is not
subanalytic, for those expand in powers with rational exponents. A floating-point exponent is read
as the fraction with a denominator of at most 1000 that it is nearest to, if it equals it; else as
a real number: what is then claimed, ℝ_exp, holds for both.
"""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from fractions import Fraction

from amverify.definability.functions import algebraic, apply
from amverify.definability.ledger import Ledger, Refused
from amverify.definability.structures import EXPONENTIAL, restricted
from amverify.definability.values import Value, product, pushed, square

_SHORT = 1000
_BOX = "declare a box for the variables (--box NAME=LOW,HIGH), or write it with |x|"


def rational(r: float | Fraction) -> Fraction | None:
    """The short fraction that is meant, if one is."""
    if isinstance(r, Fraction):
        return r
    if not math.isfinite(r):
        raise Refused(f"an exponent of {r} is no number")
    short = Fraction(r).limit_denominator(_SHORT)
    return short if float(short) == r else None


def power(x: Value, r: float | Fraction, ledger: Ledger) -> Value:
    """x^r, for a fixed r.

    Raises:
        Refused: where x may be negative and r is no integer.
    """
    short = rational(r)
    if short is None:
        return _real_power(x, float(r), ledger)
    if short.denominator != 1:
        return _root(x, short, ledger)
    n = int(short)
    if n < 0:
        return reciprocal(power(x, Fraction(-n), ledger), ledger)
    return _integer_power(x, n, ledger)


def _integer_power(x: Value, n: int, ledger: Ledger) -> Value:
    if n == 0:
        return x.made(1.0, 1.0, degree=0)
    if n == 1:
        return x
    if n == 2:
        return algebraic("square", square(x), ledger)
    ends = [(end, _ipow(end, n)) for end in (x.low, x.high)]
    low = min(_down(found, end) for end, found in ends)
    low = 0.0 if n % 2 == 0 and x.low <= 0 <= x.high else low
    high = max(_up(found, end) for end, found in ends)
    degree = None if x.degree is None else n * x.degree
    made = x.made(low, high, nonzero=x.never_zero, degree=degree)
    return algebraic("power", made, ledger)


def _ipow(x: float, n: int) -> float:
    try:
        return x**n
    except OverflowError:
        return math.inf if x > 0 or n % 2 == 0 else -math.inf


def _nonnegative(x: Value, what: str) -> None:
    if x.low < 0:
        raise Refused(
            f"{what} is defined for x ≥ 0 only, and its base is not shown to be "
            f"(it lies in [{x.low:.4g}, {x.high:.4g}])",
            _BOX,
        )


def _fpow(x: float, r: float) -> float:
    try:
        return math.inf if x == math.inf else x**r
    except OverflowError:
        return math.inf


def _root(x: Value, r: Fraction, ledger: Ledger) -> Value:
    _nonnegative(x, f"x^({r})")
    if r < 0:
        return reciprocal(_root(x, -r, ledger), ledger)
    name = "sqrt" if r == Fraction(1, 2) else "power"
    made = x.made(
        _down(_fpow(x.low, float(r))), _up(_fpow(x.high, float(r)), x.high), nonzero=x.never_zero
    )
    return algebraic(name, made, ledger)


def _real_power(x: Value, r: float, ledger: Ledger) -> Value:
    _nonnegative(x, f"x^{r:.6g}")
    if r < 0:
        return reciprocal(_real_power(x, -r, ledger), ledger)
    made = x.made(_down(_fpow(x.low, r)), _up(_fpow(x.high, r), x.high), nonzero=x.never_zero)
    if not x.varies:
        return made
    name = f"power {r:.6g}"
    if x.bounded and x.low > 0:
        ledger.use("restricted", name)
        return replace(made, structure=x.structure | restricted(EXPONENTIAL))
    ledger.use("real power", name)
    if not x.never_zero or x.jumps or not x.tame:
        ledger.note(ledger.wild, f"x^{r:.6g} is not subanalytic at 0")
    return replace(made, structure=x.structure | EXPONENTIAL)


def reciprocal(x: Value, ledger: Ledger) -> Value:
    """1/x, off the zeros of x."""
    if not x.never_zero and x.varies:
        ledger.note(ledger.where, "off the zeros of a divisor")
    if not x.never_zero and not x.varies and x.low == x.high == 0:
        raise Refused("division by 0")
    low, high = -math.inf, math.inf
    if x.low >= 0:
        low, high = _down(_inverse(x.high)), _up(_inverse(x.low))
    elif x.high <= 0:
        low, high = -_up(_inverse(-x.high)), -_down(_inverse(-x.low))
    made = x.made(low, high, nonzero=True)
    edge = x.low <= 0 <= x.high
    tame = x.tame and not (edge and x.jumps)
    return algebraic("quotient", replace(made, tame=tame), ledger)


def _inverse(x: float) -> float:
    return math.inf if x == 0 else 1 / x


def _down(end: float, base: float = 0.0) -> float:
    """A lower end, outward; ±1 stay, which powers of ±1 are. A power of a base < 0 is not 0."""
    if end == 0 and base < 0 and math.copysign(1.0, end) < 0:
        return -math.ulp(0.0)
    return end if abs(end) == 1 else min(pushed(end, -math.inf), sys.float_info.max)


def _up(end: float, base: float = 0.0) -> float:
    """An upper end, outward; what was rounded to 0 may be the least number."""
    if end == 0 and base != 0 and math.copysign(1.0, end) > 0:
        return math.ulp(0.0)
    return end if abs(end) == 1 else max(pushed(end, math.inf), -sys.float_info.max)


def quotient(a: Value, b: Value, ledger: Ledger) -> Value:
    """a/b, off the zeros of b."""
    return product(a, reciprocal(b, ledger))


def general_power(x: Value, y: Value, ledger: Ledger) -> Value:
    """x^y = exp(y log x), for x > 0, with a y that varies or is one of many.

    Raises:
        Refused: where x is not shown to be nonnegative.
    """
    if x.low == x.high > 0:
        return apply("exp", product(y, x.made(math.log(x.low), math.log(x.high))), ledger)
    _nonnegative(x, "x^y")
    return apply("exp", product(y, apply("log", x, ledger)), ledger)
