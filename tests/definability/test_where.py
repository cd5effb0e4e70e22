"""``torch.where``: continuous where its branches agree at the boundary, else unshown."""

from __future__ import annotations

import pytest
import torch

import amverify as amv

X, Y, W = torch.ones(4, 3), torch.zeros(4, 3), torch.ones(3)
SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772


def _selu(x):
    return (SCALE * torch.where(x > 0, x, ALPHA * (torch.exp(x) - 1))).sum()


def _huber(x, y):
    d = x - y
    size = torch.abs(d)
    return torch.where(size <= 1.5, 0.5 * d**2, 1.5 * (size - 0.75)).sum()


def _softplus(x):
    """Stable, and a function by cases whose branches differ nowhere."""
    return torch.where(x > 0, x + torch.log1p(torch.exp(-x)), torch.log1p(torch.exp(x))).sum()


CONTINUOUS = {
    "ReLU": (lambda x: torch.where(x > 0, x, torch.zeros_like(x)).sum(), (X,)),
    "ReLU, a number": (lambda x: torch.where(x >= 0, x, 0.0).sum(), (X,)),
    "leaky, the other way": (lambda x: torch.where(x < 0, 0.01 * x, x).sum(), (X,)),
    "SELU": (_selu, (X,)),
    "ELU": (lambda x: torch.where(x > 0, x, torch.expm1(x)).sum(), (X,)),
    "Huber": (_huber, (X, Y)),
    "PReLU": (lambda x, w: torch.where(x > 0, x, w * x).sum(), (X, W)),
    "maximum": (lambda x, y: torch.where(x > y, x, y).sum(), (X, Y)),
    "max of 2x and y": (lambda x, y: torch.where(2 * x > y, 2 * x, y).sum(), (X, Y)),
    "threshold on a square": (lambda x: torch.where(x**2 > 4, x**2, 4.0).sum(), (X,)),
    "softplus": (_softplus, (X,)),
}
JUMPS = {
    "another slope and height": (lambda x: torch.where(x > 1, x, -x).sum(), (X,)),
    "Huber, δ² forgotten": (
        lambda x: torch.where(x.abs() <= 1.5, 0.5 * x**2, 1.5 * x.abs()).sum(), (X,)
    ),
    "SELU at 0.1": (lambda x: torch.where(x > 0.1, x, torch.exp(x) - 1).sum(), (X,)),
    "one side of two": (lambda x: torch.where(x**2 > 4, x, torch.full_like(x, 2.0)).sum(), (X,)),
    "nearly": (lambda x: torch.where(x > 0, x + 1e-12, x).sum(), (X,)),
    "a branch that jumps": (
        lambda x: torch.where(x > 0, x * torch.sign(x - 1), torch.zeros_like(x)).sum(), (X,)
    ),
    "a condition that jumps": (
        lambda x: torch.where(torch.sign(x) > 0.5, torch.sign(x) - 0.5, 0 * x).sum(), (X,)
    ),
    "a condition of something else": (lambda x, y: torch.where(y > 0, x, -x).sum(), (X, Y)),
    "another entry": (
        lambda x: torch.where(x.flip(0) > 0, x, torch.zeros_like(x)).sum(), (X,)
    ),
    "a column of it": (lambda x: torch.where(x[:, :1] > 0, x, torch.zeros_like(x)).sum(), (X,)),
    "equal": (lambda x: torch.where(x == 0, x + 1, x).sum(), (X,)),
    "of comparisons": (
        lambda x: torch.where((x > 0) & (x < 1), x, torch.zeros_like(x)).sum(), (X,)
    ),
    "a random threshold": (lambda x, w: torch.where(x > w, x, 0 * x).sum(), (X, W)),
}  # fmt: skip


IN_SUITE = (
    *("ReLU, a number", "SELU", "Huber", "max of 2x and y"),
    *("Huber, δ² forgotten", "nearly", "one side of two", "a column of it"),
    *("a condition that jumps", "a branch that jumps"),
)
"""Tracing takes most of the time: the others are looked at by ``make controls``."""


def _cases(of):
    return [pytest.param(n, marks=() if n in IN_SUITE else pytest.mark.long) for n in of]


@pytest.mark.parametrize("name", _cases(CONTINUOUS))
def test_branches_that_agree_make_it_continuous(name):
    function, inputs = CONTINUOUS[name]
    certificate = amv.definable(function, inputs)
    assert certificate.exponent.kind != "unshown", certificate.exponent.says


@pytest.mark.parametrize("name", _cases(JUMPS))
def test_branches_that_may_differ_do_not(name):
    function, inputs = JUMPS[name]
    certificate = amv.definable(function, inputs)
    assert certificate.exponent.kind == "unshown", certificate.exponent.says


def test_a_network_with_its_own_activation_keeps_its_exponent():
    def own(x, w):
        inner = x @ w
        return torch.where(inner > 0, inner, 0.0).square().sum()

    assert amv.definable(own, (X, W)).exponent.kind == "some"
