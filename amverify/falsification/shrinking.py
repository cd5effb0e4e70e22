r"""A counterexample made simple: fewer steps, and integers near 0, as long as it fails for certain.

The integers of an instance are asked for in groups: a number of coordinates, then that many
eigenvalues, … When an integer that decides the size of others becomes smaller, the others are cut,
group by group, and keep their places.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

from amverify.falsification.found import Asks, Found, Trial
from amverify.families.draws import again

SECONDS = 10.0
TRIES = 2000
Groups = list[list[int]]


class _Regrouped:
    """Picks integers group by group; what a group lacks is nearest 0, what it has more is cut."""

    def __init__(self, groups: Groups) -> None:
        self._groups = [list(group) for group in groups]
        self._left: list[int] = []

    def begin(self) -> None:
        self._left = self._groups.pop(0) if self._groups else []

    def __call__(self, low: int, high: int) -> int:
        value = self._left.pop(0) if self._left else 0
        return min(max(value, low), high)


def shrunk(
    asks: Asks, trial: Trial, found: Found, choices: Sequence[int], seconds: float = SECONDS
) -> tuple[Trial, Found]:
    """The simplest trial found that fails for certain, within so many seconds or to Ctrl-C."""
    shrink = _Shrink(asks, trial, found, time.monotonic() + seconds)
    with suppress(KeyboardInterrupt):
        if shrink.start(list(choices)):
            while shrink.round():
                pass
    return shrink.trial, shrink.found


def _simpler(value: int, low: int, high: int) -> list[int]:
    """Values nearer to the simplest one of this range, the nearest first."""
    simplest = min(max(0, low), high)
    off = value - simplest
    found = [simplest + int(off * share) for share in (0.0, 0.25, 0.5, 0.75)]
    found.append(value - (off > 0) + (off < 0))
    return [v for v in dict.fromkeys(found) if abs(v - simplest) < abs(off)]


class _Shrink:
    """The simplest trial so far."""

    def __init__(self, asks: Asks, trial: Trial, found: Found, until: float) -> None:
        self._asks, self._until, self._tries = asks, until, 0
        self.trial, self.found = trial, found
        self.groups: Groups = []
        self.ranges: list[list[tuple[int, int]]] = []

    @property
    def over(self) -> bool:
        return self._tries >= TRIES or time.monotonic() >= self._until

    def start(self, choices: list[int]) -> bool:
        """The same instance with as many steps as its failure needs; False if it then holds."""
        _, drawn, lengths = self._asks.trial(again(choices), 1)
        values = iter(value for _, _, value in drawn)
        return self._try([[next(values) for _ in range(n)] for n in lengths])

    def round(self) -> bool:
        """Each integer once; whether anything became simpler."""
        improved = False
        i = 0
        while i < len(self.groups):
            j = 0
            while i < len(self.groups) and j < len(self.groups[i]):
                if self.over:
                    return False
                improved |= self._one(i, j)
                j += 1
            i += 1
        return improved

    def _one(self, i: int, j: int) -> bool:
        for value in _simpler(self.groups[i][j], *self.ranges[i][j]):
            tried = [list(group) for group in self.groups]
            tried[i][j] = value
            if self._try(tried):
                return True
        return False

    def _try(self, groups: Groups) -> bool:
        if self.over:
            return False
        self._tries += 1
        trial, drawn, lengths = self._asks.trial(_Regrouped(groups), self.found.k)
        found = trial.decide() if trial.margin <= 0 else None
        if found is None:
            return False
        self.trial, self.found = trial, found
        each = iter(drawn)
        taken = [[next(each) for _ in range(n)] for n in lengths]
        self.groups = [[value for _, _, value in group] for group in taken]
        self.ranges = [[(low, high) for low, high, _ in group] for group in taken]
        return True
