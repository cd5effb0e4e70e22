"""The residual that runs under a penalty record: an element of ∂F, block by block."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from amverify.methods.tiam import TIAM
from amverify.network.activations import activation
from amverify.network.coupling import Band, Penalty
from amverify.network.initial import gaussian, replicated
from amverify.network.layered import LayeredProblem, Point
from amverify.record.layered.measures import widened
from amverify.record.layered.partial import squares
from amverify.record.layered.run import traced


def problem(h="relu", dtype=torch.float64, coupling=None) -> LayeredProblem:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(12, 4, generator=generator, dtype=torch.float64).to(dtype)
    y = torch.randint(2, (12,), generator=generator)
    return LayeredProblem(
        x, y, (4, 5, 3, 2), rho=0.5, mu=0.1, mu_bias=0.2, activation=activation(h), dtype=dtype,
        coupling=coupling or Penalty(0.7),
    )  # fmt: skip


def by_autograd(p: LayeredProblem, point: Point) -> dict[tuple[str, int], np.ndarray]:
    """‖∂_iF‖² of every block, one number a replicate, where F is differentiable."""
    groups = {"W": point.w, "b": point.b, "z": point.z, "a": point.a}
    keys = [(kind, i) for kind, group in groups.items() for i in range(1, len(group) + 1)]
    leaves = [u.clone().requires_grad_() for group in groups.values() for u in group]
    ends = np.cumsum([len(group) for group in groups.values()])
    moved = Point(*(leaves[a:b] for a, b in zip((0, *ends[:-1]), ends, strict=True)))
    found = torch.autograd.grad(p.value(moved).sum(), leaves)
    return {k: (g * g).sum((-2, -1)).numpy() for k, g in zip(keys, found, strict=True)}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("h", ["relu", "leaky_relu"])
def test_rows_hold_the_partial_gradients(h, dtype):
    p, states = problem(h, dtype), []
    start = replicated(lambda seed: gaussian(p.widths, seed, 0.5), (0, 1))
    trace = traced(TIAM(), p, start, 6, on_state=states.append)
    blocks, wide = trace.blocks, p.double()
    for k, state in enumerate(states[1:], start=1):
        for (kind, layer), own in by_autograd(wide, widened(state.point)).items():
            rows = (blocks["sweep"] == k) & (blocks["kind"] == kind.encode())
            rows &= blocks["layer"] == layer
            gap, off = blocks["residual"][rows] - own, 2 * blocks["residual_error"][rows]
            smooth = kind != "z" or (state.point.z[layer - 1] != 0).all(-1).all(-1).numpy()
            assert (np.where(smooth, np.abs(gap), gap) <= off).all(), (k, kind, layer)
            assert (blocks["residual_error"][rows] <= 1e-9 * (1 + own)).all()
    total = np.bincount(2 * blocks["sweep"] + blocks["replicate"], blocks["residual"])[2:]
    assert trace.sweeps["joint_residual"][2:] == pytest.approx(total)
    weights = 2 * (trace.sweeps["lyapunov"] - trace.sweeps["value"])[2:]
    assert trace.sweeps["residual"][2:] ** 2 == pytest.approx(total + weights, rel=1e-4)


@pytest.mark.parametrize(
    ("a", "g", "shortest"),
    [(-1.0, -0.1, 0.0), (-1.0, -0.3, 0.1), (0.5, 0.2, 0.1), (1.5, 0.2, 0.1), (3.0, 0.2, 0.2)],
)
def test_at_a_kink_it_is_the_shortest_element(a, g, shortest):
    """At ReLU's kink, ν = 0.2: g + {0, −νa} for a > 0, g + [0, −νa] for a < 0."""
    x, y = torch.zeros(2, 1, dtype=torch.float64), torch.tensor([0, 1])
    p = LayeredProblem(x, y, (1, 1, 2), rho=1.0, coupling=Penalty(0.2))
    one = torch.zeros(1, 1, dtype=torch.float64)
    hidden, output = torch.zeros(2, 1), torch.zeros(2, 2)
    point = Point(
        [one, torch.zeros(2, 1)], [one - g, torch.zeros(1, 2)], [hidden, output], [hidden + a]
    )
    square, error = squares(p, widened(point))["z", 1]
    assert abs(square[0] - 2 * shortest**2) <= error[0] + 1e-16


def test_a_band_leaves_none_for_it_is_not_separable():
    p = problem(coupling=Band(0.1))
    trace = traced(TIAM(), p, gaussian(p.widths, 0, 0.5), 2)
    assert "residual" not in trace.blocks
    assert "residual" not in trace.sweeps
