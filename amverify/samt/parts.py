"""What an evaluation is made of: a block whose gradient is wanted, losses, gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from amverify.samt.closures import explained, number
from amverify.samt.fast.dense import Product
from amverify.samt.fast.loss import Known
from amverify.samt.replay import Replay
from amverify.samt.told import Closure, Told

Gradients: TypeAlias = list[Tensor | Product | None]
Backward: TypeAlias = Callable[[], Gradients]


class Target(NamedTuple):
    """A block whose gradient is wanted: its number, its name for errors, what is trained of it."""

    number: int
    block: str
    parameters: list[Tensor]
    size: int

    def __str__(self) -> str:
        shapes = ", ".join(str(tuple(w.shape)) for w in self.parameters)
        return f"at block {self.block!r} of shape {shapes}"


@dataclass
class Part:
    """A loss of the step, one of several perhaps.

    Args:
        loss: a closure or a loss that was told.
        samples: of how many it is the mean, None where nobody said.
    """

    loss: Closure | Told
    samples: int | None
    first: bool = field(default=True, init=False)
    replay: Replay | None = field(default=None, init=False)
    known: Known | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """What an error calls it."""
        return "loss" if isinstance(self.loss, Told) else "closure"

    def value(self, others: Sequence[object]) -> Tensor:
        """The loss, all put back that it drew and kept."""
        asked = self.loss.loss if isinstance(self.loss, Told) else self.loss
        replay = Replay([*others, asked])
        replay.call()
        try:
            with torch.no_grad(), explained(self.name, "at the present weights", self.loss):
                return number(self.loss(), self.name, "at the present weights").reshape(())
        finally:
            replay.undo()

    @property
    def weight(self) -> float:
        """Its weight beside others."""
        return 1.0 if self.samples is None else float(self.samples)


def whole(gradient: Tensor | Product | None) -> Tensor | None:
    """The gradient, no longer a product."""
    return gradient.whole() if isinstance(gradient, Product) else gradient


def scaled(gradients: Gradients, share: float) -> list[Tensor | None]:
    """Each times a number."""
    return [None if g is None else g * share for g in map(whole, gradients)]


def total(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    """The sum of two gradients, either of which may be none."""
    if one is None or other is None:
        return other if one is None else one
    return one + other
