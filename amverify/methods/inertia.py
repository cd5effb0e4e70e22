r"""Inertial parameters (p1, p2, p3), their schedules, and how ``certified`` reduces them.

T3's Lyapunov function Ψᵏ = F(xᵏ) + Σ_i (δ_iᵏ/2)‖Δ_iᵏ‖² carries a weight δ per block from
sweep to sweep. With step scale s, t = 1 + p3 and c = p1·s − p2, a block of modulus L cannot
increase Ψ if (T3 with κ = 1)

    L(p2² + |c|) ≤ δᵏ      and      δᵏ⁺¹ = L[(1 − ϑ)(2s/t − 1) − |c|] ≥ 0.

So the *certified* rule cuts t below 2s, then scales (p1, p2) by the largest τ ∈ [0, 1] that
meets both, a root of a quadratic: from known moduli alone, nothing of the run is evaluated.
For the coupled inertia p1 = p2/s it is p2 ← min(p2, √(δᵏ/L)). Moduli may change from sweep
to sweep; the rule extends the bound ω ≤ √(Lᵏ⁻¹/Lᵏ) known for p3 = 0.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from amverify.errors import InvalidInput, brief
from amverify.network.scalars import finite

Schedule = float | Callable[[int], float]
Scalar = float | Tensor
Safeguard = Literal["none", "monotone", "certified"]


@cache
def _nesterov_root(k: int) -> float:
    """s_k of s_0 = 0, s_{k+1} = (1 + √(1 + 4s_k²))/2."""
    root = 0.0
    for _ in range(k):
        root = (1 + math.sqrt(1 + 4 * root * root)) / 2
    return root


def nesterov(k: int) -> float:
    """ω_k = (s_{k−1} − 1)/s_k with Nesterov's s, not below 0; 0 in the first two sweeps."""
    return max((_nesterov_root(k - 1) - 1) / _nesterov_root(k), 0.0)


def ratio(k: int) -> float:
    """(k − 1)/(k + 2)."""
    return (k - 1) / (k + 2)


@dataclass(frozen=True)
class Inertia:
    """p1 (centre of the proximal step), p2 (point of the gradient), p3 (after the step).

    Each is a number, or a function of the sweep k = 1, 2, ….

    Raises:
        InvalidInput: for a constant that is not finite, or p3 < 0.
    """

    p1: Schedule = 0.0
    p2: Schedule = 0.0
    p3: Schedule = 0.0

    def __post_init__(self) -> None:
        for name in ("p1", "p2", "p3"):
            value = getattr(self, name)
            if not callable(value) and not finite(value):
                raise InvalidInput(f"inertia: {name} must be finite, got {brief(value)}")
        if not callable(self.p3) and self.p3 < 0:
            raise InvalidInput(f"inertia: p3 must not be negative, got {self.p3}")

    def at(self, k: int) -> tuple[float, float, float]:
        """(p1, p2, p3) in sweep k = 1, 2, …."""
        p1, p2, p3 = (p(k) if callable(p) else p for p in (self.p1, self.p2, self.p3))
        return p1, p2, p3


class Admitted(NamedTuple):
    """What a block may use in this sweep: p1, p2 and t = 1 + p3; δᵏ⁺¹ for the next; T2z's z."""

    p1: Scalar
    p2: Scalar
    t: float
    delta: Scalar
    z: Scalar = 1.0


def third_inertia(s: float, t: float, margin: float) -> float:
    """t = 1 + p3 cut below 2s, so that s/t − ½ stays positive: t ≤ 2s(1 − ϑ), t ≥ 1."""
    return max(1.0, min(t, 2 * s * (1 - margin)))


def certify(
    modulus: Scalar, delta: Scalar, s: float, p1: float, p2: float, t: float, margin: float
) -> Admitted:
    """The certified rule for a convex block of this modulus that carries the weight δᵏ.

    ``margin`` is ϑ ∈ (0, 1): the block then decreases Ψ by ϑL(s/t − ½)‖e‖² at least.
    """
    t = third_inertia(s, t, margin)
    keep = 1 - 16 * roundoff(modulus)  # the rounding of these lines must not spend the margin
    room = (1 - margin) * (2 * s / t - 1) * keep
    c = abs(p1 * s - p2)
    if p1 == 0 and p2 == 0:
        return Admitted(0.0, 0.0, t, modulus * room)
    available = delta / modulus * keep
    tau = _largest_scale(p2, c, available)
    if c > 0:
        tau = minimum(tau, room / c)
    return Admitted(tau * p1, tau * p2, t, modulus * (room - tau * c))


def _largest_scale(p2: float, c: float, available: Scalar) -> Scalar:
    """The largest τ ∈ [0, 1] with τ²p2² + τc ≤ available, in the form that does not cancel."""
    if p2 * p2 == 0:
        return minimum(available / c, 1.0) if c else 1.0
    root = square_root(c * c + 4 * p2 * p2 * available)
    if c == 0:
        return minimum(root / (2 * p2 * p2), 1.0)
    return minimum(2 * available / (c + root), 1.0)


def roundoff(x: Scalar) -> float:
    """The distance from 1 to the next number of the scalar's format."""
    return torch.finfo(x.dtype).eps if isinstance(x, Tensor) else sys.float_info.epsilon


def square_root(x: Scalar) -> Scalar:
    """√x."""
    return torch.sqrt(x) if isinstance(x, Tensor) else math.sqrt(x)


def minimum(x: Scalar, bound: float) -> Scalar:
    """min(x, bound)."""
    return x.clamp(max=bound) if isinstance(x, Tensor) else min(x, bound)
