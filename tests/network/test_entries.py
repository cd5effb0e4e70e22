"""The joint entry's minimiser against a search over a fine grid, and by its own conditions."""

from __future__ import annotations

import pytest
import torch

from amverify.errors import InvalidInput
from amverify.network.activations import ACTIVATIONS, activation, leaky_relu
from amverify.network.entries import feasible, joint_minimiser, model

PIECEWISE = [activation(n) for n in ("identity", "relu", "relu6", "hard_tanh")] + [leaky_relu(0.2)]


def searched(h, c, d, rho, kappa, eps, *, points=40001, reach=12.0):
    """The least value over a grid of z, the best a for each in closed form; (entries,)."""
    z = torch.linspace(-reach, reach, points, dtype=torch.float64)
    kinks = torch.tensor([p.lower for p in h.pieces[1:]], dtype=torch.float64)
    z = torch.cat((z, kinks)).expand(len(c), -1)
    a = torch.minimum(torch.maximum(d[:, None], h(z) - eps), h(z) + eps)
    return model(z, a, c[:, None], d[:, None], rho, kappa).amin(1)


@pytest.mark.parametrize("h", PIECEWISE, ids=lambda h: h.name)
@pytest.mark.parametrize("seed", range(3))
def test_no_grid_point_is_lower(h, seed):
    generator = torch.Generator().manual_seed(seed)
    c, d = 3 * torch.randn(2, 200, generator=generator, dtype=torch.float64)
    rho, kappa, eps = (float(x) for x in torch.rand(3, generator=generator) * 2 + 0.05)
    z, a = joint_minimiser(h, c, d, rho, kappa, eps)
    assert ((a - h(z)).abs() <= eps * (1 + 1e-12) + 1e-12).all()
    found, best = model(z, a, c, d, rho, kappa), searched(h, c, d, rho, kappa, eps)
    assert (found <= best * (1 + 1e-12) + 1e-12).all()
    assert (best - found <= 1e-2 * (1 + found)).all(), "the grid comes near it"


def test_the_corner_of_the_specification():
    """convergent.md, TJ: at ρ = κ = 1, ε = 0.1, (c, d) = (1 − √2, 1.1) both minimisers cost ½."""
    h = activation("relu")
    c, d = torch.tensor([[-0.41421356], [1.1]], dtype=torch.float64)
    z, a = joint_minimiser(h, c, d, 1.0, 1.0, 0.1)
    assert float(model(z, a, c, d, 1.0, 1.0)) == pytest.approx(0.5, abs=1e-8)


def test_smooth_activations_are_refused():
    x = torch.zeros(1)
    with pytest.raises(InvalidInput, match=r"tanh: the joint block .* relu"):
        joint_minimiser(activation("tanh"), x, x, 1.0, 1.0, 0.1)


def test_an_entry_may_stay_within_the_rounding_of_the_band_and_not_beyond():
    h, z = activation("relu"), torch.tensor([1000.0, 0.0])
    for dtype in (torch.float32, torch.float64):
        unit, at = torch.finfo(dtype).eps, z.to(dtype)
        for off, inside in ((0.0, True), (1.0, True), (16.0, False)):
            assert feasible(h, at, at + 0.5 + off * unit * (1 + at), 0.5).tolist() == [inside] * 2


def test_only_pieces_that_add_nothing_and_scale_nothing_are_exact():
    exact = {name for name in ACTIVATIONS if activation(name).exact}
    assert exact == {"relu", "relu6", "hard_tanh", "identity"} & set(ACTIVATIONS)
    assert not leaky_relu(0.5).exact
