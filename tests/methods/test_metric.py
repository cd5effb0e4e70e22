"""SciPy's routines for one matrix in the host's memory against torch's for any."""

from __future__ import annotations

import pytest
import torch
from support.problems import problem

from amverify.compiled import lapack
from amverify.methods import metric
from amverify.methods.metric import bordered, by_operations, by_triangles, solved

DTYPES = (torch.float32, torch.float64)


def inputs(dtype, samples=40, width=9):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(samples, width, generator=generator, dtype=torch.float64).to(dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("samples", [3, 40])
def test_both_factors_are_one(dtype, samples):
    p, a = problem((3, 3, 2), 4, dtype=dtype, mu=0.05, mu_bias=0.02), inputs(dtype, samples)
    fast, slow = metric.metric(p, a, 1).factor, by_operations(p, bordered(a))
    assert slow is not None
    assert torch.equal(fast, fast.tril())
    torch.testing.assert_close(fast, slow.to(dtype), rtol=1e-5, atol=1e-5)
    if dtype is torch.float64:
        torch.testing.assert_close(fast, slow, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_both_solutions_are_one(dtype):
    p, right = problem((3, 3, 2), 4, dtype=dtype, mu=0.05, mu_bias=0.02), inputs(dtype, 7, 10)
    factor = metric.metric(p, inputs(dtype), 1).factor
    slow, fast = by_triangles(factor, right), solved(factor, right.clone())
    digits = 1e-4 if dtype is torch.float32 else 1e-12
    torch.testing.assert_close(fast, slow, rtol=digits, atol=digits)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -1.0])
def test_what_has_no_factor(wrong):
    """Wherever it is: OpenBLAS itself does not look for NaN and infinity."""
    for place in ((0, 0), (2, 1), (5, 4), (5, 5)):
        gram = lapack.lower_gram(inputs(torch.float64, 40, 6))
        gram[place] = wrong if place[0] == place[1] or wrong != -1 else 1e9
        assert lapack.cholesky(gram) is None


def test_the_threads_are_given_back():
    with lapack._pools().limit(limits=2):
        before = [pool.num_threads for pool in lapack._pools().lib_controllers]
        with lapack.one_thread():
            assert {pool.num_threads for pool in lapack._pools().lib_controllers} <= {1}
        assert [pool.num_threads for pool in lapack._pools().lib_controllers] == before
