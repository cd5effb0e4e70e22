"""Shadows: the exact value and gradient lie in their balls, or nothing is said."""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from flint import arb, ctx
from graphs import Graph
from support.long import few
from torch import nn

from amverify.record.known.observed import LEAK, observed
from amverify.record.shadow import shadowed
from amverify.record.shadow.evaluation import UNBOUNDED

GRAPHS = 1000
RULED_OUT = "scatter.src (indices that rounding may change)"


def holds(mid, rad, truth):
    """Whether an exact number, itself a ball of 300 bits, may lie within mid ± rad."""
    return not abs(truth - arb(float(mid))) > arb(float(rad))


@pytest.mark.parametrize("part", few(range(4), keep=1))
def test_exact_values_and_gradients_lie_in_their_balls(part):
    known, shares = 0, []
    for seed in range(part * GRAPHS // 4, (part + 1) * GRAPHS // 4):
        graph = Graph(seed)
        found = shadowed(graph.run, graph.params, True)
        assert found.lack in (None, RULED_OUT, UNBOUNDED), (seed, found.lack)
        truth = graph.truth()
        if found.value is None:  # a choice was open, and what followed has no slope bound
            continue
        assert holds(found.value.mid, found.value.rad, truth.v), seed
        size = abs(float(found.value.mid)) + 1e-300
        shares.append(float(found.value.rad) / size)
        if found.gradient is None:
            continue
        known += 1
        for mid, rad, slope in zip(found.gradient.mid, found.gradient.rad, truth.d, strict=True):
            assert holds(mid, rad, slope), seed
    assert known > 0.98 * GRAPHS / 4
    assert float(np.median(shares)) < 1e-13


@pytest.mark.parametrize("margin", [5.0, 30.0, 200.0])
def test_cross_entropy_near_0_is_known_relatively(margin):
    """log(1 + e^{−2m}) of float32 logits, far below the unit roundoff of float64 too."""
    ctx.prec = 1200
    w = torch.tensor([[-margin], [margin]], requires_grad=True)
    inputs, labels = torch.tensor([[1.0], [-1.0]]), torch.tensor([1, 0])
    found = shadowed(lambda: F.cross_entropy(inputs @ w.t(), labels), [w], True)
    truth = (1 + arb(-2 * margin).exp()).log()
    assert holds(found.value.mid, found.value.rad, truth)
    assert found.value.rad < 1e-11 * found.value.mid
    slope = arb(-2 * margin).exp() / (1 + arb(-2 * margin).exp())
    for sign, mid, rad in zip((1, -1), found.gradient.mid, found.gradient.rad, strict=True):
        assert holds(mid, rad, sign * slope)
        assert rad < 1e-11 * abs(mid)


LAYERS = {
    "norms": lambda: (nn.Linear(6, 8), nn.LayerNorm(8), nn.GELU(), nn.Linear(8, 3)),
    "batch": lambda: (nn.Linear(6, 8), nn.BatchNorm1d(8), nn.SiLU(), nn.Linear(8, 3)),
    "images": lambda: (
        *(nn.Unflatten(1, (1, 2, 3)), nn.Conv2d(1, 4, 2, padding=1), nn.ReLU()),
        *(nn.MaxPool2d(2, ceil_mode=True), nn.Flatten(), nn.Linear(16, 3)),
    ),
    "elu": lambda: (nn.Linear(6, 8), nn.ELU(), nn.Linear(8, 3), nn.LeakyReLU()),
}
LOSSES = {
    "cross_entropy": lambda out, y: F.cross_entropy(out, y),
    "mse": lambda out, y: F.mse_loss(out, F.one_hot(y, 3).to(out.dtype)),
    "logistic": lambda out, y: F.binary_cross_entropy_with_logits(
        out, F.one_hot(y, 3).to(out.dtype)
    ),
    "huber": lambda out, y: F.huber_loss(out, F.one_hot(y, 3).to(out.dtype)),
}


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_networks_in_float32_agree_with_themselves_in_float64(layers, loss):
    torch.manual_seed(0)
    net = nn.Sequential(*LAYERS[layers]())
    wide = copy.deepcopy(net).double()
    x, y = torch.randn(12, 6), torch.randint(0, 3, (12,))
    found = shadowed(lambda: LOSSES[loss](net(x), y), list(net.parameters()), True)
    assert found.lack is None
    value = LOSSES[loss](wide(x.double()), y)
    slopes = torch.autograd.grad(value, list(wide.parameters()))
    slope = np.concatenate([g.reshape(-1).numpy() for g in slopes])
    assert abs(float(value.detach()) - found.value.mid) <= 2 * found.value.rad < 1e-12
    assert (abs(slope - found.gradient.mid) <= 2 * found.gradient.rad).all()
    assert found.gradient.rad.max() < 1e-12


def test_autocast_and_casts_are_rounding_of_the_run():
    torch.manual_seed(0)
    w, x = torch.randn(4, 3, requires_grad=True), torch.randn(5, 4)

    def value():
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return F.mse_loss(x @ w, torch.zeros(5, 3))

    found = shadowed(value, [w], False)
    truth = ((x.double() @ w.detach().double()) ** 2).mean()
    assert abs(found.value.mid - float(truth)) <= found.value.rad + 1e-15
    assert abs(float(found.result.detach()) - float(truth)) > 1e-5


def test_what_leaves_torch_or_has_no_rule_is_unknown_and_named():
    x = torch.tensor([0.5, 2.0], requires_grad=True)
    scale, before = torch.tensor([1.0, 2.0]), (x * x).sum()
    cases = (
        (lambda: x.sum() * x[0].item(), "leaves torch"),
        (lambda: x.sum() + float(np.exp(x.detach().numpy()).sum()), "numpy"),
        (lambda: x.sum() + sum(x.tolist()), "tolist"),
        (lambda: torch.tensor([x.sum(), x[0] / 3]).sum() + x.sum(), "tensor"),
        (lambda: torch.Tensor([x.sum(), x[0] / 3]).sum() + x.sum(), "leaves torch"),
        (lambda: x.view(torch.int32).float().sum() + x.sum(), "view.dtype"),
        (lambda: before + x.sum(), "computed unseen"),
        (lambda: torch.add(x.detach(), 1, out=torch.empty(2)).sum(), "add.out"),
        (lambda: torch.linalg.eigvalsh(torch.outer(x, x)).sum(), "eigh"),
        (lambda: float(x.detach().sum()), "leaves torch"),
    )
    for value, lack in cases:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = shadowed(value, [x], False)
        assert found.value is None
        assert lack in found.lack
    beside = shadowed(lambda: (x * scale).sum() * float(scale.max()), [x], True)
    assert beside.lack is None
    assert beside.gradient.mid.tolist() == [2.0, 4.0]


def test_a_truth_value_may_decide_the_way_if_it_is_sure():
    x = torch.tensor([0.5], requires_grad=True)
    third = torch.tensor([1.5], requires_grad=True)
    sure = shadowed(lambda: x.sum() if (x > 0).all() else -x.sum(), [x], True)
    assert sure.lack is None
    open_ = shadowed(lambda: x.sum() if (x * third / 3 - 0.25 > 0).all() else -x.sum(), [x], True)
    assert "leaves torch" in open_.lack


def test_memory_that_was_never_written_is_unknown():
    x = torch.ones(3, requires_grad=True)

    def value():
        rest = torch.empty(3)
        rest[:2] = x[:2]
        return rest[:2].sum() + 0 * rest[2]

    assert shadowed(value, [x], False).value is None


def test_kinks_that_are_open_give_both_slopes():
    """x·(1/3)·3 − x is 0, and rounds to either side: the slope of relu there is 0 or 1."""
    x = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    found = shadowed(lambda: F.relu(x / 3 * 3 - 1.0).sum(), [x], True)
    low, high = (found.gradient.mid + s * found.gradient.rad for s in (-1, 1))
    assert low <= 0
    assert high >= 1


def test_random_numbers_are_noticed():
    x = torch.ones(4, requires_grad=True)
    assert shadowed(lambda: F.dropout(x).sum(), [x], True).random
    assert not shadowed(lambda: F.dropout(x, 0.5, False).sum(), [x], True).random
    own = torch.Generator()
    assert shadowed(lambda: (x * torch.rand(4, generator=own)).sum(), [x], True).random


def test_what_is_read_past_the_operators_is_found():
    x = torch.tensor([0.5, 2.0], requires_grad=True)
    memory = x.detach().numpy()
    leak = observed(lambda: x.sum() + float(np.exp(memory).sum()), [x], True, leaks=True)
    assert leak.value is None
    assert leak.gradient is None
    assert leak.lack == LEAK
    sound = observed(lambda: (x.relu() * torch.Tensor([1.0, 2.0])).sum(), [x], True, leaks=True)
    assert sound.lack is None
    assert sound.gradient is not None
    assert x.tolist() == [0.5, 2.0]


AMPLIFIED = {
    "exp": (torch.exp, lambda t: t.exp(), 2.0**50, 0.0),
    "expm1": (torch.expm1, lambda t: t.exp() - 1, 2.0**50, 0.0),
    "log": (torch.log, lambda t: t.log(), 2.0**40, 2.0**-10),
    "log1p": (torch.log1p, lambda t: (1 + t).log(), 2.0**40, -1 + 2.0**-9),
    "sqrt": (torch.sqrt, lambda t: t.sqrt(), 2.0**40, 2.0**-8),
    "tanh": (torch.tanh, lambda t: t.tanh(), 2.0**50, 0.5),
    "sigmoid": (torch.sigmoid, lambda t: 1 / (1 + (-t).exp()), 2.0**50, -2.0),
    "erf": (torch.erf, lambda t: t.erf(), 2.0**50, 0.5),
    "sin": (torch.sin, lambda t: t.sin(), 2.0**50, 1.0),
    "cos": (torch.cos, lambda t: t.cos(), 2.0**50, 1.0),
    "softplus": (F.softplus, lambda t: (1 + t.exp()).log(), 2.0**50, 1.0),
    "reciprocal": (torch.reciprocal, lambda t: 1 / t, 2.0**40, 2.0**-8),
    "power": (lambda t: t**3, lambda t: t * t * t, 2.0**50, 2.0),
    "root": (lambda t: t**-1.5, lambda t: 1 / (t * t.sqrt()), 2.0**40, 2.0**-6),
}


@pytest.mark.parametrize("name", AMPLIFIED)
def test_an_argument_s_error_is_carried_on(name):
    """t = (x/3 − c)s + d, c = fl(x/3): a rounding error, made large, is all that t is off d."""
    ctx.prec = 300
    by_torch, exact, scale, shift = AMPLIFIED[name]
    for k in range(1, 41):
        x = torch.tensor([1 + 0.37 * k], dtype=torch.float64, requires_grad=True)
        c = float(x.detach() / 3)
        found = shadowed(lambda x=x, c=c: by_torch((x / 3 - c) * scale + shift).sum(), [x], False)
        t = (arb(float(x.detach())) / 3 - arb(c)) * arb(scale) + arb(shift)
        assert found.value is not None, k
        assert holds(found.value.mid, found.value.rad, exact(t)), k


@pytest.mark.parametrize("kind", ["product", "sum"])
def test_cancellation_in_sums_and_products_is_counted(kind):
    """64 ones among ±2^60: in float64 most orders lose them, and the ball has to hold 64."""
    big = torch.tensor([2.0**60, 1.0, -(2.0**60), 1.0]).repeat(32)
    x = torch.cat((torch.ones(1), big, -big[::2])).double().requires_grad_()
    truth = sum(arb(v) for v in x.tolist())
    ones = torch.ones(len(x), 1, dtype=torch.float64)
    if kind == "sum":
        found = shadowed(lambda: x.sum(), [x], False)
    else:
        found = shadowed(lambda: (x.reshape(1, -1) @ ones).sum(), [x], False)
    assert holds(found.value.mid, found.value.rad, truth)
    assert found.value.mid != float(truth.mid())
