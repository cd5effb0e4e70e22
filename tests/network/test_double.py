"""A float32 problem in float64: the very numbers, and nothing kept from float32."""

from __future__ import annotations

import torch
from support.problems import problem

from amverify.network.coupling import Penalty


def test_the_same_numbers_in_float64():
    p = problem((5, 4, 3), 6, coupling=Penalty(0.7), dtype=torch.float32)
    assert p.averaging.dtype is p.input_norm_squared.dtype is torch.float32
    wide = p.double()
    assert wide.dtype is wide.target.dtype is wide.space.inputs.dtype is torch.float64
    assert wide.averaging.dtype is wide.input_norm_squared.dtype is torch.float64
    assert float(wide.averaging[0, 0]) == 1 / 6
    assert (wide.space.inputs == p.space.inputs.double()).all()
    assert p.dtype is p.target.dtype is torch.float32
    assert (wide.rho, wide.coupling, wide.widths) == (p.rho, p.coupling, p.widths)
