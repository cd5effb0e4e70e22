"""All runs that a table needs: read back what is kept, compute the rest, keep it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from rich.console import Console

from repro.data.dataset import Dataset
from repro.engine.cache import Cache, look_up, open_cache, store
from repro.engine.cluster import on_cluster
from repro.engine.errors import Interrupted
from repro.engine.keys import fingerprint, run_key
from repro.engine.local import OnSweep, in_pool, in_process
from repro.engine.progress import progress_of
from repro.engine.work import Execute, FinishedRun, Outcomes
from repro.run import execute
from repro.spec import RunSpec


def run_all(
    specs: Sequence[RunSpec],
    datasets: Mapping[str, Dataset],
    *,
    cache: Path,
    jobs: int = 1,
    fresh: bool = False,
    scheduler: str | None = None,
    execute: Execute = execute,
    console: Console | None = None,
) -> dict[RunSpec, FinishedRun]:
    """Every run of ``specs`` (once each), in their order.

    ``datasets`` holds the data set of every specification by name; ``cache`` is the folder of
    finished runs; ``fresh`` computes also what is kept there; ``jobs`` is the number of
    processes on this machine, or ``scheduler`` the address of a Dask scheduler instead;
    ``console`` is where progress and warnings go (standard error).

    Raises :class:`Interrupted` on Ctrl-C, :class:`RunFailed` when a run cannot be carried out,
    :class:`amverify.errors.CannotWrite` when the disk is full; finished runs are kept in each
    case.
    """
    console = console or Console(stderr=True)
    kept = open_cache(cache, lambda line: tell(console, line))
    wanted = list(dict.fromkeys(specs))
    prints = {name: fingerprint(datasets[name]) for name in {spec.dataset for spec in wanted}}
    keys = {spec: run_key(spec, prints[spec.dataset]) for spec in wanted}
    found = {} if fresh else {spec: look_up(kept, spec, keys[spec]) for spec in wanted}
    finished = {spec: run for spec, run in found.items() if run is not None}
    pending = [spec for spec in wanted if spec not in finished]
    if finished and pending:
        tell(console, f"{len(finished)} of {len(wanted)} runs were kept from before in {cache}")
    try:
        with progress_of(pending, console) as tally:
            outcomes = carried_out(pending, datasets, execute, tally.swept, jobs, scheduler)
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
    jobs: int,
    scheduler: str | None,
) -> Outcomes:
    """Outcomes as they come, from wherever the user wants the runs to be carried out."""
    if scheduler is not None and specs:
        return on_cluster(specs, datasets, execute, scheduler)
    if jobs > 1 and len(specs) > 1:
        return in_pool(specs, datasets, execute, on_sweep, jobs)
    return in_process(specs, datasets, execute, on_sweep)


def interrupted(cache: Cache, done: int, wanted: int) -> Interrupted:
    """What Ctrl-C leaves behind."""
    if not cache.writable:
        return Interrupted(f"interrupted: {done} of {wanted} runs finished, none could be kept")
    return Interrupted(
        f"interrupted: {done} of {wanted} runs kept in {cache.folder}; run again to resume"
    )


def tell(console: Console, line: str) -> None:
    """``line`` on ``console`` as it is, whatever its width."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)
