r"""The search: hypothesis with a target, then CMA-ES or random restarts, on one budget.

Every trial comes from integers that somebody picks, so all searches are alike. Hypothesis tries
half of the budget and is told the margin (``target``); a quarter is drawn uniformly; the last
quarter moves the best trial so far by CMA-ES (package ``cma``, if it is installed; else uniformly).
A trial whose margin in floats is negative is decided at once; the first that fails for certain ends
the search.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from amverify.errors import AmverifyError, InvalidInput
from amverify.falsification.found import Asks, Found, Trial
from amverify.families.draws import Pick
from amverify.families.family import NEEDS_HYPOTHESIS

NOISE = 1e-9
"""Relative margins in floats of which this much may be rounding: ``LOOKS`` of them are decided."""
LOOKS = 200
REPEATED = 3
"""The first trials are run twice, to see whether the step is random."""
MOST_UNITS = 256
WORTHWHILE = 400
"""Trials, below which a quarter of them is too few for CMA-ES, and its import too slow."""


class _Over(BaseException):
    """The budget is spent, or a failure was found."""


@dataclass
class Search:
    """A search and what it has seen.

    Args:
        asks: what is asked.
        examples: trials at most; None is no limit.
        seconds: at most; None is no limit.
        seed: of all that is drawn.
        tell: told the number of trials, the least margin and the seconds so far.
    """

    asks: Asks
    examples: int | None
    seconds: float | None
    seed: int = 0
    tell: Callable[[int, float, float], None] | None = None
    done: int = 0
    tested: int = 0
    broken: int = 0
    looked: int = 0
    least: float = math.inf
    best: list[tuple[int, int, int]] = field(default_factory=list)
    found: tuple[Trial, Found, list[int]] | None = None
    stopped: bool = False
    _began: float = 0.0
    _refused: AmverifyError | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    def run(self) -> None:
        """Search until a failure is certain or the budget is spent; Ctrl-C ends it early.

        Raises:
            AmverifyError: what a trial refuses.
        """
        self._began = time.monotonic()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._hypothesis(0.5)
                self._uniform(0.75)
                self._evolved()
        except _Over:
            if self._refused is not None:
                raise self._refused from None
        except KeyboardInterrupt:
            self.stopped = True

    def try_(self, pick: Pick) -> float:
        """One trial; returns its margin."""
        trial, choices, _ = self.asks.trial(pick)
        if self.done < REPEATED:
            self.asks.repeated(trial)
        margin = trial.margin
        self.done += 1
        self.tested += math.isfinite(margin)
        self.broken += math.isfinite(margin) and trial.broken
        if margin < self.least:
            self.least, self.best = margin, choices
        if margin < -NOISE or (margin <= 0 and self.looked < LOOKS):
            self.looked += margin >= -NOISE
            found = trial.decide()
            if found is not None:
                self.found = trial, found, [value for _, _, value in choices]
                raise _Over
        if self.tell is not None:
            self.tell(self.done, self.least, self.elapsed)
        if self._spent(1.0):
            raise _Over
        return margin

    def _spent(self, share: float) -> bool:
        """Whether this share of the budget is spent."""
        many = self.examples is not None and self.done >= share * self.examples
        return many or (self.seconds is not None and self.elapsed >= share * self.seconds)

    def _hypothesis(self, share: float) -> None:
        try:
            from hypothesis import HealthCheck, Phase, given, seed, settings, target
            from hypothesis import strategies as st
        except ImportError:
            raise InvalidInput(f"falsify: {NEEDS_HYPOTHESIS}") from None

        @st.composite
        def margins(draw: Callable[[Any], int]) -> float:
            try:
                return self.try_(lambda low, high: draw(st.integers(low, high)))
            except AmverifyError as error:
                self._refused = error
                raise _Over from None

        most = 10**9 if self.examples is None else max(int(share * self.examples), 1)
        chosen = settings(
            max_examples=most, deadline=None, database=None,
            phases=(Phase.generate, Phase.target), suppress_health_check=list(HealthCheck),
        )  # fmt: skip

        @seed(self.seed)
        @chosen
        @given(margins())
        def search(margin: float) -> None:
            if math.isfinite(margin):
                target(-margin)
            if self._spent(share):
                raise _Enough

        with suppress(_Enough):
            search()

    def _uniform(self, share: float) -> None:
        rng = np.random.default_rng([self.seed, 51])
        while not self._spent(share):
            self.try_(lambda low, high: int(rng.integers(low, high, endpoint=True)))

    def _evolved(self) -> None:
        """CMA-ES around the best trial; restarts from it with another seed where it ends."""
        try:
            if self.examples is not None and self.examples < WORTHWHILE:
                raise ImportError
            import cma
        except ImportError:
            self._uniform(1.0)
            return
        for restart in range(1, 10**6):
            start = [(v - low + 0.5) / (high - low + 1) for low, high, v in self.best[:MOST_UNITS]]
            if len(start) < 2:
                self._uniform(1.0)
                return
            options = {"bounds": [0, 1], "seed": self.seed + restart, "verbose": -9}
            evolution = cma.CMAEvolutionStrategy(start, 0.2, options)
            while not evolution.stop():
                asked = evolution.ask()
                evolution.tell(asked, [min(self.try_(_units(u)), 1.0) for u in asked])


class _Enough(BaseException):
    """Hypothesis has had its share."""


def _units(numbers: Any) -> Pick:
    """Picks by numbers of [0, 1], in turn; beyond them the middle."""
    left = iter(np.clip(numbers, 0.0, 1.0 - 2.0**-20).tolist())

    def pick(low: int, high: int) -> int:
        return low + int(next(left, 0.5) * (high - low + 1))

    return pick
