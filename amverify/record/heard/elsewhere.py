r"""Points beside those at which steps are made: averages of them, evaluation iterates.

    Recorder.attach(optimizer, loss, point=averaged_model)   # SWA, EMA: parameters of a module
    Recorder.attach(optimizer, loss, point="eval")           # Schedule-Free: where eval() goes
    Recorder.attach(optimizer, loss, point="average")        # Polyak: the mean of the points so far
    Recorder.attach(optimizer, loss, point=lambda: tensors)  # any other, in the optimiser's order

Steps are made at y^k, rows are of x^k. x^k is read where the next step starts (or the run ends), so
that a loop has averaged by then; f is the same function, with the run's buffers. Reading leaves
the run as it was: parameters stand on copies meanwhile.

Of a module it is known which parameter is which where the objective reaches the module that was
averaged; else only where no two shapes are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from amverify.errors import InvalidInput
from amverify.record.points.vector import parameters_of, placed
from amverify.record.quiet.evaluation import quietly
from amverify.record.quiet.reach import reach

WAYS = (
    'point: expected a module, a function that returns the parameters, "average" or "eval", got {}'
)


class Elsewhere(Protocol):
    """Where rows are, for a point at which a step was made."""

    name: str

    def at(self, params: Sequence[Tensor], /) -> list[Tensor]:
        """The point that is recorded when the next step starts at ``params``."""

    def passed(self, params: Sequence[Tensor], /) -> None:
        """A step starts at ``params``, and the row has been recorded."""


class Read:
    """Parameters that somebody keeps beside the run.

    Args:
        name: in reports.
        read: gives them, in the order of ``held``.
        held: the optimiser's.

    Raises:
        InvalidInput: if they are the optimiser's own, have other shapes, or differ when they
            are read again.
    """

    def __init__(self, name: str, read: Callable[[], Any], held: Sequence[Tensor]) -> None:
        self.name, self._read, self._held = name, read, list(held)
        first, again = self.at(held), self.at(held)
        if not all(torch.equal(a, b) for a, b in zip(first, again, strict=True)):
            raise InvalidInput(f"point: {name} is another point when it is read again")

    def at(self, params: Sequence[Tensor], /) -> list[Tensor]:
        """Copies of them, in the formats of the optimiser's own."""
        with placed(self._held, params), quietly(self._held, self._read), torch.no_grad():
            given = self._read()
            parts = [given] if isinstance(given, Tensor | np.ndarray) else _list(given, self.name)
            if any(part is p for part in parts for p in self._held):
                raise InvalidInput(
                    f"point: {self.name} gives the optimiser's own parameters; leave point out"
                )
            found = [_tensor(part, self.name) for part in parts]
        theirs = [tuple(part.shape) for part in found]
        ours = [tuple(p.shape) for p in self._held]
        if theirs != ours:
            raise InvalidInput(
                f"point: {self.name} has shapes {theirs}, the optimiser's parameters {ours}"
            )
        return [
            part.detach().to(p.device, p.dtype).clone()
            for part, p in zip(found, self._held, strict=True)
        ]

    def passed(self, params: Sequence[Tensor], /) -> None:
        """Nothing to keep: somebody else does."""


class Average:
    """The mean of the points at which steps were made, from the start on.

    Its sum is kept in two float64 parts: the mean is rounded once, to the run's format.
    """

    name = "the average of the points so far"

    def __init__(self, held: Sequence[Tensor]) -> None:
        self._held = list(held)
        self._sum = [(torch.zeros_like(p, dtype=torch.float64),) * 2 for p in held]
        self._count = 0

    def _summed(self, params: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
        parts = zip(self._sum, params, strict=True)
        return [_added(high, low, p.detach().to(torch.float64)) for (high, low), p in parts]

    def at(self, params: Sequence[Tensor], /) -> list[Tensor]:
        """The mean with this point."""
        means = [(high + low) / (self._count + 1) for high, low in self._summed(params)]
        return [mean.to(p.dtype) for mean, p in zip(means, self._held, strict=True)]

    def passed(self, params: Sequence[Tensor], /) -> None:
        """The point counts from now on."""
        self._sum, self._count = self._summed(params), self._count + 1


def elsewhere(point: Any, optimizer: torch.optim.Optimizer, value: Any) -> Elsewhere | None:
    """What is recorded in place of the optimiser's own parameters; None where nothing is.

    Args:
        point: see the module.
        optimizer: whose parameters are those of the steps.
        value: the objective, which may reach the module that was averaged.

    Raises:
        InvalidInput: for what gives no parameters, or not those of this optimiser.
    """
    held = parameters_of(optimizer)
    if point is None:
        return None
    if isinstance(point, str) and point == "average":
        return Average(held)
    if isinstance(point, str) and point == "eval":
        return Read(f"{type(optimizer).__name__}.eval()", _evaluated(optimizer, held), held)
    if isinstance(point, nn.Module):
        parts = _matched(point, held, value)
        return Read(type(point).__name__, lambda: parts, held)
    if callable(point) and not isinstance(point, type):
        name = getattr(point, "__name__", "<lambda>")
        return Read("point" if name == "<lambda>" else name, point, held)
    raise InvalidInput(WAYS.format(repr(point) if isinstance(point, str) else type(point).__name__))


def _evaluated(
    optimizer: torch.optim.Optimizer, held: Sequence[Tensor]
) -> Callable[[], list[Tensor]]:
    """Where ``optimizer.eval()`` puts the parameters; ``train()`` takes its switch back."""
    there, back = (getattr(optimizer, name, None) for name in ("eval", "train"))
    if not (callable(there) and callable(back)):
        raise InvalidInput(
            f'point="eval": {type(optimizer).__name__} has no eval() and train(); it is for '
            "Schedule-Free optimisers"
        )

    def read() -> list[Tensor]:
        training = all(group.get("train_mode", True) for group in optimizer.param_groups)
        there()
        found = [p.detach().clone() for p in held]
        if training:
            back()
        return found

    return read


def _matched(point: nn.Module, held: Sequence[Tensor], value: Any) -> list[Tensor]:
    """The module's parameters in the optimiser's order."""
    theirs = {name.removeprefix("module."): p for name, p in point.named_parameters()}
    for module in reach(value).modules.values() if value is not None else ():
        ours = {id(p): name for name, p in module.named_parameters()}
        names = [ours.get(id(p)) for p in held]
        if module is not point and all(name in theirs for name in names):
            return [theirs[name] for name in names if name is not None]
    shapes = [tuple(p.shape) for p in held]
    by_shape = {tuple(p.shape): p for p in theirs.values()}
    if len(set(shapes)) == len(shapes) == len(theirs) and set(shapes) == set(by_shape):
        return [by_shape[shape] for shape in shapes]
    raise InvalidInput(
        f"point: which parameter of {type(point).__name__} is which of the optimiser's is not "
        "known: the objective reaches no module with their names; pass a function that returns "
        "them in the optimiser's order"
    )


def _list(given: Any, name: str) -> list[Any]:
    if not isinstance(given, Iterable) or isinstance(given, str):
        raise InvalidInput(f"point: {name} returns {type(given).__name__}, no parameters")
    return list(given)


def _tensor(part: Any, name: str) -> Tensor:
    if isinstance(part, Tensor):
        return part
    if isinstance(part, np.ndarray):
        return torch.from_numpy(np.array(part))
    raise InvalidInput(f"point: {name} holds {type(part).__name__}, no parameter")


def _added(high: Tensor, low: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """(high + low) + x in two parts; what rounding took from the first goes to the second."""
    total = high + x
    back = total - high
    return total, low + ((high - (total - back)) + (x - back))
