r"""What rounding in a step can do to f, measured where no bound can be had.

f is evaluated a few units in the last place beside x, along random signs, entry by entry: 8u times
|x_j|, or the sizes of both ends of a step. ``FACTOR`` times the largest change is the allowance.
That is no bound. It is evidence of its own, *measured*: the trace's header says so, and verdicts
that rest on it do.

A probe costs ``TRIALS`` evaluations, so it is made at the start, after 1, 2, 4, 8, … steps, and
wherever f did not fall by more than ``CLEAR`` times the last allowance; elsewhere the last one
stands. Signs come from a generator of its own: none of the run's is touched.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import numpy as np

from amverify.record.points.vector import Vector

TRIALS, FACTOR, ULPS, CLEAR = 3, 16.0, 8.0, 64.0


class Probe:
    """Allowances along one run.

    Args:
        unit: u of the run's format.
    """

    def __init__(self, unit: float) -> None:
        self._unit = unit
        self._random = np.random.default_rng(0)
        self._last = np.inf
        self._before = np.inf

    def forked(self) -> Probe:
        """The same up to here, signs included; neither sees what the other does next."""
        return deepcopy(self)

    def allowance(
        self,
        row: int,
        x: Vector,
        number: float,
        f: Callable[[Vector], float],
        size: Vector | None = None,
    ) -> float:
        """The allowance for the step that led to x, where f is ``number``; infinite if unknown.

        Args:
            row: the row's number.
            x: the point.
            number: f there.
            f: the function.
            size: what the entries' roundings are relative to; else |x|.
        """
        fell, self._before = self._before - number, number
        if row & (row - 1) == 0 or not fell > CLEAR * self._last:
            self._last = self._probed(x, number, f, x if size is None else size)
        return self._last if row else 0.0

    def _probed(
        self, x: Vector, number: float, f: Callable[[Vector], float], size: Vector
    ) -> float:
        changes = []
        for _ in range(TRIALS):
            signs = self._random.choice([-1.0, 1.0], size=x.shape)
            changes.append(abs(f(x + ULPS * self._unit * signs * size) - number))
        largest = FACTOR * max(changes)
        return largest if np.isfinite(largest) else np.inf
