"""From a method's name and settings to steps on mini-batches, and what they cost.

| method | settings | fixed |
|---|---|---|
| sgd | lr | |
| momentum | lr | heavy ball 0.9 |
| adagrad, rmsprop, adam | lr | torch.optim's defaults |
| adamw | lr | weight decay 0.01, torch.optim's default |
| adam_cosine | lr, that decays | torch.optim's defaults; the schedule that SAMT has |
| sgd_hd | lr, beta | |
| prodigy, schedule_free_adamw | none | see :mod:`repro.minibatch.rivals` |
| samt_KIND | see :mod:`repro.minibatch.samt` | |

``lr`` is the initial step size in every row that has it. Costs are counted in two units: *parameter
updates*, scalars changed; *gradient evaluations*, partial derivatives computed over the number
of parameters, so that one gradient of the mini-batch loss by all weights counts one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol

from torch import Tensor, nn
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop

from amverify.errors import InvalidInput
from repro.minibatch.baseline import Baseline
from repro.minibatch.names import RIVALS
from repro.minibatch.rivals import rival
from repro.minibatch.samt import cosine, samt_stepper
from repro.minibatch.sgd_hd import SGDHD
from repro.spec import Settings

MOMENTUM = 0.9


class Stepper(Protocol):
    """A method at work on one network."""

    @property
    def parameter_updates(self) -> int:
        """Scalars changed."""

    @property
    def gradient_evaluations(self) -> float:
        """In gradients of the mini-batch loss by all weights."""

    def step(self, x: Tensor, y: Tensor) -> Tensor:
        """One step on a mini-batch; returns its mean loss before the step, without a graph."""

    def measured(self) -> Mapping[str, float]:
        """What the method has to tell after an epoch besides (step sizes)."""

    def evaluation(self) -> AbstractContextManager[None]:
        """While it lasts the network has the weights that are to be measured."""


Make = Callable[[list[nn.Parameter], Settings], Optimizer]
BASELINES: Mapping[str, Make] = {
    "sgd": lambda w, s: SGD(w, s.number("lr")),
    "momentum": lambda w, s: SGD(w, s.number("lr"), momentum=MOMENTUM),
    "adagrad": lambda w, s: Adagrad(w, s.number("lr")),
    "rmsprop": lambda w, s: RMSprop(w, s.number("lr")),
    "adam": lambda w, s: Adam(w, s.number("lr")),
    "adamw": lambda w, s: AdamW(w, s.number("lr")),
    "adam_cosine": lambda w, s: Adam(w, s.number("lr")),
    "sgd_hd": lambda w, s: SGDHD(w, s.number("lr"), s.number("beta")),
}


def stepper(method: str, settings: Settings, model: nn.Sequential, steps: int) -> Stepper:
    """The method ``method`` on ``model`` for ``steps`` steps, which schedules are laid out for.

    Every one of ``settings`` must be one of its own.

    Raises:
        InvalidInput: for an unknown method or setting, or a value that it does not admit.
    """
    if method.startswith("samt_"):
        return samt_stepper(method, settings, model, steps)
    if method in RIVALS:
        return rival(method, settings, model)
    if method not in BASELINES:
        known = ", ".join((*BASELINES, *RIVALS))
        raise InvalidInput(f"unknown method {method!r}: one of {known}, samt_KIND")
    weights = list(model.parameters())
    try:
        optimiser = BASELINES[method](weights, settings)
    except ValueError as error:
        raise InvalidInput(f"{method}: {error}") from error
    settings.close()
    size = sum(w.numel() for w in weights)
    if method != "adam_cosine":
        return Baseline(model, optimiser, size)
    for group in optimiser.param_groups:
        group["initial_lr"] = group["lr"]
    return Baseline(model, optimiser, size, partial(cosine, steps=steps))
