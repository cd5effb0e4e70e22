"""Gradient methods in torch: what autograd and the recorder's hooks see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from amverify.record.recorder import Recorder
from strangers.subject import CLEAR, Run, Stranger, least_modulus, sufficient

Loss = Callable[[], Tensor]
SHARES = (0.3, 1.0, 1.8)
"""ηL of a run, by seed."""


def _type(name: str) -> torch.dtype:
    return torch.float32 if name == "float32" else torch.float64


def _drawn(
    seed: int, rows: int, columns: int, dtype: str
) -> tuple[Tensor, Tensor, torch.Generator]:
    """Data of a regression, and the generator for more."""
    source = torch.Generator().manual_seed(seed)
    data = torch.randn(rows, columns, generator=source, dtype=torch.float64).to(_type(dtype))
    target = torch.randn(rows, generator=source, dtype=torch.float64).to(_type(dtype))
    return data, target, source


def _steps(
    optimizer: torch.optim.Optimizer, loss: Loss, count: int, then: Callable[[], None] | None = None
) -> None:
    for _ in range(count):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        if then is not None:
            then()


def _of_descent(recorder: Recorder, eta: float, modulus: float, *more: str) -> Run:
    constants = {
        "L": modulus,
        "a": sufficient(eta, modulus),
        "b": (1 / eta + modulus) * (1 + CLEAR),
    }
    return Run(recorder.trace(), ("descent", "H1", *more), constants)


def least_squares(seed: int, dtype: str) -> Run:
    """½‖Ax − y‖², L = σ_max(A)²."""
    data, target, _ = _drawn(seed, 30, 8, dtype)
    x = torch.zeros(8, dtype=_type(dtype), requires_grad=True)
    modulus = least_modulus(data)
    eta = SHARES[seed % 3] / modulus
    optimizer = torch.optim.SGD([x], lr=eta)

    def loss() -> Tensor:
        return 0.5 * ((data @ x - target) ** 2).sum()

    recorder = Recorder.attach(optimizer, loss)
    _steps(optimizer, loss, (15, 200)[seed % 2])
    return _of_descent(recorder, eta, modulus, "H2", "G1")


def interpolation(seed: int, dtype: str) -> Run:
    """Cross-entropy on separable classes, far beyond the last mistake: L ≤ σ_max(A)²/2N."""
    data, _, _ = _drawn(seed, 40, 4, dtype)
    data[:, 0] += 4 * torch.sign(data[:, 0])
    labels = (data[:, 0] > 0).long()
    weights = torch.tensor(
        [[-1.0, 0, 0, 0], [1.0, 0, 0, 0]], dtype=_type(dtype), requires_grad=True
    )
    modulus = least_modulus(data) / (2 * len(data))
    eta = SHARES[seed % 3] / modulus
    optimizer = torch.optim.SGD([weights], lr=eta)

    def loss() -> Tensor:
        return functional.cross_entropy(data @ weights.T, labels)

    recorder = Recorder.attach(optimizer, loss)
    _steps(optimizer, loss, (20, 250)[seed % 2])
    return _of_descent(recorder, eta, modulus, "G1")


def negative(seed: int, dtype: str) -> Run:
    """½xᵀQx − cᵀx − 7: a value that is negative, of terms that cancel."""
    data, _, source = _drawn(seed, 12, 5, dtype)
    matrix = data.T @ data
    linear = torch.randn(5, generator=source, dtype=torch.float64).to(_type(dtype))
    x = torch.full((5,), 0.1, dtype=_type(dtype), requires_grad=True)
    modulus = float(torch.linalg.eigvalsh(matrix.double())[-1]) * (1 + CLEAR)
    eta = SHARES[seed % 3] / modulus
    optimizer = torch.optim.SGD([x], lr=eta)

    def loss() -> Tensor:
        return 0.5 * (x @ matrix @ x) - linear @ x - 7

    recorder = Recorder.attach(optimizer, loss)
    _steps(optimizer, loss, (15, 300)[seed % 2])
    return _of_descent(recorder, eta, modulus, "H2")


def autocast(seed: int, dtype: str) -> Run:
    """Trained in float32, looked at under bfloat16 autocast."""
    data, target, _ = _drawn(seed, 24, 6, "float32")
    layer = torch.nn.Linear(6, 1, bias=False)
    modulus = 2 * least_modulus(data) / len(data)
    eta = SHARES[seed % 2] / modulus
    optimizer = torch.optim.SGD(layer.parameters(), lr=eta)

    def plain() -> Tensor:
        return functional.mse_loss(layer(data)[:, 0], target)

    def mixed() -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return functional.mse_loss(layer(data)[:, 0], target)

    recorder = Recorder.attach(optimizer, mixed)
    _steps(optimizer, plain, 40)
    return _of_descent(recorder, eta, modulus)


def projected(seed: int, dtype: str) -> Run:
    """The loop clips the parameters to a box after each step: F = f + the box's indicator."""
    data, target, _ = _drawn(seed, 20, 6, dtype)
    x = torch.zeros(6, dtype=_type(dtype), requires_grad=True)
    modulus = least_modulus(data)
    eta = SHARES[seed % 3] / modulus
    optimizer = torch.optim.SGD([x], lr=eta)

    def loss() -> Tensor:
        return 0.5 * ((data @ x - 3 * target) ** 2).sum() + 1

    def clip() -> None:
        with torch.no_grad():
            x.clamp_(-0.125, 0.125)

    recorder = Recorder.attach(optimizer, loss)
    _steps(optimizer, loss, 60, clip)
    return _of_descent(recorder, eta, modulus)


