"""One run: a method on a data set from a seed. A pure function of its specification."""

from __future__ import annotations

from collections.abc import Callable

from repro.data.dataset import Dataset
from repro.spec import RunResult, RunSpec


def execute(spec: RunSpec, dataset: Dataset, on_sweep: Callable[[int], None]) -> RunResult:
    """Carry out ``spec`` on ``dataset``; ``on_sweep(k)`` is called after sweep k = 1, 2, ….

    With mini-batches a sweep is an epoch. With claims the run is traced and audited.

    Raises:
        InvalidInput: for a specification or a data set that the method does not admit.
    """
    if spec.minibatch is not None:
        from repro.minibatch.run import train as of_batches

        return of_batches(spec, spec.minibatch, dataset, on_sweep)
    from repro.full_batch.run import train

    return train(spec, dataset, on_sweep)
