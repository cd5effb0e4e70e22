"""κ's short way: a Rayleigh quotient near the eigenvalue, and a factor that says it is enough."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from amverify.methods import curvature
from amverify.methods.curvature import by_eigenvalues, certified_curvature


def weight(seed, m, n, scale=1.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(m, n, generator=generator, dtype=torch.float32)


def largest(w: torch.Tensor) -> float:
    return float(torch.linalg.matrix_norm(w.double(), 2)) ** 2


@settings(deadline=None, max_examples=40)
@given(
    st.integers(24, 60),
    st.integers(24, 60),
    st.integers(0, 10**6),
    st.sampled_from([1.0, 1e-22, 1e20, 0.0]),
    st.sampled_from(["none", "random", "wrong", "right"]),
)
def test_it_is_an_upper_bound_wherever_it_starts(m, n, seed, scale, start):
    w = weight(seed, m, n, scale)
    vectors = torch.linalg.svd(w.double(), full_matrices=False)
    side = vectors[0].mT if m < n else vectors[2]
    near = {"none": None, "random": torch.randn(min(m, n), dtype=torch.float64), "wrong": side[-1],
            "right": side[0]}[start]  # fmt: skip
    found = certified_curvature(w, near)
    assert largest(w) * (1 - 1e-12) <= found.bound
    assert found.bound <= 1.01 * largest(w) + 1e-33


def test_both_ways_lead_to_one_bound(monkeypatch):
    """To rounding, once the ascent has come near; and the short way is then the way taken."""
    pytest.importorskip("numba")
    w, leading = weight(0, 60, 40), None
    for _ in range(20):
        _, leading = certified_curvature(w, leading)
    slow = by_eigenvalues(w)
    monkeypatch.setattr(curvature, "by_eigenvalues", lambda _: pytest.fail("it was not certified"))
    fast = certified_curvature(w, leading).bound
    assert fast == pytest.approx(slow, rel=2e-5)


def test_an_ascent_that_is_stuck_is_not_believed():
    """At an eigenvector of another eigenvalue no step leads up."""
    w = torch.diag(torch.linspace(1, 2, 30))
    near = torch.eye(30, dtype=torch.float64)[3]
    assert certified_curvature(w, near).bound >= 4


@pytest.mark.parametrize("shape", [(3, 40), (40, 40)])
@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_what_is_not_finite_has_no_bound(shape, wrong):
    w = weight(0, *shape)
    w[1, 2] = wrong
    assert not certified_curvature(w).bound < float("inf")
