"""Products of large blocks, which are summed a part at a time."""

from __future__ import annotations

import math

import pytest
import torch
from support.problems import draw

from amverify.network.scalars import PART, dot, square


def test_large_blocks_are_summed_in_parts_and_no_digit_is_lost():
    """Against the correctly rounded sum, with a last part that is shorter than the others."""
    rows = 2 * PART // 7 + 3
    u, v = draw(rows, 7, seed=1).float(), draw(rows, 7, seed=2).float()
    exact = math.fsum((u.double() * v.double()).flatten().tolist())
    size = float((u.double() * v.double()).abs().sum())
    assert abs(dot(u, v) - exact) <= PART * torch.finfo(torch.float64).eps * size
    assert dot(u.mT, v.mT) == dot(u.mT.contiguous(), v.mT.contiguous())


def test_float32_is_summed_in_float64_with_replicates_and_without():
    u, v = draw(2, 30, 7, seed=1).float(), draw(2, 30, 7, seed=2).float()
    wide = (u.double() * v.double()).flatten(1)
    near = 30 * 7 * torch.finfo(torch.float64).eps * wide.abs().sum(-1)
    found = [*dot(u, v), *(dot(x, y) for x, y in zip(u, v, strict=True))]
    for i, one in enumerate(found):
        assert abs(float(one) - math.fsum(wide[i % 2].tolist())) <= near[i % 2]


def test_what_is_not_finite_stays_so():
    u = torch.zeros(3, PART)
    u[0, 0], u[2, 0] = torch.inf, -torch.inf
    assert math.isnan(dot(u, torch.ones_like(u)))
    assert dot(u, u) == math.inf


def test_the_square_of_each_replicate_is_that_of_it_alone():
    u = draw(3, 4, 5, seed=1)
    wanted = [math.fsum((x * x).flatten().tolist()) for x in u]
    assert square(u).tolist() == pytest.approx(wanted, rel=1e-14)
    assert [square(x) for x in u] == pytest.approx(wanted, rel=1e-14)
