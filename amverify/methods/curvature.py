r"""A bound above σ_max(W)² that its computation cannot undercut: κ of the joint blocks.

The largest eigenvalue of the smaller Gram matrix, and on top of it what rounding can have taken:
with u the unit roundoff and W of m × n, LAPACK's eigenvalues are those of a matrix within 8nu‖·‖_F
of the one given, which is itself within 2γ‖W‖_F² of the exact one, but for products that underflow.

Eigenvalues take longer than the steps that κ is for, and W moves little from sweep to sweep. So in
float32, without replicates and with numba, a few steps of an ascent from the last sweep's vector
find a Rayleigh quotient θ, which can only be too *small*. That θ plus the same allowance bounds
all eigenvalues is then certified, by a Cholesky factor of (θ + 8nu‖W‖_F²)I − WᵀW in float64; where
there is none, the eigenvalues are computed after all. (In float64 the allowance is so small that an
ascent would take too long.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from amverify.compiled import lapack
from amverify.compiled.available import compiled
from amverify.network.blocks import largest_eigenvalue
from amverify.network.layered import squared_norm
from amverify.network.scalars import Scalar, on_host, plain, square
from amverify.numbers.roundoff import U

WORTH = 24
"""From this order on the ascent and the factor cost less than the eigenvalues."""


class Curvature(NamedTuple):
    """The bound, a number or of shape *R, and a vector near the leading one, if known."""

    bound: Scalar
    leading: Tensor | None = None


def certified_curvature(w: Tensor, near: Tensor | None = None) -> Curvature:
    """An upper bound of σ_max(W)²; NaN where W (*R, m, n) is not finite.

    Args:
        near: what the bound of a matrix near this one had as ``leading``.
    """
    if not plain(w) or w.dtype is torch.float64:
        return Curvature(by_eigenvalues(w))
    if min(w.shape) < WORTH:
        return Curvature(by_small_eigenvalues(w))
    loops = compiled()
    if loops is None:
        return Curvature(by_eigenvalues(w))
    leading = torch.ones(min(w.shape), dtype=torch.float64) if near is None else near.clone()
    bound = by_ascent(w, leading, loops.ascent)
    return Curvature(by_eigenvalues(w) if bound is None else bound, leading)


def by_small_eigenvalues(w: Tensor) -> Scalar:
    """The bound from eigenvalues in float64 of the Gram matrix, which is in W's format."""
    eigen, product, lost = _allowance(w)
    gram = _gram(w)
    if not math.isfinite(float(gram.sum())):
        return by_eigenvalues(w)
    return lapack.largest_eigenvalue(gram.double()) + (eigen + product) * square(w) + lost


def _gram(w: Tensor) -> Tensor:
    """The smaller Gram matrix, its lower triangle."""
    return lapack.lower_gram(w, of_rows=w.shape[0] < w.shape[1])


def by_ascent(w: Tensor, leading: Tensor, ascend: Callable[..., float]) -> float | None:
    """The bound from a large quotient, if a Cholesky factor certifies it.

    The factor found is that of a matrix within γ_{n+1}·trace/(1 − γ_{n+1}) of the one given, in
    norm (Rump 2006); here trace ≤ n·bound, and forming the diagonal adds a rounding.

    Args:
        leading: where the ascent starts, and where it has come.
    """
    gram = _gram(w)
    order = gram.shape[0]
    rest = torch.zeros((order, order), dtype=torch.float64)
    eigen, product, lost = _allowance(w)
    total = square(w)
    assert isinstance(total, float)
    single = gram.dtype is torch.float32
    places = (gram.data_ptr(), order, single, leading.data_ptr(), rest.data_ptr())
    bound = ascend(*places, eigen * total)
    if not math.isfinite(bound) or lapack.cholesky(rest) is None:
        return None
    return bound * (1 + 4 * order * (order + 3) * U) + product * total + lost


def by_eigenvalues(w: Tensor) -> Scalar:
    """The same by eigenvalues, in the format of W, or in float64 where W's squares leave that."""
    if not on_host(w):
        return _curvature(w.double())
    bound = _curvature(w)
    if not bool(torch.isfinite(bound).all()):
        bound = _curvature(w.double())
    return float(bound) if plain(w) else bound


def _curvature(w: Tensor) -> Tensor:
    gram = w.mT @ w if w.shape[-2] >= w.shape[-1] else w @ w.mT
    eigen, product, lost = _allowance(w)
    rounding = (eigen + product) * squared_norm(w.double()) + lost
    return largest_eigenvalue(gram).double().clamp(min=0) + rounding


def _allowance(w: Tensor) -> tuple[float, float, float]:
    """What eigenvalues and products can be off by, over ‖W‖_F², and what can underflow."""
    rows, columns = w.shape[-2:]
    format_ = torch.finfo(w.dtype)
    unit = 0.5 * format_.eps
    sides = min(rows, columns), max(rows, columns)
    return 8 * unit * sides[0], 4 * unit * sides[1], format_.tiny * (rows * columns)
