"""Modules that draw random numbers unknown to the chain: whole passes, the same iterates."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from amverify.samt import SAMT
from tests.samt.nets import batches, loss, same, told, weights


class Drops(nn.Module):
    """Dropout that does not say so by its type."""

    def forward(self, x: Tensor) -> Tensor:
        return dropout(x, 0.5, True)


def test_hidden_randomness_leaves_the_chain() -> None:
    found = []
    for tells in (True, False):
        torch.manual_seed(1)
        model = nn.Sequential(nn.Linear(6, 5), Drops(), nn.Linear(5, 4), Drops(), nn.Linear(4, 3))
        model.to(torch.float64)
        optimiser = SAMT(model)
        for batch in batches(4):
            if tells:
                optimiser.step(**told(batch))
            else:
                optimiser.step(lambda batch=batch: loss(model, batch))  # type: ignore[misc] # noqa: B023
        assert not optimiser.uses_chain
        found.append(weights(model))
    assert same(*found)
