r"""Norms, distances, determinants, inverses, eigenvalues."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from amverify.definability.call import Call, Handler, Result
from amverify.definability.functions import algebraic, apply
from amverify.definability.ledger import Refused
from amverify.definability.powers import power, quotient
from amverify.definability.values import (
    Shape,
    Value,
    absolute,
    constant,
    plus,
    product,
    square,
    summed,
)


def norm(x: Value, p: float, count: int, c: Call) -> Value:
    """The p-norm of ``count`` such entries."""
    if p == 0:
        made = replace(x.made(0.0, float(count)), jumps=True, semicontinuous=not x.jumps)
        c.ledger.note(c.ledger.jumps, "ℓ0")
        return algebraic("ℓ0", made, c.ledger)
    if math.isinf(p):
        kept = absolute(x) if p > 0 else replace(absolute(x), shape=Shape.OTHER)
        return algebraic("norm ∞", kept, c.ledger)
    if p == 1:
        return algebraic("ℓ1", summed(absolute(x), count), c.ledger)
    inner = square(x) if p == 2 else power(absolute(x), p, c.ledger)
    total = summed(inner, count)
    name = f"norm {p:g}"
    return algebraic(name, power(total, 1 / p if p != 2 else 0.5, c.ledger), c.ledger)


def _norm(c: Call) -> Result:
    p = c.given("p", c.given("ord", 2.0))
    if p in ("fro", None):
        p = 2.0
    if not isinstance(p, int | float):
        raise Refused(f"no rule for the norm {p!r}")
    return norm(c.value(), float(p), c.count(), c)


def _count_nonzero(c: Call) -> Result:
    return norm(c.value(), 0.0, c.count(), c)


def _distance(c: Call) -> Result:
    first, second = list(c.arguments)[:2]
    away = plus(c.value(first), product(c.value(second), constant(-1.0)))
    size = c.sizes[first]
    if "cdist" not in c.name:
        size = np.broadcast_shapes(size, c.sizes[second])
    width = math.prod(size if c.name == "dist" else size[-1:])
    shifted = plus(away, constant(float(c.given("eps", 0.0) or 0.0)))
    return norm(shifted, float(c.given("p", 2.0)), width, c)


def _cosine(c: Call) -> Result:
    if float(c.given("eps", 1e-8)) <= 0:
        c.ledger.note(c.ledger.where, "off the zeros of a norm")
    return algebraic(c.name, c.hull().made(-1.0, 1.0), c.ledger)


def _det(c: Call) -> Result:
    x, order = c.hull(), next(iter(c.sizes.values()))[-1]
    degree = None if x.degree is None else x.degree * order
    return algebraic("det", x.made(degree=degree), c.ledger)


def _inverse(c: Call) -> Result:
    c.ledger.note(c.ledger.where, "off singular matrices")
    made = c.hull().made()
    return [algebraic("inverse", replace(made, tame=made.tame and not made.jumps), c.ledger)] * 3


def _eigenvalues(c: Call) -> Result:
    if c.given("compute_v", False) or c.given("compute_uv", False):
        raise Refused("eigenvectors and singular vectors are not unique", "use their values only")
    made = algebraic("eigenvalues", c.hull().made(), c.ledger)
    return [made, replace(made, low=0.0), made]


def _slogdet(c: Call) -> Result:
    det = c.hull().made()
    c.ledger.note(c.ledger.where, "off singular matrices")
    size = apply("log", replace(absolute(algebraic("det", det, c.ledger)), nonzero=True), c.ledger)
    return [det.made(-1.0, 1.0), size, size, size]


def _quotient_norm(c: Call) -> Result:
    v, g = c.value("v"), c.value("g")
    length = norm(v, 2.0, math.prod(c.sizes["v"]), c)
    made = product(g, replace(quotient(v, length, c.ledger), low=-1.0, high=1.0))
    return [made, length]


MATRICES: dict[str, Handler] = {
    **dict.fromkeys(("norm", "linalg_vector_norm", "frobenius_norm"), _norm),
    **dict.fromkeys(("pairwise_distance", "cdist", "_cdist_forward", "dist"), _distance),
    **dict.fromkeys(("inverse", "linalg_inv", "linalg_inv_ex", "linalg_solve"), _inverse),
    **dict.fromkeys(("_linalg_solve_ex", "linalg_solve_ex", "linalg_solve_triangular"), _inverse),
    **dict.fromkeys(("linalg_eigvalsh", "_linalg_eigh", "linalg_svdvals"), _eigenvalues),
    "_linalg_svd": _eigenvalues,
    **dict.fromkeys(("det", "linalg_det"), _det),
    **dict.fromkeys(("slogdet", "linalg_slogdet", "_linalg_slogdet"), _slogdet),
    "count_nonzero": _count_nonzero,
    "cosine_similarity": _cosine,
    "_weight_norm": lambda c: _quotient_norm(c)[0],  # type: ignore[index]
    "_weight_norm_interface": _quotient_norm,
}
"""By the name of the ATen operation."""
