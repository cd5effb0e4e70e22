"""TIAM's rows against exact rational arithmetic, and how small their bounds are."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.long import few
from support.problems import parameters, problem
from support.records import check_records

from amverify.methods.inertia import Inertia
from amverify.methods.rows.record import BlockRecord
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band, Penalty
from amverify.network.initial import gaussian
from amverify.network.layered import LayeredProblem
from repro.data import load

SAFEGUARDS = ("none", "monotone", "certified")
DTYPES = (torch.float32, torch.float64)


def recorded(inertia=(0.6, 0.6, 0.3), s=1.0, steps="exact", safeguard="certified") -> TIAM:
    rule = StepRule(Inertia(*inertia), scale=s, steps=steps, safeguard=safeguard)
    return TIAM(rule, record=True)


def watch(method, p, weights, sweeps, first=1, index=()):
    """Checks sweeps from the ``first`` on; those before it need no rows."""
    silent, state = replace(method, record=False), method.initialise(p, weights)
    for k in range(1, sweeps + 1):
        before, state = state, (silent if k < first else method).sweep(p, state)
        if k >= first:
            check_records(p, before, state, index)
        if not float(method.objective(p, state).max()) < 1e8:
            break


@pytest.mark.parametrize("part", few(range(3), keep=1))
@settings(deadline=None, max_examples=10)
@given(
    inertia=st.tuples(st.floats(-1, 1.5), st.floats(-1, 1.5), st.floats(0, 1.5)),
    s=st.floats(0.55, 2.5),
    coupling=st.sampled_from([Band(0.3), Band(0.01), Penalty(0.7), Penalty(20.0)]),
    act=st.sampled_from(["relu", "leaky_relu", "hard_tanh", "tanh"]),
    loss=st.sampled_from(["cross_entropy", "squared_error", "logistic"]),
    steps=st.sampled_from(["exact", "backtracking"]),
    safeguard=st.sampled_from(SAFEGUARDS),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 10**6),
)
def test_every_number_lies_within_its_bound(
    part, inertia, s, coupling, act, loss, steps, safeguard, dtype, seed
):
    act = "relu" if act == "tanh" and isinstance(coupling, Penalty) else act
    p = problem((3, 3, 2, 2), 4, seed, act=act, loss=loss, coupling=coupling, dtype=dtype)
    watch(recorded(inertia, s, steps, safeguard), p, parameters(p, seed), 5)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("safeguard", SAFEGUARDS)
@pytest.mark.parametrize("steps", ["exact", "backtracking"])
@pytest.mark.parametrize("coupling", [Band(0.1), Penalty(1.0)], ids=type)
def test_replicates(coupling, steps, safeguard, dtype):
    p = problem((3, 3, 2), 4, coupling=coupling, dtype=dtype)
    for index in ((0,), (1,)):
        method = recorded(steps=steps, safeguard=safeguard)
        watch(method, p, parameters(p, 1, replicates=2), 8, index=index)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("steps", ["exact", "backtracking"])
@pytest.mark.parametrize("safeguard", SAFEGUARDS)
@pytest.mark.parametrize("coupling", [Band(0.1), Penalty(1.0), Penalty(0.01)], ids=str)
def test_at_convergence(coupling, safeguard, steps, dtype):
    """Where the steps are at the rounding floor there must be no false alarm."""
    p = problem((3, 3, 2), 4, coupling=coupling, mu=0.5, rho=2.0, dtype=dtype)
    sweeps = 900 if dtype == torch.float64 else 400
    watch(recorded(steps=steps, safeguard=safeguard), p, parameters(p), sweeps, sweeps - 8)


def lyapunov_margin(row: BlockRecord) -> float:
    """By how much Ψ's part fell beyond T1's promise: the tightest thing an audit decides."""
    c = row.p1 * row.s - row.p2
    bracket = (row.s / row.t - 0.5) * row.step - c * row.cross - 0.5 * row.p2**2 * row.inertia
    promised = -row.modulus * bracket
    if row.update == "proximal":
        promised = -row.gamma / 2 * row.step + row.gamma * row.p1 * row.cross
    return promised - row.change


@pytest.mark.parametrize("coupling", [Band(0.01), Penalty(1e-3)], ids=type)
@pytest.mark.parametrize("steps", ["exact", "backtracking"])
def test_the_bounds_are_not_absurd(coupling, steps):
    """50 sweeps on digits: T1's margin exceeds all errors together in 99 % of the rows."""
    data = load("digits").train
    x, y = torch.from_numpy(data.x), torch.from_numpy(data.y)
    p = LayeredProblem(x, y, (x.shape[1], 40, 40, 10), rho=1e-3, mu=0.05, coupling=coupling)
    method = recorded(steps=steps)
    state = method.initialise(p, gaussian(p.widths, 0))
    beyond = []
    for _ in range(50):
        state = method.sweep(p, state)
        for r in state.records:
            errors = r.change_error + r.execution
            errors += r.modulus * (r.s / r.t * r.step_error + r.cross_error + r.inertia_error)
            beyond.append(lyapunov_margin(r) > errors)
    assert sum(beyond) >= 0.99 * len(beyond)
