"""Which points of a run become rows, where not all do: of so many steps one, with both its ends.

With ``every`` = k those are x⁰, x¹, xᵏ, xᵏ⁺¹, x²ᵏ, …: the numbers of steps stay what they are, so
that a claim on neighbours speaks of the recorded steps, and a row without its neighbour is no
instance of it. Of a point that is passed its parameters alone are kept, for a while: how far the
next row is from the point before it, and what its Δ is, is known.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from amverify.record.known.seen import Seen

ENDS = 2


class Thinned:
    """The points of one run so far.

    Args:
        every: k; 1 and 2 leave none out.

    Attributes:
        number: of the next point.
        skipped: whether the last one is no row.
    """

    def __init__(self, every: int = 1) -> None:
        self._every = every
        self.number, self.skipped = 0, False
        self._last: tuple[Any, ...] = ()

    @property
    def due(self) -> bool:
        """Whether the next point is a row."""
        return self.number % self._every < ENDS

    @property
    def thin(self) -> bool:
        """Whether any point is left out."""
        return self._every > ENDS

    def placed(self, seen: Seen) -> Seen:
        """The next point, with its number and what was passed before it."""
        return replace(seen, number=self.number, before=self._last if self.skipped else None)

    def taken(self, params: Any) -> None:
        """The point became a row."""
        self._moved_on(params, False)

    def passed(self, params: Any) -> None:
        """It did not."""
        self._moved_on(params, True)

    def _moved_on(self, params: Any, skipped: bool) -> None:
        self.number, self.skipped = self.number + 1, skipped
        if self.thin:
            self._last = (*self._last, params)[-2:]
