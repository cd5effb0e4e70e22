r"""What is dear to know about a point of the layered objective, with bounds on its rounding.

Residuals, gap, active sides and curvature take as long as a sweep or longer, so they are measured
now and then. Bounds are normwise: with r_l = z_l − a_{l−1}W_lᵀ − 1b_lᵀ computed in any order,

    ‖fl(r_l) − r_l‖ ≤ γ_{n+3} S_l,     S_l = ‖a_{l−1}‖‖W_l‖ + √N‖b_l‖ + ‖z_l‖        (Frobenius)

since ‖|A||B|‖ ≤ ‖A‖‖B‖. From it follow bounds for F, ‖r‖² being a sum of N·n squares, and for the
gradients ρrᵀa, ρΣr, ρr, ρrW. Distances to cones are 1-Lipschitz in the gradient.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from amverify.network.blocks import activation_block, bias_block, weight_block
from amverify.network.coupling import Band, Penalty
from amverify.network.layered import LayeredProblem, Point, inner, squared_norm
from amverify.network.residual import Residual, residual
from amverify.numbers.roundoff import gamma

_ELEMENTARY = 8
"""exp and log of torch are right to a few units in the last place; this counts them generously."""


def widened(point: Point) -> Point:
    """The same numbers in float64."""
    return Point(*([u.double() for u in group] for group in (point.w, point.b, point.z, point.a)))


def _norm(u: Tensor) -> float:
    """The largest Frobenius norm over the replicates, rounded up."""
    return float(squared_norm(u.double()).max().sqrt()) * (1 + gamma(u.shape[-1] * u.shape[-2] + 4))


@dataclass(frozen=True)
class Sizes:
    """Frobenius norms at a point: inputs, weights and the terms S_l of each residual."""

    inputs: tuple[float, ...]
    weights: tuple[float, ...]
    residuals: tuple[float, ...]
    output: float

    @classmethod
    def of(cls, problem: LayeredProblem, point: Point) -> Sizes:
        """The norms of a point (the largest over replicates)."""
        root = math.sqrt(problem.samples)
        inputs = (_norm(problem.space.inputs), *(_norm(a) for a in point.a))
        weights = tuple(_norm(w) for w in point.w)
        residuals = tuple(
            a * w + root * _norm(b) + _norm(z)
            for a, w, b, z in zip(inputs, weights, point.b, point.z, strict=True)
        )
        return cls(inputs, weights, residuals, _norm(point.z[-1]))


def value_error(problem: LayeredProblem, point: Point, value: float) -> float:
    """A bound on the rounding error of F as ``LayeredProblem.value`` computes it in float64."""
    sizes, n = Sizes.of(problem, point), problem.samples
    widest = max(*problem.widths[1:], point.w[0].shape[-1])
    total = gamma(n * widest + 8 * problem.layers + 8) * abs(value)
    for residual_size in sizes.residuals:
        off = gamma(widest + 3) * residual_size
        total += 0.5 * problem.rho * off * (2 * residual_size + off)
    if isinstance(problem.coupling, Penalty):
        for z, a in zip(point.z, point.a, strict=False):
            size = problem.activation.lipschitz * _norm(z) + _norm(a) + abs(_at_zero(problem, z))
            off = gamma(_ELEMENTARY) * size
            total += problem.coupling.nu * off * (size + off)
    classes = problem.widths[-1]
    target = _norm(problem.target)
    logits = 2 * math.sqrt(n * classes) * (sizes.output + math.sqrt(n * classes)) + target * (
        sizes.output + target
    )
    return total + gamma(n + 4 * classes + 4 * _ELEMENTARY) * logits


def _at_zero(problem: LayeredProblem, z: Tensor) -> float:
    return float(problem.activation(torch.zeros(1, dtype=z.dtype))) * math.sqrt(z[0].numel())


def gradient_error(problem: LayeredProblem, point: Point) -> float:
    """A bound on ‖fl(∇F) − ∇F‖ over all blocks, as ``residual`` computes it in float64."""
    sizes, n, rho = Sizes.of(problem, point), problem.samples, problem.rho
    parts = []
    for layer, (size, a, w) in enumerate(
        zip(sizes.residuals, sizes.inputs, sizes.weights, strict=True), start=1
    ):
        width = point.w[layer - 1].shape[-1] + problem.widths[layer] + n
        off = gamma(2 * width + 8) * size
        factors = a + math.sqrt(n) + 1 + (w if layer > 1 else 0.0)
        ridges = problem.mu * w + problem.mu_bias * _norm(point.b[layer - 1])
        parts.append(rho * off * factors + gamma(4) * ridges)
    if isinstance(problem.coupling, Penalty):
        steep = problem.activation.lipschitz
        for z, a_l in zip(point.z, point.a, strict=False):
            size = steep * _norm(z) + _norm(a_l) + abs(_at_zero(problem, z))
            parts.append(2 * problem.coupling.nu * gamma(_ELEMENTARY) * size * max(1.0, steep))
    loss = gamma(problem.widths[-1] + 4 * _ELEMENTARY)
    parts.append(loss * (math.sqrt(n) + 4 * sizes.output + _norm(problem.target)))
    return math.hypot(*parts) * (1 + gamma(64))


def gradient(problem: LayeredProblem, point: Point) -> Point:
    """∇ of F's smooth part (R included, the penalty's share in z left out), block by block."""
    found = Point([], [], [], [])
    for layer in range(1, problem.layers + 1):
        pre = problem.affine(point, layer)
        found.w.append(weight_block(problem, point, pre, layer).gradient())
        found.b.append(bias_block(problem, point, pre, layer).gradient())
        z = point.z[layer - 1]
        g = problem.rho * (z - pre)
        if layer == problem.layers:
            found.z.append(g + problem.loss.gradient(z, problem.target))
            break
        found.z.append(g)
        following = problem.affine(point, layer + 1)
        found.a.append(activation_block(problem, point, following, layer, 1.0).gradient())
    return found


def curvature(problem: LayeredProblem, before: Point, after: Point) -> Tensor:
    """⟨∇F(x') − ∇F(x), x' − x⟩/‖x' − x‖², of the replicates' shape; 0 where nothing moved."""
    old, new = gradient(problem, before), gradient(problem, after)
    bend = length = torch.zeros_like(problem.value(after))
    for g, g2, u, v in zip(_all(old), _all(new), _all(before), _all(after), strict=True):
        bend = bend + inner(g2 - g, v - u)
        length = length + squared_norm(v - u)
    return torch.where(length > 0, bend / length, 0.0)


def _all(point: Point) -> list[Tensor]:
    return [*point.w, *point.b, *point.z, *point.a]


def measure(
    problem: LayeredProblem,
    point: Point,
    eps: float,
    before: Point | None,
    made_in: torch.dtype = torch.float64,
    known: Residual | None = None,
) -> dict[str, Tensor]:
    """The columns of the ``measures`` table at a point, each (R,) over the flattened replicates.

    Args:
        problem: in float64.
        point: in float64.
        eps: the band's ε there (unused with a penalty).
        before: the point one sweep earlier, for the curvature along the path.
        made_in: the format of the run: a side of the band is met up to its rounding.
        known: the residuals there, where they were formed already.
    """
    found = residual(problem, point, eps, made_in) if known is None else known
    error = gradient_error(problem, point)
    weights = torch.zeros_like(found.blockwise)
    for (kind, _), own in found.blocks.items():
        if kind == "W":
            weights = weights + own * own
    columns = {
        "residual_block": found.blockwise,
        "residual_joint": found.joint,
        "weight_gradient": weights.sqrt(),
    }
    for name in tuple(columns):
        columns[f"{name}_error"] = error + gamma(_entries(problem, point)) * columns[name]
    columns["gap"] = problem.coupling_gap(point)
    columns["infeasible"] = problem.infeasibility(point, eps)
    columns["active"] = _active(problem, point, eps, made_in)
    if before is not None:
        columns["curvature"] = curvature(problem, before, point)
    return {name: value.reshape(-1) for name, value in columns.items()}


def _entries(problem: LayeredProblem, point: Point) -> int:
    """No fewer than all blocks have."""
    size = sum(point.w[i].shape[-1] * problem.widths[i + 1] for i in range(problem.layers))
    return size + problem.samples * 2 * sum(problem.widths[1:])


def squared_residuals(
    problem: LayeredProblem, point: Point, found: Residual
) -> dict[tuple[str, int], tuple[Tensor, Tensor]]:
    """‖·‖² of each block's residual and a bound on its error, (R,) over the flattened replicates.

    Args:
        problem: in float64.
        point: in float64.
        found: the residuals there.
    """
    error, few = gradient_error(problem, point), gamma(_entries(problem, point))
    squares = {}
    for key, own in found.blocks.items():
        off = error + few * own
        squares[key] = ((own * own).reshape(-1), (off * (2 * own + off)).reshape(-1) * (1 + few))
    return squares


def _active(problem: LayeredProblem, point: Point, eps: float, made_in: torch.dtype) -> Tensor:
    """The share of hidden coordinates at which a side of the band is met up to rounding."""
    count = torch.zeros_like(problem.value(point))
    if not isinstance(problem.coupling, Band) or not point.a:
        return count
    total = 0
    for z, a in zip(point.z, point.a, strict=False):
        value = problem.activation(z)
        slack = 2 * torch.finfo(made_in).eps * (value.abs() + a.abs() + eps)
        count = count + ((a - value).abs() >= eps - slack).double().sum((-2, -1))
        total += a.shape[-1] * a.shape[-2]
    return count / total
