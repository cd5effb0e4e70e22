r"""What table 2 says about the runs of one method on one data set.

Curves are numbers after each sweep $k = 1, …, K$. *Sweeps to target* is

$$\min\{k : \tfrac1n \textstyle\sum_{\text{seeds}} a_k \ge a^\ast\},$$

the first sweep after which the mean test accuracy reaches $a^\ast$; *seconds to target* is
the mean over seeds of the time spent in sweeps until then. The published protocol is not
specified; this one does not depend on the luck of one seed, and its companion, the median
over seeds of each seed's own first sweep, stands beside it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from repro.engine import FinishedRun, configuration_hash
from repro.render import Estimate, Number
from repro.spec import RunSpec

ENDS = ("objective", "train_accuracy", "test_accuracy")  # finite at the end of a sound run


@dataclass(frozen=True)
class Group:
    """The runs of one configuration: those that stayed finite, and the seeds of the others."""

    finite: Mapping[RunSpec, FinishedRun]
    diverged: tuple[RunSpec, ...]

    @property
    def any_spec(self) -> RunSpec:
        """One of the specifications; they differ in the seed alone."""
        return next(iter((*self.finite, *self.diverged)))


def group(specs: Sequence[RunSpec], runs: Mapping[RunSpec, FinishedRun]) -> Group:
    """The runs of ``specs``, told apart."""
    finite = {spec: runs[spec] for spec in specs if not has_diverged(runs[spec])}
    return Group(finite, tuple(spec for spec in specs if spec not in finite))


def has_diverged(run: FinishedRun) -> bool:
    """Whether the run ended in numbers that are none, or says itself that it diverged."""
    curves = run.result.curves
    ends = [curves[name][-1] for name in ENDS if curves.get(name)]
    said = any(note.lower().startswith("diverged") for note in run.result.notes)
    return said or not all(map(math.isfinite, ends))


def final(runs: Group, curve: str) -> Estimate:
    """Mean ± std over seeds of ``curve`` after the last sweep."""
    return after(runs, curve, runs.any_spec.sweeps)


def after(runs: Group, curve: str, sweep: int) -> Estimate:
    """Mean ± std over seeds of ``curve`` after the given sweep, from 1."""
    return Estimate(
        values=tuple(run.result.curves[curve][sweep - 1] for run in runs.finite.values()),
        seeds=tuple(spec.seed for spec in runs.finite),
        diverged=tuple(spec.seed for spec in runs.diverged),
        configuration=configuration_hash(runs.any_spec),
    )


def curves(runs: Group, curve: str) -> NDArray[np.float64]:
    """``curve`` of every finite run, (runs, sweeps)."""
    return np.array([run.result.curves[curve] for run in runs.finite.values()], dtype=np.float64)


def mean_accuracy(runs: Group) -> NDArray[np.float64]:
    """Mean test accuracy after each sweep, (sweeps,)."""
    mean: NDArray[np.float64] = curves(runs, "test_accuracy").mean(axis=0)
    return mean


def target_of(runs: Group) -> float | None:
    """The mean test accuracy at the end; None when no run stayed finite."""
    return float(mean_accuracy(runs)[-1]) if runs.finite else None


def first_reaching(curve: NDArray[np.float64], target: float) -> int | None:
    """The first sweep, from 1, after which ``curve`` is at or above ``target``."""
    above = np.flatnonzero(curve >= target)
    return int(above[0]) + 1 if above.size else None


def to_target(runs: Group, target: float | None) -> tuple[Number, Number, Number]:
    """Sweeps, median sweeps over seeds, and seconds to ``target``; — when never reached."""
    if target is None or not runs.finite:
        return Number(None), Number(None), Number(None)
    sweeps = first_reaching(mean_accuracy(runs), target)
    seconds = None if sweeps is None else float(curves(runs, "seconds")[:, sweeps - 1].mean())
    own = [first_reaching(curve, target) for curve in curves(runs, "test_accuracy")]
    median = statistics.median(math.inf if first is None else first for first in own)
    reached = f"{sum(first is not None for first in own)}/{len(own)}"
    middle = median if math.isfinite(median) else None
    return Number(sweeps), Number(middle, "g", reached), Number(seconds, ".3g")
