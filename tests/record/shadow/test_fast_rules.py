"""Rules that take a short way, beside the long one: never less than that says, the truth within."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
import torch
import torch.nn.functional as F
from flint import arb, ctx
from torch import nn

from amverify.record.heard import digits
from amverify.record.shadow import elementary, mode, products, shadowed
from amverify.record.shadow.balls import Ball
from amverify.record.shadow.operands import RULES

SHORT = ("tanh_backward", "sigmoid_backward", "threshold_backward", "mse_loss", "mse_loss_backward")


def wide(shape, scale, generator, radius=True):
    mid = torch.randn(shape, dtype=torch.float64, generator=generator) * scale
    rad = torch.rand(shape, dtype=torch.float64, generator=generator) * scale * 2.0**-40
    return Ball(mid, rad if radius else None)


@pytest.mark.parametrize("scale", [1.0, 2.0**-300, 2.0**-530, 2.0**300, 2.0**-1030])
@pytest.mark.parametrize("radius", [True, False])
def test_norms_of_rows_and_columns_bound_what_the_products_bound(scale, radius):
    generator = torch.Generator().manual_seed(0)
    for m, k, n in ((3, 5, 4), (40, 64, 30), (2, 700, 2)):
        a, b = wide((m, k), scale, generator, radius), wide((k, n), 1.0, generator, radius)
        a.mid[0] = 0.0
        sharp, short = products.bilinear(torch.matmul, a, b, k), products.by_norms(a, b)
        assert torch.equal(sharp.mid, short.mid)
        least = torch.matmul(a.mid.abs(), b.mid.abs()) * 2.0**-53
        if radius:
            least = least + torch.matmul(a.rad, b.mid.abs()) + torch.matmul(a.mid.abs(), b.rad)
            assert (short.rad >= sharp.rad * (1 - 2.0**-30) - 2.0**-1060).all()
        assert (short.rad >= least).all()
        if not radius:
            assert (short.rad[0] == 0).all()


@pytest.mark.parametrize(("one", "other"), [(-540, -540), (-530, -545), (-500, -575), (-1040, -40)])
def test_norms_hold_where_terms_underflow(one, other):
    """Every term is below the least double, their sum is not."""
    generator = torch.Generator().manual_seed(0)
    a = Ball(torch.rand(3, 256, dtype=torch.float64, generator=generator) * 2.0**one)
    b = Ball(torch.rand(256, 3, dtype=torch.float64, generator=generator) * 2.0**other)
    a.mid[0] = 0.0
    for found in (products.by_norms(a, b), products.bilinear(torch.matmul, a, b, 256)):
        for i in range(3):
            for j in range(3):
                pairs = zip(a.mid[i].tolist(), b.mid[:, j].tolist(), strict=True)
                truth = sum(Fraction(x) * Fraction(y) for x, y in pairs)
                mid, rad = Fraction(found.mid[i, j].item()), Fraction(found.rad[i, j].item())
                assert abs(mid - truth) <= rad
    assert (products.by_norms(a, b).rad[0] == 0).all()


def test_norms_hold_where_squares_underflow():
    x = torch.tensor([[3.0, 4.0], [0.0, 0.0], [1.0, 0.0]], dtype=torch.float64) * 2.0**-600
    found = products._norm(x, -1)
    assert found[0] >= 5 * 2.0**-600
    assert found[1] == 0
    assert found[2] >= 2.0**-600


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_slopes_near_the_middle_bound_the_whole_ball(name):
    ctx.prec = 200
    exact = {"tanh": lambda t: t.tanh(), "sigmoid": lambda t: 1 / (1 + (-t).exp())}[name]
    for m in (0.0, 1e-300, 0.1, -0.7, 3.0, -19.0, 40.0):
        for r in (1e-300, 1e-12, 0.01, 0.4999, 0.51, 0.99, 1.01, 3.0, 50.0):
            x = Ball(*(torch.tensor([v], dtype=torch.float64) for v in (m, r)))
            found = getattr(elementary, name)(x)
            for s in (-1, -0.5, 0.3, 1):
                off = abs(exact(arb(m) + arb(s) * arb(r)) - arb(float(found.mid)))
                assert not off > arb(float(found.rad)), (m, r, s)


def without(monkeypatch):
    """The rules of this file are taken away: torch's own decompositions are followed instead."""
    for name in SHORT:
        monkeypatch.delitem(RULES, f"{name}.default")
    monkeypatch.setattr(products, "LARGE", 2**60)
    getattr(mode, "KNOWN", {}).clear()


