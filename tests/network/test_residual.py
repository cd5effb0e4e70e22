"""The residual against brute force over multipliers and slopes, and at known points."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from support.problems import parameters
from support.problems import problem as layered
from torch import Tensor

from amverify.methods.joint import JointTIAM
from amverify.methods.tiam import TIAM
from amverify.network.activations import activation
from amverify.network.coupling import Band, Penalty
from amverify.network.initial import gaussian
from amverify.network.layered import LayeredProblem, Point
from amverify.network.residual import _band_distances, _penalty_distance, residual
from amverify.record.layered.run import traced

EPS = 0.5


def pair(z: float, a: float, g_z: float, g_a: float) -> list[Tensor]:
    return [torch.tensor([[v]], dtype=torch.float64) for v in (z, a, g_z, g_a)]


def cone(kind: str, slopes: list[float], whole: bool) -> np.ndarray:
    """Normals of one side on a fine grid of multipliers, (n, 2)."""
    if whole:
        slopes = list(np.linspace(min(slopes), max(slopes), 401))
    lam = np.concatenate([[0.0], np.geomspace(1e-4, 20, 4001)])
    sign = -1.0 if kind == "upper" else 1.0
    return np.concatenate([np.stack((sign * k * lam, -sign * lam), -1) for k in slopes])


CASES = [
    ("relu", "upper", 0.7, [1.0], False),
    ("relu", "lower", 0.7, [1.0], False),
    ("relu", "upper", -0.7, [0.0], False),
    ("relu", "upper", 0.0, [0.0, 1.0], False),
    ("relu", "lower", 0.0, [0.0, 1.0], True),
    ("hard_tanh", "upper", 1.0, [1.0, 0.0], True),
    ("hard_tanh", "lower", 1.0, [1.0, 0.0], False),
    ("leaky_relu", "lower", 0.0, [0.01, 1.0], True),
]


@pytest.mark.parametrize(("name", "side", "z", "slopes", "whole"), CASES)
def test_joint_distance_against_brute_force(
    name: str, side: str, z: float, slopes: list[float], whole: bool
) -> None:
    h = activation(name)
    value = float(h(torch.tensor(z, dtype=torch.float64)))
    a = value + EPS if side == "upper" else value - EPS
    normals = cone(side, slopes, whole)
    for g_z, g_a in np.random.default_rng(0).normal(size=(40, 2)):
        exact = float(_band_distances(h, *pair(z, a, g_z, g_a), EPS).joint)
        brute = float(((normals + np.array([g_z, g_a])) ** 2).sum(-1).min())
        assert exact == pytest.approx(brute, abs=2e-3)
        assert exact <= brute + 1e-12


def test_interior_and_block_wise_parts() -> None:
    h = activation("relu")
    inside = _band_distances(h, *pair(1.0, 1.2, 0.3, -0.4), EPS)
    assert float(inside.joint) == pytest.approx(0.25)
    assert float(inside.z) == pytest.approx(0.09)
    upper = _band_distances(h, *pair(1.0, 1.5, 0.3, -0.4), EPS)
    assert (float(upper.z), float(upper.a)) == (0.0, 0.0)
    # both blocks are balanced, with different multipliers: not critical
    assert float(upper.joint) == pytest.approx((0.3 - 0.4) ** 2 / 2)


@pytest.mark.parametrize(
    ("a", "g_z", "expected"),
    [(2.0, 1.0, 0.0), (2.0, 0.4, 0.16), (2.0, 0.6, 0.16), (-2.0, -0.7, 0.0), (-2.0, -3.0, 4.0)],
)
def test_penalty_at_the_kink(a: float, g_z: float, expected: float) -> None:
    """ν = ½: for a = 2 the limiting subdifferential is {g, g − 1}, for a = −2 all of [g, g + 1]."""
    z, at, g, _ = pair(0.0, a, g_z, 0.0)
    found = float(_penalty_distance(activation("relu"), z, at, g, 0.5))
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("coupling", [Band(0.05), Penalty(1.0)])
def test_residual_falls_along_a_run_and_joint_is_not_below(coupling: Band | Penalty) -> None:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(12, 4, generator=generator, dtype=torch.float64)
    y = torch.arange(12) % 3
    problem = LayeredProblem(x, y, (4, 5, 5, 3), rho=1.0, mu=0.1, coupling=coupling)
    method = TIAM()
    state = method.initialise(problem, gaussian(problem.widths, 0, 0.5))
    eps = coupling.eps if isinstance(coupling, Band) else 0.0
    first = residual(problem, state.point, eps)
    for _ in range(400):
        state = method.sweep(problem, state)
    last = residual(problem, state.point, eps)
    assert float(last.blockwise) < 0.05 * float(first.blockwise)
    assert float(last.joint) >= float(last.blockwise) * (1 - 1e-12)
    if isinstance(coupling, Penalty):
        assert torch.equal(last.joint, last.blockwise)
    total = math.sqrt(sum(float(v) ** 2 for v in last.blocks.values()))
    assert total == pytest.approx(float(last.blockwise))


def test_a_side_is_met_up_to_the_rounding_of_the_run_s_format() -> None:
    """A run in float32 is as near to critical as the same run in float64, and is said to be."""
    found = {}
    for dtype in (torch.float64, torch.float32):
        p = layered((4, 3, 3), 5, seed=3, mu=0.05, mu_bias=0.03, coupling=Band(0.3), dtype=dtype)
        measures = traced(JointTIAM(), p, parameters(p, 3), 60).measures
        found[dtype] = measures["residual_joint"][-1], measures["active"][-1]
    assert found[torch.float32] == pytest.approx(found[torch.float64], rel=1e-3)


def test_gradient_parts_are_autograds() -> None:
    """In the interior of a wide band every part is the gradient's norm."""
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(6, 3, generator=generator, dtype=torch.float64)
    problem = LayeredProblem(
        x,
        torch.arange(6) % 2,
        (3, 4, 2),
        rho=0.7,
        mu=0.3,
        coupling=Band(50.0),
        representation="dense",
    )
    state = TIAM().initialise(problem, gaussian(problem.widths, 3, 1.0))
    point: Point = TIAM().sweep(problem, state).point
    groups = {"W": point.w, "b": point.b, "z": point.z, "a": point.a}
    leaves = {
        (kind, i + 1): u.clone().requires_grad_(True)
        for kind, group in groups.items()
        for i, u in enumerate(group)
    }
    copy = Point(*([leaves[k, i + 1] for i in range(len(g))] for k, g in groups.items()))
    gradients = torch.autograd.grad(problem.value(copy), list(leaves.values()))
    found = residual(problem, point, 50.0)
    for key, gradient in zip(leaves, gradients, strict=True):
        assert float(found.blocks[key]) == pytest.approx(float(gradient.norm()), rel=1e-9)
    assert float(found.joint) == pytest.approx(float(found.blockwise))
