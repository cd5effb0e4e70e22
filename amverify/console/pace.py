"""How long something still takes, by the pace of late: ``about 0:50 left``.

Work slows down and speeds up (another network, a larger data set), so the pace is that of the last
half minute, not that since the start.
"""

from __future__ import annotations

import time
from collections import deque

WINDOW = 30.0
"""Seconds over which the pace is taken."""


class Pace:
    """Watches work being done, in whatever unit."""

    def __init__(self, window: float = WINDOW) -> None:
        self._window = window
        self._seen: deque[tuple[float, float]] = deque()

    def left(self, done: float, total: float) -> float | None:
        """Seconds until ``total`` is done, now that ``done`` is; None while that is not known."""
        moment = time.monotonic()
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((moment, done))
        while len(self._seen) > 2 and self._seen[1][0] <= moment - self._window:
            self._seen.popleft()
        since, before = self._seen[0]
        if done <= before or moment <= since:
            return None
        return (moment - since) * (total - done) / (done - before)


def about(seconds: float | None) -> str:
    """``about 0:50 left``; nothing where it is not known."""
    return "" if seconds is None else f"about {clock(seconds)} left"


def clock(seconds: float) -> str:
    """``seconds`` as minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
