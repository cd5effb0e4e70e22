"""Listening to a torch optimiser: its steps' hooks, and a point for every step.

Row 0 is what the first step starts from, row k what step k left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from amverify.recording.points import Vector, evaluate, parameters_of

Take = Callable[[list[Tensor], float | None, Vector | None, float | None, float | None], None]
"""Takes a point: parameters, f, ∇f, and η and β of the step that led there."""


class Listener:
    """Hooks on an optimiser's ``step`` until ``close``.

    Args:
        optimizer: all parameters of all its groups, in order, form x.
        value: the objective; ``None`` where whoever takes the points knows it.
        gradient: evaluate ∇f too.
        take: is called with every point.

    Raises:
        InvalidInput: if the optimiser holds no parameters.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        value: Callable[[], Any] | None,
        gradient: bool,
        take: Take,
    ) -> None:
        self._optimizer, self._value, self._gradient, self._take = optimizer, value, gradient, take
        self._params = parameters_of(optimizer)
        self._started = False
        self._handles = [
            optimizer.register_step_pre_hook(self._before),
            optimizer.register_step_post_hook(self._after),
        ]

    def close(self) -> None:
        """Take the hooks off."""
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def _before(self, *_: Any) -> None:
        if not self._started:
            self._started = True
            self._look(None, None)

    def _after(self, *_: Any) -> None:
        self._look(*plain_step(self._optimizer))

    def _look(self, eta: float | None, momentum: float | None) -> None:
        found: tuple[float | None, Vector | None] = (None, None)
        if self._value is not None:
            found = evaluate(self._value, self._params, self._gradient)
        self._take(self._params, *found, eta, momentum)


def plain_step(optimizer: torch.optim.Optimizer) -> tuple[float | None, float | None]:
    """η and β of the step just made, where it is e = −η∇f + βΔ; else nothing."""
    if type(optimizer) is not torch.optim.SGD:
        return None, None
    groups = optimizer.param_groups
    other = any(
        g["nesterov"] or g["maximize"] or g["dampening"] or g["weight_decay"] for g in groups
    )
    rates = {(float(g["lr"]), float(g["momentum"])) for g in groups}
    return (None, None) if other or len(rates) > 1 else next(iter(rates))
