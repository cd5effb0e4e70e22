r"""‖w_i‖² of a block's parts at the sweep's end, w an element of ∂F.

For (z, a) and z_L w = ∇_iH(x^{k+1}) − ∇_iH(û_i) − sM(u⁺ − ũ), ∇_iH(û_i) with the others as they
were when i moved; for V it is the gradient at x^{k+1}. w ∈ ∂F(x^{k+1}) for the exact step; what
z_L's q adds is in the bound, and so is what (z, a) lacks of a minimiser. There an entry is off by
rounding of its formula, which costs s(ρδc + κδd + (ρ + κ)(1 + Lip²)γ·size). One that stayed because
its model would not fall, as computed, may yet be above the least model by

    η ≤ γ[2m + √(2m)(√ρ|z| + √κ|a|)],   m its model;

on a piece of h the model's curvature is at most K = (ρ + κ)(1 + Lip²), so what is left of a
gradient is at most s√(2Kη): a square root of the roundoff, the floor of w.
"""

from __future__ import annotations

import math

from amverify.methods.rows.metric.execution import centres, left
from amverify.methods.rows.metric.forms import Forms
from amverify.methods.rows.metric.quadratic import Measured
from amverify.network.scalars import Scalar, root
from amverify.numbers.roundoff import U, gamma


def residuals(row: Forms) -> tuple[Measured, Measured]:
    """‖w‖² of the parts."""
    f, ended, used = row.facts, row.n.ended, row.n.used
    first: Scalar = ended.first
    off: Scalar = ended.off_first
    size: Scalar
    if f.kind == "y":  # w_z = −ρ(s − 1)e_z, up to the rounding of p1
        size = f.problem.rho * (f.s - 1)
        first = size * size * row.n.one.step
        off = gamma(6, f.unit) * root(first)
        off = off + 4 * U * f.problem.rho * used.p2 * root(row.n.one.inertia)
        off = off + _missed(row)
    elif f.kind == "z":  # w = ρcΔ, and the residual of the map
        size = f.problem.rho * used.p1
        first = size * size * row.n.one.inertia
        off = left(row) + gamma(4, f.unit) * root(first)
    behind = ended.off_second + (_missed(row) if f.kind == "y" else 0.0)
    return _squared(first, off, f.counts[0]), _squared(ended.second, behind, f.counts[1])


def _missed(row: Forms) -> Scalar:
    """How far w of y can be from ∂F(x^{k+1}), its entries being minimisers to rounding only."""
    f, (one, two, _, around, used, _), rho = row.facts, row.n, row.facts.problem.rho
    few, kappa, off = gamma(12, f.unit), used.kappa, centres(row)
    z, a = around.old_one + root(one.step), around.old_two + root(two.step)
    steep = (rho + kappa) * (1 + f.problem.activation.lipschitz**2)
    total = used.compared + used.stayed
    size = z + a + root(2 * total / rho) + root(2 * total / kappa)
    slack = 2 * used.stayed + root(2 * used.stayed) * (math.sqrt(rho) * z + root(kappa) * a)
    moved = rho * off[0] + kappa * off[1] + steep * few * size
    return f.s * (moved + root(2 * steep * few * slack))


def _squared(square: Scalar, off: Scalar, count: int) -> Measured:
    """‖w‖² from the sum over a ŵ that is off by so much."""
    return Measured(square, (2 * root(square) + off) * off + gamma(count + 4, U) * square)