def decayed(seed: int, dtype: str) -> Run:
    """Weight decay in the optimiser, and the same ridge in the objective that is recorded."""
    data, target, _ = _drawn(seed, 20, 6, dtype)
    decay = 0.25
    x = torch.ones(6, dtype=_type(dtype), requires_grad=True)
    modulus = (least_modulus(data) + decay) * (1 + CLEAR)
    eta = SHARES[seed % 3] / modulus
    optimizer = torch.optim.SGD([x], lr=eta, weight_decay=decay)

    def loss() -> Tensor:
        return 0.5 * ((data @ x - target) ** 2).sum()

    recorder = Recorder.attach(optimizer, lambda: loss() + decay / 2 * (x * x).sum())
    _steps(optimizer, loss, 50)
    return _of_descent(recorder, eta, modulus)


def scheduled(seed: int, dtype: str) -> Run:
    """A learning rate that falls from 1/L: descent in every step."""
    data, target, _ = _drawn(seed, 20, 6, dtype)
    x = torch.ones(6, dtype=_type(dtype), requires_grad=True)
    modulus = least_modulus(data)
    optimizer = torch.optim.SGD([x], lr=1 / modulus)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.97)

    def loss() -> Tensor:
        return 0.5 * ((data @ x - target) ** 2).sum()

    recorder = Recorder.attach(optimizer, loss)
    _steps(optimizer, loss, 60, schedule.step)
    return Run(recorder.trace(), ("descent", "H1", "G1"), {"a": modulus / 2 * 0.99, "L": modulus})


