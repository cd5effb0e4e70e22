r"""The certified rule with the larger region of T2z: less is taken from p2 where p1·s < p2.

T3z has a parameter z ∈ (0, 1], k = z(2 − z); z = 1 is T3. With c_z = p1·s − z p2/k a block of
modulus L cannot increase Ψ if

    L(z²p2²/k + |c_z|) ≤ δᵏ      and      δᵏ⁺¹ = L[(1 − ϑ)(2s/t − 1/k) − |c_z|] ≥ 0.

Where c = p1·s − p2 has the sign of p2 (or is 0) z = 1 is best, and the rule is ``certify``. Else,
with b = |p2|, r = p1·s/p2 < 1 and h = b²/(1 + 2b), the best z is the larger of

    1/(1 + b):    the conditions are  L|c| ≤ δᵏ,  δᵏ⁺¹ = L[(1 − ϑ)(2s/t − 1 − h) − |c| + h];
    2 − 1/r:      c_z = 0, and they are  L(2r − 1)b² ≤ δᵏ,  δᵏ⁺¹ = L(1 − ϑ)(2s/t − 1/k).

Both first conditions together are the first one at the larger z, whatever (p1, p2) is scaled by,
so the largest scale τ ∈ [0, 1] needs no search. H has to be convex with an L-Lipschitz gradient in
the whole block, not along the step alone; the blocks of the layered objective are quadratic.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from amverify.methods.inertia import (
    Admitted,
    certify,
    minimum,
    roundoff,
    square_root,
    third_inertia,
)
from amverify.network.scalars import Scalar

Region = Literal["narrow", "wide"]
ROUNDINGS = 64
"""More than these lines take: what they may be off by is taken off what they admit."""


def certify_in(
    region: Region,
    modulus: Scalar,
    delta: Scalar,
    s: float,
    p1: float,
    p2: float,
    t: float,
    margin: float,
) -> Admitted:
    """The certified rule of a region, for a convex block of this modulus that carries δᵏ.

    ``margin`` is ϑ ∈ (0, 1): the block then decreases Ψ by ϑL(s/t − 1/2k)‖e‖² at least.
    """
    if region == "narrow" or not (p1 * s - p2) * p2 < 0:
        return certify(modulus, delta, s, p1, p2, t, margin)
    t = third_inertia(s, t, margin)
    slack = ROUNDINGS * roundoff(modulus)
    room = (1 - margin) * (2 * s / t - 1) * (1 - slack)
    available = _not_negative(delta / modulus * (1 - slack) - slack * abs(p2))
    share = p1 * s / p2
    tau = _largest_scale(abs(p2), share, available, room)
    z = best_member(tau * abs(p2), share)
    k = z * (2 - z)
    cross = tau * (p1 * s - z * p2 / k)
    size = cross.abs() if isinstance(cross, Tensor) else abs(cross)
    left = (1 - margin) * (2 * s / t - 1 / k) - size - slack * (2 * s / t + 1 / k)
    left = _not_negative(left)
    return Admitted(tau * p1, tau * p2, t, modulus * left, z)


def best_member(b: Scalar, share: float) -> Scalar:
    """The best z for |p2| = b and p1·s/p2 = ``share`` < 1: 1/(1 + b), or 2 − 1/share if larger."""
    z = 1 / (1 + b)
    if share <= 0.5:
        return z
    least = 2 - 1 / share
    return z.clamp(min=least) if isinstance(z, Tensor) else max(z, least)


def _largest_scale(b: float, share: float, available: Scalar, room: float) -> Scalar:
    """The largest τ ∈ [0, 1] that meets both conditions; then 1/k − 1 ≤ τ|c| ≤ ``room``, too."""
    size = b * (1 - share)
    tau = minimum(available / size, min(1.0, room / size))
    if share <= 0.5:
        return tau
    other = square_root(available / (2 * share - 1)) / b
    if isinstance(tau, Tensor):
        return torch.minimum(tau, torch.as_tensor(other))
    return min(tau, float(other))


def _not_negative(x: Scalar) -> Scalar:
    return x.clamp(min=0) if isinstance(x, Tensor) else max(x, 0.0)
