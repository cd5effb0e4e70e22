"""Where a run starts: seeded weights, auxiliary variables by a forward pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.network.layered import LayeredProblem, Point
from amverify.network.weights import FirstLayer

Parameters = tuple[list[Tensor], list[Tensor]]
"""Weights (*R, n_l, n_{l−1}) and biases (*R, 1, n_l) of the layers, dense."""


def gaussian(widths: Sequence[int], seed: int, std: float = 0.1) -> Parameters:
    """mDLAM's initial weights: all entries N(0, std²), drawn in float64 on the CPU.

    So a seed means the same start on every device and in every dtype.
    """
    generator = torch.Generator().manual_seed(seed)

    def draw(rows: int, columns: int) -> Tensor:
        return std * torch.randn(rows, columns, generator=generator, dtype=torch.float64)

    weights, biases = [], []
    for n_in, n_out in pairwise(widths):
        weights.append(draw(n_out, n_in))
        biases.append(draw(1, n_out))
    return weights, biases


def torch_default(widths: Sequence[int], seed: int) -> Parameters:
    """What ``nn.Linear`` starts from: entries uniform in ±1/√n_{l−1}, weights and biases."""
    generator = torch.Generator().manual_seed(seed)

    def draw(rows: int, columns: int, fan_in: int) -> Tensor:
        u = torch.rand(rows, columns, generator=generator, dtype=torch.float64)
        return (2 * u - 1) / math.sqrt(fan_in)

    weights, biases = [], []
    for n_in, n_out in pairwise(widths):
        weights.append(draw(n_out, n_in, n_in))
        biases.append(draw(1, n_out, n_in))
    return weights, biases


def replicated(draw: Callable[[int], Parameters], seeds: Sequence[int]) -> Parameters:
    """The parameters of several seeds, stacked along a leading replicate dimension."""
    runs = [draw(seed) for seed in seeds]
    layers = range(len(runs[0][0]))
    weights = [torch.stack([run[0][i] for run in runs]) for i in layers]
    biases = [torch.stack([run[1][i] for run in runs]) for i in layers]
    return weights, biases


def start(
    problem: LayeredProblem, parameters: Parameters, *, label_output: bool = False
) -> tuple[FirstLayer, Point]:
    """The point with these weights, z and a by a forward pass, and W_1's representation.

    ``label_output`` then sets z_L to mDLAM's ±1: +1 at the true class, −1 elsewhere.

    Raises:
        InvalidInput: where a weight, or what the network makes of it, is not finite in the format.
    """
    weights, biases = (
        [u.to(dtype=problem.dtype, device=problem.x.device) for u in group] for group in parameters
    )
    first, weights[0] = problem.space.encode(weights[0])
    point = Point(weights, biases, [], [])
    point.z = problem.forward(point)
    point.a = [problem.activation(z) for z in point.z[:-1]]
    for name, group in (("weights", weights), ("biases", biases), ("outputs", point.z)):
        for layer, u in enumerate(group, start=1):
            if not bool(torch.isfinite(u).all()):
                raise InvalidInput(
                    f"parameters: {name} of layer {layer} are not finite in {problem.dtype}; "
                    "start from smaller weights"
                )
    if label_output:
        point.z[-1] = (2 * problem.target - 1).expand(point.z[-1].shape).clone()
    return first, point
