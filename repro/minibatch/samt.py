"""SAMT as a method of the tables: ``samt_KIND`` with KIND fixed, scalar, row, column or element.

| setting | meaning | without it |
|---|---|---|
| alpha | initial step size α₀ | needed |
| beta | initial meta-rate β₀ | ``META_RATE`` |
| extrapolation | of all blocks before a sweep | ``EXTRAPOLATION``, the momentum of SGD beside it |
| order | order of the blocks: backward, forward or random | ``ORDER`` |
| schedule | of α's scale and β: cosine or constant | ``SCHEDULE`` |

One block per layer, one inner step, one mini-batch for the sweep, step sizes trained on earlier
batches only (``meta="lagged"``). *fixed* is the scalar kind with meta-rate 0. In sweep k

    α = clamp(α₀ s(k/K) exp(θ)),   θ ← θ + β₀ s(k/K) c,

c the cosine of successive gradients, s of :func:`cosine` or 1. A large β₀ finds the right scale
from any α₀ within an epoch; its decay keeps noise from shrinking α at the end.

Told after each epoch: ``alpha_I_least``, ``alpha_I_median`` and ``alpha_I_greatest``, the step
sizes of layer I's weights over s: what was learned, apart from the schedule.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from amverify.errors import InvalidInput
from amverify.samt import SAMT, NonFiniteLoss
from repro.spec import Settings

META_RATE = 0.05
EXTRAPOLATION = 0.9
ORDER = "forward"  # stable up to a three times larger α than backward, with extrapolation 0.9
SCHEDULE = "cosine"
BOUNDS = (1e-6, 1.0)
LEAST = 0.01


def cosine(done: int, steps: int) -> float:
    """s(done/steps), s(t) = ε + (1 − ε)(1 + cos πt)/2: from 1, falling towards ε = ``LEAST``.

    It is fixed before the first batch is drawn, so step sizes that it scales stay predictable, and
    within their bounds: S1–S4 hold as without it. Source: Loshchilov & Hutter, "SGDR: stochastic
    gradient descent with warm restarts" (ICLR 2017), equation 5, without restarts.
    """
    return LEAST + (1 - LEAST) * 0.5 * (1 + math.cos(math.pi * done / steps))


@dataclass
class SamtStepper:
    """SAMT at work on one network."""

    model: nn.Sequential
    optimiser: SAMT
    schedule: Callable[[int], float]
    sweeps: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        for group in self.optimiser.param_groups:
            group["initial"] = (group["lr"], group["meta_lr"])

    @property
    def parameter_updates(self) -> int:
        """Scalars changed."""
        return self.optimiser.counters.parameter_updates

    @property
    def gradient_evaluations(self) -> float:
        """Partial derivatives over the number of weights."""
        return self.optimiser.gradient_evaluations

    def step(self, x: Tensor, y: Tensor) -> Tensor:
        """One sweep over the layers; NaN where the loss is not finite, as it is for others."""
        scale = self.schedule(self.sweeps)
        for group in self.optimiser.param_groups:
            group["lr"], group["meta_lr"] = (scale * value for value in group["initial"])
        try:
            loss = self.optimiser.step(loss=cross_entropy, inputs=x, targets=y)
        except NonFiniteLoss:
            return torch.tensor(math.nan)
        self.sweeps += 1
        return loss

    def measured(self) -> Mapping[str, float]:
        """The range of each layer's step sizes."""
        sizes = self.optimiser.step_sizes()
        scale = self.schedule(self.sweeps - 1)
        told = {}
        weights = [name for name, w in self.model.named_parameters() if w.ndim > 1]
        for number, name in enumerate(weights, start=1):
            alpha = sizes[name] / scale
            statistics = (alpha.min(), alpha.median(), alpha.max())
            for what, value in zip(("least", "median", "greatest"), statistics, strict=True):
                told[f"alpha_{number}_{what}"] = float(value)
        return told

    def evaluation(self) -> AbstractContextManager[None]:
        """The network is measured as it is."""
        return nullcontext()


def samt_stepper(method: str, settings: Settings, model: nn.Sequential, steps: int) -> SamtStepper:
    """The method ``samt_KIND`` on ``model`` for ``steps`` sweeps.

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
        extrapolation=settings.number("extrapolation", EXTRAPOLATION),
        order=settings.word("order", ORDER),
        bounds=BOUNDS,
    )
    schedule = settings.word("schedule", SCHEDULE)
    if schedule not in ("cosine", "constant"):
        raise InvalidInput(f"{method}: schedule: cosine or constant, got {schedule!r}")
    settings.close()
    scale = partial(cosine, steps=steps) if schedule == "cosine" else lambda done: 1.0
    return SamtStepper(model, optimiser, scale)
