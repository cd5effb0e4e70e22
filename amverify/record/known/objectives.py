"""Objectives that a recorder calls itself: of arrays, of tensors, or with their gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.record.known.declared import Declared
from amverify.record.known.observed import Observed, observed
from amverify.record.points.vector import Vector, evaluate, format_of, scalar


def called(f: Callable[[Any], Any], params: Any, gradient: bool, declared: Declared) -> Observed:
    """f at what ``step`` was given: followed where that is tensors, else its number alone.

    Raises:
        InvalidInput: if f does not return one number.
    """
    leaves = [params] if isinstance(params, Tensor) else params
    if not isinstance(leaves, Sequence) or not all(isinstance(p, Tensor) for p in leaves):
        number = f(params)
        return Observed(scalar(number), None, format_of(number), lack="value is no torch function")
    if declared.follows(gradient):
        return observed(lambda: f(params), leaves, gradient)
    number, slope = evaluate(lambda: f(params), leaves, gradient)
    return Observed(number, slope)


class Objective:
    """f of what ``step`` is given, as a function of all its numbers in one vector.

    Args:
        f: the objective.
    """

    def __init__(self, f: Callable[[Any], Any]) -> None:
        self._f = f
        self._alike: Callable[[Vector], Any] = lambda x: x

    def like(self, params: Any) -> None:
        """From now on vectors stand for points of the form of this one."""
        if isinstance(params, list | tuple):
            parts = [_form(part) for part in params]
            ends = np.cumsum([size for size, _ in parts])[:-1]
            together = tuple if isinstance(params, tuple) else list
            self._alike = lambda x: together(
                make(part) for (_, make), part in zip(parts, np.split(x, ends), strict=True)
            )
        else:
            self._alike = _form(params)[1]

    def __call__(self, x: Vector) -> float:
        """f there; NaN where it raises, so that nothing is known of it."""
        try:
            return scalar(self._f(self._alike(x)))
        except Exception:
            return float("nan")


def _form(part: Any) -> tuple[int, Callable[[Vector], Any]]:
    """How many numbers an array, a tensor or a number holds, and how they become one again."""
    if isinstance(part, Tensor):
        shape, to = tuple(part.shape), (part.device, part.dtype)
        return part.numel(), lambda x: torch.from_numpy(x.reshape(shape)).to(*to)
    if isinstance(part, int | float):
        return 1, lambda x: float(x[0])
    array = np.asarray(part)
    kind = array.dtype if array.dtype.kind == "f" else np.dtype(np.float64)
    return array.size, lambda x: x.reshape(array.shape).astype(kind)


class Paired:
    """A function of scipy's, with its gradient if there is one.

    Args:
        f: gives a value, or a pair of value and gradient (``jac=True``).
        grad: gives the gradient.
    """

    def __init__(self, f: Callable[[Vector], Any], grad: Callable[[Vector], Any] | None) -> None:
        self._f, self._grad = f, grad
        self._checked = False

    def __call__(self, x: Vector) -> tuple[Any, Any]:
        """Value and gradient; the first time it is called twice.

        Raises:
            InvalidInput: if it then differs, or there are two gradients.
        """
        found = self._f(x)
        if not self._checked:
            self._checked = True
            first, second = self._number(found), self.value(x)
            if not (first == second or (np.isnan(first) and np.isnan(second))):
                raise InvalidInput(
                    f"value: it is {first!r} and then {second!r} at the same point; "
                    "give a function of x alone"
                )
        if not isinstance(found, tuple | list):
            return found, None if self._grad is None else self._grad(x)
        if self._grad is not None:
            raise InvalidInput("scipy: f gives a gradient itself; leave grad out")
        if len(found) != 2:
            raise InvalidInput(f"value: expected a number, or value and gradient, got {len(found)}")
        return found[0], found[1]

    def value(self, x: Vector) -> float:
        """The value alone."""
        return self._number(self._f(x))

    def _number(self, found: Any) -> float:
        return scalar(found[0] if isinstance(found, tuple | list) and found else found)
