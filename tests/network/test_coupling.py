"""Band schedules and the couplings' own refusals."""

from __future__ import annotations

import math

import pytest
import torch
from support.problems import draw
from support.rounding import gamma

from amverify.errors import InvalidInput
from amverify.network.activations import Activation, activation
from amverify.network.coupling import Band, Penalty


def test_mdlam_schedule():
    band, eps = Band(100.0, factor=0.5, floor=1e-3), 100.0
    for k in range(1, 60):
        assert band.at(k) == pytest.approx(eps, rel=1e-14)
        eps = max(eps / 2, 1e-3)
    first = band.constant_from()
    assert first == 18
    assert band.at(first - 1) > band.at(first) == band.at(1000) == 1e-3


@pytest.mark.parametrize("band", [Band(0.3), Band(0.3, factor=1.0), Band(2.0, 0.5, 2.0)])
def test_constant_schedule(band):
    assert band.constant_from() == 1
    assert {band.at(k) for k in range(1, 40)} == {band.eps}


@pytest.mark.parametrize("eps", [0.0, -1.0, math.nan, math.inf])
def test_band_refuses_eps(eps):
    with pytest.raises(InvalidInput, match="ε must be positive and finite"):
        Band(eps)


@pytest.mark.parametrize("factor", [0.0, -0.5, 1.5, math.nan])
def test_band_refuses_factor(factor):
    with pytest.raises(InvalidInput, match="factor must lie in"):
        Band(1.0, factor, 0.1)


@pytest.mark.parametrize("floor", [0.0, -1.0, 1.5, math.nan])
def test_band_refuses_floor(floor):
    with pytest.raises(InvalidInput, match="floor must lie in"):
        Band(1.0, 0.5, floor)


def test_band_refuses_a_factor_without_a_floor():
    with pytest.raises(InvalidInput, match="needs a floor"):
        Band(1.0, 0.5)


@pytest.mark.parametrize("nu", [0.0, -1.0, math.nan, math.inf])
def test_penalty_refuses_nu(nu):
    with pytest.raises(InvalidInput, match="ν must be positive and finite"):
        Penalty(nu)


@pytest.mark.parametrize("size", [1.0, 1e-12])
def test_penalty_change_is_its_difference(size):
    h, penalty = activation("leaky_relu"), Penalty(0.7)
    z, a = draw(2, 4, 3, seed=1), draw(2, 4, 3, seed=2)
    new = z + size * draw(2, 4, 3, seed=3)
    step = h(new) - h(z)
    exact = 0.35 * (step * (h(new) + h(z) - 2 * a)).sum((-2, -1))
    bound = gamma(40, z.dtype) * float((step.abs() * (h(z).abs() + a.abs() + 1)).sum())
    assert bool(((penalty.change(h, z, new, a) - exact).abs() <= bound).all())
    if size == 1.0:
        difference = penalty.value(h, new, a) - penalty.value(h, z, a)
        torch.testing.assert_close(penalty.change(h, z, new, a), difference)


def test_an_inverse_is_asked_for_the_open_range_only():
    """2 max(z, 0), whose h⁻¹(c) = c/2 says nothing of levels up to 0: there no z is least."""
    twice = Activation(
        "twice",
        lambda z: 2 * z.clamp(min=0),
        lambda z: 2.0 * (z > 0),
        2.0,
        0.0,
        math.inf,
        lambda c: c / 2,
    )
    levels = torch.tensor([-1.0, 0.0, 1.0])
    assert twice.lowest_preimage(levels).tolist() == [-math.inf, -math.inf, 0.5]
    assert twice.highest_preimage(levels).tolist() == [-math.inf, 0.0, 0.5]
