"""Whether any step found a gradient: a forgotten ``backward()`` leaves a run where it starts."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

UNSEEN = (
    "no parameter had a gradient at any of the {0} steps, and none moved: call loss.backward() "
    "between optimizer.zero_grad() and optimizer.step() (an optimiser that takes its gradients "
    "itself found nothing to move)"
)


class Gradients:
    """What the steps of one run found in ``.grad``, until one finds something there or moves."""

    def __init__(self) -> None:
        self._seen = False
        self._steps = 0
        self._start: list[Tensor] | None = None

    def look(self, params: Sequence[Tensor], asked: bool = False) -> None:
        """A step starts or ends; ``asked`` says that it was given a closure to call."""
        self._seen = self._seen or asked or any(p.grad is not None for p in params)
        if self._seen:
            self._start = None
        elif self._start is None:
            self._start = [p.detach().clone() for p in params]
        else:
            self._seen = not self._still(params)

    def ended(self, params: Sequence[Tensor], asked: bool) -> None:
        """A step ends."""
        self._steps += 1
        self.look(params, asked)

    def lack(self, params: Sequence[Tensor]) -> str:
        """A line if there was none at any step and nothing moved; else empty."""
        if self._seen or not self._steps or not self._still(params):
            return ""
        return UNSEEN.format(self._steps)

    def _still(self, params: Sequence[Tensor]) -> bool:
        """Whether they are where the first step started."""
        start = self._start
        if start is None or len(start) != len(params):
            return False
        return all(torch.equal(a, b) for a, b in zip(start, params, strict=True))
