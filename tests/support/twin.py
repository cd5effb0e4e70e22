"""One sweep of TIAM written straight from methods.md: slow, by autograd, without shortcuts.

Gradients and moduli come from autograd on F, intervals from bisection on h, R's proximal map
from a general minimiser, the certified parameters from bisection on τ, and the change of F
from two values of F. Dense weights, no replicates, exact moduli.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from amverify.methods.step import StepRule
from amverify.network.coupling import Band, Penalty
from amverify.network.layered import LayeredProblem, Point
from support.objective import (
    MODULES,
    autograd,
    largest_eigenvalue,
    loss_value,
    minimiser,
    objective,
    smooth,
)
from support.problems import group, replaced, sweep_order

Key = tuple[str, int]


@dataclass
class Twin:
    """The point, the displacements and the Lyapunov weights."""

    at: Point
    moved: Point
    delta: dict[Key, float] = field(default_factory=dict)
    sweeps: int = 0


def twin_sweep(p: LayeredProblem, rule: StepRule, twin: Twin, biases: bool = True) -> Twin:
    """All blocks once, each from the newest values of the others."""
    at, moved, delta = twin.at.copy(), twin.moved.copy(), dict(twin.delta)
    k = twin.sweeps + 1
    for kind, layer in sweep_order(p, biases):
        u = group(at, kind)[layer - 1]
        d = group(moved, kind)[layer - 1]
        held = delta.get((kind, layer), 0.0)
        if kind == "z" and layer < p.layers and isinstance(p.coupling, Penalty):
            new, weight = _nonconvex(p, rule, at, layer, d, k)
        else:
            new, weight = _convex(p, rule, at, (kind, layer), d, k, held)
        group(at, kind)[layer - 1] = new
        group(moved, kind)[layer - 1] = new - u
        delta[kind, layer] = weight
    return Twin(at, moved, delta, k)


def certified(modulus, delta, s, p1, p2, t, margin):
    """T3's rule by bisection: t ≤ 2s(1 − ϑ), then the largest τ ≤ 1 with both conditions."""
    t = max(1.0, min(t, 2 * s * (1 - margin)))

    def conditions(tau):
        c = abs(tau * (p1 * s - p2))
        carried = modulus * ((tau * p2) ** 2 + c)
        left = 2 * modulus * (s / t - 0.5) - modulus * c - 2 * margin * modulus * (s / t - 0.5)
        return carried <= delta and left >= 0

    low, high = 0.0, 1.0
    if conditions(1.0):
        low = 1.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if conditions(middle) else (low, middle)
    c = abs(low * (p1 * s - p2))
    weight = modulus * ((1 - margin) * (2 * s / t - 1) - c)
    return low * p1, low * p2, t, weight


def _convex(p, rule, at, key, d, k, held):
    kind, layer = key
    u = group(at, kind)[layer - 1]
    h = smooth(p, at, kind, layer)
    modulus, s = largest_eigenvalue(h, u), rule.scale
    p1, p2, p3 = rule.inertia.at(k)
    t, weight = 1 + p3, 0.0
    if rule.safeguard == "certified":
        p1, p2, t, weight = certified(modulus, held, s, p1, p2, t, rule.margin)
    new = _three_steps(p, at, key, d, h, modulus, s, (p1, p2, t - 1), k)
    if rule.safeguard == "monotone" and any(rule.inertia.at(k)):
        change = objective(p, replaced(at, kind, layer, new)) - objective(p, at)
        if change > 0:
            new = _three_steps(p, at, key, d, h, modulus, s, (0.0, 0.0, 0.0), k)
    return new, weight


def _three_steps(p, at, key, d, h, modulus, s, inertia, k):
    kind, layer = key
    p1, p2, p3 = inertia
    u, sl = group(at, kind)[layer - 1], s * modulus
    centre, point = u + p1 * d, u + p2 * d
    forward = centre - autograd(h, point) / sl
    if kind == "z" and layer == p.layers:
        plus = minimiser(lambda v: loss_value(p, v) + sl / 2 * (v - forward).pow(2).sum(), forward)
        new = plus + p3 * (plus - u)
        return new if p3 == 0 or _descends(p, at, new, d, modulus, s, inertia) else plus
    lower, upper = _box(p, at, key, k)
    plus = torch.minimum(torch.maximum(forward, lower), upper)
    new = plus + p3 * (plus - u)
    return torch.minimum(torch.maximum(new, lower), upper)


