"""Layered problems of the tables' shapes with random features, on a device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import torch

from amverify.methods.joint import JointTIAM
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band, Coupling
from amverify.network.initial import Parameters, gaussian, replicated
from amverify.network.layered import LayeredProblem

Shape = tuple[int, tuple[int, ...]]
SHAPES: Mapping[str, Shape] = {
    "Cora": (140, (7_165, 100, 100, 7)),
    "Citeseer": (120, (18_515, 100, 100, 6)),
    "digits": (1_437, (64, 100, 100, 10)),
    "10,000 x 784": (10_000, (784, 256, 256, 256, 10)),
    "MNIST": (60_000, (784, 256, 128, 10)),
}
"""By name: N and the widths. Citeseer's features are as wide as the largest citation graph's."""
METHODS: Mapping[str, TIAM | JointTIAM] = {"tiam": TIAM(), "joint_tiam": JointTIAM()}
"""With exact moduli: a sweep of theirs waits for nothing."""
SMALL: Shape = (40, (9, 8, 7, 3))


def random_problem(
    shape: Shape,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    coupling: Coupling | None = None,
) -> LayeredProblem:
    """N samples of normal features over √n_0, labels in turn; ρ = 1, μ = μ_b = 0.1, ε = 1."""
    samples, widths = shape
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(samples, widths[0], generator=generator, dtype=torch.float64)
    y = torch.arange(samples) % widths[-1]
    return LayeredProblem(
        (x / widths[0] ** 0.5).to(device=device, dtype=dtype),
        y.to(device),
        widths,
        1.0,
        0.1,
        coupling or Band(1.0),
        dtype=dtype,
        mu_bias=0.1,
    )


def starts(problem: LayeredProblem, seeds: Sequence[int]) -> Parameters:
    """Normal weights: of one seed without replicates, of several with."""
    draw = partial(gaussian, problem.widths)
    return draw(seeds[0]) if len(seeds) == 1 else replicated(draw, seeds)
