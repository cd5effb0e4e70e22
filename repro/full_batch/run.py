"""A full-batch run: a method on a data set from a seed, traced and audited where it has claims."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from amverify.errors import InvalidInput
from amverify.judge.audit import audit
from amverify.methods.base import Evaluator
from amverify.report import to_json
from repro.data.dataset import Dataset, Split
from repro.full_batch.audited import Audited
from repro.full_batch.methods import prepare
from repro.spec import RunResult, RunSpec

MEASURED = frozenset({"C1"})
"""Claims on residuals alone: a run with no others leaves no row of every block's step."""


def train(spec: RunSpec, dataset: Dataset, on_sweep: Callable[[int], None]) -> RunResult:
    """Carry out ``spec`` on ``dataset``; ``on_sweep(k)`` is called after sweep k = 1, 2, ….

    A run whose objective or outputs stop being finite ends there: the rest of its curves is
    NaN and a note says at which sweep. With claims the run is traced and audited.

    Raises:
        InvalidInput: for a specification or a data set that the method does not admit.
    """
    dataset = trained_on(dataset, spec.samples)
    method, problem, parameters = prepare(spec, dataset)
    if set(spec.claims) - MEASURED:
        method = replace(method, record=True)  # type: ignore[type-var]
    _warm(spec, dataset, (type(method), problem.dtype))
    state = method.initialise(problem, parameters)
    audited = Audited(spec, dataset, method, problem, state) if spec.claims else None
    evaluators = {
        f"{name}_accuracy": Evaluator.of(
            problem, state, torch.from_numpy(split.x), torch.from_numpy(split.y)
        )
        for name, split in (("train", dataset.train), ("test", dataset.test))
    }
    curves: dict[str, list[float]] = {
        name: [math.nan] * spec.sweeps for name in ("objective", "seconds", *evaluators)
    }
    elapsed, notes = 0.0, []
    for k in range(spec.sweeps):
        before, began = state, time.perf_counter()
        state = method.sweep(problem, state)
        elapsed += time.perf_counter() - began
        measured = {"seconds": elapsed}
        if (k + 1) % spec.every == 0 or k + 1 == spec.sweeps:
            measured |= {name: float(e.accuracy(state)) for name, e in evaluators.items()}
            measured["objective"] = float(method.objective(problem, state))
        finite = all(math.isfinite(value) for value in measured.values())
        if audited is not None:
            finite = audited.after(k + 1, before, state) and finite
        if not finite:
            notes.append(f"diverged at sweep {k + 1}")
            break
        for name, value in measured.items():
            curves[name][k] = value
        on_sweep(k + 1)
    if audited is None:
        return RunResult(curves, tuple(notes))
    trace = audited.trace()
    report = to_json(audit(trace, spec.claims))
    return RunResult(curves | audited.curves(trace), tuple(notes), report)


def trained_on(dataset: Dataset, samples: int) -> Dataset:
    """With the first so many samples of training and validation part, in this order, to train on.

    0 stands for the training part as it is.

    Raises:
        InvalidInput: where there are not so many.
    """
    if not samples:
        return dataset
    parts = [part for part in (dataset.train, dataset.validation) if part is not None]
    if samples > sum(map(len, parts)):
        raise InvalidInput(f"samples: {dataset.name} has {sum(map(len, parts))}, got {samples}")
    if samples <= len(dataset.train):
        part = Split(dataset.train.x[:samples], dataset.train.y[:samples])
    else:
        joined = np.concatenate([own.x for own in parts]), np.concatenate([own.y for own in parts])
        part = Split(joined[0][:samples], joined[1][:samples])
    return replace(dataset, train=part, validation=None)


_WARM: set[tuple[type, torch.dtype]] = set()


def _warm(spec: RunSpec, dataset: Dataset, kind: tuple[type, torch.dtype]) -> None:
    """One sweep of its own before the first clock of a process: loops compile when first used."""
    if kind in _WARM:
        return
    method, problem, parameters = prepare(spec, dataset)
    method.sweep(problem, method.initialise(problem, parameters))
    _WARM.add(kind)
