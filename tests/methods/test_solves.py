"""The compiled step of V against torch's operations."""

from __future__ import annotations

import pytest
import torch
from support.problems import problem

from amverify.methods import joint
from amverify.methods.joint import JointTIAM
from amverify.methods.metric import metric
from amverify.methods.solves import SolveTask, by_operations, solve_step
from amverify.network.coupling import Band
from amverify.network.initial import gaussian

pytest.importorskip("numba")
DTYPES = (torch.float32, torch.float64)
RIDGES = {"mu": 0.05, "mu_bias": 0.02}


def task(dtype, c) -> SolveTask:
    generator = torch.Generator().manual_seed(0)
    a, residual, w, b, moved_w, moved_b = (
        torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)
        for shape in ((30, 7), (30, 5), (5, 7), (1, 5), (5, 7), (1, 5))
    )
    p = problem((7, 5, 2), 30, dtype=dtype, **RIDGES)
    return SolveTask(w, b, moved_w, moved_b, residual, metric(p, a, 1), p.rho, (0.05, 0.02), 1.2, c)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("c", [0.0, -0.3])
def test_both_take_one_step(dtype, c):
    given = task(dtype, c)
    fast, slow = solve_step(given), by_operations(given)
    digits = 1e-4 if dtype is torch.float32 else 1e-12
    torch.testing.assert_close(fast, slow, rtol=digits, atol=digits)
    assert torch.equal(fast.e_w, fast.w - given.w)
    assert torch.equal(fast.e_b, fast.b - given.b)


def test_a_run_with_and_without(monkeypatch):
    p, ends = problem((5, 4, 3, 2), 20, coupling=Band(0.1), **RIDGES), []
    for step in (solve_step, by_operations):
        monkeypatch.setattr(joint, "solve_step", step)
        method = JointTIAM(scale=1.5, relaxation=0.3, inertia=0.6, momentum=0.2)
        state = method.initialise(p, gaussian(p.widths, 0, 0.5))
        for _ in range(5):
            state = method.sweep(p, state)
        ends.append(state.point)
    for u, v in zip(ends[0].w + ends[0].b, ends[1].w + ends[1].b, strict=True):
        torch.testing.assert_close(u, v, rtol=1e-9, atol=1e-9)
