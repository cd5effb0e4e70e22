"""Modules that stand at several places of a chain: each place counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from amverify.samt import SAMT
from amverify.samt.settings import Order
from tests.samt.nets import CLASSES, batches, loss, told, weights


def _activation() -> nn.Sequential:
    relu = nn.ReLU()
    return nn.Sequential(nn.Linear(6, 5), relu, nn.Linear(5, 5), relu, nn.Linear(5, CLASSES))


def _unknown_activation() -> nn.Sequential:
    bent = nn.Softplus()
    return nn.Sequential(nn.Linear(6, 5), bent, nn.Linear(5, 5), bent, nn.Linear(5, CLASSES))


def _layer() -> nn.Sequential:
    shared = nn.Linear(5, 5)
    return nn.Sequential(nn.Linear(6, 5), shared, nn.Tanh(), shared, nn.Linear(5, CLASSES))


def _norm() -> nn.Sequential:
    shared = nn.BatchNorm1d(5, affine=False)
    return nn.Sequential(nn.Linear(6, 5), shared, nn.Linear(5, 5), shared, nn.Linear(5, CLASSES))


def _nested() -> nn.Sequential:
    shared = nn.Sequential(nn.ReLU(), nn.LayerNorm(5, elementwise_affine=False))
    return nn.Sequential(nn.Linear(6, 5), shared, nn.Linear(5, 5), shared, nn.Linear(5, CLASSES))


MODELS: dict[str, tuple[Callable[[], nn.Sequential], bool]] = {
    "activation": (_activation, True),
    "unknown activation": (_unknown_activation, True),
    "layer": (_layer, False),
    "norm": (_norm, False),
    "nested": (_nested, True),
}


@pytest.mark.parametrize("order", ["backward", "forward"])
@pytest.mark.parametrize("name", MODELS)
def test_every_place_counts(name: str, order: Order) -> None:
    """Told the loss or by closures, the iterates and the loss of a whole pass are the same."""
    make, chained = MODELS[name]
    found = []
    for tells in (True, False):
        torch.manual_seed(1)
        model = make().double()
        optimiser = SAMT(model, order=order, extrapolation=0.0)
        for batch in batches(3):
            expected = optimiser.evaluate(**told(batch))  # the same where nothing extrapolates
            if tells:
                value = optimiser.step(**told(batch))
            else:
                value = optimiser.step(lambda batch=batch: loss(model, batch))  # type: ignore[misc] # noqa: B023
            torch.testing.assert_close(value, expected, rtol=1e-12, atol=0)
        found.append(weights(model))
        assert optimiser.uses_chain == (tells and chained)
    torch.testing.assert_close(*found, rtol=1e-11, atol=1e-13)
