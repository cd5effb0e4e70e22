"""Runs that take no time, and runs that go wrong, for tests of what is around runs.

Functions at module level, so that worker processes can import them.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from amverify.errors import InvalidInput
from amverify.report import to_json
from amverify.verdict import Constant, Counts, Evidence, Finding, Report, Slack, Verdict
from repro.data.dataset import Dataset, Split
from repro.engine import FinishedRun, Laboratory
from repro.spec import RunResult, RunSpec


def dataset(name: str = "cora", value: float = 1.0, listed: int | None = None) -> Dataset:
    x = np.full((4, 3), value)
    split = Split(x, np.array([0, 1, 0, 1]))
    statistics = {"nodes": 2708, "edges": 5278, "classes": 7, "features": 1433, "train": 4}
    if listed is not None:
        statistics["edges_listed"] = listed
    return Dataset(name, split, None, split, 2, statistics, {"file": "0" * 64})


def spec(
    name: str = "cora",
    method: str = "tiam",
    seed: int = 0,
    sweeps: int = 3,
    settings: Sequence[tuple[str, float]] = (("rho", 1e-3),),
) -> RunSpec:
    return RunSpec(name, method, tuple(settings), (100, 100), "relu", sweeps, seed, "float32")


class MadeUp(Laboratory):
    """A laboratory whose data and runs are made up; ``asked`` are the runs."""

    def __init__(
        self,
        result: Callable[[RunSpec], RunResult],
        data: Callable[[str], Dataset],
        place: dict[str, object] | None = None,
    ) -> None:
        super().__init__(Path("nowhere"))
        self.result, self.data, self.place = result, data, place or {}
        self.asked: list[RunSpec] = []

    def load(self, name: str) -> Dataset:
        return self.data(name)

    def run(self, specs: Sequence[RunSpec]) -> dict[RunSpec, FinishedRun]:
        assert {spec.dataset for spec in specs} <= self.datasets.keys()
        self.asked = list(specs)
        return {s: FinishedRun(self.result(s), self.place, "key", cached=False) for s in specs}


def specs(count: int, name: str = "cora") -> list[RunSpec]:
    return [spec(name, seed=seed) for seed in range(count)]


def result_of(spec: RunSpec, accuracy: float | None = None) -> RunResult:
    end = 0.5 + spec.seed / 100 if accuracy is None else accuracy
    rising = [end * (k + 1) / spec.sweeps for k in range(spec.sweeps)]
    return RunResult(
        {
            "objective": [1 / (k + 1) for k in range(spec.sweeps)],
            "train_accuracy": rising,
            "test_accuracy": rising,
            "seconds": [0.1 * (k + 1) for k in range(spec.sweeps)],
        },
        report=report_of(spec),
    )


def report_of(spec: RunSpec) -> str:
    """All claims HOLD, but T3, which fails from odd seeds; nothing where nothing is claimed."""
    if not spec.claims:
        return ""
    findings = tuple(
        Finding(
            claim,
            "a title",
            "a statement",
            "",
            "",
            Verdict.VIOLATED if claim == "T3" and spec.seed % 2 else Verdict.HOLDS,
            f"the reason of {claim}",
            (Evidence.FLOAT,),
            constants=(Constant("a", "L*(s/t - 1/2)", 0.5, 1.0 + spec.seed),),
            counts=Counts(decided=10, floor=1),
            slack=Slack((1, 2), (0.25, 0.5 + spec.seed), (0.0, 0.0)),
            notes=(f"a note on {claim}",),
        )
        for claim in spec.claims
    )
    return to_json(Report("fake", {}, findings))


def sound(spec: RunSpec, dataset: Dataset, on_sweep: Callable[[int], None]) -> RunResult:
    for k in range(spec.sweeps):
        on_sweep(k + 1)
    return result_of(spec)


def reporting_data(spec: RunSpec, dataset: Dataset, on_sweep: Callable[[int], None]) -> RunResult:
    """The data that arrived, as accuracy."""
    return result_of(spec, float(dataset.train.x[0, 0]))


def diverging(spec: RunSpec, dataset: Dataset, on_sweep: Callable[[int], None]) -> RunResult:
    """Ends in infinite and undefined numbers."""
    result = result_of(spec)
    result.curves["objective"][-1] = float("inf")
    result.curves["test_accuracy"][-1] = float("nan")
    return RunResult(result.curves, ("diverged at sweep 3",))


def refusing(spec: RunSpec, dataset: Dataset, on_sweep: Callable[[int], None]) -> RunResult:
    """Refuses seed 1 as bad input."""
    if spec.seed == 1:
        raise InvalidInput("rho must be above 0")
    return result_of(spec)


def faulty(spec: RunSpec, dataset: Dataset, on_sweep: Callable[[int], None]) -> RunResult:
    """Has a bug that seed 1 meets."""
    if spec.seed == 1:
        raise ZeroDivisionError("somewhere deep")
    return result_of(spec)


def short(spec: RunSpec, dataset: Dataset, on_sweep: Callable[[int], None]) -> RunResult:
    """Returns curves that are too short."""
    return RunResult({"objective": [1.0]})


def dying(spec: RunSpec, dataset: Dataset, on_sweep: Callable[[int], None]) -> RunResult:
    """Is killed, as by a system without memory, at seed 1."""
    if spec.seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return result_of(spec)


@dataclass(frozen=True)
class DyingOnce:
    """Is killed at seed 1 until it has been killed so often, which files in ``folder`` count."""

    folder: Path
    times: int = 1

    def __call__(
        self, spec: RunSpec, dataset: Dataset, on_sweep: Callable[[int], None]
    ) -> RunResult:
        deaths = len(list(self.folder.iterdir()))
        if spec.seed == 1 and deaths < self.times:
            (self.folder / str(deaths)).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return reporting_data(spec, dataset, on_sweep)


def interrupted_at_2(spec: RunSpec, dataset: Dataset, on_sweep: Callable[[int], None]) -> RunResult:
    """Ctrl-C comes during seed 2."""
    if spec.seed == 2:
        raise KeyboardInterrupt
    return result_of(spec)


def endless_from_2(spec: RunSpec, dataset: Dataset, on_sweep: Callable[[int], None]) -> RunResult:
    """Never finishes a seed from 2 on."""
    while spec.seed >= 2:
        time.sleep(1)
    return result_of(spec)


if __name__ == "__main__":
    # For the test of Ctrl-C at a terminal: runs in a pool, the folder of the cache given.
    import sys
    from pathlib import Path

    import fake_runs

    from amverify.errors import AmverifyError
    from repro.engine import run_all

    try:
        run_all(
            specs(4),
            {"cora": dataset()},
            cache=Path(sys.argv[1]),
            jobs=2,
            execute=fake_runs.endless_from_2,
        )
    except AmverifyError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_status)
