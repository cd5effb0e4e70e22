r"""The joint entry of (z_l, a_l): two numbers under the band, minimised together.

    min (ρ/2)(z − c)² + (κ/2)(a − d)²    over    |a − h(z)| ≤ ε

For a fixed z the best a is d clipped to h(z) ± ε, and what is left is a function of z alone,
(ρ/2)(z − c)² + (κ/2)(|d − h(z)| − ε)₊². On a piece h(z) = αz + β it is convex: with
g = d − αc − β and x = sgn(g)(|g| − ε)₊ its minimiser is z = c + καx/(ρ + κα²), clipped to the
piece. The best piece wins. Nothing is assumed of h but its pieces: it may fall, and it may jump.

This is why z_l and a_l are one block here. Taken one after the other they stop wherever both
sides of the band are met, critical or not: the band is one nonsmooth term that both share.
"""

from __future__ import annotations

import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.network.activations import ACTIVATIONS, Activation

SLACK = 2.0
"""An entry is feasible within so many units in the last place of h(z), a and ε."""


def model(z: Tensor, a: Tensor, c: Tensor, d: Tensor, rho: float, kappa: Tensor | float) -> Tensor:
    """(ρ/2)(z − c)² + (κ/2)(a − d)², entry by entry."""
    return (0.5 * rho) * (z - c) ** 2 + (0.5 * kappa) * (a - d) ** 2


def feasible(h: Activation, z: Tensor, a: Tensor, eps: float) -> Tensor:
    """Where |a − h(z)| ≤ ε, up to the rounding of h(z) ± ε: where an entry may stay."""
    value = h(z)
    slack = SLACK * torch.finfo(z.dtype).eps * (value.abs() + a.abs() + eps)
    return (a - value).abs() <= eps + slack


def joint_minimiser(
    h: Activation, c: Tensor, d: Tensor, rho: float, kappa: Tensor | float, eps: float
) -> tuple[Tensor, Tensor]:
    """A global minimiser (z, a) of the entry's problem, for every entry of c and d at once.

    ``rho`` > 0 and ``kappa`` > 0 (a number, or one that broadcasts against the entries); feasible
    up to the rounding of h(z) ± ε.

    Raises:
        InvalidInput: if h is not piecewise linear: no minimiser is known in closed form.
    """
    if not h.pieces:
        known = ", ".join(name for name, one in ACTIVATIONS.items() if one.pieces)
        raise InvalidInput(
            f"activation {h.name}: the joint block (z, a) is minimised in closed form for "
            f"piecewise-linear activations only: {known}"
        )
    best: tuple[Tensor, Tensor, Tensor] | None = None
    for piece in h.pieces:
        gap = d - piece.slope * c - piece.intercept
        beyond = torch.sign(gap) * (gap.abs() - eps).clamp(min=0)
        z = c + (kappa * piece.slope / (rho + kappa * piece.slope**2)) * beyond
        z = z.clamp(piece.lower, piece.upper)
        middle = piece.slope * z + piece.intercept
        a = torch.minimum(torch.maximum(d, middle - eps), middle + eps)
        value = model(z, a, c, d, rho, kappa)
        if best is None:
            best = value, z, a
        else:
            better = value < best[0]
            best = tuple(  # type: ignore[assignment]
                torch.where(better, new, old) for new, old in zip((value, z, a), best, strict=True)
            )
    assert best is not None
    return best[1], best[2]
