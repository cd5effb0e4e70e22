r"""What every full-batch method has in common: initialise, sweep, export, and back.

    state = method.initialise(problem, gaussian(problem.widths, seed))
    for _ in range(200):
        state = method.sweep(problem, state)
    module = method.export(problem, state)      # an nn.Sequential that predicts
    state = method.restore(problem, module)     # and back, as the start of another run

A state is a value: ``sweep`` returns a new one and leaves the old one as it was. (Gradient
methods alone update theirs in place, as torch's optimisers do: use what ``sweep`` returns.)
"""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from amverify.errors import InvalidInput
from amverify.methods.rows.record import Finished, Rows
from amverify.network.activations import Activation
from amverify.network.initial import Parameters
from amverify.network.layered import LayeredProblem, Point
from amverify.network.weights import FirstLayer, Predictor


class HasNetwork(Protocol):
    """A state whose weights (W_1 in coordinates) and biases can be read off."""

    @property
    def first(self) -> FirstLayer:
        """How W_1 is represented."""

    @property
    def point(self) -> Point | None:
        """Its blocks; None for a method that has no auxiliary variables."""

    @property
    def network(self) -> tuple[list[Tensor], list[Tensor]]:
        """Weights (*R, n_l, n_{l−1}), W_1 in coordinates, and biases (*R, 1, n_l)."""

    @property
    def rows(self) -> Rows:
        """The rows of the last sweep's updates, in their order; empty if not recorded."""

    @property
    def records(self) -> tuple[Finished, ...]:
        """The same, finished."""


S = TypeVar("S", bound=HasNetwork)


class Method(ABC, Generic[S]):
    """A full-batch training method on a layered problem.

    ``record`` says whether each sweep leaves its rows in ``state.rows``; ``settings`` is what
    else the header of a trace is to say of the method.
    """

    name: str
    record: bool

    @property
    def settings(self) -> Mapping[str, object]:
        """JSON by name."""
        return {}

    def notes(self, problem: LayeredProblem) -> Sequence[str]:
        """What a report on a run of this problem should say beside its verdicts, a line each."""
        return ()

    @abstractmethod
    def initialise(self, problem: LayeredProblem, parameters: Parameters) -> S:
        """The state before the first sweep, from weights (*R, n_l, n_{l−1}) and biases."""

    @abstractmethod
    def sweep(self, problem: LayeredProblem, state: S) -> S:
        """One sweep over all blocks (for a gradient method: one full-batch step)."""

    @abstractmethod
    def objective(self, problem: LayeredProblem, state: S) -> Tensor:
        """The value of what this method minimises, of the replicates' shape."""

    def export(self, problem: LayeredProblem, state: S, replicate: int = 0) -> nn.Sequential:
        """The network of one replicate as an ``nn.Sequential`` of Linear and activations.

        Raises:
            InvalidInput: if there is no such replicate.
        """
        weights, biases = _dense_parameters(state)
        return to_module(problem, weights, biases, replicate)

    def restore(self, problem: LayeredProblem, module: nn.Sequential) -> S:
        """The state that starts at the weights of an exported module.

        Raises:
            InvalidInput: if its layers are not those of the problem.
        """
        return self.initialise(problem, from_module(problem, module))


def _dense_parameters(state: HasNetwork) -> Parameters:
    weights, biases = state.network
    return [state.first.decode(weights[0]), *weights[1:]], list(biases)


class _Elementwise(nn.Module):
    """An activation that torch has no layer of, as a module."""

    def __init__(self, activation: Activation) -> None:
        super().__init__()
        self.activation = activation

    def forward(self, z: Tensor) -> Tensor:
        """h(z)."""
        return self.activation(z)

    def extra_repr(self) -> str:
        """The activation's name."""
        return self.activation.name


def _layer(activation: Activation) -> nn.Module:
    return activation.module() if activation.module else _Elementwise(activation)


