"""f and ∇f where an optimiser's parameters are, or nothing of f at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from amverify.record.heard.refusals import one_line
from amverify.record.known.observed import observed
from amverify.record.known.seen import Seen
from amverify.record.points.vector import Vector, evaluate, numbers, placed
from amverify.record.quiet.surroundings import Surroundings


class Looks:
    """How points are looked at.

    Args:
        value: the objective; ``None`` where whoever takes the points knows it.
        gradient: evaluate ∇f too.
        follow: bound the rounding of both.
    """

    def __init__(self, value: Callable[[], Any] | None, gradient: bool, follow: bool) -> None:
        self._value, self._gradient, self._follow = value, gradient, follow

    def valued(self, params: Sequence[Tensor], leaks: bool, around: Surroundings | None) -> Seen:
        """The present point; what f raises there is its error.

        Args:
            params: all that the optimiser holds.
            leaks: look for numbers that are read past torch.
            around: what f can reach, if that has been looked at just now.
        """
        copies = [p.detach().clone() for p in params]
        if self._value is None:
            return Seen(copies)
        try:
            if self._follow:
                known = observed(self._value, params, self._gradient, leaks, around)
                return Seen(copies, known.number, known.slope, known=known)
            return Seen(copies, *evaluate(self._value, params, self._gradient, around))
        except Exception as error:
            return Seen(copies, error=one_line(error))

    def glanced(self, params: Sequence[Tensor]) -> Seen:
        """The present point, with nothing of f."""
        return Seen([p.detach().clone() for p in params], unvalued=True)

    def at(self, params: Sequence[Tensor], x: Vector) -> float:
        """f at any point, in the run's format."""
        assert self._value is not None
        where, start = [], 0
        for p in params:
            part = torch.from_numpy(x[start : start + p.numel()].reshape(tuple(p.shape)))
            where.append(part.to(p.device, p.dtype))
            start += p.numel()
        with placed(params, where):
            return numbers(self._value, params, self._gradient, 1)[0]
