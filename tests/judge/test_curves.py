"""What a report holds of its run: thinned without losing a spike or a failure; the KL plot."""

from __future__ import annotations

import numpy as np

from amverify.families import draw
from amverify.families.loops.gradient import gradient_descent
from amverify.judge.audit import audit
from amverify.judge.curves import MOST
from amverify.trace.trace import Trace


def falling(count: int) -> dict[str, np.ndarray]:
    keys = {"sweep": np.arange(count), "replicate": np.zeros(count, dtype=np.int64)}
    exactly = {name: np.zeros(count) for name in ("value_error", "execution")}
    return keys | {"value": np.linspace(1.0, 0.0, count), **exactly}


def test_a_long_run_keeps_its_spike_and_its_failures() -> None:
    sweeps = falling(20_001)
    sweeps["value"][7_777] += 2.0
    sweeps["value"][12_345] += 1e-3
    report = audit(Trace({"subject": "a run"}, sweeps=sweeps), "descent")
    (curve,) = report.curves
    assert curve.name == "objective"
    assert len(curve.sweeps) == len(curve.values) <= MOST + 10
    assert {0, 7_777, 20_000} <= set(curve.sweeps)
    assert report["descent"].witness is not None
    assert report["descent"].witness.sweep in curve.sweeps


def test_a_short_run_is_kept_whole() -> None:
    (curve,) = audit(Trace({}, sweeps=falling(30)), "descent").curves
    assert curve.sweeps == tuple(range(30))
    assert curve.values[0] == 1.0


def test_the_kl_plot_is_there_once_its_constants_are_declared() -> None:
    problem = draw("quadratic", 1)
    trace, own = gradient_descent(problem, 60), problem.constants
    known = {"theta": own.theta, "c": own.c}
    names = [curve.name for curve in audit(trace, "K2", known).curves]
    assert names[:1] == ["objective"]
    assert {"gap", "residual", "declared"} <= set(names)
    by_name = {curve.name: curve for curve in audit(trace, "K2", known).curves}
    assert len(by_name["gap"].values) == len(by_name["residual"].values)


def test_the_curve_is_of_the_replicate_that_fails() -> None:
    first, second = falling(30), falling(30)
    second["replicate"] += 1
    second["value"][7] += 2.0
    both = {name: np.concatenate([first[name], second[name]]) for name in first}
    report = audit(Trace({}, sweeps=both), "descent")
    assert report["descent"].witness is not None
    assert report["descent"].witness.replicate == 1
    (curve,) = report.curves
    assert curve.values == tuple(second["value"].tolist())
