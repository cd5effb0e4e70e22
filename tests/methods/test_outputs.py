"""The compiled proximal map of cross-entropy against R's own and against 50-digit arithmetic."""

from __future__ import annotations

import mpmath
import pytest
import torch
from support.problems import draw, labels
from support.rounding import assert_within, gamma, unit

from amverify.methods import outputs
from amverify.methods.outputs import output_step
from amverify.network.layered import LayeredProblem
from tests.network.test_losses import LAMBDAS, exact_cross_entropy_prox

pytest.importorskip("numba")
DTYPES = (torch.float32, torch.float64)


def problem(rows, classes, lam, y=None, dtype=torch.float64) -> LayeredProblem:
    y = labels(rows, classes, 0) if y is None else y
    return LayeredProblem(draw(rows, 2, seed=0), y, (2, classes), rho=lam, dtype=dtype)


@pytest.mark.parametrize("lam", LAMBDAS[::3])
@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_to_fifty_digits(lam, scale):
    """From a guess that is near, from one that is far, and from none."""
    v = draw(3, 4, seed=11, scale=scale)
    p = problem(3, 4, lam, torch.tensor([0, 3, 1]))
    near = p.loss.prox(v, p.target, lam)
    guess = near + torch.tensor([[0.01], [100.0], [torch.nan]]) * draw(3, 4, seed=2)
    for row, hot in enumerate((0, 3, 1)):
        exact = exact_cross_entropy_prox(v[row].tolist(), hot, lam)
        size = float(v[row].abs().sum()) + max(abs(float(x)) for x in exact)
        for computed, u in zip(output_step(p, v, guess, p.rho)[row].tolist(), exact, strict=True):
            assert abs(float(mpmath.mpf(computed) - u)) <= gamma(40, torch.float64) * size


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("soft", [False, True])
def test_many_rows(dtype, soft, monkeypatch):
    """More rows than are taken at a time, replicates, memory in another order, soft labels."""
    y = torch.softmax(draw(37, 3, seed=4), -1) if soft else None
    p = problem(37, 3, 0.01, y, dtype)
    v = draw(2, 37, 3, seed=1, scale=3.0).to(dtype).mT.contiguous().mT
    guess = p.loss.prox(v, p.target, p.rho) + 0.01
    guess[0, ::5] += 3
    fast = output_step(p, v, guess, p.rho)
    monkeypatch.setattr(outputs, "compiled", lambda: None)
    slow = output_step(p, v, guess, p.rho)
    off = 8 * unit(dtype) * (1 + slow.abs().amax()) + (gamma(40, torch.float64) / 0.01) * soft
    assert_within(fast, slow, off, "fast and slow")


def test_what_is_not_a_number_is_seen():
    p = problem(37, 3, 0.01)
    v = draw(37, 3, seed=1)
    v[36, 0] = torch.nan
    assert torch.isnan(output_step(p, v, v, p.rho)).any(-1).nonzero().flatten().tolist() == [36]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_huge_logits(dtype):
    big = 1e30 if dtype is torch.float32 else 1e200
    v = torch.tensor([[big, -big, 0.0], [-big, big, big]], dtype=dtype)
    for lam in LAMBDAS:
        p = problem(2, 3, lam, torch.tensor([0, 1]), dtype)
        made = output_step(p, v, torch.zeros_like(v), lam)
        assert bool(torch.isfinite(made).all())
