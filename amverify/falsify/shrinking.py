r"""A counterexample made simple: fewer steps, and integers near 0, as long as it fails for certain."""

from __future__ import annotations

import time

from amverify.falsify.question import Asks, Found, Trial
from amverify.families.draws import again

SECONDS = 15.0
TRIES = 2000


def shrunk(
    asks: Asks, trial: Trial, found: Found, choices: list[int], seconds: float = SECONDS
) -> tuple[Trial, Found, list[int]]:
    """The simplest trial that was found to fail for certain, within so many seconds."""
    shrink = _Shrink(asks, time.monotonic() + seconds)
    best = shrink.looked_at(choices, found.k) or (trial, found, choices)
    improved = True
    while improved and not shrink.over:
        improved = False
        for place in range(len(best[2])):
            for value in _simpler(best[2], place, shrink.ranges):
                tried = [*best[2][:place], value, *best[2][place + 1 :]]
                better = shrink.looked_at(tried, best[1].k)
                if better is not None:
                    best, improved = better, True
                    break
            if place + 1 >= len(best[2]) or shrink.over:
                break
    return best


def _simpler(choices: list[int], place: int, ranges: list[tuple[int, int]]) -> list[int]:
    """Values nearer to the simplest one of this range, the nearest first."""
    low, high = ranges[place] if place < len(ranges) else (0, 0)
    simplest = min(max(0, low), high)
    off = choices[place] - simplest
    found = [simplest + int(off * share) for share in (0.0, 0.25, 0.5, 0.75)]
    found.append(choices[place] - (off > 0) + (off < 0))
    return [v for v in dict.fromkeys(found) if abs(v - simplest) < abs(off)]


class _Shrink:
    def __init__(self, asks: Asks, until: float) -> None:
        self._asks, self._until, self._tries = asks, until, 0
        self.ranges: list[tuple[int, int]] = []

    @property
    def over(self) -> bool:
        return self._tries >= TRIES or time.monotonic() >= self._until

    def looked_at(self, choices: list[int], steps: int) -> tuple[Trial, Found, list[int]] | None:
        """The trial of these integers, if it fails for certain within so many steps."""
        if self.over:
            return None
        self._tries += 1
        trial, drawn = self._asks.trial(again(choices), steps)
        if not trial.margin < 0:
            return None
        found = trial.decide()
        if found is None:
            return None
        self.ranges = [(low, high) for low, high, _ in drawn]
        return trial, found, [value for _, _, value in drawn]
