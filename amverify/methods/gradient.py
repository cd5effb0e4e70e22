"""Full-batch gradient methods: torch's own optimisers on the same network.

They minimise R summed over the samples, as the layered objective does: mDLAM's published
learning rate of GD, 0.01, trains in 200 steps with the sum and hardly moves with the mean
(the adaptive methods hardly tell the two apart). With replicates the sum over the replicates
is minimised; these optimisers act elementwise, so each replicate
follows the trajectory that it would follow alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from amverify.errors import InvalidInput, brief
from amverify.methods.base import Method
from amverify.methods.rows.journal import NOTHING, Recorded, Rows, optimiser_journal
from amverify.network.initial import Parameters
from amverify.network.layered import LayeredProblem
from amverify.network.weights import DenseLayer, FirstLayer

OptimiserFactory = Callable[[Iterable[Tensor]], torch.optim.Optimizer]

_OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "gd": torch.optim.SGD,
    "adagrad": torch.optim.Adagrad,
    "adadelta": torch.optim.Adadelta,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
}


@dataclass(frozen=True)
class GradientState(Recorded):
    """Dense weights and biases that require gradients, and their optimiser.

    A sweep updates them in place, as torch's optimisers do. ``inputs`` are the samples in the
    format of the weights, converted once: no step is to be timed with a conversion.
    """

    weights: list[Tensor]
    biases: list[Tensor]
    optimiser: torch.optim.Optimizer
    inputs: Tensor
    first: FirstLayer
    rows: Rows = NOTHING
    point: ClassVar[None] = None

    @property
    def network(self) -> tuple[list[Tensor], list[Tensor]]:
        """Weights and biases, detached."""
        return [w.detach() for w in self.weights], [b.detach() for b in self.biases]


@dataclass(frozen=True)
class GradientMethod(Method[GradientState]):
    """A torch optimiser, one full-batch step a sweep.

    Args:
        factory: makes the optimiser for a list of tensors.
        name: for tables.
        record: keep a row of every sweep in the state, which costs one more forward pass.
    """

    factory: OptimiserFactory
    name: str = "gradient"
    record: bool = False

    def initialise(self, problem: LayeredProblem, parameters: Parameters) -> GradientState:
        """Copies of the given weights and biases, in the problem's dtype and device."""
        weights, biases = (
            [u.detach().to(dtype=problem.dtype, device=problem.x.device, copy=True) for u in group]
            for group in parameters
        )
        for u in (*weights, *biases):
            u.requires_grad_(True)
        optimiser = self.factory([*weights, *biases])
        inputs = problem.x.to(problem.dtype)
        return GradientState(weights, biases, optimiser, inputs, DenseLayer())

    def losses(self, problem: LayeredProblem, state: GradientState) -> Tensor:
        """R summed over the samples, of the replicates' shape."""
        a = state.inputs
        z = a
        for w, b in zip(state.weights, state.biases, strict=True):
            z = torch.addmm(b, a, w.mT) if w.ndim == 2 else a @ w.mT + b
            a = problem.activation(z)
        return problem.loss.value(z, problem.target)

    def objective(self, problem: LayeredProblem, state: GradientState) -> Tensor:
        """R summed over the samples, of the replicates' shape."""
        with torch.no_grad():
            return self.losses(problem, state)

    def sweep(self, problem: LayeredProblem, state: GradientState) -> GradientState:
        """One step of the optimiser on the full batch, in place."""
        parameters = (*state.weights, *state.biases)
        journal = optimiser_journal(self.record, problem, parameters, state.rows)
        state.optimiser.zero_grad(set_to_none=True)
        losses = self.losses(problem, state)
        # torch's stubs leave backward untyped
        losses.sum().backward()  # type: ignore[no-untyped-call]
        state.optimiser.step()
        journal.optimised(losses, lambda: self.losses(problem, state))
        return replace(state, rows=journal.rows())


def gradient_method(name: str, lr: float) -> GradientMethod:
    """One of gd, adagrad, adadelta, rmsprop, adam, torch's defaults but for the learning rate.

    Raises:
        InvalidInput: for an unknown name, or a learning rate that is not positive and finite.
    """
    if not isinstance(name, str) or name not in _OPTIMISERS:
        raise InvalidInput(f"unknown optimiser {brief(name)}: one of {', '.join(_OPTIMISERS)}")
    if not isinstance(lr, int | float) or not 0 < lr < math.inf:
        said = f"{name}: the learning rate must be positive and finite, got {brief(lr)}"
        raise InvalidInput(said)
    make = _OPTIMISERS[name]
    return GradientMethod(lambda tensors: make(tensors, lr=lr), name)
