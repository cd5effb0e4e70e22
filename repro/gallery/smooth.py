"""Gradient methods on smooth functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor

from amverify.record.recorder import Recorder
from amverify.trace.trace import Trace
from repro.gallery.entry import Entry, false, true
from repro.gallery.loop import (
    F,
    Quantities,
    bowl,
    descending,
    loop,
    size2,
    slope,
    squares,
    to_xstar2,
)

ONE_STEP = "value[k] <= value[k-1]"


@cache
def gradient() -> Trace:
    """Gradient descent, η = 1/L; the bowl."""
    seen: Quantities = {"dist2": size2, "energy": lambda x, old: bowl(x) + ((x - old) ** 2).sum()}
    x = torch.ones(20, dtype=F)
    return loop(bowl, x, 80, descending(bowl, 0.1), seen, 0.1, L=10, mu=1, fstar=0, D2=20)


@cache
def unstable() -> Trace:
    """Gradient descent, η = 2.05/L."""
    x = torch.ones(20, dtype=F)
    return loop(bowl, x, 40, descending(bowl, 0.205), {"dist2": size2}, 0.205, L=10)


@cache
def heavy() -> Trace:
    """The heavy ball, η = 0.02, β = 0.9: it oscillates."""
    last = [torch.ones(20, dtype=F)]

    def step(_: int, x: Tensor) -> Tensor:
        now = x - 0.02 * slope(bowl, x) + 0.9 * (x - last[0])
        last[0] = x
        return now

    psi = lambda x, old: bowl(x) + 22.5 * ((x - old) ** 2).sum()  # noqa: E731
    seen: Quantities = {"psi": psi, "dist2": size2}
    return loop(bowl, torch.ones(20, dtype=F), 80, step, seen, L=10, fstar=0)


@cache
def nesterov() -> Trace:
    """Nesterov's method on least squares, η = 1/16 ≤ 1/L."""
    memory: dict[str, Any] = {"x": torch.zeros(3, dtype=F), "t": 1.0, "m": 0.0}

    def step(_: int, x: Tensor) -> Tensor:
        later = (1 + math.sqrt(1 + 4 * memory["t"] ** 2)) / 2
        y: Tensor = x + memory["m"] * (x - memory["x"])
        now = y - slope(squares, y) / 16
        memory.update(x=x, m=(memory["t"] - 1) / later, t=later)
        return now

    x = torch.zeros(3, dtype=F)
    return loop(squares, x, 80, step, {"dist2": to_xstar2}, fstar=0, R2=6, L=16)


def trained(
    optimizer: Callable[[list[Tensor]], torch.optim.Optimizer],
    f: Callable[[Tensor], Tensor],
    x: Tensor,
    steps: int,
    quantities: Quantities,
    **constants: Any,
) -> Trace:
    """A torch optimiser on f."""
    x.requires_grad_(True)
    made = optimizer([x])
    recorder = Recorder.attach(made, lambda: f(x))
    for name, quantity in quantities.items():
        recorder.track(name, quantity)

    def closure() -> Tensor:
        made.zero_grad()
        value = f(x)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    for _ in range(steps):
        made.step(closure)  # type: ignore[arg-type]
    recorder.detach()
    return recorder.trace(**constants)


@cache
def adam() -> Trace:
    """Adam, lr = 0.3, on the bowl."""
    seen = {"dist2": size2, "largest": lambda x: x.abs().max()}
    x = torch.ones(20, dtype=F)
    return trained(lambda p: torch.optim.Adam(p, lr=0.3), bowl, x, 50, seen, fstar=0)


def _cyclic(amsgrad: bool, steps: int = 300) -> Trace:
    r"""Reddi, Kale & Kumar's problem: slopes 4, −1, −1 in turn on [−1, 1], so that x* = −1.

    β1 = 0, β2 = 1/(1 + C²), η_k = 0.5/√k. Adam forgets the one large slope and goes to +1.
    """
    big, slopes = 4.0, (4.0, -1.0, -1.0)
    beta2 = 1 / (1 + big * big)
    moment = {"v": 0.0, "most": 0.0}

    def step(k: int, x: Tensor) -> Tensor:
        g = slopes[(k - 1) % 3]
        moment["v"] = beta2 * moment["v"] + (1 - beta2) * g * g
        moment["most"] = max(moment["most"], moment["v"])
        v = moment["most"] if amsgrad else moment["v"]
        return torch.clamp(x - 0.5 / math.sqrt(k) * g / math.sqrt(v), -1, 1)

    f = lambda x: (sum(slopes) / 3 * x).sum()  # noqa: E731
    return loop(f, torch.zeros(1, dtype=F), steps, step, fstar=-2 / 3)


