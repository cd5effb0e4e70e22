r"""Operations that move, sum, order or multiply entries: all of it semialgebraic."""

from __future__ import annotations

import math
from dataclasses import replace

from amverify.definability.call import Call, Handler, Result, as_value
from amverify.definability.expressions import rounded
from amverify.definability.functions import algebraic, apply
from amverify.definability.grouped import AFFINE, BILINEAR, MOVED, ORDERED, PADDED
from amverify.definability.powers import power
from amverify.definability.values import (
    Shape,
    Value,
    constant,
    plus,
    product,
    square,
    summed,
    together,
)

_ZERO = constant(0.0)
_BIT = constant(0.0, 1.0)


_LARGEST = {"amax", "max", "max_pool1d", "max_pool2d", "max_pool3d", "max_pool2d_with_indices"}


def _moved(c: Call) -> Result:
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


def _index_of(c: Call) -> Result:
    return algebraic(c.name, c.hull().made(0.0, math.inf), c.ledger, jumps=True)


def _sum(c: Call) -> Result:
    return algebraic("sum", summed(c.value(), c.count()), c.ledger)


def _mean(c: Call) -> Result:
    return algebraic("mean", c.value(), c.ledger)


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
    return [first, x] if c.name.endswith("_mean") else first


def contracted(c: Call, factors: list[Value], count: int) -> Value:
    """Sums of ``count`` products."""
    made = factors[0]
    for factor in factors[1:]:
        made = product(made, factor)
    return summed(made, count)


def _bilinear(c: Call) -> Result:
    tensors = c.values()
    if c.same and len(tensors) == 2:
        tensors = [tensors[0], tensors[0]]
    terms = 1
    if c.name not in ("outer", "ger", "kron"):
        terms = max((math.prod(size) for size in c.sizes.values()), default=1)
    if c.name in ("mm", "bmm", "matmul", "dot", "mv") and c.sizes["input"]:
        terms = c.sizes["input"][-1]
    vectors = len(c.sizes.get("input", ())) == 1 or c.name == "linalg_vecdot"
    norm = c.same and vectors and c.name in ("dot", "vdot", "inner", "linalg_vecdot")
    made = summed(square(tensors[0]), terms) if norm else contracted(c, tensors, terms)
    return algebraic("matrix product", made, c.ledger)


_PARTS = {"addmm": ("mat1", "mat2"), "addbmm": ("batch1", "batch2"), "addmv": ("mat", "vec")}


def _affine(c: Call) -> Result:
    first, second = _PARTS.get(
        c.name, ("vec1", "vec2") if c.name == "addr" else ("batch1", "batch2")
    )
    terms = 1 if c.name == "addr" else math.prod(c.sizes[first][1:])
    made = contracted(c, [c.value(first), c.value(second)], terms)
    beta, alpha = as_value(c.given("beta", 1)), as_value(c.given("alpha", 1))
    return algebraic("linear", plus(product(c.value(), beta), product(made, alpha)), c.ledger)


def _gather(c: Call) -> Result:
    index = [v for name in ("index", "indices") for v in _listed(c.given(name))]
    moved = together([v for v in c.values() if not any(v is i for i in index)])
    varies = any(v.varies for v in index)
    return algebraic(c.name, moved, c.ledger, jumps=True) if varies else moved


def _listed(given: object) -> list[Value]:
    if isinstance(given, Value):
        return [given]
    return [v for v in given if isinstance(v, Value)] if isinstance(given, list | tuple) else []


def _scattered(c: Call) -> Result:
    """Entries put, summed or reduced at places; how many meet is not looked for."""
    made = c.hull(_ZERO)
    low = 0.0 if made.low >= 0 and "bicubic" not in c.name else -math.inf
    reduced = "reduce" in c.name or c.given("reduce") is not None
    degree = None if reduced and made.varies else made.degree
    plain = not made.varies or (made.shape is Shape.AFFINE and not reduced)
    shape = Shape.AFFINE if plain else Shape.OTHER
    spread = replace(made, low=low, high=math.inf, nonzero=False, degree=degree, shape=shape)
    return algebraic(c.name, spread, c.ledger)


def _cast(c: Call) -> Result:
    x = c.value()
    if "int" in c.dtype and x.varies and not _whole(c):
        return rounded("to an integer", x, c.ledger)
    if "bool" in c.dtype and x.varies:
        return algebraic("to a truth value", x.made(0.0, 1.0), c.ledger, jumps=True)
    return x


def _whole(c: Call) -> bool:
    return c.value().low >= 0 and c.value().high <= 1 and c.value().jumps


def _constant(c: Call) -> Result:
    fill = c.arguments.get("fill_value", c.arguments.get("value"))
    return constant(0.0, 1.0) if fill is None else as_value(fill)


def _arange(c: Call) -> Result:
    ends = [float(c.given(name, 0)) for name in ("start", "end")]
    known = c.name in ("arange", "linspace")
    return constant(min(ends), max(ends)) if known else constant(-math.inf, math.inf)


def _one_hot(c: Call) -> Result:
    of = c.value()
    return algebraic(c.name, of.made(0.0, 1.0), c.ledger, jumps=True) if of.varies else _BIT


def _glu(c: Call) -> Result:
    return product(c.value(), apply("sigmoid", c.value(), c.ledger))


def _embedding_bag(c: Call) -> Result:
    made = replace(c.hull(_ZERO), low=-math.inf, high=math.inf)
    return [algebraic("embedding", made, c.ledger)] * 4


REDUCTIONS: dict[str, Handler] = {
    **dict.fromkeys(MOVED, _moved),
    **dict.fromkeys(PADDED, _padded),
    **dict.fromkeys(ORDERED, _ordered),
    **dict.fromkeys(BILINEAR, _bilinear),
    **dict.fromkeys(AFFINE, _affine),
    **dict.fromkeys(("pad", "constant_pad_nd"), _pad),
    **dict.fromkeys(("argmax", "argmin", "argsort", "searchsorted", "bucketize"), _index_of),
    **dict.fromkeys(("sum", "nansum", "trace", "sum_to_size"), _sum),
    **dict.fromkeys(("mean", "nanmean"), _mean),
    **dict.fromkeys(("cumsum",), _cumsum),
    **dict.fromkeys(("prod", "cumprod"), _prod),
    **dict.fromkeys(("var", "std", "var_mean", "std_mean"), _var),
    **dict.fromkeys(("gather", "index", "_unsafe_index", "embedding"), _gather),
    **dict.fromkeys(("index_select", "take_along_dim"), _gather),
    **dict.fromkeys(
        (
            "scatter",
            "scatter_add",
            "index_add",
            "index_put",
            "index_copy",
            "masked_scatter",
            "col2im",
            "scatter_reduce",
            "index_fill",
            "put",
            "upsample_bicubic2d",
            "segment_reduce",
        ),
        _scattered,
    ),
    **dict.fromkeys(
        ("to", "_to_copy", "type_as", "float", "double", "half", "long", "int", "bool"), _cast
    ),
    **dict.fromkeys(("full", "full_like", "new_full", "scalar_tensor", "fill"), _constant),
    **dict.fromkeys(("zeros", "zeros_like", "new_zeros"), lambda c: _ZERO),
    **dict.fromkeys(("ones", "ones_like", "new_ones"), lambda c: constant(1.0)),
    "eye": lambda c: _BIT,
    **dict.fromkeys(("arange", "linspace", "logspace", "tril_indices"), _arange),
    "one_hot": _one_hot,
    "glu": _glu,
    "embedding_bag": _embedding_bag,
}
"""By the name of the ATen operation."""
