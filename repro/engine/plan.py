"""What a table would compute: how many runs, how many are kept, about how long the others take.

The estimate is from runs kept in the cache, those most like each run to come (of any version of the
code). A full-batch run unlike any goes by the pace of the tables' usual runs on one slow core; one
with mini-batches, or on so many samples, is counted and not guessed at.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from amverify.console.pace import clock
from repro.data.dataset import Dataset
from repro.engine.cache import Cache, look_up
from repro.engine.kept import Kept, kept_in, similar
from repro.engine.keys import fingerprint, run_key
from repro.engine.laboratory import Laboratory
from repro.engine.work import FinishedRun
from repro.spec import RunSpec

USUAL_PACE = {False: 0.015, True: 0.025}
"""Seconds of a core for a sweep: without claims (table 2 and mdlam_setting on Cora), and with them
(0.020 in table 6, 0.035 in table 10)."""


@dataclass(frozen=True)
class Plan:
    """``runs`` in all, ``cached`` of them kept; ``seconds`` of the others as far as known."""

    runs: int
    cached: int
    seconds: float
    unknown: int

    def __add__(self, other: Plan) -> Plan:
        return Plan(
            self.runs + other.runs,
            self.cached + other.cached,
            self.seconds + other.seconds,
            self.unknown + other.unknown,
        )

    def __str__(self) -> str:
        pending = self.runs - self.cached
        line = f"{self.runs} runs, {self.cached} cached, {pending} to compute"
        if not pending:
            return line
        if self.unknown == pending:
            return f"{line}: how long is not known, none like them was kept"
        besides = f" and {self.unknown} unlike any kept" if self.unknown else ""
        return f"{line}: about {clock(self.seconds)}{besides}"


class Planned(Exception):
    """What a table's request for runs ends in where it is only planned."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(str(plan))
        self.plan = plan


@dataclass
class Planning(Laboratory):
    """A laboratory that loads data and looks into the cache, and computes and writes nothing.

    ``kept`` is what the cache holds, read when an estimate first needs it: it takes as long as to
    read all that is kept.
    """

    kept: list[Kept] | None = None

    def run(self, specs: Sequence[RunSpec]) -> NoReturn:
        """Raises :class:`Planned` with what ``specs`` would take."""
        found = frozenset() if self.fresh else cached(specs, self.datasets, self.cache)
        wanted = list(dict.fromkeys(specs))
        if len(found) < len(wanted) and self.kept is None:
            self.kept = kept_in(self.cache) if self.cache.is_dir() else []
        raise Planned(planned(wanted, found, self.kept or [], self.jobs))


def cached(
    specs: Sequence[RunSpec], datasets: Mapping[str, Dataset], folder: Path
) -> frozenset[RunSpec]:
    """Those of ``specs`` whose run is kept in ``folder`` and would be read back."""
    cache = Cache(folder, False, lambda line: None)
    prints = {name: fingerprint(datasets[name]) for name in {spec.dataset for spec in specs}}

    def run_of(spec: RunSpec) -> FinishedRun | None:
        return look_up(cache, spec, run_key(spec, prints[spec.dataset]))

    return frozenset(spec for spec in specs if run_of(spec) is not None)


def planned(
    specs: Sequence[RunSpec], found: frozenset[RunSpec], kept: list[Kept], jobs: int = 1
) -> Plan:
    """The plan of ``specs``, those in ``found`` being kept."""
    pending = [spec for spec in specs if spec not in found]
    pace = {spec: list(similar(spec, kept)) or _usual(spec) for spec in pending}
    known = [statistics.median(own) * spec.sweeps for spec, own in pace.items() if own]
    workers = max(1, min(jobs, len(pending)))
    return Plan(len(specs), len(found), sum(known) / workers, len(pending) - len(known))


def _usual(spec: RunSpec) -> list[float]:
    """The pace of a run of the usual size, nothing for another."""
    return [] if spec.minibatch or spec.samples else [USUAL_PACE[bool(spec.claims)]]
