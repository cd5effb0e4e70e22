"""Runs on a Dask cluster: the same function, submitted to a scheduler, or to one started here.

Every data set goes to the cluster once; the workers need this package and torch in the same
versions, which each outcome's provenance is checked for. The run of a worker that died is carried
out on another, by Dask itself, four times at most; so are the data that the worker held.
"""

from __future__ import annotations

import asyncio
import threading
import warnings
from asyncio import CancelledError
from collections.abc import Mapping, Sequence
from typing import Any

from amverify.errors import AmverifyError, InvalidInput
from repro.data.dataset import Dataset
from repro.engine.errors import RunFailed, described
from repro.engine.provenance import SAMT, STOCHASTIC, code_version, cores, versions
from repro.engine.work import Execute, Outcome, Outcomes, carry_out
from repro.spec import RunSpec

CONNECT_SECONDS = 10
MISSING = "needs the extra 'cluster': pip install 'amverify[cluster]'"


def on_local_cluster(
    specs: Sequence[RunSpec],
    datasets: Mapping[str, Dataset],
    execute: Execute,
    jobs: int,
    threads: int | None,
) -> Outcomes:
    """As :func:`on_cluster`, on one of ``jobs`` processes that lasts as long (1: all cores)."""
    try:
        from distributed import LocalCluster
    except ImportError as error:
        raise InvalidInput(f"--cluster {MISSING}") from error
    count = min(cores() if jobs == 1 else jobs, len(specs))
    with LocalCluster(
        n_workers=count,
        threads_per_worker=1,
        memory_limit=None,
        dashboard_address=None,
        silence_logs=50,
    ) as local:
        yield from on_cluster(specs, datasets, execute, local.scheduler_address, threads)


def on_cluster(
    specs: Sequence[RunSpec],
    datasets: Mapping[str, Dataset],
    execute: Execute,
    address: str,
    threads: int | None,
) -> Outcomes:
    """Each run with its outcome, as they finish on the cluster of the scheduler at ``address``.

    Closing the iterator, or an error, cancels what is not finished. Raises
    :class:`InvalidInput` when there is no such scheduler or the extra is not installed, and
    :class:`RunFailed` when workers die of a run, the scheduler is lost or versions are others.
    """
    client = connect(address)
    from distributed import as_completed

    futures: dict[Any, RunSpec] = {}
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph")
            there = {
                name: client.submit(itself, datasets[name], pure=False)
                for name in dict.fromkeys(spec.dataset for spec in specs)
            }
        for spec in specs:
            data = there[spec.dataset]
            future = client.submit(carry_out_there, execute, spec, data, threads, pure=False)
            futures[future] = spec
        for future in as_completed(futures, loop=client.loop):
            spec = futures.pop(future)
            yield spec, outcome_of(future, spec)
    finally:
        if client.status == "running":
            client.cancel(list(futures), force=True)
        client.close()


def itself(dataset: Dataset) -> Dataset:
    """A task that gives the data, so that Dask makes them again when their worker dies."""
    return dataset


def connect(address: str) -> Any:
    """A client of the scheduler at ``address``; raises :class:`InvalidInput` in one line."""
    try:
        from distributed import Client
    except ImportError as error:
        raise InvalidInput(f"--scheduler {MISSING}") from error
    try:
        # A client that cannot connect complains again when it is collected; so knock first.
        asyncio.run(_knock(address))
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except Exception as error:  # whatever one makes of what another kind of server answers
        raise InvalidInput(
            f"--scheduler {address}: no Dask scheduler answers there; start one with "
            "'dask scheduler' and give the address that it prints"
        ) from error
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except TimeoutError as error:
        client.close()
        raise InvalidInput(
            f"--scheduler {address}: it has no workers; start one with 'dask worker {address}'"
        ) from error
    return client


async def _knock(address: str) -> None:
    """Shake hands with the scheduler and go; raises all kinds of errors where there is none."""
    from distributed.comm import connect as reach

    (await asyncio.wait_for(reach(address, timeout=CONNECT_SECONDS), CONNECT_SECONDS)).abort()


_ONE_AT_A_TIME = threading.Lock()


def carry_out_there(
    execute: Execute, spec: RunSpec, dataset: Dataset, threads: int | None
) -> Outcome:
    """On a worker: carry out ``spec``; a cluster is not told of single sweeps.

    Of one process's runs one at a time: torch's generator and number of threads are the process's.
    """
    with _ONE_AT_A_TIME:
        return carry_out(execute, spec, dataset, lambda sweep: None, threads)


def _reason(error: BaseException) -> str:
    if isinstance(error, CancelledError):
        return "its scheduler is gone; finished runs are kept, run again to resume"
    name = type(error).__name__
    died = name == "KilledWorker"
    return "its workers died of it; out of memory?" if died else f"{name}: {error}"


def outcome_of(future: Any, spec: RunSpec) -> Outcome:
    """What the cluster made of ``spec``, checked to be by the same code and torch as here."""
    try:
        outcome: Outcome = future.result()
    except AmverifyError:
        raise
    except (Exception, CancelledError) as error:
        raise RunFailed(f"{described(spec)}: lost on the cluster ({_reason(error)})") from error
    theirs: Any = outcome.provenance
    same_torch = theirs["versions"]["torch"] == versions()["torch"]
    same_code = theirs["code_version"] == code_version()
    same_code &= theirs["stochastic_code_version"] == code_version(STOCHASTIC + SAMT)
    if not (same_code and same_torch):
        raise RunFailed(
            f"{described(spec)}: the cluster's workers have another version of amverify or torch "
            "than this machine; install the same on both"
        )
    return outcome
