"""The compiled step of (z, a) against torch's operations."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from amverify.methods import joint, pairs
from amverify.methods.joint import JointTIAM
from amverify.methods.pairs import PairTask, by_operations, pair_step
from amverify.network.activations import activation, leaky_relu
from amverify.network.coupling import Band
from amverify.network.entries import feasible, model
from amverify.network.initial import gaussian
from amverify.network.layered import LayeredProblem

pytest.importorskip("numba")
PIECEWISE = [activation(n) for n in ("identity", "relu", "relu6", "hard_tanh")] + [leaky_relu(0.2)]


def task(h, dtype, seed, p2=0.0, stays=True) -> PairTask:
    generator = torch.Generator().manual_seed(seed)
    z, a, dz, da, pre, slope = (
        torch.randn(31, 50, generator=generator, dtype=torch.float64).to(dtype) for _ in range(6)
    )
    if stays:  # some entries are where they would go, some outside the band
        a = torch.where(a > 0.5, a, h(z) + 0.01 * torch.tanh(a))
    return PairTask(h, 3 * z, a, dz, da, 3 * pre, 0.1 * slope, 0.3, 0.7, 1.3, p2, 0.02)


@settings(deadline=None, max_examples=40)
@given(
    h=st.sampled_from(PIECEWISE),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    seed=st.integers(0, 10**6),
    p2=st.sampled_from([0.0, 0.6]),
)
def test_both_are_minimisers(h, dtype, seed, p2):
    """The models at both differ by rounding alone; both are feasible, and the sums agree."""
    given_ = task(h, dtype, seed, p2)
    fast, slow = pair_step(given_), by_operations(given_)
    wide = given_._replace(**{n: getattr(given_, n).double() for n in PairTask._fields[1:7]})
    c = wide.z + p2 / 1.3 * wide.moved_z - (wide.z + p2 * wide.moved_z - wide.pre) / 1.3
    d = wide.a + p2 / 1.3 * wide.moved_a - wide.slope * 0.3 / (1.3 * 0.7)
    values = [model(x.z.double(), x.a.double(), c, d, 0.3, 0.7) for x in (fast, slow)]
    size = (c.abs() + d.abs() + wide.z.abs() + 1) ** 2
    assert ((values[0] - values[1]).abs() <= 40 * torch.finfo(dtype).eps * size).all()
    for x in (fast, slow):
        assert torch.equal(x.e_z, x.z - given_.z)
        assert (feasible(h, x.z, x.a, 0.02) | (x.e_z == 0) & (x.e_a == 0)).all()
    sums = [[float(x) for x in step.compared()] for step in (fast, slow)]
    torch.testing.assert_close(sums[0], sums[1], rtol=1e-4, atol=1e-6)


def test_what_is_not_a_number_is_seen():
    given_ = task(activation("relu"), torch.float64, 0)
    given_.pre[3, 4] = torch.nan
    step = pair_step(given_)
    assert torch.isnan(step.z[3, 4])
    assert int(torch.isnan(step.z).sum()) == 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_a_run_with_and_without(dtype, monkeypatch):
    x = torch.randn(30, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    p = LayeredProblem(x, torch.arange(30) % 3, (5, 7, 6, 3), rho=0.1, mu=1e-2, mu_bias=1e-2,
                       coupling=Band(1e-2), dtype=dtype)  # fmt: skip
    ends = []
    for step in (pair_step, by_operations):
        monkeypatch.setattr(joint, "pair_step", step)
        method = JointTIAM(scale=1.5, inertia=0.6, momentum=0.2)
        state = method.initialise(p, gaussian(p.widths, 0, 0.5))
        for _ in range(5):
            state = method.sweep(p, state)
        ends.append(state.point)
    digits = 1e-9 if dtype is torch.float64 else 2e-3
    for u, v in zip(ends[0].w + ends[0].z, ends[1].w + ends[1].z, strict=True):
        torch.testing.assert_close(u, v, rtol=digits, atol=digits)


def test_without_numba_the_operations_serve(monkeypatch):
    monkeypatch.setattr(pairs, "compiled", lambda: None)
    given_ = task(activation("relu"), torch.float64, 0)
    assert torch.equal(pair_step(given_).z, by_operations(given_).z)
