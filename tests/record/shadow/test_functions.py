"""Functions of torch.nn.functional, exact values and slopes in their balls, in both formats.

Numbers that torch rounds on its way (1/n, exponent − 1, 1/α as float32, a constant of
``torch.where`` in the run's format) are no part of f: what the caller wrote counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from duals import Dual, arb, cut, each, lift, sigmoid, softplus, variables
from flint import ctx
from support.long import few

from amverify.record.shadow import shadowed
from amverify.record.shadow.balls import Ball
from amverify.record.shadow.numerals import Numerals

PI = arb.pi()
SELU = (1.6732632423543772848170429916717, 1.0507009873554804934193349852946)
W = (0.3, 1.7, -0.9, 2.1, -0.4)


def put(x):
    made = x * 1
    made[0] = 0.3
    return made[:1] * x


def elu(alpha, inner, scale=1.0):
    return lambda x: (x if x > 0 else ((x / inner).exp() - 1) * alpha) * scale


def chosen(x):
    return x if x > 0.1 else lift(0.3) + x * 0


ENTRIES: dict[str, tuple[Callable, Callable]] = {
    "celu": (lambda x: F.celu(x, 0.7), elu(0.7, 0.7)),
    "celu_": (lambda x: F.celu_(x * 1, 0.7), elu(0.7, 0.7)),
    "elu": (lambda x: F.elu(x, 0.7), elu(0.7, 1)),
    "elu_": (lambda x: F.elu_(x * 1, 0.7), elu(0.7, 1)),
    "selu": (F.selu, elu(SELU[0], 1, SELU[1])),
    "selu_": (lambda x: F.selu_(x * 1), elu(SELU[0], 1, SELU[1])),
    "where": (lambda x: torch.where(x > 0.1, x, 0.3), chosen),
    "masked_fill": (lambda x: x.masked_fill(x <= 0.1, 0.3), chosen),
    "threshold": (lambda x: F.threshold(x, 0.1, 0.3), chosen),
    "index_fill": (
        lambda x: torch.index_fill(x, 0, torch.tensor([0]), 0.3)[:1] * x,
        lambda x: x * 0.3,
    ),
    "setitem": (put, lambda x: x * 0.3),
    "lerp": (lambda x: torch.lerp(x, x * x, 0.3), lambda x: x + (x * x - x) * 0.3),
    "power": (lambda x: (x * x + 1) ** 0.1, lambda x: (x * x + 1) ** 0.1),
    "root": (lambda x: x.abs() ** 1.7, lambda x: abs(x) ** 1.7),
    "erf": (torch.erf, lambda x: x.erf()),
    "gelu": (F.gelu, lambda x: x * 0.5 * (1 + (x / arb(2).sqrt()).erf())),
    "gelu_tanh": (
        lambda x: F.gelu(x, approximate="tanh"),
        lambda x: x * 0.5 * (1 + ((x + x * x * x * 0.044715) * (2 / PI).sqrt()).tanh()),
    ),
    "hardsigmoid": (F.hardsigmoid, lambda x: cut(x + 3, 0, 6) / 6),
    "hardswish": (F.hardswish, lambda x: x * cut(x + 3, 0, 6) / 6),
    "hardtanh": (lambda x: F.hardtanh(x, -0.7, 0.3), lambda x: cut(x, -0.7, 0.3)),
    "leaky": (lambda x: F.leaky_relu(x, 0.1), lambda x: x if x > 0 else x * 0.1),
    "logsigmoid": (F.logsigmoid, lambda x: -softplus(-x)),
    "mish": (F.mish, lambda x: x * softplus(x).tanh()),
    "silu": (F.silu, lambda x: x * sigmoid(x)),
    "softplus": (lambda x: F.softplus(x, 0.3), lambda x: softplus(x * 0.3) / 0.3),
    "softsign": (F.softsign, lambda x: x / (1 + abs(x))),
    "addcdiv": (
        lambda x: torch.addcdiv(x, x, x * x + 1, value=0.3),
        lambda x: x + x / (x * x + 1) * 0.3,
    ),
    "ndtr": (torch.special.ndtr, lambda x: 0.5 * (1 + (x / arb(2).sqrt()).erf())),
}


def _mean(a):
    return a.sum() / a.size


def _root(a):
    return each(lambda t: t.sqrt())(a)


def _normal(a):
    rest = a - (a.sum(1) / a.shape[1])[:, None]
    return rest / _root((rest * rest).sum(1) / a.shape[1] + 1e-5)[:, None]


def _logs(a):
    return a - each(lambda t: t.log())(each(lambda t: t.exp())(a).sum(1))[:, None]


def _variance(a):
    rest = a - _mean(a)
    return (rest * rest).sum() / (a.size - 1)


def huber(d, k):
    return d * d / 2 if abs(d) < k else (abs(d) - arb(k) / 2) * k


def weighted(a):
    return (a * np.array(torch.tensor(W[:3]).double().tolist())).sum()


def _weighted(a):
    return (a * torch.tensor(W[:3]).to(a.dtype)).sum()


LABELS = torch.tensor([0, 2, 1, 1, 0])
WHOLE: dict[str, tuple[tuple, Callable, Callable]] = {
    "huber": (
        ((7,), (7,)),
        lambda a, b: F.huber_loss(a, b, delta=0.3),
        lambda a, b: _mean(each(lambda d: huber(d, 0.3))(a - b)),
    ),
    "smooth_l1": (
        ((7,), (7,)),
        lambda a, b: F.smooth_l1_loss(a, b, beta=0.3),
        lambda a, b: _mean(each(lambda d: huber(d, 0.3))(a - b)) / 0.3,
    ),
    "logistic": (
        ((7,), (7,)),
        lambda a, b: F.binary_cross_entropy_with_logits(a, b),
        lambda a, b: _mean(each(softplus)(a) - a * b),
    ),
    "soft_margin": (
        ((7,),),
        lambda a: F.soft_margin_loss(a, -torch.ones_like(a)),
        lambda a: _mean(each(softplus)(a)),
    ),
    "labels": (
        ((5, 3),),
        lambda a: F.cross_entropy(a, LABELS, label_smoothing=0.1),
        lambda a: _mean(
            -_logs(a)[range(5), LABELS.tolist()] * (1 - arb(0.1)) - _logs(a).sum(1) * (arb(0.1) / 3)
        ),
    ),
    "variance": (((7,),), torch.var, _variance),
    "deviation": (((4,),), torch.std, lambda a: _variance(a).sqrt()),
    "layer_norm": (
        ((2, 3),),
        lambda a: _weighted(F.layer_norm(a, (3,))),
        lambda a: weighted(_normal(a)),
    ),
    "rms_norm": (
        ((2, 3),),
        lambda a: _weighted(F.rms_norm(a, (3,), eps=1e-3)),
        lambda a: weighted(a / _root((a * a).sum(1) / 3 + 1e-3)[:, None]),
    ),
    "cosine": (
        ((2, 3), (2, 3)),
        lambda a, b: F.cosine_similarity(a, b).sum(),
        lambda a, b: ((a * b).sum(1) / _root((a * a).sum(1) * (b * b).sum(1))).sum(),
    ),
}


def outside(name: str, seed: int) -> Iterator[object]:
    """What is known of a function at random numbers that the exact one is not within."""
    ctx.prec = 300
    torch.manual_seed(seed)
    dtype, scale = (torch.float32, torch.float64)[seed % 2], (1.0, 0.1, 4.0)[seed % 3]
    if name in WHOLE:
        shapes, run, exact = WHOLE[name]
    else:
        shapes, (f, entry) = ((5,),), ENTRIES[name]
        weights = torch.tensor(W).to(dtype)
        run = lambda a: (f(a) * weights).sum()  # noqa: E731
        exact = lambda a: (each(entry)(a) * weights.double().numpy()).sum()  # noqa: E731
    xs = [(torch.randn(s).double() * scale).to(dtype).requires_grad_() for s in shapes]
    found = shadowed(lambda: run(*xs) * 0.3, xs, True)
    truth: Dual = exact(*variables([x.detach().double().numpy() for x in xs])) * 0.3
    mids = np.append(found.gradient.mid, found.value.mid)
    rads = np.append(found.gradient.rad, found.value.rad)
    for mid, rad, at in zip(mids, rads, [*truth.d, truth.v], strict=True):
        if abs(at - arb(float(mid))) > arb(float(rad)):
            yield seed, mid, rad, at


@pytest.mark.parametrize("name", [*ENTRIES, *WHOLE])
def test_exact_values_and_slopes_of_a_function_lie_in_their_balls(name):
    for seed in range(6):
        assert list(outside(name, seed)) == []


@pytest.mark.parametrize("part", few(range(10), keep=0))
def test_many_exact_values_and_slopes_lie_in_their_balls(part):
    for name in (*ENTRIES, *WHOLE):
        for seed in range(40 * part + 6, 40 * part + 46):
            assert list(outside(name, seed)) == [], name


def test_what_torch_decomposes_into_something_else_is_unknown():
    """Of torch 2.13: labels behind the first −1 count in its decomposition, not in its kernel."""
    x = torch.randn(2, 3, requires_grad=True)
    labels = torch.tensor([[1, -1, 0], [2, 0, -1]])
    found = shadowed(lambda: F.multilabel_margin_loss(x, labels), [x], False)
    assert found.value is None
    assert found.lack == "multilabel_margin_loss_forward.default"
    assert torch.equal(found.result, F.multilabel_margin_loss(x, labels))


def test_numbers_that_were_written_stay_exact():
    """No radius comes of a slope of 0.1, but for two products; ∞ as a mask's number is ∞."""
    x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    found = shadowed(lambda: (0.1 * x).sum() + 0 * x.masked_fill(x > 9, -torch.inf)[0], [x], True)
    assert found.gradient.mid.tolist() == [0.1, 0.1]
    assert found.gradient.rad.max() < 4 * 2.0**-53 * 0.1


