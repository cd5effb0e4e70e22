"""A torch optimiser at work on one network: what all methods but SAMT are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer


@dataclass
class Baseline:
    """A ``torch.optim`` method: one gradient by all weights, one update of them, a step."""

    model: nn.Module
    optimiser: Optimizer
    size: int
    decaying: Callable[[int], float] | None = None
    parameter_updates: int = field(default=0, init=False)
    gradient_evaluations: int = field(default=0, init=False)

    def step(self, x: Tensor, y: Tensor) -> Tensor:
        """Forward, backward, update."""
        if self.decaying is not None:
            for group in self.optimiser.param_groups:
                group["lr"] = group["initial_lr"] * self.decaying(self.gradient_evaluations)
        self.optimiser.zero_grad(set_to_none=True)
        value = cross_entropy(self.model(x), y)
        value.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.parameter_updates += self.size
        self.gradient_evaluations += 1
        return value.detach()

    def measured(self) -> Mapping[str, float]:
        """The step size, which SGD-HD trains."""
        return {"step_size": float(self.optimiser.param_groups[0]["lr"])}

    def evaluation(self) -> AbstractContextManager[None]:
        """The network is measured as it is."""
        return nullcontext()
