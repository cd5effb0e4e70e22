"""Full-batch gradient methods: torch's own optimisers on the same network.

They minimise R summed over the samples, as the layered objective does: mDLAM's published
learning rate of GD, 0.01, trains in 200 steps with the sum and hardly moves with the mean
(the adaptive methods hardly tell the two apart). With replicates the sum over the replicates
is minimised; these optimisers act elementwise, so each replicate
follows the trajectory that it would follow alone.

A recorded sweep leaves one row, "x", for the whole network: its change of R is a difference of
two values. The rounding of a value is that of R's own sums and what reaches it through the
layers: with ε_0 = 0 and k = n_{l−1} + 10 for the affine map and the activation,

    ε_l = γ_k(‖a_{l−1}‖‖W_l‖ + √N(‖b_l‖ + √n_l|h(0)|))·(1 + Lip(h)) + ‖W_l‖ Lip(h) ε_{l−1}

bounds the error of z_l, and γ_{N+4C+20}·size(R) + ‖∇R‖ε_L that of R. (‖a_l‖ ≤ Lip(h)‖z_l‖ +
√(Nn_l)|h(0)|; norms of products are bounded by products of norms, so no layer is looked at.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.methods.base import Method
from amverify.methods.rows.record import (
    DOUBLE,
    BlockRecord,
    Recorded,
    Row,
    entries,
    gamma,
    smallest,
    unit,
)
from amverify.network.initial import Parameters
from amverify.network.layered import LayeredProblem
from amverify.network.scalars import Scalar, dot, root
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

    A sweep updates them in place, as torch's optimisers do. ``displacement`` is what the last
    recorded sweep moved them by.
    """

    weights: list[Tensor]
    biases: list[Tensor]
    optimiser: torch.optim.Optimizer
    first: FirstLayer
    displacement: tuple[Tensor, ...] = ()
    rows: tuple[Row, ...] = ()

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
        return GradientState(weights, biases, optimiser, DenseLayer())

    def losses(self, problem: LayeredProblem, state: GradientState) -> Tensor:
        """R summed over the samples, of the replicates' shape."""
        a = problem.x.to(problem.dtype)
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
        before = [u.detach().clone() for u in parameters] if self.record else []
        state.optimiser.zero_grad(set_to_none=True)
        losses = self.losses(problem, state)
        # torch's stubs leave backward untyped
        losses.sum().backward()  # type: ignore[no-untyped-call]
        state.optimiser.step()
        if not self.record:
            return state
        with torch.no_grad():
            moved = tuple(u.detach() - v for u, v in zip(parameters, before, strict=True))
            change = self.losses(problem, state).double() - losses.detach().double()
            row = _row(problem, before, parameters, moved, state.displacement, change)
        return replace(state, displacement=moved, rows=(row,))


def _row(
    problem: LayeredProblem,
    before: Sequence[Tensor],
    after: Sequence[Tensor],
    moved: Sequence[Tensor],
    last: Sequence[Tensor],
    change: Tensor,
) -> BlockRecord:
    """The row of one step; ``last`` is the step before, empty in the first sweep."""
    u, count = unit(problem.dtype), sum(entries(e) for e in moved)
    step, inertia = _summed(moved, moved), _summed(last, last)
    cross = _summed(moved, last) if last else 0.0 * step
    relative, tiny = gamma(count + 2, DOUBLE), smallest(problem.dtype)
    error = _value_error(problem, before) + _value_error(problem, after)
    return BlockRecord(
        "x",
        0,
        "other",
        change if change.ndim else float(change),
        error + gamma(2, DOUBLE) * (change.abs() if change.ndim else abs(float(change))),
        0.0,
        step,
        (relative + 3 * u) * step + tiny,
        cross,
        (relative + 4 * u) * root(step * inertia) + tiny,
        inertia,
        (relative + 3 * u) * inertia + tiny,
        0.0,
        0.0,
        _summed(after, after),
        0.0,
    )


def _summed(ours: Sequence[Tensor], theirs: Sequence[Tensor]) -> Scalar:
    total: Scalar = 0.0
    for x, y in zip(ours, theirs, strict=True):
        total = total + dot(x.detach(), y.detach())
    return total


def _value_error(problem: LayeredProblem, parameters: Sequence[Tensor]) -> Scalar:
    """A bound on the rounding error of R at these parameters (see the module)."""
    h, u, n = problem.activation, unit(problem.dtype), problem.samples
    a: Scalar = float(torch.linalg.matrix_norm(problem.x.double()))
    off: Scalar = u * a  # x may be rounded to the dtype
    z: Scalar = a
    steepest = 1.0
    for w, b in zip(parameters[: problem.layers], parameters[problem.layers :], strict=True):
        width, k = w.shape[-2], w.shape[-1] + 10
        norm = root(dot(w.detach(), w.detach()))
        spread = math.sqrt(n) * (root(dot(b.detach(), b.detach())) + math.sqrt(width) * h.at_zero)
        z = a * norm + spread
        off = gamma(k, u) * z * (1 + h.lipschitz) + norm * steepest * off
        a, steepest = h.lipschitz * z + math.sqrt(n * width) * h.at_zero, h.lipschitz
    loss, outputs = problem.loss, problem.target.shape[-1]
    summed = gamma(n + 4 * outputs + 20, u) * loss.size(z + off, problem.target)
    return summed + loss.steepness(z + off, problem.target) * off


def gradient_method(name: str, lr: float) -> GradientMethod:
    """One of gd, adagrad, adadelta, rmsprop, adam, torch's defaults but for the learning rate.

    Raises:
        InvalidInput: for an unknown name, or a learning rate that is not positive and finite.
    """
    if name not in _OPTIMISERS:
        raise InvalidInput(f"unknown optimiser {name!r}: one of {', '.join(_OPTIMISERS)}")
    if not 0 < lr < math.inf:
        raise InvalidInput(f"{name}: the learning rate must be positive and finite, got {lr}")
    make = _OPTIMISERS[name]
    return GradientMethod(lambda tensors: make(tensors, lr=lr), name)