def test_what_torch_brings_along_is_not_exact():
    """Of all numbers of an operator only those are exact that a call was given, and short ones."""
    numerals = Numerals()
    with numerals.called("where", (0.3, [0.1]), {"value": -0.7}):
        pass
    given = (0.3, 0.1, 0.7, -0.1, 2.5, 3, float("inf"))
    assert numerals.read("mul", given, {"alpha": 0.3}) == (given, {"alpha": 0.3})
    (third,), _ = numerals.read("mul", (1 / 3,), {})
    assert third.rad >= 2.0**-53 * third.mid
    with numerals.inside(), numerals.called("mul", (1 / 3,), {}):
        pass
    assert isinstance(numerals.read("mul", (1 / 3,), {})[0][0], Ball)


def test_a_power_in_place_is_followed():
    """torch calls it pow_.Scalar, and pow.Scalar is a number to the power of a tensor."""
    x = torch.tensor([[0.5, -2.0], [3.0, 1.0]], dtype=torch.float64, requires_grad=True)
    found = shadowed(lambda: (x * 1).pow_(3).sum(), [x], True)
    assert found.gradient.mid.tolist() == [0.75, 12.0, 27.0, 3.0]
    norm = shadowed(lambda: F.normalize(x, p=3).sum(), [x], True)
    assert norm.lack == "linalg_vector_norm.default (a norm of order 3)"


def test_means_over_the_dimension_of_a_number_and_slopes_of_signs():
    x = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    value = lambda: x.mean(0) + x.norm(dim=0) + x.sgn() + x.var(0, correction=0)  # noqa: E731
    found = shadowed(value, [x], True)
    assert found.value.mid == 4
    alone = shadowed(lambda: x.sgn(), [x], True)
    assert alone.value.mid == 1
    assert alone.gradient.mid == alone.gradient.rad == 0
