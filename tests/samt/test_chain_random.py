"""Chains that draw, that norm, that have residual blocks: whole passes' iterates, in parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from amverify.samt import SAMT
from amverify.samt.settings import Order
from tests.samt.nets import CLASSES, batches, loss, told, weights


class Drops(nn.Module):
    """Dropout that does not say so by its type."""

    def forward(self, x: Tensor) -> Tensor:
        return dropout(x, 0.5, True)


class Residual(nn.Module):
    """x + a convolution of it, normed, with dropout inside."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.BatchNorm2d(2), nn.Tanh(), nn.Conv2d(2, 2, 3, padding=1))
        self.drop = nn.Dropout(0.3)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = x + self.drop(self.inner(x))
        return found


class Doubling(nn.Module):
    """Writes into what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(5, 5)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.layer(x.mul_(2))
        return found


def _hidden() -> nn.Sequential:
    return nn.Sequential(nn.Linear(6, 5), Drops(), nn.Linear(5, 4), Drops(), nn.Linear(4, CLASSES))


def _dropouts() -> nn.Sequential:
    parts = [nn.Dropout(0.2), nn.Linear(6, 5), nn.Tanh(), nn.AlphaDropout(0.3), nn.Linear(5, 5)]
    return nn.Sequential(*parts, nn.RReLU(), nn.Dropout(0.5), nn.Linear(5, CLASSES))


def _normed() -> nn.Sequential:
    first = [nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Conv2d(2, 3, 2)]
    return nn.Sequential(
        *first, nn.BatchNorm2d(3), nn.Dropout2d(0.3), nn.ReLU(), nn.Flatten(),
        nn.Linear(27, CLASSES),
    )  # fmt: skip


def _residual() -> nn.Sequential:
    blocks = [nn.Conv2d(1, 2, 3), Residual(), nn.Dropout(0.2), Residual(), nn.Flatten()]
    return nn.Sequential(*blocks, nn.Linear(32, CLASSES))


def _written() -> nn.Sequential:
    return nn.Sequential(nn.Linear(6, 5), Doubling(), Doubling(), nn.Linear(5, CLASSES))


NETS: dict[str, tuple[Callable[[], nn.Sequential], tuple[int, ...], bool]] = {
    "hidden": (_hidden, (6,), True),
    "dropouts": (_dropouts, (6,), True),
    "normed": (_normed, (1, 6, 6), True),
    "residual": (_residual, (1, 6, 6), True),
    "written": (_written, (6,), False),
}


def _trained(name: str, tells: bool, parts: int, **settings: Any) -> tuple[SAMT, list[Tensor]]:
    """Weights, buffers and the generator after some sweeps, each on one batch or on two."""
    make, shape, _ = NETS[name]
    torch.manual_seed(1)
    model = make().double()
    optimiser = SAMT(model, lr=0.05, seed=2, **settings)
    for batch in batches(4, shape):
        for part in range(parts):
            given = batch[0], (batch[1] + part) % CLASSES  # the same inputs, drawn for anew
            if tells:
                optimiser.accumulate(**told(given))
            else:
                optimiser.accumulate(
                    lambda given=given: loss(model, given),  # type: ignore[misc]
                    samples=len(given[0]),
                )
        optimiser.step()
    buffers = [b.detach().double() for b in model.buffers()]
    return optimiser, [*weights(model), *buffers, torch.rand(3).double()]


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("order", ["backward", "forward", "random"])
@pytest.mark.parametrize("name", NETS)
def test_in_parts_as_by_whole_passes(name: str, order: Order, parts: int) -> None:
    fast, mine = _trained(name, True, parts, order=order)
    slow, theirs = _trained(name, False, parts, order=order)
    for a, b in zip(mine, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)
    assert fast.uses_chain == NETS[name][2]
    assert not slow.uses_chain
