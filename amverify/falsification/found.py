"""What a search asks for and what it may find, whatever is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol

from numpy.typing import NDArray

from amverify.families.draws import Pick
from amverify.families.problem import Problem

Drawn = list[tuple[int, int, int]]
"""Integers with their ranges: low, high, value."""


@dataclass(frozen=True)
class Found:
    """A failure that is certain.

    Args:
        k: the index at which the claim fails.
        decided: ``fractions``, ``balls``, ``floats`` or ``bounds``.
        lhs: both ends of what it may be.
        rhs: likewise.
        x: the points up to the last one that the claim reads.
        where: the block, of a theorem on blocks.
        most: rhs − lhs at most, where the sides' own ends say less.
        values: the symbols of a theorem there, as text.
    """

    k: int
    decided: str
    lhs: tuple[Fraction, Fraction]
    rhs: tuple[Fraction, Fraction]
    x: Sequence[NDArray[Any]]
    where: str = ""
    most: Fraction | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def margin(self) -> Fraction:
        """rhs − lhs at most."""
        return self.rhs[1] - self.lhs[0] if self.most is None else self.most


class Trial(Protocol):
    """One instance with parameters; see the module."""

    @property
    def problem(self) -> Problem:
        """The instance."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """Of the method."""

    @property
    def margin(self) -> float:
        """The least relative margin in floats; infinite where there is nothing to judge."""

    @property
    def broken(self) -> bool:
        """Whether the run ended at a point that is not finite, of which nothing is said."""

    def decide(self) -> Found | None:
        """Whether the claim fails for certain."""


class Asks(Protocol):
    """What a search can ask of a claim, a method and a family."""

    def trial(self, pick: Pick, steps: int | None = None) -> tuple[Trial, Drawn, list[int]]:
        """The trial that a source of integers gives, these with their ranges, and their groups."""

    def repeated(self, trial: Any) -> None:
        """Refuse a method that does not do the same twice."""
