"""How far rounding can carry a computed quantity (Higham, Accuracy and Stability, ch. 3).

A sum or product of n terms computed in a format with unit roundoff u differs from the exact
one by at most γ_n = nu/(1 − nu) times the same expression of absolute values.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def unit(dtype: torch.dtype) -> float:
    """The unit roundoff u: half the distance from 1 to the next number."""
    return torch.finfo(dtype).eps / 2


def gamma(n: int, dtype: torch.dtype) -> float:
    """γ_n."""
    x = n * unit(dtype)
    assert x < 1
    return x / (1 - x)


def half_digits(dtype: torch.dtype) -> float:
    """√u: tells a wrong formula from rounding where the slow way is itself approximate."""
    return math.sqrt(unit(dtype))


def assert_within(computed: Tensor, exact: Tensor, bound: Tensor | float, what: str) -> None:
    """|computed − exact| ≤ bound, elementwise, equal infinities allowed."""
    same = computed == exact
    error = torch.where(same, 0.0, (computed.double() - exact.double()).abs())
    bad = ~(error <= bound)
    if bool(bad.any()):
        worst = float(error[bad].max()) if torch.isfinite(error).all() else math.inf
        raise AssertionError(f"{what}: off by {worst:.3e} in {int(bad.sum())} entries")


def assert_half_digits(computed: Tensor, exact: Tensor, what: str) -> None:
    """Agreement to half the digits of the format, relative to the largest entry or 1."""
    scale = max(1.0, float(exact.abs().max())) if exact.numel() else 1.0
    assert_within(computed, exact, half_digits(computed.dtype) * scale, what)
