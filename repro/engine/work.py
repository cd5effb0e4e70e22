"""The one function that is run everywhere: here, in a worker process, on a cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime

from amverify.compiled.threads import exactly, limited, worth
from repro.data.dataset import Dataset
from repro.engine.errors import run_failed
from repro.engine.provenance import environment
from repro.spec import RunResult, RunSpec

# The signature of :func:`repro.full_batch.run.execute`.
Execute = Callable[[RunSpec, Dataset, Callable[[int], None]], RunResult]


@dataclass(frozen=True)
class Outcome:
    """A result with where, when and how long (``wall_time`` in seconds) it was computed."""

    result: RunResult
    provenance: dict[str, object]


# Outcomes as they come; closing it ends what is under way.
Outcomes = Generator[tuple[RunSpec, Outcome], None, None]


@dataclass(frozen=True)
class FinishedRun:
    """What a table sees of a run: result, provenance, its key, and if it was read back."""

    result: RunResult
    provenance: dict[str, object]
    key: str
    cached: bool


def carry_out(
    execute: Execute,
    spec: RunSpec,
    dataset: Dataset,
    on_sweep: Callable[[int], None],
    threads: int | None = None,
) -> Outcome:
    """Execute ``spec`` and write down the circumstances.

    On so many ``threads``; None stands for what its products are worth, and at most torch's.

    Raises what :func:`repro.engine.errors.run_failed` makes of an error of ``execute``.
    """
    with exactly(threads) if threads else limited(_worth(spec, dataset)):
        return _carried_out(execute, spec, dataset, on_sweep)


def _worth(spec: RunSpec, dataset: Dataset) -> int:
    """Threads that the run's products are worth; a batch's layers are small, whatever network."""
    if spec.minibatch is not None:
        return 1
    features = dataset.train.x.shape[1]
    return worth(spec.samples or len(dataset.train), (features, *spec.hidden, dataset.classes))


def _carried_out(
    execute: Execute, spec: RunSpec, dataset: Dataset, on_sweep: Callable[[int], None]
) -> Outcome:
    started = datetime.now(UTC)
    clock = time.perf_counter()
    try:
        result = execute(spec, dataset, on_sweep)
        check_lengths(spec, result)
    except Exception as error:
        raise run_failed(spec, error) from error
    provenance = {
        "started": started.isoformat(timespec="seconds"),
        "wall_time": round(time.perf_counter() - clock, 4),
        "data_hashes": dict(dataset.hashes),
        **environment(),
    }
    return Outcome(result, provenance)


def check_lengths(spec: RunSpec, result: RunResult) -> None:
    """ValueError when a curve has not one number a sweep."""
    for name, curve in result.curves.items():
        if len(curve) != spec.sweeps:
            raise ValueError(f"curve {name} has {len(curve)} numbers for {spec.sweeps} sweeps")


def throttled(report: Callable[[int], None], interval: float = 0.2) -> Callable[[int], None]:
    """``report``, but called at most once in ``interval`` seconds."""
    last = -interval

    def occasionally(sweep: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= interval:
            last = now
            report(sweep)

    return occasionally
