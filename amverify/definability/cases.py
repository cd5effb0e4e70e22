r"""Operations that go by cases: comparisons, logic, signs, and choices among tensors."""

from __future__ import annotations

import math
from dataclasses import replace

from amverify.definability.call import Call, Handler, Result
from amverify.definability.functions import algebraic
from amverify.definability.values import Value, constant, together


def _compared(c: Call) -> Result:
    values = c.values()
    varies = any(v.varies for v in values)
    made = replace(together(values).made(0.0, 1.0), varies=varies, masked=False)
    if not varies:
        return replace(made, degree=0)
    open_set = c.name in ("gt", "lt", "ne") and not any(v.jumps for v in values)
    made = algebraic(f"comparison {c.name}", made, c.ledger, jumps=True)
    return replace(made, semicontinuous=open_set)


def _logical(c: Call) -> Result:
    """Of truth values, or bit by bit of whole numbers; a number is as true as it is not 0."""
    ends = (0.0, 1.0) if "bool" in c.dtype else (-math.inf, math.inf)
    made = c.hull().made(*ends)
    return algebraic(c.name, made, c.ledger, jumps=made.varies)


def _where(c: Call) -> Result:
    condition, hull = c.value("condition"), together([c.value(), c.value("other")])
    joined = c.meets and not (c.value().jumps or c.value("other").jumps)
    return _cases(c, condition, hull, jumps=not joined)


def _masked_fill(c: Call) -> Result:
    return _cases(c, c.value("mask"), together([c.value(), c.value("value")]))


def _cases(c: Call, condition: Value, hull: Value, jumps: bool = True) -> Value:
    if not condition.varies:
        return algebraic("cases", hull, c.ledger)
    both = hull.structure | condition.structure
    made = replace(hull.made(hull.low, hull.high, nonzero=hull.nonzero), structure=both)
    return algebraic("cases", replace(made, varies=True), c.ledger, jumps)


def _sign(c: Call) -> Result:
    return algebraic("sign", c.value().made(-1.0, 1.0), c.ledger, jumps=True)


def _heaviside(c: Call) -> Result:
    """0 or 1; at 0 whatever is given for it."""
    there = together([constant(0.0, 1.0), c.value("values")])
    made = c.hull().made(there.low, there.high)
    return algebraic("heaviside", made, c.ledger, jumps=True)


def _copysign(c: Call) -> Result:
    return algebraic("copysign", c.hull().made(), c.ledger, jumps=True)


CASES: dict[str, Handler] = {
    "sign": _sign,
    "sgn": _sign,
    "heaviside": _heaviside,
    "copysign": _copysign,
    **{name: _compared for name in ("gt", "lt", "ne", "ge", "le", "eq", "isclose")},
    **{name: _compared for name in ("greater", "less", "greater_equal", "less_equal")},
    **{name: _logical for name in ("logical_and", "logical_or", "logical_not", "logical_xor")},
    **{name: _logical for name in ("bitwise_and", "bitwise_or", "bitwise_not", "bitwise_xor")},
    "where": _where,
    "masked_fill": _masked_fill,
}
"""By the name of the ATen operation."""
