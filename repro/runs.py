"""One run: a method on a data set from a seed. A pure function of its specification."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch

from repro.data.dataset import Dataset
from repro.spec import RunResult, RunSpec, Setting

__all__ = ["RunResult", "RunSpec", "Setting", "execute"]


def execute(spec: RunSpec, dataset: Dataset, on_sweep: Callable[[int], None]) -> RunResult:
    """Carry out ``spec`` on ``dataset``; ``on_sweep(k)`` is called after sweep k = 1, 2, ….

    A run whose objective or outputs stop being finite ends there: the rest of its curves is
    NaN and a note says at which sweep.

    Raises:
        InvalidInput: for a specification or a data set that the method does not admit.
    """
    from amverify.methods.base import Evaluator
    from repro.methods import prepare

    method, problem, parameters = prepare(spec, dataset)
    state = method.initialise(problem, parameters)
    evaluators = {
        f"{name}_accuracy": Evaluator.of(
            problem, state, torch.from_numpy(split.x), torch.from_numpy(split.y)
        )
        for name, split in (("train", dataset.train), ("test", dataset.test))
    }
    curves: dict[str, list[float]] = {
        name: [math.nan] * spec.sweeps for name in ("objective", "seconds", *evaluators)
    }
    elapsed = 0.0
    for k in range(spec.sweeps):
        began = time.perf_counter()
        state = method.sweep(problem, state)
        elapsed += time.perf_counter() - began
        measured = {name: float(e.accuracy(state)) for name, e in evaluators.items()}
        measured |= {"objective": float(method.objective(problem, state)), "seconds": elapsed}
        if not all(math.isfinite(value) for value in measured.values()):
            return RunResult(curves, (f"diverged at sweep {k + 1}",))
        for name, value in measured.items():
            curves[name][k] = value
        on_sweep(k + 1)
    return RunResult(curves)
