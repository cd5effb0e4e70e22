"""Textbook loops on problems of their own, recorded with the quantities that papers speak of.

Those that the gallery shows too are its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from amverify.trace.trace import Trace
from repro.gallery.alternating import coordinates
from repro.gallery.composite import shrinking, simplex
from repro.gallery.loop import XSTAR, A, B, F, bowl, descending, loop, size2, slope, squares
from repro.gallery.smooth import adam, gradient, heavy, nesterov, unstable

SIGNS = torch.tensor([1.0, -1, 1, 1, -1, 1], dtype=F)
POINTS = torch.tensor([[1.0, 2], [2, -1], [-1, 1], [3, 1], [1, -2], [-2, -1]], dtype=F)


def logistic(x: Tensor) -> Tensor:
    return torch.nn.functional.softplus(-SIGNS * (POINTS @ x)).sum()


def wells(x: Tensor) -> Tensor:
    return ((x * x - 1) ** 2).sum() / 4


@cache
def single() -> Trace:
    """Gradient descent in float32."""
    x = torch.ones(20)
    step = lambda _, x: x - 0.1 * slope(bowl, x)  # noqa: E731
    return loop(bowl, x, 90, step, {"dist2": size2}, L=10, fstar=0)


@cache
def subgradient() -> Trace:
    """Subgradients of ‖x‖₁ in ℝ⁴, η_k = 1/√k from x⁰ = (1, −0.5, 0.25, 0.3)."""
    x = torch.tensor([1, -0.5, 0.25, 0.3], dtype=F)
    f = lambda x: x.abs().sum()  # noqa: E731
    step = lambda k, x: x - torch.sign(x) / math.sqrt(k)  # noqa: E731
    return loop(f, x, 80, step, {"gap": f, "dist2": size2}, fstar=0)


@cache
def newton() -> Trace:
    """Newton's method on Σ eˣ − x: quadratic convergence to 0."""
    f = lambda x: (x.exp() - x).sum()  # noqa: E731
    step = lambda _, x: x - 1 + (-x).exp()  # noqa: E731
    seen = {"dist": lambda x: x.abs().max()}
    return loop(f, torch.tensor([1.0, 0.5], dtype=F), 5, step, seen, fstar=2)


@cache
def online() -> Trace:
    """Online gradient descent on losses g_k x, |g_k| ≤ 1, x in [−1, 1], η_k = 1/√k."""
    losses = torch.tensor([math.cos(3.0 * k * k) for k in range(201)], dtype=F)
    place = {"k": 0}

    def step(k: int, x: Tensor) -> Tensor:
        place["k"] = k
        return torch.clamp(x - losses[k - 1] / math.sqrt(k), -1, 1)

    regret = lambda x: losses[place["k"]] * (x[0] - 1.0)  # noqa: E731
    x = torch.zeros(1, dtype=F)
    return loop(lambda x: (0 * x).sum(), x, 100, step, {"regret": regret})


@cache
def saddle() -> Trace:
    """Gradient descent on double wells, nonconvex, η = 0.1."""
    x = torch.tensor([0.1, -1.7, 1.4], dtype=F)
    seen = {"far": lambda x: (x.abs() - 1).abs().max()}
    return loop(wells, x, 60, descending(wells, 0.1), seen, 0.1, L=8, fstar=0)


@cache
def ascent() -> Trace:
    """Gradient ascent on −logistic loss."""
    f = lambda x: -logistic(x)  # noqa: E731
    return loop(f, torch.zeros(2, dtype=F), 50, lambda _, x: x + 0.05 * slope(f, x))


@cache
def noisy() -> Trace:
    """Stochastic gradient descent, one sample a step, η = 0.2."""
    draw = torch.Generator().manual_seed(0)

    def step(_: int, x: Tensor) -> Tensor:
        i = int(torch.randint(4, (1,), generator=draw))
        return x - 0.08 * A[i] * (A[i] @ x - B[i] + 0.5 * torch.randn((), generator=draw, dtype=F))

    seen = {"dist2": lambda x: ((x - XSTAR) ** 2).sum()}
    return loop(squares, torch.zeros(3, dtype=F), 60, step, seen, fstar=0)


RUNS: dict[str, Callable[[], Trace]] = {
    f.__wrapped__.__name__: f
    for f in (
        gradient, unstable, single, heavy, nesterov, adam, subgradient, newton, simplex, online,
        coordinates, shrinking, saddle, ascent, noisy,
    )
}  # fmt: skip