@cache
def adam_forgets() -> Trace:
    """Adam on the problem that it fails."""
    return _cyclic(amsgrad=False)


@cache
def amsgrad() -> Trace:
    """AMSGrad on the problem that Adam fails."""
    return _cyclic(amsgrad=True)


def valley(x: Tensor) -> Tensor:
    """½ Σ d_j x_j² + ¼ Σ x_j⁴, minimal at 0."""
    return bowl(x) + 0.25 * (x**4).sum()


@cache
def lbfgs() -> Trace:
    """L-BFGS with a strong Wolfe line search, a step at a time."""
    x = torch.linspace(-1, 2, 20, dtype=F)
    make = lambda p: torch.optim.LBFGS(  # noqa: E731
        p, max_iter=1, line_search_fn="strong_wolfe"
    )
    return trained(make, valley, x, 20, {"dist2": size2}, fstar=0, mu=1)


ENTRIES = (
    Entry(
        "Gradient descent, η = 1/L",
        "½ Σ d_j x_j², 1 ≤ d_j ≤ 10",
        gradient,
        (
            true("G1", "Nesterov 2004, 1.2.3"),
            true("G2", "Polyak 1963"),
            true("value[k] - fstar <= L*D2/(2*k)", "Beck & Teboulle 2009, Theorem 3.1"),
            true("sum(grad2[:k]) <= 2*L*(value[0] - value[k])", "Nesterov 2004, 1.2.3"),
            false("value[k] <= value[k-1] - grad2[k-1]/L", "twice the descent lemma"),
            false("dist2[k+1] <= C*dist2[k]**2", "linear, not quadratic: Polyak 1963", C=1),
        ),
    ),
    Entry(
        "Gradient descent, η = 2.05/L",
        "½ Σ d_j x_j², 1 ≤ d_j ≤ 10",
        unstable,
        (
            true("exists k <= 40: value[k] > 2*value[0]", "η > 2/L diverges: Polyak 1963"),
            false(ONE_STEP, "η > 2/L diverges: Polyak 1963"),
        ),
    ),
    Entry(
        "Heavy ball",
        "½ Σ d_j x_j², 1 ≤ d_j ≤ 10; η = 0.02, β = 0.9",
        heavy,
        (
            true("psi[k] <= psi[k-1]", "Zavriev & Kostyuk 1993; Ochs et al. 2014"),
            false(ONE_STEP, "not monotone: Polyak 1964"),
            false("dist2[k] <= dist2[k-1]", "it overshoots x*"),
        ),
    ),
    Entry(
        "Nesterov",
        "least squares, η = 1/16",
        nesterov,
        (
            true("value[k] - fstar <= 2*L*R2/(k+1)**2", "Beck & Teboulle 2009, Theorem 4.4"),
            false(ONE_STEP, "not monotone: O'Donoghue & Candès 2015"),
            false("dist2[k] <= dist2[k-1]", "it overshoots x*"),
        ),
    ),
    Entry(
        "Adam",
        "½ Σ d_j x_j², 1 ≤ d_j ≤ 10; η = 0.3",
        adam,
        (
            true("step2[1] <= n*lr**2*1.001", "Kingma & Ba 2015, 2.1: first step η", n=20, lr=0.3),
            false(ONE_STEP, "not monotone: Kingma & Ba 2015 claim a regret only"),
            false("dist2[k] <= dist2[k-1]", "it overshoots x*"),
        ),
    ),
    Entry(
        "Adam, where it fails",
        "slopes 4, −1, −1 in turn on [−1, 1]",
        adam_forgets,
        (
            true("for k >= 200: value[k] - fstar >= 0.5", "Reddi, Kale & Kumar 2018, Theorem 1"),
            false(
                "exists k <= 300: value[k] - fstar <= 0.2",
                "Kingma & Ba 2015, Theorem 4.1; refuted by Reddi et al. 2018",
            ),
        ),
    ),
    Entry(
        "AMSGrad",
        "slopes 4, −1, −1 in turn on [−1, 1]",
        amsgrad,
        (
            true("for k >= 200: value[k] - fstar <= 0.2", "Reddi, Kale & Kumar 2018, Theorem 4"),
            false(ONE_STEP, "a step follows one slope, not their mean"),
        ),
    ),
    Entry(
        "L-BFGS",
        "½ Σ d_j x_j² + ¼ Σ x_j⁴, strong Wolfe",
        lbfgs,
        (
            true(ONE_STEP, "Wolfe 1969; Liu & Nocedal 1989"),
            true("2*mu*(value[k] - fstar) <= grad2[k]", "strong convexity: Nesterov 2004, 2.1.10"),
            false(
                "dist2[k+1] <= C*dist2[k]**2", "R-linear, not quadratic: Liu & Nocedal 1989", C=1
            ),
        ),
    ),
)
