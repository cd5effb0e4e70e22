"""Every call on a batch sees the same loss, and what is kept is what one call leaves."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from amverify.samt import SAMT
from tests.samt.settings import SETTINGS, Scaled, Setting, X, Y, of, plain
from tests.support.long import few

STILL = {"lr": 1e-30, "bounds": (1e-30, 1.0), "extrapolation": 0.0}
"""Steps so short that no weight moves by a bit."""
MODES: dict[str, dict[str, Any]] = {
    "a sweep": {},
    "inner steps": {"inner": 2, "order": "random"},
    "same batch": {"meta": "same"},
    "clipped together": {"clip_total": 1.0},
}


def seeded() -> None:
    torch.manual_seed(11)
    random.seed(12)
    np.random.seed(13)  # noqa: NPY002


def heard(setting: Setting, seen: list[float]) -> Callable[[], Tensor]:
    def closure() -> Tensor:
        loss = setting.closure()
        seen.append(loss.item())
        return loss

    return closure


def draws() -> tuple[Any, ...]:
    return torch.rand(()).item(), random.random(), np.random.rand()  # noqa: NPY002


@pytest.mark.filterwarnings("ignore:.*torch.ao.quantization")
@pytest.mark.parametrize("mode", few(MODES, keep=1))
@pytest.mark.parametrize("name", SETTINGS)
def test_one_loss_on_every_call_and_what_is_kept(name: str, mode: str) -> None:
    if (name, mode) == ("its own backward", "same batch"):
        pytest.skip("a trial needs the loss's graph; refused, see test_dropin")
    setting, twin = SETTINGS[name](), SETTINGS[name]()
    for w in (*setting.model.parameters(), *twin.model.parameters()):
        w.data[w.data == 0] = 0.1  # which is too far from the next number to move
    before = [w.detach().clone() for w in setting.model.parameters()]
    seen: list[float] = []
    seeded()
    optimiser = SAMT(setting.model, **STILL, **setting.more, **MODES[mode])
    optimiser.step(heard(setting, seen))
    after = draws()
    assert all(map(torch.equal, before, setting.model.parameters()))
    assert len(seen) >= 2
    assert len(set(seen)) == 1
    seeded()
    assert twin.closure().item() == seen[0]
    assert draws() == after
    for mine, theirs in zip(setting.model.buffers(), twin.model.buffers(), strict=True):
        assert torch.equal(mine, theirs)
    assert plain_attributes(setting.model) == plain_attributes(twin.model)


def plain_attributes(model: nn.Module) -> list[Any]:
    return [
        value.tolist() if isinstance(value, Tensor) else value
        for module in model.modules()
        for key, value in vars(module).items()
        if isinstance(value, Tensor | int) and key != "training"
    ]


@pytest.mark.filterwarnings("ignore:.*torch.ao.quantization")
@pytest.mark.parametrize("name", SETTINGS)
def test_steps_train(name: str) -> None:
    setting = SETTINGS[name]()
    seeded()
    optimiser = SAMT(setting.model, lr=0.1, **setting.more)
    first = optimiser.step(setting.closure)
    for _ in range(15):
        last = optimiser.step(setting.closure)
    assert last < first


@pytest.mark.parametrize("tells", [True, False])
def test_the_gradient_is_of_the_loss_that_was_seen(tells: bool) -> None:
    """A buffer that is moved and used: by one block, as one backward has it."""
    setting, twin = of(plain(Scaled())), of(plain(Scaled()))
    before = [w.detach().clone() for w in setting.model.parameters()]
    optimiser = SAMT(setting.model, lr=1e-9, meta_lr=0.0, extrapolation=0.0, bounds=(1e-12, 1))
    if tells:
        optimiser.step(loss=cross_entropy, inputs=X, targets=Y)
    else:
        optimiser.step(setting.closure)
    twin.closure().backward()
    for old, w, other in zip(
        before, setting.model.parameters(), twin.model.parameters(), strict=True
    ):
        assert other.grad is not None
        torch.testing.assert_close((old - w.detach()) / 1e-9, other.grad, rtol=1e-5, atol=1e-6)
    assert not optimiser.uses_chain or not tells
