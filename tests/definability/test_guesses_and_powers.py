"""Shapes that are tried are taken by the layers; ranges of powers hold what Arb computes."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import flint
import pytest
import sympy as sp
import torch
from torch import nn

import amverify as amv
from amverify.definability.inputs import _candidates, _layer_inputs, named, names_of
from amverify.definability.ledger import Ledger, Refused
from amverify.definability.powers import general_power, power, reciprocal
from amverify.definability.values import Value, constant

x, y = sp.symbols("x y", real=True)
LAYERS: tuple[nn.Module, ...] = (
    *(nn.Linear(7, 2), nn.Embedding(5, 3), nn.LayerNorm((5, 2)), nn.GroupNorm(2, 6)),
    *(nn.Conv1d(3, 4, 3), nn.Conv2d(3, 4, 3), nn.Conv3d(2, 4, 3)),
    *(nn.ConvTranspose1d(3, 4, 3), nn.ConvTranspose2d(3, 4, 3), nn.ConvTranspose3d(2, 4, 3)),
    *(nn.BatchNorm1d(3), nn.BatchNorm2d(3), nn.BatchNorm3d(3)),
    *(nn.InstanceNorm1d(3, affine=True), nn.InstanceNorm2d(3), nn.InstanceNorm3d(3)),
    *(nn.RNN(3, 4), nn.LSTM(3, 4), nn.GRU(3, 4), nn.LSTMCell(3, 4), nn.GRUCell(3, 4)),
    nn.Sequential(nn.Flatten(0, -1), nn.Unflatten(0, (-1, 7)), nn.Linear(7, 2)),
)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda m: type(m).__name__)
def test_some_shape_that_is_tried_is_taken_by_the_layer(layer: nn.Module) -> None:
    taken = 0
    for tried in _layer_inputs(layer):
        try:
            layer(tried)
        except (RuntimeError, ValueError):
            continue
        taken += 1
    assert taken >= 1


def test_layers_of_several_inputs_get_one_each() -> None:
    for layer in (nn.Bilinear(3, 3, 2), nn.MultiheadAttention(4, 2)):
        names = names_of(layer)
        first = next(_candidates(layer, names))
        assert len(first) == len(names)
        layer(*first)


def test_names_are_those_of_the_arguments() -> None:
    def loss(w: Any, b: Any, /, c: Any = 0, *more: Any, d: Any = 1) -> Any:
        return w

    assert names_of(loss) == ("w", "b")
    assert named(loss, (1, 2, 3, 4, 5)) == ("w", "b", "c", "input3", "input4")
    assert names_of(lambda *all_: all_) == ("input",)
    assert names_of(torch.Tensor.add_) == ()
    assert named(torch.Tensor.add_, (1, 2)) == ("input0", "input1")
    assert list(_candidates(loss, ())) == [()]


POWERS = [
    2,
    3,
    4,
    -1,
    -3,
    0,
    400,
    401,
    -401,
    Fraction(1, 2),
    Fraction(-3, 2),
    math.pi,
    -math.e,
    2.5,
]
BOXES = [
    (-2.0, -0.5),
    (-3.0, 2.0),
    (0.25, 7.0),
    (0.0, 1e-3),
    (-1e-3, 0.0),
    (0.0, math.inf),
    (0.1, 1e9),
]


@pytest.mark.parametrize("r", POWERS)
@pytest.mark.parametrize("box", BOXES)
def test_ranges_of_powers_hold_what_arb_computes(
    r: float | Fraction, box: tuple[float, float]
) -> None:
    low, high = box
    whole = isinstance(r, int)
    if low < 0 and not whole:
        with pytest.raises(Refused, match="x ≥ 0 only"):
            power(Value(low, high), r, Ledger())
        return
    ledger = Ledger()
    said = power(Value(low, high), r, ledger)
    flint.ctx.prec = 4096
    exponent = flint.arb(flint.fmpq(*Fraction(r).as_integer_ratio()))
    for share in (0.0, 0.1, 0.5, 0.9, 1.0):
        t = low + share * (min(high, 1e6) - low)
        if t == 0 and r < 0:
            assert any("off the zeros" in text for text in ledger.where)
            continue
        at = flint.arb(flint.fmpq(*Fraction(t).as_integer_ratio()))
        if t == 0:
            true = flint.arb(int(r == 0))
        else:
            true = abs(at) ** exponent * (-1 if whole and r % 2 and t < 0 else 1)
        assert math.isinf(said.low) or flint.arb(said.low) <= true or true.contains(said.low)
        assert math.isinf(said.high) or true <= flint.arb(said.high) or true.contains(said.high)
        assert not (said.never_zero and true == 0)


def test_quotients_of_fixed_zeros_and_exponents_that_are_none_are_refused() -> None:
    with pytest.raises(Refused, match="division by 0"):
        reciprocal(constant(0.0), Ledger())
    with pytest.raises(Refused, match="is no number"):
        power(Value(1.0, 2.0), math.nan, Ledger())
    with pytest.raises(Refused, match="x ≥ 0 only"):
        general_power(Value(-1.0, 2.0), Value(0.0, 1.0), Ledger())
    said = general_power(constant(3.0), Value(-1.0, 2.0), Ledger())
    assert said.low <= 1 / 3
    assert said.high >= 9


KINDS = {
    "no case at all beyond 0": (sp.Piecewise((x, x < 0)), "unshown"),
    "a point taken out": (sp.Piecewise((sp.Integer(5), sp.Eq(x, 0)), (x, True)), "unshown"),
    "a point that fits": (sp.Piecewise((sp.Integer(0), sp.Eq(x, 0)), (x, True)), None),
    "of two variables": (sp.Piecewise((x, x > y), (y, True)), "unshown"),
    "three cases that meet": (
        sp.Piecewise((-x - 1, x < -1), (0, x <= 1), (x - 1, True)), "some",
    ),
    "the second pair does not": (
        sp.Piecewise((-x - 1, x < -1), (0, x <= 1), (x, True)), "unshown",
    ),
    "a pole at the boundary": (sp.Piecewise((1 / x, x > 0), (0, True)), "unshown"),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_functions_by_cases_are_continuous_where_limits_say_so(name: str) -> None:
    loss, kind = KINDS[name]
    found = amv.definable(loss).exponent
    assert found.kind == kind if kind else found.kind in ("some", "known")
