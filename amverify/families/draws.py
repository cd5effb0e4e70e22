r"""Where the numbers of an instance come from: a seed, or integers that somebody picks one by one.

    Seeded(7, 11)                       # numpy's generator of the seeds [7, 11]
    Picked(lambda low, high: low)       # any rule: hypothesis, a search, a list that is read again

An instance is a finite list of integers, each from a range that the ones before it decide. So
hypothesis draws and shrinks it entry by entry, a search moves it, and a file of JSON holds it:
``Picked.choices`` is what was picked, ``again`` picks the same once more. A rule with a method
``begin`` is told where integers that are asked for together begin.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Shape = int | tuple[int, ...] | None
Pick = Callable[[int, int], int]
"""An integer of low, …, high, both included."""
PARTS = 64
"""``random`` of a picked instance is a multiple of 1/64."""


class Draws(ABC):
    """A source of numbers, as families ask for them."""

    @abstractmethod
    def integers(self, low: int, high: int, size: Shape = None) -> Any:
        """Integers of low, …, high − 1: one of them, or an array."""

    @abstractmethod
    def random(self, size: Shape = None) -> Any:
        """Numbers of [0, 1)."""

    @abstractmethod
    def choice(self, among: Any, size: Shape = None) -> Any:
        """Elements of an array."""


class Seeded(Draws):
    """Numpy's generator: the same seed and stream, the same numbers."""

    def __init__(self, seed: int, stream: int) -> None:
        self._rng = np.random.default_rng([seed, stream])

    def integers(self, low: int, high: int, size: Shape = None) -> Any:
        """See ``Draws``."""
        return self._rng.integers(low, high, size)

    def random(self, size: Shape = None) -> Any:
        """See ``Draws``."""
        return self._rng.random(size)

    def choice(self, among: Any, size: Shape = None) -> Any:
        """See ``Draws``."""
        return self._rng.choice(among, size)


class Picked(Draws):
    """Integers by a rule.

    ``choices`` keeps them with their ranges, ``lengths`` how many were asked for at a time.
    """

    def __init__(self, pick: Pick) -> None:
        self._pick = pick
        self.choices: list[tuple[int, int, int]] = []
        self.lengths: list[int] = []

    def integers(self, low: int, high: int, size: Shape = None) -> Any:
        """See ``Draws``."""
        count = 1 if size is None else int(np.prod(size))
        self.lengths.append(count)
        getattr(self._pick, "begin", _nothing)()
        if size is None:
            return self._one(low, high - 1)
        return np.array([self._one(low, high - 1) for _ in range(count)]).reshape(size)

    def random(self, size: Shape = None) -> Any:
        """See ``Draws``."""
        return self.integers(0, PARTS, size) / PARTS

    def choice(self, among: Any, size: Shape = None) -> Any:
        """See ``Draws``."""
        return np.asarray(among)[self.integers(0, len(among), size)]

    def _one(self, low: int, high: int) -> int:
        found = int(self._pick(low, high))
        self.choices.append((low, high, found))
        return found


def _nothing() -> None:
    """What a rule without ``begin`` does before a group."""


def source(given: int | Draws, stream: int) -> Draws:
    """A seed's own generator, or a source as it is."""
    return given if isinstance(given, Draws) else Seeded(given, stream)


def seed_of(given: int | Draws) -> int:
    """A seed; 0 where numbers are picked, for the streams that runs draw from."""
    return 0 if isinstance(given, Draws) else given


def again(choices: Sequence[int]) -> Pick:
    """Picks these integers in turn, each moved into its range; then what is nearest 0."""
    left = iter(choices)

    def pick(low: int, high: int) -> int:
        return min(max(next(left, 0), low), high)

    return pick
