"""The joint method's rows against exact rational arithmetic, and how small their bounds are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.joint_rows import Watch
from support.problems import group, parameters, problem

from amverify.methods import joint
from amverify.methods.joint import JointTIAM
from amverify.methods.metric import Metric
from amverify.methods.pairs import PairStep
from amverify.methods.rows.metric.record import MetricRecord
from amverify.network.coupling import Band
from amverify.network.initial import gaussian
from amverify.network.layered import LayeredProblem
from amverify.record.layered.run import traced
from amverify.trace.columns import COLUMNS, check
from repro.data import load

DTYPES = (torch.float32, torch.float64)
RIDGES = {"mu": 0.05, "mu_bias": 0.02}
ALIVE = JointTIAM(scale=1.5, relaxation=0.3, momentum=0.4, inertia=0.6, record=True)


def watch(method, p, weights, sweeps, first=1, index=()):
    state, watching = method.initialise(p, weights), Watch(p, method, index)
    silent = replace(method, record=False)
    for k in range(1, sweeps + 1):
        told = k >= first - 1
        before, state = state, (method if told else silent).sweep(p, state)
        if told:
            watching.sweep(before, state)
    return state


METHODS = st.builds(
    JointTIAM,
    scale=st.sampled_from([1.05, 1.5, 2.0]),
    relaxation=st.sampled_from([0.0, 0.2, 0.8]),
    momentum=st.sampled_from([0.0, 0.3, -5.0]),
    inertia=st.sampled_from([0.0, 0.5, 0.99]),
    margin=st.sampled_from([0.01, 0.5]),
    record=st.just(True),
)


@settings(deadline=None, max_examples=25)
@given(
    method=METHODS,
    coupling=st.sampled_from([Band(0.3), Band(0.01), Band(1.0, 0.5, 0.02)]),
    act=st.sampled_from(["identity", "relu", "leaky_relu", "hard_tanh", "relu6"]),
    loss=st.sampled_from(["cross_entropy", "squared_error", "logistic"]),
    dtype=st.sampled_from(DTYPES),
    spanned=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_every_number_lies_within_its_bound(method, coupling, act, loss, dtype, spanned, seed):
    """TM-Q, TM and TJ too, by ``execution`` alone; where ε shrinks TJ says nothing."""
    widths, shape = ((5, 3, 2, 2), "spanned") if spanned else ((3, 3, 2, 2), "dense")
    p = problem(widths, 4, seed, act=act, loss=loss, coupling=coupling, dtype=dtype,
                representation=shape, **RIDGES)  # fmt: skip
    watch(method, p, parameters(p, seed), 4)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_replicates(dtype):
    p = problem((3, 3, 2), 4, coupling=Band(0.1), dtype=dtype, **RIDGES)
    for index in ((0,), (1,)):
        watch(ALIVE, p, parameters(p, 1, replicates=2), 5, index=index)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_at_convergence(dtype):
    """Where the steps are at the rounding floor there must be no false alarm."""
    p = problem((3, 3, 2), 4, act="hard_tanh", loss="squared_error", coupling=Band(0.1), mu=0.5,
                mu_bias=0.5, rho=2.0, dtype=dtype)  # fmt: skip
    method = JointTIAM(momentum=0.1, inertia=0.1, record=True)
    state = watch(method, p, parameters(p), 1000, 995)
    assert max(float(row.metric_step) for row in state.records) < 1e-9


def test_where_the_last_sweep_was_not_recorded_its_metric_is_unknown():
    p = problem((3, 3, 2), 4, coupling=Band(0.1), **RIDGES)
    silent = replace(ALIVE, record=False)
    state = silent.sweep(p, silent.initialise(p, parameters(p)))
    assert state.records == ()
    late = ALIVE.sweep(p, state).records
    assert all(row.metric_before_error == float("inf") for row in late if row.kind == "V")


@pytest.mark.parametrize("told", [ALIVE, JointTIAM(record=True)], ids=["alive", "still"])
def test_recording_changes_nothing(told):
    """Without inertia the next sweep takes over what the record has formed, to the last bit."""
    p, states = problem((3, 4, 3, 2), 4, coupling=Band(0.1), **RIDGES), []
    for method in (told, replace(told, record=False)):
        state = method.initialise(p, parameters(p))
        for _ in range(5):
            state = method.sweep(p, state)
        states.append(state)
    for kind in "Wbza":
        for u, v in zip(*(group(s.point, kind) for s in states), strict=True):
            assert torch.equal(u, v)


def digits(dtype=torch.float64, **options) -> LayeredProblem:
    data = load("digits").train
    x, y = torch.from_numpy(data.x), torch.from_numpy(data.y)
    chosen = {"rho": 1e-2, "mu": 5e-3, "mu_bias": 5e-3, "coupling": Band(1e-3)} | options
    return LayeredProblem(x, y, (x.shape[1], 40, 40, 10), dtype=dtype, **chosen)


def test_the_bounds_are_not_absurd():
    """15 sweeps on digits: TH's, TJ's and the residual's numbers are known to seven digits.

    That of (z, a) to five: an entry that stays is a minimiser to the root of the roundoff.
    """
    method, p = replace(ALIVE, momentum=0.2), digits()
    state = method.initialise(p, gaussian(p.widths, 0))
    for _ in range(15):
        state = method.sweep(p, state)
        for row in state.records:
            assert isinstance(row, MetricRecord)
            assert row.change_error + row.execution <= 1e-5 * abs(row.change)
            assert row.metric_step_error <= 1e-7 * row.metric_step
            assert row.model_gap_error <= 1e-5 * row.model_gap
            for name in ("residual", "second_residual"):
                size = row.residual + row.second_residual
                known = 1e-5 if row.kind == "y" else 1e-7
                assert getattr(row, f"{name}_error") <= known * size or row.kind == "z"


def excess(row: MetricRecord) -> float:
    """By how much TM-Q, TM or TJ fails, beyond all errors; negative where it need not."""
    c = 0.0 if row.kind == "y" else row.p1 * row.s - row.p2
    alpha = (row.s - 1) / 2 if row.kind == "y" else row.s / row.t - 0.5
    fall = alpha * row.metric_step - c * row.metric_cross - 0.5 * row.p2**2 * row.metric_inertia
    error = alpha * row.metric_step_error + abs(c) * row.metric_cross_error
    error += row.p2**2 * row.metric_inertia_error + row.change_error
    return row.change + fall - error - row.execution


def too_far(step: PairStep) -> PairStep:
    """Twice the step of (z, a), taken whether or not its model falls."""
    z, a = step.z + step.e_z, step.a + step.e_a
    return step._replace(z=z, a=a, e_z=2 * step.e_z, e_a=2 * step.e_a)


def shorter(metric: Metric) -> Metric:
    """0.64 times the metric, so that steps are too long."""
    return metric._replace(factor=0.8 * metric.factor)


WRONG = {
    "V": ("metric", lambda right: lambda *x, **y: shorter(right(*x, **y))),
    "y": ("pair_step", lambda right: lambda task: too_far(right(task))),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_step_is_not_excused(kind, monkeypatch):
    """``execution`` is measured, but never more than what rounding can do."""
    p = problem((3, 3, 2), 6, coupling=Band(0.1), **RIDGES)
    name, wrong = WRONG[kind]
    monkeypatch.setattr(joint, name, wrong(getattr(joint, name)))
    state = ALIVE.initialise(p, parameters(p))
    found = []
    for _ in range(3):
        state = ALIVE.sweep(p, state)
        found += [abs(row.change) for row in state.records if row.kind == kind and excess(row) > 0]
    assert found


def test_the_trace_of_a_run():
    """Every column is known, finite and explained; the sums and Ψ agree with the rows."""
    p = problem((3, 3, 2), 5, coupling=Band(0.4, 0.5, 0.1), **RIDGES)
    trace = traced(ALIVE, p, parameters(p), 6)
    for name in ("blocks", "sweeps"):
        check(name, trace.table(name))
    for name in MetricRecord._fields[3:]:
        assert name in trace.blocks
        assert name.removesuffix("_error") in COLUMNS["blocks"]
    assert trace.sweeps["eps"].tolist()[:4] == [0.4, 0.4, 0.2, 0.1]
    assert np.isinf(trace.sweeps["joint_residual_error"][0])
    assert np.isfinite(trace.sweeps["joint_residual_error"][1:]).all()
    rows = len(trace.blocks["sweep"]) // 6
    parts = (trace.blocks["residual"] + trace.blocks["second_residual"]).reshape(6, rows)
    np.testing.assert_allclose(trace.sweeps["joint_residual"][1:], parts.sum(1))
    weighed = 0.5 * (trace.blocks["delta_next"] * trace.blocks["metric_step"]).reshape(6, rows)
    found = trace.sweeps["value"][1:] + weighed.sum(1)
    assert (abs(trace.sweeps["lyapunov"][1:] - found) <= trace.sweeps["lyapunov_error"][1:]).all()
    assert trace.settings["starts_feasible"] is True
    assert trace.settings["inertia"] == [0.4, 0.6, 0.3]


def test_the_residual_is_no_smaller_than_the_distance():
    """w ∈ ∂F: the distance of 0 from ∂F, measured by itself, is at most ‖w‖."""
    p = problem((3, 3, 2), 5, coupling=Band(0.1), **RIDGES)
    trace = traced(ALIVE, p, parameters(p), 40, measure_every=1)
    distance, w = trace.measures["residual_joint"], np.sqrt(trace.sweeps["joint_residual"][1:])
    assert (distance <= w * (1 + 1e-9) + 1e-12).all()
    assert w[-1] < 0.2 * w[0]
