"""Whole runs of the three methods whose chain H1, H2, KL is judged, with constants for each."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import nn

from amverify.methods.joint import JointTIAM
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band, Coupling, Penalty
from amverify.network.initial import gaussian
from amverify.network.layered import LayeredProblem
from amverify.record.layered.run import traced
from amverify.record.recorder import Recorder
from amverify.samt import SAMT
from amverify.trace.trace import Trace

Run = tuple[Trace, dict[str, Any]]


def problem(coupling: Coupling, ridge: float) -> LayeredProblem:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(20, 4, generator=generator, dtype=torch.float64)
    y = torch.randint(2, (20,), generator=generator)
    return LayeredProblem(x, y, (4, 6, 2), rho=0.5, mu=ridge, mu_bias=ridge, coupling=coupling)


def layered(method: TIAM | JointTIAM, p: LayeredProblem, declared: dict[str, Any]) -> Run:
    trace = traced(method, p, gaussian(p.widths, 0, 0.5), 60, measure_every=30)
    return trace, declared | {"fstar": 0.0}


def penalty_tiam() -> Run:
    """F ≥ 0; θ = ½ and c are declared of the region that the run goes through."""
    return layered(
        TIAM(), problem(Penalty(1.0), 0.1), {"a": 0.05, "b": 5.0, "c": 50.0, "theta": 0.5}
    )


def joint_tiam() -> Run:
    method = JointTIAM(scale=1.5, inertia=0.3, momentum=0.2)
    return layered(
        method, problem(Band(1e-2), 1e-2), {"a": 2.5e-5, "b": 50.0, "c": 1e4, "theta": 0.5}
    )


def full_batch_samt() -> Run:
    """Ridge regression: L, μ and f* are known, so S4's a and b, and c = 1/√(2μ)."""
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((24, 3)), rng.standard_normal(24)
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y)[:, None]
    ones = np.concatenate((x, np.ones((24, 1))), 1)
    hessian = ones.T @ ones / 24 + 0.05 * np.eye(4)
    low, high = np.linalg.eigvalsh(hessian)[[0, -1]] * [1 - 1e-9, 1 + 1e-9]
    torch.manual_seed(0)
    model = nn.Linear(3, 1).double()

    def loss() -> torch.Tensor:
        ridge = sum((p * p).sum() for p in model.parameters())
        return 0.5 * ((model(inputs) - targets) ** 2).mean() + 0.025 * ridge

    bounds = 0.25 / high, 1 / high
    optimiser = SAMT(model, lr=0.5 / high, bounds=bounds, extrapolation=0.0)
    recorder = Recorder.attach(optimiser, value=loss, subject="SAMT, full batch")
    for _ in range(16):
        optimiser.step(loss)
    recorder.detach()
    least = _least(ones, y)
    known = {
        "a": 1 / bounds[1] - high / 2, "b": high + 1 / bounds[0], "c": 1 / np.sqrt(2 * low),
        "theta": 0.5, "memory": 1, "fstar": least,
    }  # fmt: skip
    return recorder.trace(), known


def _least(ones: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> float:
    """f* of the ridge regression, rounded down: f(w) − ‖∇f(w)‖²/(2μ) at a w close by."""
    n, ridge = len(y), Fraction(1, 20)
    w = np.linalg.solve(ones.T @ ones / n + 0.05 * np.eye(4), ones.T @ y / n)
    rows = [[Fraction(v) for v in row] for row in ones]
    at = [Fraction(v) for v in w]
    gaps = [
        sum(a * b for a, b in zip(r, at, strict=True)) - Fraction(t)
        for r, t in zip(rows, y, strict=True)
    ]
    f = sum(g * g for g in gaps) / (2 * n) + ridge / 2 * sum(v * v for v in at)
    slope = [
        sum(g * r[j] for g, r in zip(gaps, rows, strict=True)) / n + ridge * at[j] for j in range(4)
    ]
    return float(f - sum(s * s for s in slope) / (2 * ridge)) * (1 - 2.0**-52)
