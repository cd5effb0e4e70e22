r"""Entries taken from places and put there: gathered, scattered, looked up."""

from __future__ import annotations

import math
from dataclasses import replace

from amverify.definability.call import Call, Handler, Result, as_value
from amverify.definability.functions import algebraic
from amverify.definability.values import Shape, Value, constant, product, together

_ZERO = constant(0.0)
_BIT = constant(0.0, 1.0)
_MAXIMUM = 2
"""The number of the mode of ``embedding_bag`` that takes maxima."""


def _index_of(c: Call) -> Result:
    return algebraic(c.name, c.hull().made(0.0, math.inf), c.ledger, jumps=True)


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
    numbers = [c.given(name) for name in ("value", "initial")]
    made = c.hull(_ZERO, *(as_value(n) for n in numbers if n is not None))
    signed = made.low >= 0 and as_value(c.given("alpha", 1)).low >= 0
    low = 0.0 if signed and "bicubic" not in c.name else -math.inf
    reduced = "reduce" in c.name or c.given("reduce") is not None
    degree = None if reduced and made.varies else made.degree
    plain = not made.varies or (made.shape is Shape.AFFINE and not reduced)
    shape = Shape.AFFINE if plain else Shape.OTHER
    spread = replace(made, low=low, high=math.inf, nonzero=False, degree=degree, shape=shape)
    return algebraic(c.name, spread, c.ledger)


def _one_hot(c: Call) -> Result:
    of = c.value()
    return algebraic(c.name, of.made(0.0, 1.0), c.ledger, jumps=True) if of.varies else _BIT


def _embedding_bag(c: Call) -> Result:
    """Sums, means or maxima of rows, which may have factors of their own."""
    rows, factors = c.value("weight"), c.maybe("per_sample_weights")
    made = rows if factors is None else product(rows, factors)
    largest = int(c.given("mode", 0)) == _MAXIMUM
    wide = replace(together([made, _ZERO]), low=-math.inf, high=math.inf, nonzero=False)
    if largest and wide.varies:
        wide = wide.made()
    found = algebraic("embedding", wide, c.ledger)
    where = replace(wide.made(0.0), jumps=wide.varies, semicontinuous=not wide.varies)
    return [found, constant(0.0, math.inf), constant(0.0, math.inf), where]


PLACES_OF: dict[str, Handler] = {
    **dict.fromkeys(("argmax", "argmin", "argsort", "searchsorted", "bucketize"), _index_of),
    **dict.fromkeys(("gather", "index", "_unsafe_index", "embedding"), _gather),
    **dict.fromkeys(("index_select", "take_along_dim"), _gather),
    **dict.fromkeys(("scatter", "scatter_add", "scatter_reduce", "index_add"), _scattered),
    **dict.fromkeys(("index_put", "index_copy", "index_fill", "masked_scatter"), _scattered),
    **dict.fromkeys(("col2im", "put", "upsample_bicubic2d", "segment_reduce"), _scattered),
    "one_hot": _one_hot,
    "embedding_bag": _embedding_bag,
}
"""By the name of the ATen operation."""
