"""A probe: is the step size fixed before the batch is drawn?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from amverify.errors import InvalidInput

Batch = TypeVar("Batch")
StepSizes = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Probe:
    """How many earlier step sizes were compared, and how many had changed."""

    compared: int
    earlier_changed: int

    @property
    def predictable(self) -> bool:
        """Whether something was compared and nothing had changed."""
        return self.compared > 0 and not self.earlier_changed

    def told(self) -> dict[str, int]:
        """The setting ``probe`` of a trace."""
        return {"compared": self.compared, "earlier_changed": self.earlier_changed}


def predictability_probe(
    run: Callable[[Sequence[Batch]], StepSizes],
    batches: Sequence[Batch],
    others: Sequence[Batch],
    cut: int,
) -> Probe:
    """Whether batches from ``cut`` on change step sizes used up to and including step ``cut``.

    Args:
        run: runs the method from the same start and seed on a list of batches (one a step) and
            returns the step sizes that each step used, flattened.
        batches: the batches of the run.
        others: as many, that replace them from ``cut`` on; a permutation of the later ones, or
            fresh ones. Batch ``cut`` itself has to be another one.
        cut: the first step (from 0) whose batch is replaced.

    Raises:
        InvalidInput: if ``cut`` is no step, the lists differ in length, or a run returns step
            sizes of another number of steps.
    """
    if len(others) != len(batches):
        raise InvalidInput(f"probe: {len(others)} other batches for {len(batches)}")
    if not 0 <= cut < len(batches):
        raise InvalidInput(f"probe: cut {cut} is none of the steps 0 … {len(batches) - 1}")
    first, second = (
        [list(step) for step in run(given)]
        for given in (list(batches), [*batches[:cut], *others[cut:]])
    )
    for found in (first, second):
        if len(found) != len(batches):
            raise InvalidInput(f"probe: {len(found)} steps for {len(batches)} batches")
    compared = changed = 0
    for mine, theirs in zip(first[: cut + 1], second[: cut + 1], strict=True):
        if len(mine) != len(theirs):
            raise InvalidInput(f"probe: {len(mine)} step sizes, then {len(theirs)}")
        compared += len(mine)
        changed += sum(a != b for a, b in zip(mine, theirs, strict=True))
    return Probe(compared, changed)
