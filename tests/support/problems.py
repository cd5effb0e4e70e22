"""Small random problems and points, all drawn from a seed."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from amverify.network.activations import activation
from amverify.network.coupling import Band, Coupling, Penalty
from amverify.network.initial import Parameters, gaussian, replicated
from amverify.network.layered import LayeredProblem, Point
from amverify.network.losses import LOSSES

MONOTONE = (
    "identity",
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "celu",
    "softplus",
    "tanh",
    "sigmoid",
    "hard_tanh",
    "relu6",
)
PIECEWISE_LINEAR = ("identity", "relu", "leaky_relu", "hard_tanh", "relu6")
COUPLINGS: tuple[Coupling, ...] = (Band(0.3), Penalty(0.7))


def draw(*shape: int, seed: int, scale: float = 1.0) -> Tensor:
    """Normal numbers, float64."""
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(*shape, generator=generator, dtype=torch.float64)


def labels(samples: int, classes: int, seed: int) -> Tensor:
    """Class numbers with at least two classes present."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(classes, (samples,), generator=generator)
    if samples > 1:
        y[0], y[1] = 0, 1
    return y


def problem(
    widths: tuple[int, ...] = (5, 4, 3, 3),
    samples: int = 7,
    seed: int = 0,
    *,
    act: str = "relu",
    loss: str = "cross_entropy",
    representation: str = "dense",
    **options: Any,
) -> LayeredProblem:
    """A random problem; float64, dense, Band(0.3) unless told otherwise."""
    x = draw(samples, widths[0], seed=seed)
    if loss == "squared_error":
        y = draw(samples, widths[-1], seed=seed + 1)
    elif widths[-1] == 1:
        y = labels(samples, 2, seed + 1)
    else:
        y = labels(samples, widths[-1], seed + 1)
    given = {"rho": 0.4, "mu": 0.05, "coupling": Band(0.3)} | options
    return LayeredProblem(
        x,
        y,
        widths,
        activation=activation(act),
        loss=LOSSES[loss],
        representation=representation,  # type: ignore[arg-type]
        **given,
    )


def parameters(p: LayeredProblem, seed: int = 0, replicates: int = 0) -> Parameters:
    """Initial weights of order one half, so that activations are neither dead nor linear."""
    if not replicates:
        return gaussian(p.widths, seed, 0.5)
    return replicated(lambda s: gaussian(p.widths, s, 0.5), range(seed, seed + replicates))


def point(p: LayeredProblem, seed: int = 0, replicates: tuple[int, ...] = ()) -> Point:
    """A random point, not on any special set; a feasible one under a band."""
    draws = iter(range(10_000 * (seed + 1), 10_000 * (seed + 2)))

    def some(rows: int, columns: int) -> Tensor:
        return draw(*replicates, rows, columns, seed=next(draws)).to(p.dtype)

    n, widths = p.samples, (p.space.inputs.shape[1], *p.widths[1:])
    w = [some(widths[i + 1], widths[i]) for i in range(p.layers)]
    b = [some(1, widths[i + 1]) for i in range(p.layers)]
    z = [some(n, widths[i + 1]) for i in range(p.layers)]
    a = [p.activation(u) for u in z[:-1]]
    reach = p.coupling.eps if isinstance(p.coupling, Band) else 1.0
    a = [u + reach * torch.tanh(some(n, u.shape[-1])) for u in a]
    return Point(w, b, z, a)


def group(at: Point, kind: str) -> list[Tensor]:
    """The tensors of one kind of block."""
    return {"W": at.w, "b": at.b, "z": at.z, "a": at.a}[kind]


def replaced(at: Point, kind: str, layer: int, u: Tensor) -> Point:
    """The point with one block replaced."""
    new = at.copy()
    group(new, kind)[layer - 1] = u
    return new


def replicate(at: Point, index: tuple[int, ...]) -> Point:
    """One replicate of a point."""
    return Point(*([u[index] for u in group(at, kind)] for kind in "Wbza"))


def sweep_order(p: LayeredProblem, biases: bool = True) -> list[tuple[str, int]]:
    """W → b → z → a for l = 1 … L, a only below the output."""
    keys = []
    for layer in range(1, p.layers + 1):
        keys += [("W", layer)] + [("b", layer)] * biases + [("z", layer)]
        keys += [("a", layer)] * (layer < p.layers)
    return keys
