"""K1 for the layered objective: every activation, loss and coupling of the network room."""

from __future__ import annotations

import pytest
import torch

import amverify as amv
from amverify.network.activations import ACTIVATIONS
from amverify.network.losses import LOSSES

X = torch.ones(4, 3, dtype=torch.float64)
LABELS, REAL = torch.tensor([0, 1, 0, 1]), torch.ones(4, 2, dtype=torch.float64) / 2
ALGEBRAIC = {"identity", "relu", "leaky_relu", "hard_tanh", "relu6"}


def structure(activation, loss):
    if activation == "gelu":
        return "ℝ_Pfaff"
    return "semialgebraic" if activation in ALGEBRAIC and loss == "squared_error" else "ℝ_exp"


def problem(activation="relu", loss="cross_entropy", coupling=None, **more):
    target = LABELS if loss == "cross_entropy" else REAL
    return amv.LayeredProblem(
        X, target, (3, 4, 4, 2), 1.0, activation=ACTIVATIONS[activation], loss=LOSSES[loss],
        coupling=coupling or amv.Band(0.1), **more,
    )  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_band(activation, loss):
    try:
        made = problem(activation, loss)
    except amv.InvalidInput:
        pytest.skip(f"{activation} is not monotone: there is no band of it")
    certificate = amv.definable(made)
    assert certificate.structure == structure(activation, loss), certificate
    assert certificate.exponent.kind != "unshown"
    assert any(step.rule == "level set" for step in certificate.rules)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", sorted(ALGEBRAIC))
def test_penalty(activation, loss):
    certificate = amv.definable(problem(activation, loss, amv.Penalty(1.0)))
    assert certificate.structure == structure(activation, loss), certificate
    assert not any(step.rule == "level set" for step in certificate.rules)


def test_an_exponent_needs_the_bound_of_TB():
    free = amv.definable(problem()).exponent
    assert free.kind == "phi"
    half = amv.definable(problem(mu=0.1)).exponent
    assert half.kind == "phi"
    bounded = amv.definable(problem(mu=0.1, mu_bias=0.1)).exponent
    assert bounded.kind == "some"
    assert "TB" in bounded.says


def test_the_blocks_are_its_variables():
    told = amv.definable(problem()).variables
    assert told[0] == "W1 (4×3)"
    assert len(told) == 11
