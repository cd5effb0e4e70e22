"""A run with claims: its trace, and what that shows sweep by sweep.

Curves besides those of every run, NaN where a sweep has no number:

| curve | after each sweep |
|---|---|
| residual_block, residual_joint | lengths of partial residuals, measured every few sweeps |
| model_gap | by how much the models of its blocks fell, where that is recorded |
| lyapunov | Ψ (TIAM's kin and JointTIAM) |
| reduced | blocks whose inertia the safeguard reduced (TIAM's kin, where rows are recorded) |
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from amverify.methods.tiam import TIAM
from amverify.record.layered.run import Tracer
from amverify.trace.trace import Trace
from repro.data.dataset import Dataset
from repro.spec import RunSpec

MEASURED_EVERY = 10
"""Residuals and gaps of an audited run are measured after every so many sweeps."""
OF_EVERY_SWEEP = frozenset({"TK"})
"""Claims on TIAM under a penalty that ask for the residual of every sweep (others: their rows)."""
RESIDUALS = ("residual_block", "residual_joint")
REDUCED = 0.01
"""By more than this share: the margin that a safeguard always keeps is no reduction."""


class Audited:
    """A run with claims as it goes on."""

    def __init__(
        self, spec: RunSpec, dataset: Dataset, method: Any, problem: Any, state: Any
    ) -> None:
        self.spec, self.dataset, self.method = spec, dataset, method
        self.tracer = Tracer(method, problem, state)
        each = self.tracer.partials is not None and not OF_EVERY_SWEEP.isdisjoint(spec.claims)
        self.every = 1 if each else MEASURED_EVERY

    def after(self, k: int, before: Any, state: Any) -> bool:
        """Take a sweep; False once F is not finite."""
        measured = k % self.every == 0 or k in (2, self.spec.sweeps)
        return self.tracer.after(k, before, state, measured)

    def trace(self) -> Trace:
        """What was recorded, with what the run was of."""
        header = {
            "subject": f"{self.spec.method} on {self.spec.dataset}",
            "seed": self.spec.seed,
            "data_hashes": dict(self.dataset.hashes),
            "method_settings": {name: str(value) for name, value in self.spec.settings},
        }
        return self.tracer.trace(header)

    def curves(self, trace: Trace) -> dict[str, list[float]]:
        """What ``trace``, that of this run, shows after each sweep."""
        found: dict[str, Mapping[int, Any]] = {
            name: dict(zip(self.tracer.measured, self.tracer.measures.get(name, ()), strict=True))
            for name in RESIDUALS
        }
        if "lyapunov" in trace.sweeps:
            sweeps = trace.sweeps["sweep"].tolist()
            found["lyapunov"] = dict(zip(sweeps, trace.sweeps["lyapunov"], strict=True))
        if "model_gap" in trace.blocks:
            found["model_gap"] = model_gap(trace)
        if isinstance(self.method, TIAM) and "p1" in trace.blocks:
            found["reduced"] = reduced(trace, self.method)
        return {name: self._filled(values) for name, values in found.items()}

    def _filled(self, values: Mapping[int, Any]) -> list[float]:
        return [float(values.get(k, math.nan)) for k in range(1, self.spec.sweeps + 1)]


def model_gap(trace: Trace) -> dict[int, float]:
    """By sweep, by how much the models of its blocks fall, added up."""
    own = np.asarray(trace.blocks["sweep"])
    added = np.bincount(own, np.asarray(trace.blocks["model_gap"]))
    return {k: float(added[k]) for k in np.unique(own).tolist()}


def reduced(trace: Trace, method: TIAM) -> dict[int, float]:
    """By sweep, how many blocks took less inertia than the method's rule asks for."""
    rows = trace.blocks
    used = np.stack([rows["p1"], rows["p2"], rows["t"] - 1.0])
    found = {}
    for k in np.unique(rows["sweep"]).tolist():
        asked = np.array(method.rule.inertia.at(k))[:, None]
        here = (rows["sweep"] == k) & (rows["update"] == b"gradient")
        less = np.abs(used[:, here]) < (1 - REDUCED) * np.abs(asked)
        found[k] = float(less.any(axis=0).sum())
    return found