LOSSES = {
    "mean": lambda out, y: F.mse_loss(out, y),
    "sum": lambda out, y: F.mse_loss(out, y, reduction="sum"),
    "none": lambda out, y: F.mse_loss(out, y, reduction="none").mean(),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("layer", [nn.Tanh, nn.Sigmoid, nn.ReLU])
def test_networks_are_followed_the_short_way_and_the_long_way(loss, layer, monkeypatch):
    rng = random.Random(f"{loss} {layer.__name__}")
    torch.manual_seed(rng.randrange(1000))
    width, many = rng.choice([40, 64]), rng.choice([60, 90])
    parts = (nn.Linear(20, width), layer(), nn.Linear(width, width), layer(), nn.Linear(width, 3))
    net = nn.Sequential(*parts)
    x, y = torch.randn(many, 20), torch.randn(many, 3)
    value, params = lambda: LOSSES[loss](net(x), y), list(net.parameters())
    short = shadowed(value, params, True)
    without(monkeypatch)
    long = shadowed(value, params, True)
    assert short.lack is long.lack is None
    for mine, theirs in ((short.value, long.value), (short.gradient, long.gradient)):
        assert (abs(mine.mid - theirs.mid) <= mine.rad + theirs.rad).all()
        assert (mine.rad >= 0.1 * theirs.rad - 1e-300).all()  # dead units: 0 and what underflows
        assert mine.rad.max() <= 60 * theirs.rad.max()


def test_a_mean_of_squares_has_its_gradient_divided_not_times_a_rounded_number():
    """2/3 is no double: the ball of ∇ mean (w − y)² holds 2(w − y)/3 itself."""
    ctx.prec = 200
    for seed in range(200):
        torch.manual_seed(seed)
        w, y = torch.randn(3, dtype=torch.float64, requires_grad=True), torch.randn(3).double()
        found = shadowed(lambda w=w, y=y: F.mse_loss(w, y), [w], True)
        for mid, rad, a, b in zip(
            found.gradient.mid, found.gradient.rad, w.tolist(), y.tolist(), strict=True
        ):
            truth = 2 * (arb(a) - arb(b)) / 3
            assert not abs(truth - arb(float(mid))) > arb(float(rad))


def test_a_relu_at_0_and_at_an_open_sign():
    x = torch.tensor([0.0, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    found = shadowed(lambda: F.relu(x).sum(), [x], True)
    assert found.gradient.mid.tolist() == [0.0, 0.0, 1.0]
    assert found.gradient.rad.tolist() == [0.0, 0.0, 0.0]


def test_digits_seen_from_bits_are_those_of_the_mantissas():
    full = 0
    for seed in range(200):
        generator = torch.Generator().manual_seed(seed)
        wide_, short = ((torch.float32, torch.bfloat16), (torch.float64, torch.float32))[seed % 2]
        g = torch.randn(200, generator=generator).to(wide_) * 10.0 ** (-44 + seed % 47)
        g += g * torch.randn(200, generator=generator).to(wide_)
        few = g[:seed].to(short).to(wide_)
        g[:seed] = few * (1 + 2.0**-8) if seed % 4 < 2 else few  # a sum of two such numbers, or one
        g[:: 7 + seed % 3] = (0.0, float("nan"), float("inf"))[seed % 3]
        if digits._full(g):
            full += 1
            assert digits._format(digits._mantissas(g)) is None, seed
    assert full > 50
