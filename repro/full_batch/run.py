"""A full-batch run: a method on a data set from a seed, traced and audited where it has claims."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from amverify.judge.audit import audit
from amverify.methods.base import Evaluator
from amverify.record.layered.run import Tracer
from amverify.report import to_json
from amverify.trace.trace import Trace
from repro.data.dataset import Dataset
from repro.full_batch.methods import prepare
from repro.spec import RunResult, RunSpec

MEASURED_EVERY = 10
"""Residuals and gaps of an audited run are measured after every so many sweeps."""
RESIDUALS = ("residual_block", "residual_joint")
MEASURED = frozenset({"C1"})
"""Claims on residuals alone: a run with no others leaves no row of every block's step."""


def train(spec: RunSpec, dataset: Dataset, on_sweep: Callable[[int], None]) -> RunResult:
    """Carry out ``spec`` on ``dataset``; ``on_sweep(k)`` is called after sweep k = 1, 2, ….

    A run whose objective or outputs stop being finite ends there: the rest of its curves is
    NaN and a note says at which sweep. With claims the run is traced and audited.

    Raises:
        InvalidInput: for a specification or a data set that the method does not admit.
    """
    method, problem, parameters = prepare(spec, dataset)
    if set(spec.claims) - MEASURED:
        method = replace(method, record=True)  # type: ignore[type-var]
    _warm(spec, dataset, (type(method), problem.dtype))
    state = method.initialise(problem, parameters)
    audited = _Audited(spec, dataset, method, problem, state) if spec.claims else None
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
    found = audited.residuals() | model_gap(trace, spec.sweeps)
    return RunResult(curves | found, tuple(notes), to_json(audit(trace, spec.claims)))


def model_gap(trace: Trace, sweeps: int) -> dict[str, list[float]]:
    """By how much the models of a sweep's blocks fall, added up; nothing where none records it."""
    if "model_gap" not in trace.blocks:
        return {}
    own = np.asarray(trace.blocks["sweep"])
    added = np.bincount(own, np.asarray(trace.blocks["model_gap"]), sweeps + 1)[1:]
    return {"model_gap": [float(v) if k in own else math.nan for k, v in enumerate(added, 1)]}


_WARM: set[tuple[type, torch.dtype]] = set()


def _warm(spec: RunSpec, dataset: Dataset, kind: tuple[type, torch.dtype]) -> None:
    """One sweep of its own before the first clock of a process: loops compile when first used."""
    if kind in _WARM:
        return
    method, problem, parameters = prepare(spec, dataset)
    method.sweep(problem, method.initialise(problem, parameters))
    _WARM.add(kind)


class _Audited:
    """The trace of a run with claims, and their verdicts at its end."""

    def __init__(
        self, spec: RunSpec, dataset: Dataset, method: Any, problem: Any, state: Any
    ) -> None:
        self.spec, self.dataset = spec, dataset
        self.tracer = Tracer(method, problem, state)

    def after(self, k: int, before: Any, state: Any) -> bool:
        """Take a sweep; False once F is not finite."""
        measured = k % MEASURED_EVERY == 0 or k in (2, self.spec.sweeps)
        return self.tracer.after(k, before, state, measured)

    def residuals(self) -> dict[str, list[float]]:
        """The block-wise and the joint residual after each sweep; NaN where it was not measured."""
        found = {}
        for name in RESIDUALS:
            values = dict(
                zip(self.tracer.measured, self.tracer.measures.get(name, ()), strict=True)
            )
            sweeps = range(1, self.spec.sweeps + 1)
            found[name] = [float(values[k]) if k in values else math.nan for k in sweeps]
        return found

    def trace(self) -> Trace:
        """What was recorded, with what the run was of."""
        header = {
            "subject": f"{self.spec.method} on {self.spec.dataset}",
            "seed": self.spec.seed,
            "data_hashes": dict(self.dataset.hashes),
            "method_settings": {name: str(value) for name, value in self.spec.settings},
        }
        return self.tracer.trace(header)
