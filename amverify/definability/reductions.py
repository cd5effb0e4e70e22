r"""Operations that move, sum, order or multiply entries: all of it semialgebraic."""

from __future__ import annotations

import math
from dataclasses import replace

from amverify.definability.call import Call, Handler, Result, as_value
from amverify.definability.contractions import CONTRACTIONS
from amverify.definability.expressions import rounded
from amverify.definability.functions import algebraic, apply
from amverify.definability.grouped import MIXED, MOVED, ORDERED, PADDED
from amverify.definability.ledger import Refused
from amverify.definability.places import PLACES_OF
from amverify.definability.powers import power
from amverify.definability.values import (
    Shape,
    constant,
    mixed,
    product,
    summed,
    together,
)

_ZERO = constant(0.0)
_BIT = constant(0.0, 1.0)


_LARGEST = {"amax", "max", "max_pool1d", "max_pool2d", "max_pool3d", "max_pool2d_with_indices"}


def _moved(c: Call) -> Result:
    if c.name in ("view", "view_copy") and "dtype" in c.arguments:
        raise Refused("bits are read as numbers of another type")
    return c.hull()


def _padded(c: Call) -> Result:
    return c.hull(_ZERO)


def _pad(c: Call) -> Result:
    mode = c.given("mode", "constant")
    return c.value() if mode != "constant" else together([c.value(), as_value(c.given("value", 0))])


def _ordered(c: Call) -> Result:
    if "other" in c.arguments:
        from amverify.definability.elementwise import ELEMENTWISE

        return ELEMENTWISE["maximum" if c.name == "max" else "minimum"](c)
    x = c.value()
    shape = Shape.OTHER
    if c.name in _LARGEST and x.shape <= Shape.POLYHEDRAL:
        shape = Shape.POLYHEDRAL
    made = replace(x.made(x.low, x.high, nonzero=x.nonzero, shape=shape), masked=x.masked)
    whole = algebraic(c.name.removesuffix("_with_indices"), made, c.ledger)
    index = constant(0.0, math.inf) if not x.varies else replace(whole.made(0.0), jumps=True)
    if c.name == "aminmax":
        return [whole, whole]
    return [whole, replace(index, semicontinuous=not x.varies), index]


def _quantile(c: Call) -> Result:
    """Between two entries, piecewise linear in q; one of them, with jumps, if it is rounded."""
    x, q = c.value(), c.value("q")
    made = c.hull().made(x.low, x.high, nonzero=mixed(x).nonzero)
    steps = q.varies and c.given("interpolation", "linear") != "linear"
    return algebraic(c.name, made, c.ledger, jumps=steps)


def _sum(c: Call) -> Result:
    return algebraic("sum", summed(c.value(), c.count()), c.ledger)


def _mixed(c: Call) -> Result:
    return algebraic(c.name, mixed(c.value()), c.ledger)


def _averaged(c: Call) -> Result:
    """Means over windows, with zeros around; a divisor of the user's own turns them into sums."""
    x, divisor = c.hull(_ZERO), c.given("divisor_override")
    if divisor is None:
        return x
    side, axes = list(c.arguments["kernel_size"]), int(c.name[-2])
    count = math.prod(side) ** (1 if len(side) > 1 else axes)
    return product(together([_ZERO, summed(x, count)]), constant(1 / int(divisor)))


def _cumsum(c: Call) -> Result:
    longest = max(c.sizes["input"], default=1)
    made = together([c.value(), summed(c.value(), longest)])
    return algebraic(c.name, made, c.ledger)


def _prod(c: Call) -> Result:
    x = c.value()
    count = c.count() if c.name == "prod" else max(c.sizes["input"], default=1)
    most = max(abs(x.low), abs(x.high), 1.0)
    try:
        high = most**count
    except OverflowError:
        high = math.inf
    low = 0.0 if x.low >= 0 else -high
    degree = None if x.degree is None else x.degree * count
    made = x.made(low, high, nonzero=x.never_zero, degree=degree)
    return algebraic(c.name, made, c.ledger)


def _var(c: Call) -> Result:
    x = c.value()
    degree = None if x.degree is None else 2 * x.degree
    convex = Shape.QUADRATIC if x.shape is Shape.AFFINE else Shape.OTHER
    var = algebraic("variance", x.made(0.0, degree=degree, shape=convex), c.ledger)
    first = power(var, 0.5, c.ledger) if c.name.startswith("std") else var
    return [first, mixed(x)] if c.name.endswith("_mean") else first


def _cast(c: Call) -> Result:
    x = c.value()
    if "int" in c.dtype and x.varies and not _whole(c):
        return rounded("to an integer", x, c.ledger)
    if "bool" in c.dtype and x.varies:
        return algebraic("to a truth value", x.made(0.0, 1.0), c.ledger, jumps=True)
    return x


def _whole(c: Call) -> bool:
    """Whole numbers already: integers and truth values."""
    return "input" not in c.floating


def _constant(c: Call) -> Result:
    return as_value(next(c.arguments[n] for n in ("fill_value", "value", "s") if n in c.arguments))


def _arange(c: Call) -> Result:
    ends = [float(c.given(name, 0)) for name in ("start", "end")]
    known = c.name in ("arange", "linspace")
    return constant(min(ends), max(ends)) if known else constant(-math.inf, math.inf)


def _glu(c: Call) -> Result:
    return product(c.value(), apply("sigmoid", c.value(), c.ledger))


REDUCTIONS: dict[str, Handler] = {
    **dict.fromkeys(MOVED, _moved),
    **dict.fromkeys(PADDED, _padded),
    **dict.fromkeys(ORDERED, _ordered),
    **CONTRACTIONS,
    **PLACES_OF,
    **dict.fromkeys(MIXED, _mixed),
    "quantile": _quantile,
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d"), _averaged),
    **dict.fromkeys(("pad", "constant_pad_nd"), _pad),
    **dict.fromkeys(("sum", "nansum", "sum_to_size"), _sum),
    **dict.fromkeys(("cumsum",), _cumsum),
    **dict.fromkeys(("prod", "cumprod"), _prod),
    **dict.fromkeys(("var", "std", "var_mean", "std_mean"), _var),
    **dict.fromkeys(
        ("to", "_to_copy", "type_as", "float", "double", "half", "long", "int", "bool"), _cast
    ),
    **dict.fromkeys(("full", "full_like", "new_full", "scalar_tensor", "fill"), _constant),
    **dict.fromkeys(("zeros", "zeros_like", "new_zeros"), lambda c: _ZERO),
    **dict.fromkeys(("ones", "ones_like", "new_ones"), lambda c: constant(1.0)),
    "eye": lambda c: _BIT,
    **dict.fromkeys(("arange", "linspace", "logspace", "tril_indices"), _arange),
    "glu": _glu,
}
"""By the name of the ATen operation."""
