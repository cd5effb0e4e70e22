"""Strangers' loops, judged and counted."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from amverify.judge.audit import audit
from amverify.theorems import CATALOGUE
from amverify.verdict import Verdict
from strangers.false import FALSE
from strangers.gradients import GRADIENTS
from strangers.minimisers import MINIMISERS
from strangers.monotone import MONOTONE
from strangers.subject import Stranger

STRANGERS = (*GRADIENTS, *MONOTONE, *MINIMISERS)
ACCUSED = (Verdict.VIOLATED, Verdict.NOT_APPLICABLE)


@dataclass
class Judged:
    """Verdicts by loop and theorem; what was accused falsely, and what escaped."""

    verdicts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    alarms: list[str] = field(default_factory=list)

    @property
    def claims(self) -> int:
        """How many claims were judged."""
        return self.verdicts.total()

    def add(self, other: Judged) -> None:
        """Take in another count."""
        self.verdicts.update(other.verdicts)
        self.alarms += other.alarms


def judged(stranger: Stranger, seed: int, dtype: str) -> Judged:
    """One loop's true claims."""
    return _judged(stranger, seed, dtype, ACCUSED)


def escaped(stranger: Stranger, seed: int, dtype: str) -> Judged:
    """One loop's false claims: an alarm is a verdict other than VIOLATED."""
    return _judged(stranger, seed, dtype, tuple(v for v in Verdict if v is not Verdict.VIOLATED))


def _judged(stranger: Stranger, seed: int, dtype: str, wrong: tuple[Verdict, ...]) -> Judged:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        run = stranger.run(seed, dtype)
        known = {name for claim in run.claims for name in CATALOGUE[claim].declarable}
        given = {name: value for name, value in run.constants.items() if name in known}
        report = audit(run.trace, run.claims, given)
    found = Judged()
    for finding in report.findings:
        found.verdicts[stranger.name, finding.theorem, str(finding.verdict)] += 1
        if finding.verdict in wrong:
            place = f"{stranger.name}, seed {seed}, {dtype}: {finding.theorem}"
            found.alarms.append(f"{place} {finding.verdict}: {finding.reason}")
    return found


def of_seed(seed: int) -> tuple[Judged, Judged]:
    """All true and all false claims of a seed, in every format."""
    true, false = Judged(), Judged()
    for stranger, dtype in _each(STRANGERS):
        true.add(judged(stranger, seed, dtype))
    for stranger, dtype in _each(FALSE):
        false.add(escaped(stranger, seed, dtype))
    return true, false


def _each(strangers: Iterable[Stranger]) -> Iterator[tuple[Stranger, str]]:
    return ((stranger, dtype) for stranger in strangers for dtype in stranger.formats)