def damped(seed: int, dtype: str) -> Run:
    """A subclass whose step calls SGD's, and goes only part of its way."""

    class Damped(torch.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            params = [p for group in self.param_groups for p in group["params"]]
            before = [p.detach().clone() for p in params]
            found = super().step(closure)
            with torch.no_grad():
                for p, old in zip(params, before, strict=True):
                    p.copy_(old + 0.25 * (p - old))
            return found

    data, target, _ = _drawn(seed, 20, 6, dtype)
    x = torch.ones(6, dtype=_type(dtype), requires_grad=True)
    modulus = least_modulus(data)
    optimizer = Damped([x], lr=4 / modulus)

    def loss() -> Tensor:
        return 0.5 * ((data @ x - target) ** 2).sum()

    recorder = Recorder.attach(optimizer, loss)
    _steps(optimizer, loss, 60)
    return _of_descent(recorder, 1 / modulus, modulus)


def heavy_ball(seed: int, dtype: str) -> Run:
    """SGD with momentum, G4: its Lyapunov function falls, its objective need not."""
    data, target, _ = _drawn(seed, 20, 6, dtype)
    x = torch.ones(6, dtype=_type(dtype), requires_grad=True)
    modulus, beta = least_modulus(data), (0.25, 0.5, 0.9)[seed % 3]
    optimizer = torch.optim.SGD([x], lr=(1 - beta) / modulus, momentum=beta)

    def loss() -> Tensor:
        return 0.5 * ((data @ x - target) ** 2).sum()

    recorder = Recorder.attach(optimizer, loss)
    _steps(optimizer, loss, (20, 150)[seed % 2])
    return Run(recorder.trace(), ("G4",), {"L": modulus})


def line_search(seed: int, dtype: str) -> Run:
    """L-BFGS with strong Wolfe conditions: every accepted step has Armijo's decrease."""
    data, target, _ = _drawn(seed, 30, 6, dtype)
    x = torch.zeros(6, dtype=_type(dtype), requires_grad=True)
    optimizer = torch.optim.LBFGS([x], line_search_fn="strong_wolfe", max_iter=4)

    def loss() -> Tensor:
        return functional.softplus(-target.sign() * (data @ x)).mean() + 0.05 * (x * x).sum()

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    recorder = Recorder.attach(optimizer, loss)
    for _ in range(8):
        optimizer.step(closure)
    return Run(recorder.trace(), ("descent",), {})


def polyak_lojasiewicz(seed: int, dtype: str) -> Run:
    """Strongly convex least squares: G2 with μ = λ_min."""
    data, _, _ = _drawn(seed, 20, 4, dtype)
    x = torch.ones(4, dtype=_type(dtype), requires_grad=True)
    singular = torch.linalg.svdvals(data.double())
    modulus = float(singular[0] ** 2) * (1 + CLEAR)
    optimizer = torch.optim.SGD([x], lr=SHARES[seed % 3] / modulus)

    def loss() -> Tensor:
        return 0.5 * ((data @ x) ** 2).sum()

    recorder = Recorder.attach(optimizer, loss)
    _steps(optimizer, loss, 25)
    mu = float(singular[-1] ** 2) * (1 - CLEAR)
    return Run(recorder.trace(), ("G2", "descent"), {"L": modulus, "mu": mu, "fstar": 0.0})


def thresholded(seed: int, dtype: str) -> Run:
    """ISTA by hand: a gradient step, then soft thresholding inside no_grad; F = f + λ‖x‖₁."""
    data, target, _ = _drawn(seed, 20, 8, dtype)
    x = torch.ones(8, dtype=_type(dtype), requires_grad=True)
    weight, modulus = 0.5, least_modulus(data)
    eta = SHARES[seed % 2] / modulus
    optimizer = torch.optim.SGD([x], lr=eta)

    def smooth() -> Tensor:
        return 0.5 * ((data @ x - target) ** 2).sum()

    def shrink() -> None:
        with torch.no_grad():
            x.copy_(x.sign() * (x.abs() - eta * weight).clamp(min=0))

    recorder = Recorder.attach(optimizer, lambda: smooth() + weight * x.abs().sum(), gradient=False)
    _steps(optimizer, smooth, 60, shrink)
    return _of_descent(recorder, eta, modulus)


def two_groups(seed: int, dtype: str) -> Run:
    """Two layers' parameters with step sizes of their own, both below 1/L."""
    data, target, _ = _drawn(seed, 20, 6, dtype)
    u, v = (torch.ones(3, dtype=_type(dtype), requires_grad=True) for _ in range(2))
    modulus = least_modulus(data)
    optimizer = torch.optim.SGD(
        [{"params": [u]}, {"params": [v], "lr": 0.5 / modulus}], 1 / modulus
    )

    def loss() -> Tensor:
        return 0.5 * ((data @ torch.cat((u, v)) - target) ** 2).sum()

    recorder = Recorder.attach(optimizer, loss)
    _steps(optimizer, loss, 60)
    return _of_descent(recorder, 1 / modulus, modulus)


GRADIENTS = (
    Stranger("least squares, SGD", "descent lemma", least_squares),
    Stranger("cross-entropy to interpolation", "descent lemma", interpolation),
    Stranger("a negative objective", "descent lemma", negative),
    Stranger("bfloat16 autocast", "descent lemma", autocast, ("float32",)),
    Stranger("clipping after the step", "projected gradient", projected),
    Stranger("weight decay", "descent lemma of the ridge", decayed),
    Stranger("a falling learning rate", "descent lemma", scheduled),
    Stranger("a damped subclass", "descent lemma", damped),
    Stranger("momentum", "iPiano's Lyapunov function", heavy_ball),
    Stranger("L-BFGS, strong Wolfe", "Armijo's condition", line_search),
    Stranger("least squares, PL", "Polyak (1963)", polyak_lojasiewicz),
    Stranger("ISTA", "proximal gradient", thresholded),
    Stranger("two groups", "descent lemma, block by block", two_groups),
)
