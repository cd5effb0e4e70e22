"""What a newcomer to SAMT writes first, and what is said of it."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

import amverify as amv
from amverify.errors import InvalidInput

X, Y = torch.randn(8, 3), torch.randn(8, 2)
PAST = "not the start of the run"


def notes(model: nn.Module, optimiser: amv.SAMT) -> str:
    recorder = amv.Recorder.attach(optimiser, lambda: mse_loss(model(X), Y))
    for _ in range(3):
        optimiser.step(loss=mse_loss, inputs=X, targets=Y)
    recorder.detach()
    return " ".join(amv.audit(recorder.trace()).notes)


def test_a_fresh_samt_has_no_past_and_a_used_one_has() -> None:
    model = nn.Linear(3, 2)
    optimiser = amv.SAMT(model)
    assert PAST not in notes(model, optimiser)
    assert PAST in notes(model, optimiser)
    loaded = amv.SAMT(model)
    loaded.load_state_dict(optimiser.state_dict())
    assert PAST in notes(model, loaded)


@pytest.mark.parametrize(
    ("setting", "meant"),
    [("betas", "momentum"), ("weight_dekay", "weight_decay"), ("metalr", "meta_lr")],
)
def test_settings_of_other_optimisers_are_answered_with_ours(setting: str, meant: str) -> None:
    with pytest.raises(InvalidInput, match=f"no setting '{setting}'; did you mean {meant}"):
        amv.SAMT(nn.Linear(3, 2), **{setting: 0.9})


def test_a_class_of_losses_is_no_loss() -> None:
    optimiser = amv.SAMT(nn.Linear(3, 2))
    with pytest.raises(InvalidInput, match=r"give one of it, MSELoss\(\)"):
        optimiser.step(loss=nn.MSELoss, inputs=X, targets=Y)


def test_the_plan_tells_of_a_step_that_broke_off() -> None:
    optimiser = amv.SAMT(nn.Sequential(nn.Linear(3, 2), nn.Tanh()))
    with pytest.raises(InvalidInput):
        optimiser.step(loss=lambda a, b: 1.0, inputs=X, targets=Y)
    assert str(optimiser.plan()).endswith("last step: it was broken off")
