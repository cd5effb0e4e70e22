"""Small problems with known constants, and a loop of steps that is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from amverify.record.recorder import Recorder
from amverify.trace.trace import Trace

F = torch.float64
D = torch.linspace(1, 10, 20, dtype=F)
"""Curvatures: μ = 1, L = 10."""
A = torch.tensor([[2.0, 1, 0], [1, 3, 1], [0, 1, 1], [1, 0, 2]], dtype=F)
"""A tall matrix for least squares with residual 0 at x* = (1, −2, 1); ‖AᵀA‖ < 16."""
XSTAR = torch.tensor([1.0, -2, 1], dtype=F)
B = A @ XSTAR

Function = Callable[[Tensor], Tensor]
Step = Callable[[int, Tensor], Tensor]
Quantities = Mapping[str, Callable[..., Tensor]]


def bowl(x: Tensor) -> Tensor:
    """½ Σ d_j x_j²."""
    return 0.5 * (D.to(x.dtype) * x * x).sum()


def squares(x: Tensor) -> Tensor:
    """½‖Ax − b‖²."""
    return 0.5 * ((A @ x - B) ** 2).sum()


def size2(x: Tensor) -> Tensor:
    """‖x‖²."""
    return (x * x).sum()


def to_xstar2(x: Tensor) -> Tensor:
    """‖x − x*‖² of least squares."""
    return ((x - XSTAR) ** 2).sum()


def slope(f: Function, x: Tensor) -> Tensor:
    """∇f(x)."""
    x = x.detach().clone().requires_grad_(True)
    return torch.autograd.grad(f(x), x)[0]


def descending(f: Function, eta: float) -> Step:
    """x − η∇f(x)."""
    return lambda _, x: x - eta * slope(f, x)


def loop(
    f: Function,
    x: Tensor,
    steps: int,
    step: Step,
    quantities: Quantities | None = None,
    eta: float | None = None,
    **constants: Any,
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
