r"""Sums of products: matrix products and their kin, with how many products a sum has."""

from __future__ import annotations

import math

import numpy as np

from amverify.definability.call import Call, Handler, Result, as_value
from amverify.definability.functions import algebraic
from amverify.definability.grouped import AFFINE, BILINEAR
from amverify.definability.values import (
    Value,
    negated,
    plus,
    product,
    square,
    summed,
    together,
)

_LISTED = ("einsum", "tensordot", "chain_matmul", "linalg_multi_dot")
"""How many products a sum has is bounded only."""
_SINGLE = ("outer", "ger", "kron")


def contracted(factors: list[Value], count: int) -> Value:
    """Sums of ``count`` products."""
    return summed(multiplied(factors), count)


def multiplied(factors: list[Value]) -> Value:
    """Their product."""
    made = factors[0]
    for factor in factors[1:]:
        made = product(made, factor)
    return made


def _bilinear(c: Call) -> Result:
    tensors = c.values()
    if c.same and len(tensors) == 2:
        tensors = [tensors[0], tensors[0]]
    each = multiplied(tensors)
    if c.name in _LISTED:
        most = math.prod(math.prod(size) for size in c.sizes.values())
        made = together([each, summed(each, most)])
    elif "cross" in c.name:
        made = plus(each, negated(each))
    else:
        norm = c.same and len(_size(c)) == 1 and c.name in ("dot", "vdot", "inner")
        norm = norm or (c.same and c.name == "linalg_vecdot")
        made = summed(square(tensors[0]) if norm else each, _terms(c))
    return algebraic("matrix product", made, c.ledger)


def _size(c: Call) -> tuple[int, ...]:
    return next(iter(c.sizes.values()))


def _terms(c: Call) -> int:
    """How many products an entry sums."""
    if c.name in _SINGLE or not all(c.sizes.values()):
        return 1
    if c.name == "linalg_vecdot":
        return int(np.broadcast_shapes(*c.sizes.values())[int(c.given("dim", -1))])
    return _size(c)[-1]


_PARTS = {
    "addmm": ("mat1", "mat2"),
    "addmv": ("mat", "vec"),
    "addr": ("vec1", "vec2"),
    "addbmm": ("batch1", "batch2"),
    "baddbmm": ("batch1", "batch2"),
}


def _affine(c: Call) -> Result:
    first, second = _PARTS[c.name]
    size = c.sizes[first]
    terms = 1 if c.name == "addr" else size[-1]
    if c.name == "addbmm":
        terms *= size[0]
    made = contracted([c.value(first), c.value(second)], terms)
    beta, alpha = as_value(c.given("beta", 1)), as_value(c.given("alpha", 1))
    return algebraic("linear", plus(product(c.value(), beta), product(made, alpha)), c.ledger)


def _trace(c: Call) -> Result:
    return algebraic("sum", summed(c.value(), min(_size(c))), c.ledger)


CONTRACTIONS: dict[str, Handler] = {
    **dict.fromkeys(BILINEAR, _bilinear),
    **dict.fromkeys(AFFINE, _affine),
    "trace": _trace,
}
"""By the name of the ATen operation."""
