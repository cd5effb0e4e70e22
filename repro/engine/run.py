"""All runs that a table needs: read back what is kept, compute the rest, keep it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from amverify.console.screen import Screen
from repro.data.dataset import Dataset
from repro.engine.cache import Cache, look_up, open_cache, store
from repro.engine.cluster import on_cluster, on_local_cluster
from repro.engine.errors import Interrupted
from repro.engine.keys import fingerprint, run_key
from repro.engine.local import OnSweep, in_pool, in_process
from repro.engine.progress import progress_of
from repro.engine.work import Execute, FinishedRun, Outcomes
from repro.run import execute
from repro.spec import RunSpec


@dataclass(frozen=True)
class Means:
    """By what runs are carried out, as in :func:`run_all`; ``say`` hears of what went wrong."""

    jobs: int
    scheduler: str | None
    local_cluster: bool
    threads: int | None
    say: Callable[[str], None]


def run_all(
    specs: Sequence[RunSpec],
    datasets: Mapping[str, Dataset],
    *,
    cache: Path,
    jobs: int = 1,
    fresh: bool = False,
    scheduler: str | None = None,
    local_cluster: bool = False,
    threads: int | None = None,
    execute: Execute = execute,
    console: Console | None = None,
) -> dict[RunSpec, FinishedRun]:
    """Every run of ``specs`` (once each), in their order.

    ``datasets`` holds the data set of every specification by name; ``cache`` is the folder of
    finished runs; ``fresh`` computes also what is kept there; ``jobs`` is the number of
    processes on this machine, of a Dask cluster with ``local_cluster``; ``scheduler`` is the
    address of a Dask scheduler to use instead; ``threads`` are those of each run, None for what
    its products are worth (:mod:`amverify.compiled.threads`); ``console`` is where progress and
    warnings go (standard error).

    Raises :class:`Interrupted` on Ctrl-C, :class:`RunFailed` when a run cannot be carried out,
    :class:`amverify.errors.CannotWrite` when the disk is full; finished runs are kept in each
    case.
    """
    console = console or Screen(stderr=True)
    kept = open_cache(cache, lambda line: tell(console, line))
    wanted = list(dict.fromkeys(specs))
    prints = {name: fingerprint(datasets[name]) for name in {spec.dataset for spec in wanted}}
    keys = {spec: run_key(spec, prints[spec.dataset]) for spec in wanted}
    found = {} if fresh else {spec: look_up(kept, spec, keys[spec]) for spec in wanted}
    finished = {spec: run for spec, run in found.items() if run is not None}
    pending = [spec for spec in wanted if spec not in finished]
    if finished and pending:
        tell(console, f"{len(finished)} of {len(wanted)} runs were kept from before in {cache}")
    means = Means(jobs, scheduler, local_cluster, threads, lambda line: tell(console, line))
    try:
        with progress_of(pending, console) as tally:
            outcomes = carried_out(pending, datasets, execute, tally.swept, means)
            with closing(outcomes):
                for spec, outcome in outcomes:
                    run = FinishedRun(outcome.result, outcome.provenance, keys[spec], cached=False)
                    store(kept, spec, run)
                    finished[spec] = run
                    tally.finished(spec)
    except KeyboardInterrupt:
        raise interrupted(kept, len(finished), len(wanted)) from None
    return {spec: finished[spec] for spec in wanted}


def carried_out(
    specs: Sequence[RunSpec],
    datasets: Mapping[str, Dataset],
    execute: Execute,
    on_sweep: OnSweep,
    means: Means,
) -> Outcomes:
    """Outcomes as they come, from wherever the user wants the runs to be carried out."""
    jobs, threads = means.jobs, means.threads
    if means.scheduler is not None and specs:
        return on_cluster(specs, datasets, execute, means.scheduler, threads)
    if means.local_cluster and specs:
        return on_local_cluster(specs, datasets, execute, jobs, threads)
    if jobs > 1 and len(specs) > 1:
        return in_pool(specs, datasets, execute, on_sweep, jobs, threads, means.say)
    return in_process(specs, datasets, execute, on_sweep, threads)


def interrupted(cache: Cache, done: int, wanted: int) -> Interrupted:
    """What Ctrl-C leaves behind."""
    if not cache.writable:
        return Interrupted(f"interrupted: {done} of {wanted} runs finished, none could be kept")
    return Interrupted(
        f"interrupted: {done} of {wanted} runs kept in {cache.folder}; run again to resume"
    )


def tell(console: Console, line: str) -> None:
    """``line`` on ``console`` as it is, whatever its width; a warning also where it is quiet."""
    if console.quiet and line.startswith("warning:"):
        print(line, file=sys.stderr)
    console.print(line, markup=False, highlight=False, soft_wrap=True)
