"""Textbook loops on problems of their own, recorded with the quantities that papers speak of."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

import amverify as amv
from amverify.record.recorder import Recorder
from amverify.trace.trace import Trace

F = torch.float64
D = torch.linspace(1, 10, 20, dtype=F)
"""Curvatures: μ = 1, L = 10."""
A = torch.tensor([[2.0, 1, 0], [1, 3, 1], [0, 1, 1], [1, 0, 2]], dtype=F)
"""A tall matrix for least squares with residual 0 at x* = (1, −2, 1)."""
XSTAR = torch.tensor([1.0, -2, 1], dtype=F)
B = A @ XSTAR
SIGNS = torch.tensor([1.0, -1, 1, 1, -1, 1], dtype=F)
POINTS = torch.tensor([[1.0, 2], [2, -1], [-1, 1], [3, 1], [1, -2], [-2, -1]], dtype=F)


def bowl(x: Tensor) -> Tensor:
    return 0.5 * (D.to(x.dtype) * x * x).sum()


def squares(x: Tensor) -> Tensor:
    return 0.5 * ((A @ x - B) ** 2).sum()


def logistic(x: Tensor) -> Tensor:
    return torch.nn.functional.softplus(-SIGNS * (POINTS @ x)).sum()


def wells(x: Tensor) -> Tensor:
    return ((x * x - 1) ** 2).sum() / 4


Step = Callable[[int, Tensor], Tensor]


def slope(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    x = x.detach().clone().requires_grad_(True)
    return torch.autograd.grad(f(x), x)[0]


def loop(
    f: Callable[[Tensor], Tensor],
    x: Tensor,
    steps: int,
    step: Step,
    quantities: dict[str, Callable[..., Tensor]] | None = None,
    eta: float | None = None,
    **constants: object,
) -> Trace:
    """The trace of x⁰, x¹ = step(1, x⁰), …"""
    recorder = Recorder(value=f, eta=eta)
    for name, quantity in (quantities or {}).items():
        recorder.track(name, quantity)
    recorder.step(x)
    for k in range(1, steps + 1):
        x = step(k, x)
        recorder.step(x)
    return recorder.trace(**constants)


def descending(f: Callable[[Tensor], Tensor], eta: float) -> Step:
    return lambda _, x: x - eta * slope(f, x)


def size2(x: Tensor) -> Tensor:
    return (x * x).sum()


@cache
def gradient() -> Trace:
    """Gradient descent, η = 1/L; the bowl."""
    seen = {"dist2": size2, "energy": lambda x, old: bowl(x) + ((x - old) ** 2).sum()}
    x = torch.ones(20, dtype=F)
    return loop(bowl, x, 80, descending(bowl, 0.1), seen, 0.1, L=10, mu=1, fstar=0, D2=20)


@cache
def unstable() -> Trace:
    """Gradient descent, η = 2.05/L."""
    x = torch.ones(20, dtype=F)
    return loop(bowl, x, 40, descending(bowl, 0.205), {"dist2": size2}, 0.205, L=10)


@cache
def single() -> Trace:
    """Gradient descent in float32."""
    x = torch.ones(20)
    step = lambda _, x: x - 0.1 * slope(bowl, x)  # noqa: E731
    return loop(bowl, x, 90, step, {"dist2": size2}, L=10, fstar=0)


@cache
def heavy() -> Trace:
    """The heavy ball, η = 0.02, β = 0.9: it oscillates."""
    last = [torch.ones(20, dtype=F)]

    def step(_: int, x: Tensor) -> Tensor:
        now = x - 0.02 * slope(bowl, x) + 0.9 * (x - last[0])
        last[0] = x
        return now

    seen = {"psi": lambda x, old: bowl(x) + 22.5 * ((x - old) ** 2).sum(), "dist2": size2}
    return loop(bowl, torch.ones(20, dtype=F), 80, step, seen, L=10, fstar=0)


@cache
def nesterov() -> Trace:
    """Nesterov's method on least squares, η = 1/16 ≤ 1/L."""
    memory: dict[str, Tensor | float] = {"x": torch.zeros(3, dtype=F), "t": 1.0}

    def step(_: int, x: Tensor) -> Tensor:
        t = float(memory["t"])
        old = torch.as_tensor(memory["x"])
        later = (1 + math.sqrt(1 + 4 * t * t)) / 2
        y = x + memory.get("m", 0.0) * (x - old)
        now = y - slope(squares, y) / 16
        memory.update(x=x, t=later, m=(t - 1) / later)
        return now

    seen = {"dist2": lambda x: ((x - XSTAR) ** 2).sum()}
    return loop(squares, torch.zeros(3, dtype=F), 80, step, seen, fstar=0, R2=6, L=16)


@cache
def adam() -> Trace:
    """Adam, lr = 0.3, on the bowl."""
    x = torch.ones(20, dtype=F, requires_grad=True)
    optimizer = torch.optim.Adam([x], lr=0.3)
    recorder = Recorder.attach(optimizer, lambda: bowl(x))
    recorder.track("dist2", size2)
    recorder.track("largest", lambda x: x.abs().max())
    for _ in range(50):
        optimizer.zero_grad()
        bowl(x).backward()
        optimizer.step()
    return recorder.trace(fstar=0)


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
def simplex() -> Trace:
    """Frank–Wolfe over the simplex, ½‖x − c‖² with c inside: open-loop steps 2/(k + 1)."""
    c = torch.tensor([0.2, 0.3, 0.5], dtype=F)
    f = lambda x: 0.5 * ((x - c) ** 2).sum()  # noqa: E731

    def step(k: int, x: Tensor) -> Tensor:
        vertex = torch.zeros(3, dtype=F)
        vertex[int(torch.argmin(x - c))] = 1.0
        return x + 2 / (k + 1) * (vertex - x)

    x = torch.tensor([1.0, 0, 0], dtype=F)
    return loop(f, x, 80, step, {"mass": lambda x: x.sum(), "gap": f}, fstar=0)


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
def coordinates() -> Trace:
    """Exact coordinate descent on least squares, cyclically."""

    def step(k: int, x: Tensor) -> Tensor:
        i = (k - 1) % 3
        column = A[:, i]
        x = x.clone()
        x[i] -= column @ (A @ x - B) / (column @ column)
        return x

    seen = {"dist2": lambda x: ((x - XSTAR) ** 2).sum()}
    return loop(squares, torch.zeros(3, dtype=F), 60, step, seen, fstar=0)


@cache
def shrinking() -> Trace:
    """ISTA on least squares + 0.5‖x‖₁, η = 1/16."""
    f = lambda x: squares(x) + 0.5 * x.abs().sum()  # noqa: E731

    def step(_: int, x: Tensor) -> Tensor:
        y = x - slope(squares, x) / 16
        return torch.sign(y) * torch.clamp(y.abs() - 0.5 / 16, min=0)

    return loop(f, torch.zeros(3, dtype=F), 60, step, {"size": lambda x: x.abs().sum()}, L=16)


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

__all__ = ["RUNS", "amv"]