def _descends(p, at, new, d, modulus, s, inertia):
    p1, p2, p3 = inertia
    u, t = at.z[-1], 1 + p3
    e = new - u
    bracket = (s / t - 0.5) * e.pow(2).sum() - (p1 * s - p2) * (d * e).sum()
    bracket = bracket - p2**2 / 2 * d.pow(2).sum()
    change = objective(p, replaced(at, "z", p.layers, new)) - objective(p, at)
    return bool(change <= -modulus * bracket)


def _box(p, at, key, k):
    kind, layer = key
    u = group(at, kind)[layer - 1]
    everything = torch.full_like(u, -torch.inf), torch.full_like(u, torch.inf)
    if kind in ("W", "b") or not isinstance(p.coupling, Band):
        return everything
    h, eps = MODULES[p.activation.name], p.coupling.at(k)
    if kind == "a":
        value = h(at.z[layer - 1])
        return value - eps, value + eps
    a = at.a[layer - 1]
    right, left = torch.full_like(a, 1e3), torch.full_like(a, -1e3)
    low = _bisect(lambda z: h(z) >= a - eps, right, left)
    high = _bisect(lambda z: h(z) <= a + eps, left, right)
    reachable = (h(right) >= a - eps) & (h(left) <= a + eps)
    return torch.where(reachable, low, u), torch.where(reachable, high, u)


def _bisect(holds, good: Tensor, bad: Tensor) -> Tensor:
    """The end of the set where ``holds``; ±∞ where it does not end between the two."""
    endless = holds(bad)
    start = bad
    for _ in range(200):
        middle = (good + bad) / 2
        at = holds(middle)
        good, bad = torch.where(at, middle, good), torch.where(at, bad, middle)
    return torch.where(endless, start * torch.inf, good)


def _nonconvex(p, rule, at, layer, d, k):
    """min F + (γ/2)‖z − z̃‖² over z_l, entry by entry on all candidates of the pieces."""
    gamma, p1 = rule.scale * p.rho, rule.inertia.at(k)[0]
    if rule.safeguard == "certified":
        p1 = max(-0.5, min(0.5, p1)) * (1 - rule.margin)
    new = _best(p, at, layer, at.z[layer - 1] + p1 * d, gamma)
    if rule.safeguard == "monotone" and p1:
        change = objective(p, replaced(at, "z", layer, new)) - objective(p, at)
        if change > 0:
            new = _best(p, at, layer, at.z[layer - 1], gamma)
    return new, gamma / 2 if rule.safeguard == "certified" else 0.0


SLOPES = {
    "identity": [(1.0, 0.0)],
    "relu": [(0.0, 0.0), (1.0, 0.0)],
    "leaky_relu": [(0.01, 0.0), (1.0, 0.0)],
    "hard_tanh": [(0.0, -1.0), (1.0, 0.0), (0.0, 1.0)],
    "relu6": [(0.0, 0.0), (1.0, 0.0), (0.0, 6.0)],
}


def _best(p, at, layer, near, gamma):
    h, nu, a = MODULES[p.activation.name], p.coupling.nu, at.a[layer - 1]
    inputs = p.space.inputs if layer == 1 else at.a[layer - 2]
    pre = inputs @ at.w[layer - 1].mT + at.b[layer - 1]

    def value(z):
        square = p.rho * (z - pre) ** 2 + gamma * (z - near) ** 2
        return square + nu * (a - h(z)) ** 2

    pieces = SLOPES[p.activation.name]
    candidates = [torch.full_like(a, x) for x in (-1.0, 0.0, 1.0, 6.0)]
    for slope, intercept in pieces:
        weight = p.rho + gamma + nu * slope**2
        z = (p.rho * pre + gamma * near + nu * slope * (a - intercept)) / weight
        candidates.append(z)
    stacked = torch.stack(candidates)
    return stacked.gather(0, value(stacked).argmin(0, keepdim=True))[0]
