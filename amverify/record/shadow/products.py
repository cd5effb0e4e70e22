r"""Rules for matrix products, with a bound of their rounding by entries or by norms.

A product AB of balls, n terms long, has the radius |A|(γ_n|B| + q) + r(|B| + q): two more products.
Where they are large, each entry is bounded by Cauchy and Schwarz instead,

    Σ_k |a_ik|(γ_n|b_kj| + q_kj) ≤ ‖a_i‖(γ_n‖b_j‖ + ‖q_j‖),
    Σ_k r_ik(|b_kj| + q_kj) ≤ ‖r_i‖(‖b_j‖ + ‖q_j‖),

from norms of rows and columns: never less, of vectors whose entries are alike in size π/2 times as
much, and no second product. Every term may underflow a few times, too; a row or column that is 0
throughout makes nothing uncertain.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import torch
from torch import Tensor

from amverify.numbers.roundoff import ETA
from amverify.record.shadow.balls import Ball, gamma_of, up
from amverify.record.shadow.operands import ball, rule

LARGE = 2**16
"""Multiplications from which on norms take less time than products."""
_SAFE = 1 + 2.0**-46
_LOST = 16 * ETA
"""What underflow can take from a term and its bound."""
_SQUARES = 2.0**-536
"""What underflow of a square can take from a norm, for each entry's share of its square root."""


def bilinear(f: Callable[[Tensor, Tensor], Tensor], a: Ball, b: Ball, n: int) -> Ball:
    """A product that is linear in both, n terms an entry."""
    one, other = a.mid.abs(), b.mid.abs()
    weights = gamma_of(n) * other if b.rad is None else gamma_of(n) * other + b.rad
    rad = f(one, weights * _SAFE)
    if a.rad is not None:
        rad = rad + f(a.rad, b.size())
    zero = (not bool(one.any()) and a.rad is None) or (not bool(other.any()) and b.rad is None)
    rad = rad * (1 + gamma_of(n)) + (0.0 if zero else _LOST * n)
    return Ball(f(a.mid, b.mid), up(rad))


def by_norms(a: Ball, b: Ball) -> Ball:
    """AB of matrices, or of stacks of them; see the module."""
    n = a.mid.shape[-1]
    rows, columns = _norm(a.mid, -1), _norm(b.mid, -2)
    weights = gamma_of(n) * columns
    if b.rad is not None:
        spread = _norm(b.rad, -2)
        weights, columns = weights + spread, columns + spread
    rad = rows.unsqueeze(-1) * weights.unsqueeze(-2)
    if a.rad is not None:
        spread = _norm(a.rad, -1)
        rad.addcmul_(spread.unsqueeze(-1), columns.unsqueeze(-2))
        rows = rows + spread
    alive = (rows != 0).unsqueeze(-1) & (columns != 0).unsqueeze(-2)
    rad.mul_((1 + 4 * gamma_of(n + 8)) * _SAFE).add_(alive, alpha=_LOST * n)
    return Ball(torch.matmul(a.mid, b.mid), rad)


def _norm(x: Tensor, dim: int) -> Tensor:
    """‖x‖ along a dimension, rounded up; 0 where all is."""
    n = x.shape[dim]
    lost = (x.abs().amax(dim) != 0).to(x.dtype).mul_(sqrt(n) * _SQUARES)
    found: Tensor = (x * x).sum(dim).sqrt_().mul_(1 + gamma_of(n + 8)).add_(lost)
    return found


@rule("mm.default", "bmm.default", "mv.default", "dot.default")
def product(a: Any, b: Any) -> Ball:
    """Matrix products."""
    x, y = ball(a), ball(b)
    if x.mid.ndim > 1 and y.mid.ndim > 1 and x.mid.numel() * y.mid.shape[-1] >= LARGE:
        return by_norms(x, y)
    return bilinear(torch.matmul, x, y, x.mid.shape[-1])


@rule("addmm.default", "addmv.default", "baddbmm.default")
def add_product(c: Any, a: Any, b: Any, *, beta: float = 1, alpha: float = 1) -> Ball:
    """βC + αAB."""
    found = product(a, b).times(alpha)
    return found if beta == 0 else ball(c).times(beta) + found
