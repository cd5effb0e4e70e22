"""Runs on this machine: one after the other here, or in a pool of worker processes.

Each worker is a fresh interpreter (``spawn``: nothing is shared by accident) at the end of a
pipe. It says that it is ready; it is handed a specification, with the data set when that is
another than it holds; it tells its progress and at last its outcome. Workers do not see
Ctrl-C: this process does, and ends them.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

import torch

from amverify.errors import AmverifyError
from repro.data.dataset import Dataset
from repro.engine.errors import RunFailed, described
from repro.engine.provenance import cores
from repro.engine.work import Execute, Outcomes, carry_out, throttled
from repro.spec import RunSpec

OnSweep = Callable[[RunSpec, int], None]


def in_process(
    specs: Sequence[RunSpec],
    datasets: Mapping[str, Dataset],
    execute: Execute,
    on_sweep: OnSweep,
    threads: int | None = None,
) -> Outcomes:
    """Each run with its outcome, one after the other in this process."""
    for spec in specs:

        def report(sweep: int, spec: RunSpec = spec) -> None:
            on_sweep(spec, sweep)

        yield spec, carry_out(execute, spec, datasets[spec.dataset], throttled(report), threads)


@dataclass
class Worker:
    """A worker process, this end of its pipe, and what it is doing."""

    process: SpawnProcess
    pipe: Connection
    holds: str | None = None  # the data set that it was given last
    running: RunSpec | None = None


def in_pool(
    specs: Sequence[RunSpec],
    datasets: Mapping[str, Dataset],
    execute: Execute,
    on_sweep: OnSweep,
    jobs: int,
    threads: int | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Outcomes:
    """Each run with its outcome, as they finish in ``jobs`` processes.

    A worker that dies loses its run alone, which is tried once more, and ``say`` is told so.
    Closing the iterator, or an error, ends the workers at once. Raises :class:`RunFailed`
    when a run's worker dies again and whatever error a run raised.
    """
    waiting = deque(specs)
    count = min(jobs, len(specs))
    workers: list[Worker] = []
    again: set[RunSpec] = set()
    start = partial(start_worker, execute, max(1, cores() // count), threads)
    try:
        for _ in range(count):
            workers.append(start())
        left = len(specs)
        while left:
            for ready in wait([worker.pipe for worker in workers]):
                worker = next(worker for worker in workers if worker.pipe is ready)
                try:
                    kind, value = worker.pipe.recv()
                except (EOFError, ConnectionResetError):
                    waiting.appendleft(to_retry(worker, again, say))
                    workers[workers.index(worker)] = start()
                    continue
                if kind == "sweep" and worker.running is not None:
                    on_sweep(worker.running, value)
                elif kind == "error":
                    raise value
                elif kind == "outcome" and worker.running is not None:
                    finished, worker.running = worker.running, None
                    left -= 1
                    assign(worker, waiting, datasets)
                    yield finished, value
                else:
                    assign(worker, waiting, datasets)
    finally:
        end(workers)


def start_worker(execute: Execute, most: int, threads: int | None) -> Worker:
    """A worker process, on as many threads at most or on ``threads``.

    It starts with Ctrl-C ignored, as it inherits that.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there, execute, most, threads), daemon=True)
    with interrupts_ignored():
        process.start()
    there.close()
    return Worker(process, here)


@contextlib.contextmanager
def interrupts_ignored() -> Iterator[None]:
    """Ctrl-C is ignored inside, also by processes started inside, for their whole life."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def to_retry(worker: Worker, again: set[RunSpec], say: Callable[[str], None]) -> RunSpec:
    """The run of a worker that died, when it may be tried again, and then it is in ``again``.

    Raises :class:`RunFailed` for the second time, and where the worker had no run yet.
    """
    spec, failure = worker.running, lost(worker)
    worker.pipe.close()
    if spec is None or spec in again:
        raise failure
    again.add(spec)
    say(f"warning: {failure}; the run is tried once more")
    return spec


def assign(worker: Worker, waiting: deque[RunSpec], datasets: Mapping[str, Dataset]) -> None:
    """Hand the worker the next run, one on the data set that it holds if there is one."""
    if not waiting:
        return
    spec = next((spec for spec in waiting if spec.dataset == worker.holds), waiting[0])
    waiting.remove(spec)
    dataset = None if spec.dataset == worker.holds else datasets[spec.dataset]
    worker.running, worker.holds = spec, spec.dataset
    # One that has died is heard of when it is listened to: the run is in its record.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        worker.pipe.send((spec, dataset))


def lost(worker: Worker) -> RunFailed:
    """What is said of a worker that died: on what, how, what to do."""
    worker.process.join(timeout=5)
    doing = f"on {described(worker.running)}" if worker.running else "before its first run"
    code = worker.process.exitcode
    how = f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"
    return RunFailed(f"a worker process died {doing} ({how}); out of memory? try fewer --jobs")


def end(workers: Sequence[Worker]) -> None:
    """End every worker now, whatever it is doing."""
    for worker in workers:
        worker.process.terminate()
    for worker in workers:
        worker.process.join(timeout=5)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.pipe.close()


def serve(pipe: Connection, execute: Execute, most: int, threads: int | None) -> None:
    """A worker's life: until the pipe closes, take a run, carry it out, send the outcome."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(most)
    holds: Dataset | None = None
    # A closed pipe means that the process at the other end is gone: nothing left to do.
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        pipe.send(("ready", None))
        while True:
            spec, dataset = pipe.recv()
            holds = dataset or holds
            assert holds is not None, "the first run comes with its data set"
            try:
                on_sweep = throttled(lambda sweep: pipe.send(("sweep", sweep)))
                pipe.send(("outcome", carry_out(execute, spec, holds, on_sweep, threads)))
            except AmverifyError as error:
                error.add_note("".join(traceback.format_exception(error)))
                pipe.send(("error", error))
