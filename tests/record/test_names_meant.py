"""Names that newcomers give to arguments and quantities."""

from __future__ import annotations

import pytest
import torch

import amverify as amv
from amverify.errors import InvalidInput


def run(**more: object) -> amv.Trace:
    x = torch.ones(3, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([x], lr=0.1)
    recorder = amv.Recorder.attach(optimiser, lambda: (x * x).sum(), **more)
    for _ in range(3):
        x.grad = 2 * x.detach()
        optimiser.step()
    return recorder.trace()


@pytest.mark.parametrize(("name", "meant"), [("evry", "every"), ("gradients", "gradient")])
def test_an_argument_that_there_is_not_is_answered_with_one_that_there_is(
    name: str, meant: str
) -> None:
    with pytest.raises(InvalidInput, match=f"attach: no argument {name}=; did you mean {meant}="):
        run(**{name: 1})


@pytest.mark.parametrize(
    ("name", "meant"),
    [("loss", "value"), ("f", "value"), ("lr", "eta"), ("gradient", "grad"), ("beta", "momentum")],
)
def test_a_quantity_by_another_name_is_answered_with_ours(name: str, meant: str) -> None:
    with pytest.raises(InvalidInput, match=f"no quantity {name}; did you mean {meant}"):
        amv.audit(run(), amv.claim(f"{name}[k] <= 3"))


def test_an_own_quantity_goes_before_what_others_call_by_its_name() -> None:
    x = torch.ones(3, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([x], lr=0.1)
    recorder = amv.Recorder.attach(optimiser, lambda: (x * x).sum())
    recorder.track("loss", lambda x: (x * x).sum())
    for _ in range(3):
        x.grad = 2 * x.detach()
        optimiser.step()
    assert amv.audit(recorder.trace(), amv.claim("loss[k] <= 3")).verdict == "HOLDS"
