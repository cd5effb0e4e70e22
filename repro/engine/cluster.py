"""Runs on a Dask cluster: the same function, submitted to a scheduler.

Every data set goes to the cluster once; the workers need this package and torch in the same
versions, which each outcome's provenance is checked for.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from typing import Any

from amverify.errors import AmverifyError, InvalidInput
from repro.data.dataset import Dataset
from repro.engine.errors import RunFailed, described
from repro.engine.provenance import SAMT, STOCHASTIC, code_version, versions
from repro.engine.work import Execute, Outcome, Outcomes, carry_out
from repro.spec import RunSpec

CONNECT_SECONDS = 10


def on_cluster(
    specs: Sequence[RunSpec], datasets: Mapping[str, Dataset], execute: Execute, address: str
) -> Outcomes:
    """Each run with its outcome, as they finish on the cluster of the scheduler at ``address``.

    Closing the iterator, or an error, cancels what is not finished. Raises
    :class:`InvalidInput` when there is no such scheduler or the extra is not installed, and
    :class:`RunFailed` when a worker is lost or has other versions.
    """
    client = connect(address)
    from distributed import as_completed

    futures: dict[Any, RunSpec] = {}
    try:
        there = {
            name: client.scatter(datasets[name], hash=False)
            for name in dict.fromkeys(spec.dataset for spec in specs)
        }
        for spec in specs:
            future = client.submit(carry_out_there, execute, spec, there[spec.dataset], pure=False)
            futures[future] = spec
        for future in as_completed(futures, loop=client.loop):
            spec = futures.pop(future)
            yield spec, outcome_of(future, spec)
    finally:
        client.cancel(list(futures), force=True)
        client.close()


def connect(address: str) -> Any:
    """A client of the scheduler at ``address``; raises :class:`InvalidInput` in one line."""
    try:
        from distributed import Client
        from distributed.comm import parse_address, parse_host_port
    except ImportError as error:
        raise InvalidInput(
            "--scheduler needs the extra 'cluster': pip install 'amverify[cluster]'"
        ) from error
    try:
        scheme, location = parse_address(address)
        if scheme in ("tcp", "tls"):
            # A client that cannot connect complains again when it is collected; so knock first.
            socket.create_connection(parse_host_port(location), CONNECT_SECONDS).close()
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise InvalidInput(
            f"--scheduler {address}: no Dask scheduler answers there; start one with "
            "'dask scheduler' and give the address that it prints"
        ) from error


def carry_out_there(execute: Execute, spec: RunSpec, dataset: Dataset) -> Outcome:
    """On a worker: carry out ``spec``; a cluster is not told of single sweeps."""
    return carry_out(execute, spec, dataset, lambda sweep: None)


def outcome_of(future: Any, spec: RunSpec) -> Outcome:
    """What the cluster made of ``spec``, checked to be by the same code and torch as here."""
    try:
        outcome: Outcome = future.result()
    except AmverifyError:
        raise
    except Exception as error:
        raise RunFailed(f"{described(spec)}: lost on the cluster ({error})") from error
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
