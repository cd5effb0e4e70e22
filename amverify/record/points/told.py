"""What a loop tells of each update of a block, and what its points say of it: columns of numbers.

A number that was not told is NaN here, for none that is told can be.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping

import numpy as np

from amverify.numbers.balls import Ball
from amverify.trace.columns import Column

USED = ("modulus", "s", "t", "p1", "p2")
"""Numbers of an update that theorems on blocks ask for."""
PLAIN = {"modulus": 0.0, "s": 1.0, "t": 1.0, "p1": 0.0, "p2": 0.0}
"""What they are of an update that is no proximal-gradient step."""
MEASURED = ("cross", "inertia", "bend")
"""Quantities that come with a bound on their error, +inf where it, or they, are unknown."""


class Told:
    """Updates in the order in which they came: 8 bytes for each number."""

    def __init__(self) -> None:
        self._sweep, self._place = array("q"), array("q")
        self._told = {name: array("d") for name in USED}
        self._mid = {name: array("d") for name in MEASURED}
        self._rad = {name: array("d") for name in MEASURED}

    def __len__(self) -> int:
        return len(self._sweep)

    def append(
        self, sweep: int, place: int, balls: Mapping[str, Ball], told: Mapping[str, float]
    ) -> None:
        """One more update.

        Args:
            sweep: in which it was made.
            place: of its block's name among all names.
            balls: of ``MEASURED``, as far as they are known.
            told: of ``USED``, as far as the loop told them.
        """
        self._sweep.append(sweep)
        self._place.append(place)
        for name, column in self._told.items():
            column.append(told.get(name, np.nan))
        for name in MEASURED:
            ball = balls.get(name)
            self._mid[name].append(0.0 if ball is None else float(ball.mid))
            self._rad[name].append(np.inf if ball is None else float(ball.rad))

    @property
    def sweep(self) -> Column:
        """The sweep of each update."""
        return np.array(self._sweep, dtype=np.int64)

    @property
    def place(self) -> Column:
        """The place of each block's name."""
        return np.array(self._place, dtype=np.int64)

    def update(self) -> Column:
        """Inertial proximal-gradient steps are those whose modulus was told."""
        return np.where(self._steps(), b"gradient", b"other").astype("S10")

    def measured(self) -> dict[str, Column]:
        """What is known of some update at least, and the bounds on its errors."""
        found: dict[str, Column] = {}
        for name in MEASURED:
            mid, rad = np.array(self._mid[name]), np.array(self._rad[name])
            if np.isfinite(rad).any():
                found |= {name: mid, f"{name}_error": rad}
        return found

    def told(self) -> dict[str, Column]:
        """What every proximal-gradient step was told with; of other updates as of a plain step."""
        steps = self._steps()
        found: dict[str, Column] = {"gamma": np.zeros(len(self))}
        for name in USED:
            column = np.array(self._told[name])
            if steps.any() and not np.isnan(column[steps]).any():
                found[name] = np.where(np.isnan(column), PLAIN[name], column)
        return found

    def _steps(self) -> Column:
        found: Column = ~np.isnan(np.array(self._told["modulus"]))
        return found
