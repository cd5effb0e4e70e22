r"""How far a point is from critical: block by block, and jointly.

*Block-wise*: the distance of 0 from each block's own partial subdifferential of F, the others
fixed. *Joint*: its distance from the subdifferential of F, as far as the band goes. The two
differ because the box in a_l and the interval in z_l are the same constraint: block by block
each may be balanced with a multiplier of its own, and the point need not be critical for F
(theorem C1). Where the upper side a = h(z) + ε is active, its normals are λ(−h'(z), 1), λ ≥ 0, and
the joint residual is, element by element,

    min_{λ ≥ 0} (∇_z − λh')² + (∇_a + λ)²;        lower side: min_{λ ≥ 0} (∇_z + λh')² + (∇_a − λ)².

At a kink of h with slopes k₋ and k₊ the normals are those of either slope; on the side where
the feasible set is convex there (the lower side of a convex kink, the upper side of a concave
one) they are the whole cone between. A penalty is smooth in a, so there the two residuals
are one; in z, −ν(a − h(z))·ξ has ξ in {k₋, k₊}, or between them where the product is convex.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from amverify.network.activations import Activation
from amverify.network.blocks import activation_block, bias_block, weight_block
from amverify.network.coupling import Penalty
from amverify.network.layered import LayeredProblem, Point, squared_norm


@dataclass(frozen=True)
class Residual:
    """Distances from criticality, of the replicates' shape; ``blocks`` by (kind, layer)."""

    blocks: dict[tuple[str, int], Tensor]
    blockwise: Tensor
    joint: Tensor


def residual(
    problem: LayeredProblem, point: Point, eps: float = 0.0, made_in: torch.dtype | None = None
) -> Residual:
    """Block-wise and joint residual at ``point``; ``eps`` is the band's ε there.

    A side of the band counts as active where it is met up to the rounding of a − h(z) ∓ ε in
    ``made_in``, the format in which the point was made (else that in which it is given).
    """
    blocks: dict[tuple[str, int], Tensor] = {}
    none = torch.zeros_like(problem.value(point))
    squared, joint = none, none

    def add(kind: str, layer: int, own: Tensor, shared: Tensor | None = None) -> None:
        nonlocal squared, joint
        blocks[kind, layer] = own.sqrt()
        squared = squared + own
        joint = joint + (own if shared is None else shared)

    for layer in range(1, problem.layers + 1):
        pre = problem.affine(point, layer)
        add("W", layer, squared_norm(weight_block(problem, point, pre, layer).gradient()))
        add("b", layer, squared_norm(bias_block(problem, point, pre, layer).gradient()))
        z = point.z[layer - 1]
        g_z = problem.rho * (z - pre)
        if layer == problem.layers:
            add("z", layer, squared_norm(g_z + problem.loss.gradient(z, problem.target)))
            break
        following = problem.affine(point, layer + 1)
        g_a = activation_block(problem, point, following, layer, eps).gradient()
        a = point.a[layer - 1]
        if isinstance(problem.coupling, Penalty):
            own = _penalty_distance(problem.activation, z, a, g_z, problem.coupling.nu)
            add("z", layer, own.sum((-2, -1)))
            add("a", layer, squared_norm(g_a))
            continue
        band = _band_distances(problem.activation, z, a, g_z, g_a, eps, made_in or z.dtype)
        add("z", layer, band.z.sum((-2, -1)), none)
        add("a", layer, band.a.sum((-2, -1)), band.joint.sum((-2, -1)))
    return Residual(blocks, squared.sqrt(), joint.sqrt())


@dataclass(frozen=True)
class _BandDistances:
    """Squared distances, element by element: of z alone, of a alone, of the pair."""

    z: Tensor
    a: Tensor
    joint: Tensor


def _slopes(h: Activation, z: Tensor) -> tuple[Tensor, Tensor]:
    """h' on the left and on the right of z."""
    beyond = torch.nextafter(z, torch.full_like(z, torch.inf))
    return h.derivative(z), h.derivative(beyond)


def _band_distances(
    h: Activation,
    z: Tensor,
    a: Tensor,
    g_z: Tensor,
    g_a: Tensor,
    eps: float,
    made_in: torch.dtype = torch.float64,
) -> _BandDistances:
    value = h(z)
    slack = 2 * torch.finfo(made_in).eps * (value.abs() + a.abs() + eps)
    upper = a - value >= eps - slack
    lower = value - a >= eps - slack
    left, right = _slopes(h, z)
    free = g_z**2 + g_a**2
    up = _one_side(g_z, g_a, left, right, -1.0)
    down = _one_side(-g_z, -g_a, left, right, 1.0)
    joint = torch.where(upper, up, torch.where(lower, down, free))
    own_a = torch.where(upper, g_a.clamp(min=0), torch.where(lower, g_a.clamp(max=0), g_a))
    # z may not fall where a sits on the upper side (unless h is flat below), nor rise on the lower
    held_below, held_above = upper & (left > 0), lower & (right > 0)
    own_z = torch.where(
        held_below, g_z.clamp(max=0), torch.where(held_above, g_z.clamp(min=0), g_z)
    )
    return _BandDistances(own_z**2, own_a**2, joint)


def _one_side(g_z: Tensor, g_a: Tensor, left: Tensor, right: Tensor, sign: float) -> Tensor:
    """min (g_z − λξ)² + (g_a + λ)² over λ ≥ 0 and the admitted slopes ξ of the upper side.

    The lower side is the same with both gradients negated; ``sign`` is that of k₊ − k₋ for
    which the feasible set is convex at the kink: −1 on the upper side, +1 on the lower.
    """
    best = torch.minimum(_one_slope(g_z, g_a, left), _one_slope(g_z, g_a, right))
    convex = sign * (right - left) > 0
    steep, flat = torch.maximum(left, right), torch.minimum(left, right)
    # g_a + λ = 0 and g_z − λξ = 0 for some ξ between the slopes
    inside = (g_a <= 0) & (g_z >= -g_a * flat) & (g_z <= -g_a * steep)
    return torch.where(convex & inside, 0.0, best)


def _one_slope(g_z: Tensor, g_a: Tensor, slope: Tensor) -> Tensor:
    multiplier = ((g_z * slope - g_a) / (1 + slope * slope)).clamp(min=0)
    return (g_z - multiplier * slope) ** 2 + (g_a + multiplier) ** 2


def _penalty_distance(h: Activation, z: Tensor, a: Tensor, g_z: Tensor, nu: float) -> Tensor:
    """Squared distance of 0 from g_z − ν(a − h(z))ξ over the admitted slopes ξ."""
    pull = -nu * (a - h(z))
    left, right = _slopes(h, z)
    first, second = g_z + pull * left, g_z + pull * right
    ends = torch.minimum(first**2, second**2)
    convex = pull * (right - left) > 0
    return torch.where(convex & (first * second <= 0), 0.0, ends)
