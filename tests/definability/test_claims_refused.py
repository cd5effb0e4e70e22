"""Certificates that were once wrong: each says now what is true, or nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import flint
import pytest
import sympy as sp
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import amverify as amv
from amverify.definability.expressions import Walk
from amverify.definability.intervals import Undecided, enclosed
from amverify.definability.ledger import Ledger
from amverify.definability.values import Value

x, y = sp.symbols("x y", real=True)
n = sp.Symbol("n", negative=True)
X = torch.ones(4, 3)
CELL = nn.LSTM(3, 4, proj_size=2)
PLAIN = nn.LSTM(3, 4)


def test_cases_that_meet_may_still_jump_inside() -> None:
    """sign jumps at 0, and the cases meet at −1: not lower semicontinuous, so no KL."""
    jump = sp.Piecewise((sp.sign(x), x > -1), (-1, True))
    assert amv.definable(jump).exponent.kind == "unshown"
    smooth = sp.Piecewise((x * sp.Abs(x), x > 0), (0, True))
    assert amv.definable(smooth).exponent.kind == "some"


def test_arcus_cotangent_jumps_at_zero() -> None:
    """acot is π/2 at 0 and near −π/2 left of it."""
    assert float(sp.acot(sp.Rational(-1, 10**9))) < -1.57 < 1.57 < float(sp.acot(0))
    assert amv.definable(sp.acot(x)).exponent.kind == "unshown"
    assert amv.definable(sp.acot(1 + x**2)).exponent.kind == "some"


def test_the_value_of_heaviside_at_zero_is_looked_at() -> None:
    assert "sin" in amv.definable(sp.Heaviside(x, sp.sin(y))).broken_at.operation
    assert not amv.definable(sp.sqrt(sp.Heaviside(x, -3))).certified
    assert amv.definable(sp.sqrt(sp.Heaviside(x))).certified


@pytest.mark.parametrize(
    ("symbol", "told"),
    [
        (n, "n < 0"),
        (sp.Symbol("n", nonpositive=True), "n ≤ 0"),
        (sp.Symbol("n", positive=True), "n > 0"),
        (sp.Symbol("n", nonnegative=True), "n ≥ 0"),
        (sp.Symbol("n", real=True, nonzero=True), "n in ℝ, ≠ 0"),
    ],
)
def test_what_a_symbol_is_assumed_to_be_is_told(symbol: Any, told: str) -> None:
    assert amv.definable(symbol**2).variables == (told,)
    if symbol.is_positive:
        assert amv.definable(symbol**2, box=(-1, 1)).variables == ("n in [0, 1], ≠ 0",)
    if symbol.is_negative:
        assert amv.definable(sp.log(-symbol)).where == ()


def test_a_number_beyond_all_floats_is_undecided() -> None:
    assert "beyond all floats" in str(amv.definable(sp.Integer(10) ** 400 * x).broken_at)


@pytest.mark.parametrize(
    ("loss", "box"),
    [
        (sp.sqrt(-sp.exp(x)), (-900, -800)),  # e^x is positive, however small
        (sp.sqrt(sp.Float(-1e-300) + sp.exp(-x)), (750, 800)),
        (sp.acosh(1 - sp.exp(x)), (-900, -800)),
    ],
)
def test_what_floats_round_to_zero_has_its_sign(loss: Any, box: tuple[float, float]) -> None:
    """On these boxes the loss is no real number anywhere."""
    assert not amv.definable(loss, box=box).certified


@pytest.mark.parametrize("name", ["expm1", "exp2", "log1p", "sigmoid", "softplus", "log_sigmoid"])
@pytest.mark.parametrize("at", [-900.0, -1e-12, 1e-10, 0.3, 35.0, 700.5, 1000.7])
def test_ends_of_ranges_enclose_what_arb_computes(name: str, at: float) -> None:
    from amverify.definability.functions import apply

    flint.ctx.prec = 2000
    t = flint.arb(flint.fmpq(*at.as_integer_ratio()))
    true = {
        "expm1": lambda: t.exp() - 1,
        "exp2": lambda: flint.arb(2) ** t,
        "log1p": lambda: (1 + t).log(),
        "sigmoid": lambda: 1 / (1 + (-t).exp()),
        "softplus": lambda: (1 + t.exp()).log(),
        "log_sigmoid": lambda: -(1 + (-t).exp()).log(),
    }[name]
    if name == "log1p" and at <= -1:
        return
    said = apply(name, Value(at, at), Ledger())
    value = true()
    assert said.low == -math.inf or flint.arb(said.low) <= value
    assert said.high == math.inf or value <= flint.arb(said.high)
    assert said.high - said.low <= 1e-14 * abs(said.low) + 1e-300 or said.high == math.inf


def test_a_long_float_is_enclosed_as_it_stands() -> None:
    tenth = sp.Float("0.1", 60)
    flint.ctx.prec = 300
    gap = enclosed(tenth, {}) - flint.arb(1) / 10
    assert abs(gap) < 1e-38


ENCLOSED = [
    (sp.pi * x + sp.E, lambda t: math.pi * t + math.e),
    (sp.Min(x, 3) * sp.Heaviside(x), lambda t: min(t, 3)),
    (sp.Max(x, -3) * sp.sign(-x), lambda t: -max(t, -3)),
    (sp.sqrt(x) + x**-2, lambda t: math.sqrt(t) + t**-2),
    (sp.Piecewise((x**2, x > 5), (sp.exp(x), x >= 0), (0, True)), math.exp),
    (sp.Piecewise((1, sp.false), (sp.cosh(x), x <= 9), (0, True)), math.cosh),
]


@pytest.mark.parametrize(("expression", "true"), ENCLOSED, ids=[str(e) for e, _ in ENCLOSED])
def test_enclosures_hold_values_in_the_box(expression: Any, true: Callable[[float], float]) -> None:
    box = {x: flint.arb(0.75, 0.25)}
    found = enclosed(expression, box)
    for k in range(11):
        assert found.contains(true(0.5 + k / 20)) or found.overlaps(flint.arb(true(0.5 + k / 20)))
    assert float(found.rad()) < 4.0


@pytest.mark.parametrize(
    "expression",
    [
        sp.Piecewise((x, x > 0.75), (0, True)),
        sp.Piecewise((x, sp.Eq(x, 1)), (0, True)),
        sp.Piecewise((x, x > 2)),
        sp.Max(x, 0.75),
        sp.sign(x - 0.75),
        sp.sqrt(x - 0.75),
        sp.log(x - 0.5),
    ],
    ids=str,
)
def test_what_the_box_does_not_decide_is_refused(expression: Any) -> None:
    with pytest.raises(Undecided):
        enclosed(expression, {x: flint.arb(0.75, 0.25)})


def complex_sine(z: Tensor) -> Tensor:
    return torch.exp(z).abs().sum()


def steep_kl(t: Tensor) -> Tensor:
    """y (log y − t) of t in (−0.5, −0.1) and y = 1/2 is negative: it has no root."""
    return F.kl_div(t, torch.full_like(t, 0.5), reduction="sum").sqrt()


def masked_log(t: Tensor) -> Tensor:
    """e^−∞ = 0 has no logarithm."""
    return torch.log(torch.exp(t.masked_fill(torch.eye(4, 3).bool(), -math.inf))).sum()


def without(t: Tensor) -> Tensor:
    mask = torch.zeros(4, 3).masked_fill(torch.eye(4, 3).bool(), -math.inf)
    return torch.exp(t - mask).sum()


@pytest.mark.parametrize(
    ("loss", "at", "why"),
    [
        (complex_sine, torch.ones(2, dtype=torch.complex64), "complex numbers have no rule"),
        (lambda t: torch.sin(CELL(t)[0]).sum(), torch.ones(5, 2, 3), "infinitely many zeros"),
        (steep_kl, X, "not shown to be"),
        (masked_log, X, "a mask|not shown|−∞"),
        (without, X, "a mask of −∞ is subtracted"),
    ],
)
def test_no_certificate_of_what_is_no_number_or_not_bounded(
    loss: Callable[..., Tensor], at: Tensor, why: str
) -> None:
    box = {"*": (-0.5, -0.1)} if loss is steep_kl else None
    found = amv.definable(loss, (at,), box=box)
    assert not found.certified or any("log" in text for text in found.where), found
    if not found.certified:
        import re

        assert re.search(why, str(found.broken_at)), found.broken_at


def test_states_of_an_lstm_without_projection_are_bounded() -> None:
    assert amv.definable(lambda t: torch.sin(PLAIN(t)[0]).sum(), (torch.ones(5, 2, 3),)).certified


def quartic(rows: Tensor, factors: Tensor) -> Tensor:
    """(s w)²: |∇f| ≥ c f^θ near 0 along s = w needs θ ≥ 3/4."""
    at = torch.tensor([[0]])
    return F.embedding_bag(at, rows, mode="sum", per_sample_weights=factors).square().sum()


def test_factors_of_an_embedding_bag_count_in_the_degree() -> None:
    exponent = amv.definable(quartic, (torch.ones(1, 1), torch.ones(1, 1))).exponent
    assert exponent.value == "1 − 1/(4·9^1)"


def test_what_is_no_polynomial_is_none() -> None:
    classes = torch.tensor([0, 1, 2, 0])
    largest = lambda t: F.embedding_bag(classes[None], t, mode="max").sum()  # noqa: E731
    assert amv.definable(largest, (X,)).exponent.kind == "some"
    by_weights = amv.definable(lambda t, w: F.nll_loss(t, classes, weight=w), (X, torch.ones(3)))
    assert by_weights.exponent.kind == "some"
    assert "off the zeros of the total weight" in by_weights.where[0]
    scale = lambda t: torch.native_layer_norm(t, [3], None, None, 1e-5)[2].sum()  # noqa: E731
    assert amv.definable(scale, (X,)).exponent.kind == "some"


@pytest.mark.parametrize(
    "loss",
    [
        lambda t: torch.logical_not(t).double().sum(),
        lambda t: F.softplus(t, threshold=0.5).sum(),
        lambda t: torch.maximum(1 - t.abs(), (t > 5).float()).clamp(0, 1).long().sum().float(),
    ],
)
def test_jumps_of_conversions_are_seen(loss: Callable[[Tensor], Tensor]) -> None:
    assert amv.definable(loss, (X,)).exponent.kind == "unshown"


def test_the_walk_and_the_symbols_agree_on_an_identity() -> None:
    value = Walk(Ledger(), {x: Value(0.5, 1.0)}).value(sp.sinc(x) + sp.sec(x) + sp.tan(x))
    for k in range(11):
        t = 0.5 + k / 20
        assert value.low <= math.sin(t) / t + 1 / math.cos(t) + math.tan(t) <= value.high
