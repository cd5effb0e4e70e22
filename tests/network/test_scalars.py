"""Products of large blocks, which are summed a part at a time."""

from __future__ import annotations

import math

import torch
from support.problems import draw

from amverify.network.scalars import PART, dot


def test_large_blocks_are_summed_in_parts_and_no_digit_is_lost():
    """Against the correctly rounded sum, with a last part that is shorter than the others."""
    rows = 2 * PART // 7 + 3
    u, v = draw(rows, 7, seed=1).float(), draw(rows, 7, seed=2).float()
    exact = math.fsum((u.double() * v.double()).flatten().tolist())
    size = float((u.double() * v.double()).abs().sum())
    assert abs(dot(u, v) - exact) <= PART * torch.finfo(torch.float64).eps * size
    assert dot(u.mT, v.mT) == dot(u.mT.contiguous(), v.mT.contiguous())


def test_what_is_not_finite_stays_so():
    u = torch.zeros(3, PART)
    u[0, 0], u[2, 0] = torch.inf, -torch.inf
    assert math.isnan(dot(u, torch.ones_like(u)))
    assert dot(u, u) == math.inf
