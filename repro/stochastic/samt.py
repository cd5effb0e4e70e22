"""SAMT as a method of the tables: ``samt_KIND`` with KIND fixed, scalar, row, column or element.

| setting | meaning | without it |
|---|---|---|
| alpha | initial step size α₀ | needed |
| beta | meta-rate | ``META_RATE`` |
| momentum | momentum | ``MOMENTUM``, that of the compared SGD with momentum |
| order | order of the blocks: backward, forward or random | ``ORDER`` |

One block per layer, one inner step, one mini-batch for the sweep, step sizes trained on earlier
batches only (``meta="lagged"``). *fixed* is the scalar kind with meta-rate 0.

Told after each epoch: ``alpha_I_least``, ``alpha_I_median`` and ``alpha_I_greatest``, the step
sizes of layer I's weights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from amverify.methods.samt import SAMT, NonFiniteLoss
from amverify.methods.samt.settings import Order
from repro.settings import Settings

META_RATE = 0.003
MOMENTUM = 0.9
ORDER = "backward"
BOUNDS = (1e-6, 1.0)


@dataclass
class SamtStepper:
    """SAMT at work on one network."""

    model: nn.Sequential
    optimiser: SAMT
    parameter_updates: int = field(default=0, init=False)
    gradient_evaluations: float = field(default=0, init=False)

    def step(self, x: Tensor, y: Tensor) -> Tensor:
        """One sweep over the layers; NaN where the loss is not finite, as it is for others."""
        try:
            loss = self.optimiser.step(lambda: cross_entropy(self.model(x), y))
        except NonFiniteLoss:
            return torch.tensor(math.nan)
        self.parameter_updates = self.optimiser.counters.parameter_updates
        self.gradient_evaluations = self.optimiser.gradient_evaluations
        return loss

    def measured(self) -> Mapping[str, float]:
        """The range of each layer's step sizes."""
        sizes = self.optimiser.step_sizes()
        told = {}
        weights = [name for name, w in self.model.named_parameters() if w.ndim > 1]
        for number, name in enumerate(weights, start=1):
            alpha = sizes[name]
            statistics = (alpha.min(), alpha.median(), alpha.max())
            for what, value in zip(("least", "median", "greatest"), statistics, strict=True):
                told[f"alpha_{number}_{what}"] = float(value)
        return told


def samt_stepper(method: str, settings: Settings, model: nn.Sequential) -> SamtStepper:
    """The method ``samt_KIND`` on ``model``.

    Raises:
        InvalidInput: for an unknown kind or setting, or a value that it does not admit.
    """
    kind = method.removeprefix("samt_")
    fixed = kind == "fixed"
    optimiser = SAMT(
        model,
        lr=settings.number("alpha"),
        kind="scalar" if fixed else kind,
        meta_lr=0.0 if fixed else settings.number("beta", META_RATE),
        momentum=settings.number("momentum", MOMENTUM),
        order=cast(Order, settings.word("order", ORDER)),
        bounds=BOUNDS,
    )
    settings.close()
    return SamtStepper(model, optimiser)
