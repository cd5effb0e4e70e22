"""Where a run starts: seeded weights, auxiliary variables by a forward pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from numbers import Real

import torch
from torch import Tensor

from amverify.errors import InvalidInput, brief, is_whole
from amverify.network.layered import LayeredProblem, Point
from amverify.network.weights import FirstLayer

Parameters = tuple[list[Tensor], list[Tensor]]
"""Weights (*R, n_l, n_{l−1}) and biases (*R, 1, n_l) of the layers, dense."""


def gaussian(widths: Sequence[int], seed: int, std: float = 0.1) -> Parameters:
    """mDLAM's initial weights: all entries N(0, std²), drawn in float64 on the CPU.

    So a seed means the same start on every device and in every dtype.

    Args:
        widths: of the layers, the inputs first: at least two whole numbers ≥ 1.
        seed: a whole number.
        std: at least 0.

    Raises:
        InvalidInput: for anything else.
    """
    _check(widths, seed)
    if isinstance(std, bool) or not isinstance(std, Real) or not 0 <= std < math.inf:
        raise InvalidInput(f"std: a finite number from 0 on, got {brief(std)}")
    generator = torch.Generator().manual_seed(int(seed))

    def draw(rows: int, columns: int) -> Tensor:
        return float(std) * torch.randn(rows, columns, generator=generator, dtype=torch.float64)

    weights, biases = [], []
    for n_in, n_out in pairwise(widths):
        weights.append(draw(n_out, n_in))
        biases.append(draw(1, n_out))
    return weights, biases


def _check(widths: object, seed: object) -> None:
    """Whether these are the widths of layers, and a seed."""
    if not isinstance(widths, list | tuple) or len(widths) < 2 or not all(
        is_whole(n, 1) for n in widths
    ):  # fmt: skip
        said = "at least two whole numbers above 0, such as (784, 64, 10)"
        raise InvalidInput(f"widths: {said}, got {brief(widths)}")
    if not is_whole(seed, -(2**63)) or is_whole(seed, 2**63):
        raise InvalidInput(f"seed: a whole number of 64 bits, got {brief(seed)}")


def torch_default(widths: Sequence[int], seed: int) -> Parameters:
    """What ``nn.Linear`` starts from: entries uniform in ±1/√n_{l−1}, weights and biases.

    Raises:
        InvalidInput: for what are no widths of layers, or no seed.
    """
    _check(widths, seed)
    generator = torch.Generator().manual_seed(int(seed))

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
    problem: LayeredProblem,
    parameters: Parameters,
    *,
    label_output: bool = False,
    takes_sparse: bool = False,
) -> tuple[FirstLayer, Point]:
    """The point with these weights, z and a by a forward pass, and W_1's representation.

    ``label_output`` then sets z_L to mDLAM's ±1: +1 at the true class, −1 elsewhere.

    Raises:
        InvalidInput: where a weight, or what the network makes of it, is not finite in the format;
            for sparse inputs where the method does not take them, or weights are replicated.
    """
    if problem.sparse:
        _check_sparse(takes_sparse, parameters[0][0])
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


def _check_sparse(taken: bool, weight: Tensor) -> None:
    if not taken:
        raise InvalidInput(
            "x: this method, or a recorded run, takes dense inputs, x.to_dense(); sparse ones are "
            "for TIAM and its relatives and dlADMM, not recorded"
        )
    if weight.ndim > 2:
        raise InvalidInput("x: with sparse inputs one run at a time, without replicates")
