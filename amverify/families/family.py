r"""A family: instances by seed, by hypothesis, or by any other source of integers.

family = quadratics(box=True)
problem = family.draw(seed=7)                   # the same problem for the same seed
@given(family.strategy())                       # hypothesis draws it entry by entry
def test_descent(problem): ...
rebuild(problem.spec())                         # the same problem again, from JSON
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amverify.errors import InvalidInput
from amverify.families.draws import Draws, Pick, Picked, again
from amverify.families.problem import Problem

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

SEEN = 8
NEEDS_HYPOTHESIS = 'hypothesis is not installed: pip install "amverify[testing]"'


@dataclass(frozen=True)
class Family:
    """A family of problems.

    Args:
        name: as it stands in a specification.
        about: what an instance is, in a line.
        make: an instance from a seed or a source of numbers.
    """

    name: str
    about: str
    make: Callable[[int | Draws], Problem]

    def draw(self, seed: int) -> Problem:
        """The instance of a seed.

        Raises:
            InvalidInput: for a seed that is not an integer ≥ 0.
        """
        if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
            raise InvalidInput(f"seed: expected an integer of 0 or more, got {seed!r}")
        return self.make(seed)

    def chosen(self, pick: Pick) -> Problem:
        """The instance whose integers a rule picks, each from low, …, high."""
        drawn = Picked(pick)
        problem = self.make(drawn)
        problem.choices = tuple(value for _, _, value in drawn.choices)
        return problem

    def rebuilt(self, choices: Sequence[int]) -> Problem:
        """The instance of these integers.

        Raises:
            InvalidInput: if they are not what an instance of this family was made of.
        """
        problem = self.chosen(again(choices))
        if list(problem.choices or ()) != list(choices):
            raise InvalidInput(f"problem: its choices are none of an instance of {self.name}")
        return problem

    def strategy(self) -> SearchStrategy[Problem]:
        """Instances for hypothesis; the simplest have few coordinates and small integers.

        Raises:
            InvalidInput: if hypothesis is not installed.
        """
        try:
            from hypothesis import strategies
        except ImportError:
            raise InvalidInput(NEEDS_HYPOTHESIS) from None

        @strategies.composite
        def problems(draw: Callable[[Any], int]) -> Problem:
            return self.chosen(lambda low, high: draw(strategies.integers(low, high)))

        return problems()

    @property
    def known(self) -> tuple[str, ...]:
        """Constants that its instances know (of the first seeds, all); of others nobody does."""
        seen = [self.make(seed).constants for seed in range(SEEN)]
        names = ("L", "mu", "fstar", "xstar", "theta", "c", "radius")
        return tuple(n for n in names if all(getattr(one, n) is not None for one in seen))

    def __str__(self) -> str:
        return f"{self.name}: {self.about}"