def to_module(
    problem: LayeredProblem, weights: list[Tensor], biases: list[Tensor], replicate: int = 0
) -> nn.Sequential:
    """One replicate's dense weights and biases as an ``nn.Sequential`` of torch's own layers.

    It knows nothing of the problem: it can be pickled, saved whole and exported.

    Raises:
        InvalidInput: if there is no such replicate.
    """
    count = math.prod(weights[0].shape[:-2])
    if not 0 <= replicate < count:
        raise InvalidInput(f"replicate {replicate}: there are {count}, numbered from 0")
    modules: list[nn.Module] = []
    for w, b in zip(weights, biases, strict=True):
        w = w.reshape(-1, *w.shape[-2:])[replicate]
        b = b.reshape(-1, *b.shape[-2:])[replicate]
        with torch.random.fork_rng(devices=[]):  # Linear draws; the caller's state stays
            linear = nn.Linear(w.shape[1], w.shape[0], dtype=w.dtype, device=w.device)
        with torch.no_grad():
            linear.weight.copy_(w)
            linear.bias.copy_(b[0])
        modules += [linear, _layer(problem.activation)]
    return nn.Sequential(*modules[:-1])


def from_module(problem: LayeredProblem, module: nn.Sequential) -> Parameters:
    """Weights and biases of the Linear layers of ``module``.

    Raises:
        InvalidInput: if they do not have the problem's widths, a layer has no bias, or what stands
            before, between and behind them is not the identity and the problem's activation.
    """
    linears = [layer for layer in module if isinstance(layer, nn.Linear)]
    found = tuple(
        [layer.in_features for layer in linears[:1]] + [layer.out_features for layer in linears]
    )
    if found != problem.widths:
        raise InvalidInput(f"module: widths {found}, but the problem has {problem.widths}")
    if any(layer.bias is None for layer in linears):
        raise InvalidInput("module: every Linear layer needs a bias")
    _check_between(problem, module)
    weights = [layer.weight.detach().clone() for layer in linears]
    biases = [layer.bias.detach().clone().unsqueeze(0) for layer in linears]
    return weights, biases


def _check_between(problem: LayeredProblem, module: nn.Sequential) -> None:
    """Try what stands around the Linear layers on a few numbers, as it is (training or not)."""
    parts: list[list[nn.Module]] = [[]]
    like = next(layer.weight for layer in module if isinstance(layer, nn.Linear))
    for layer in module:
        if isinstance(layer, nn.Linear):
            parts.append([])
        else:
            parts[-1].append(copy.deepcopy(layer))
    for place, (some, width) in enumerate(zip(parts, problem.widths, strict=True)):
        inside = 0 < place < len(parts) - 1
        z = torch.linspace(-3, 3, 5 * width, dtype=like.dtype, device=like.device).view(5, width)
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            out = nn.Sequential(*some)(z)
        wanted = problem.activation(z) if inside else z
        if out.shape != z.shape or not torch.allclose(out, wanted, equal_nan=True):
            names = ", ".join(type(part).__name__ for part in some) or "nothing"
            where = f"behind Linear layer {place}" if place else "before the first Linear layer"
            expected = problem.activation.name if inside else "nothing"
            raise InvalidInput(f"module: {names} {where}, but the problem has {expected} there")


@dataclass(frozen=True)
class Evaluator:
    """Accuracy of a state's network on fixed samples; what depends on x alone is done once."""

    problem: LayeredProblem
    predictor: Predictor
    labels: Tensor

    @classmethod
    def of(cls, problem: LayeredProblem, state: HasNetwork, x: Tensor, labels: Tensor) -> Evaluator:
        """Prepared for samples x (M, n_0) with class numbers (M,)."""
        return cls(problem, state.first.predictor(x.to(problem.dtype)), labels)

    def outputs(self, state: HasNetwork) -> Tensor:
        """The network's outputs (*R, M, n_L)."""
        weights, biases = state.network
        z = self.predictor(weights[0]) + biases[0]
        for w, b in zip(weights[1:], biases[1:], strict=True):
            z = self.problem.activation(z) @ w.mT + b
        return z

    def accuracy(self, state: HasNetwork) -> Tensor:
        """The share of samples whose largest output is the true class, of shape *R.

        NaN where an output is not finite: a diverged run has no accuracy.
        """
        z = self.outputs(state)
        right = (z.argmax(-1) == self.labels).double().mean(-1)
        return torch.where(torch.isfinite(z).all(-1).all(-1), right, torch.nan)
