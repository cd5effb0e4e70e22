"""What T5, T6 and their inexact forms bind of a run, symbol by symbol, from r_0, r_1, … alone."""

from __future__ import annotations

import numpy as np
import pytest
from test_rates import by_hand

from amverify.numbers.balls import Ball
from amverify.theorems.base import Context, Instances, Missing
from amverify.theorems.views import inexact
from amverify.theorems.views import path as paths
from amverify.trace.trace import Trace

GAPS = [0.75, 0.5, 0.375, 0.25, 0.0625, 0.03125]
KNOWN = {"a": 0.5, "b": 3.0, "c": 8.0, "tau": 10.0, "omega": 4.0}


def context(theta: float, dist: list[float] | None = None, **more: float) -> Context:
    trace, declared = by_hand(GAPS, theta=theta, dist=dist)
    return Context(trace, {**declared, **KNOWN, **more})


def column(found: Instances, name: str) -> np.ndarray:
    return np.broadcast_to(found.values[name].mid, (len(found),))


def assert_bound(found: Instances, **wanted: object) -> None:
    for name, values in wanted.items():
        np.testing.assert_allclose(column(found, name), values, rtol=1e-12, err_msg=name)


R = np.array(GAPS)
STEP = R[:-1] - R[1:]
E1, E0 = np.sqrt(STEP), np.sqrt(np.concatenate(([0.0], STEP[:-1])))


@pytest.mark.parametrize("theta", [0.25, 0.5, 0.75])
def test_each_tail_has_the_symbols_of_its_own_k(theta: float) -> None:
    """K = 1, …, n − 1: what is of K, and what is of K + 1."""
    found = paths.tails(context(theta))
    assert found.sweep.tolist() == [1, 2, 3, 4]
    assert_bound(
        found, tail=[E1[k:].sum() for k in range(1, 5)], e1=E1[:-1], e0=E0[:-1], step2=STEP[1:],
        phi=R[1:-1] ** (1 - theta), rt=R[1:-1] ** theta, dist=E1[:-1], dpsi=-STEP[1:],
        a=0.5, b=3.0, c=8.0, theta=theta,
    )  # fmt: skip


@pytest.mark.parametrize("memory", [1, 2])
def test_each_step_of_the_recursion_is_beside_the_one_kappa_before(memory: int) -> None:
    found = paths.recursion_steps(context(0.5, memory=memory))
    rows = slice(memory - 1, None)
    assert found.sweep.tolist() == list(range(memory, 6))
    assert_bound(
        found, kappa=memory, e1=E1[rows], e0=E0[rows], step2=STEP[rows], step02=E0[rows] ** 2,
        dist=E1[rows], dpsi=-STEP[rows], r1=R[1:][rows], r0=R[: 6 - memory], rt=R[1:][rows] ** 0.5,
        dpsi0=-STEP[:-1] if memory == 2 else 0.0,
    )  # fmt: skip


@pytest.mark.parametrize("memory", [1, 2])
def test_a_sublinear_rate_counts_from_the_start(memory: int) -> None:
    """s_j = r_{κj}; A = s^{−p}, p = 2θ − 1 = ½; 2^{p/(1+p)}."""
    found = paths.sublinear_steps(context(0.75, memory=memory))
    j = np.arange(1, 5 // memory + 1)
    assert found.sweep.tolist() == (memory * j).tolist()
    assert_bound(
        found, A0=R[0] ** -0.5, Aj=R[memory * j] ** -0.5, j=j, two=2 ** (1 / 3), r1=R[memory * j]
    )


def test_each_regime_binds_its_own_rows_alone() -> None:
    views = {
        0.0: paths.finite_steps, 0.25: paths.superlinear_steps, 0.5: paths.linear_steps,
        0.75: paths.sublinear_steps,
    }  # fmt: skip
    for theta in views:
        counts = {own: len(view(context(theta, memory=1))) for own, view in views.items()}
        assert counts == {own: 5 * (own == theta) for own in views}
        assert len(paths.recursion_steps(context(theta, memory=1))) == 5 * (theta > 0)


def test_where_a_gap_may_be_0_a_finite_length_asks_nothing() -> None:
    trace, declared = by_hand([4.0, 3.0, 2.0, 1.0, 0.0], theta=0.0)
    assert paths.finite_steps(Context(trace, declared)).sweep.tolist() == [1, 2, 3]
    trace.sweeps["value_error"][3] = 2.0
    assert paths.finite_steps(Context(trace, declared)).sweep.tolist() == [1, 2]


def test_rounding_lowers_a_sublinear_bound_by_what_the_module_says() -> None:
    """Each j loses p·s^{−p−1}κ_j, half as much again while jν is below what was lost."""
    p, extra, j = 0.5, np.array([1e-3, 2e-3, 0.5, 1e-6, 0.0]), np.arange(1, 6).astype(float)
    before = R[:-1]
    values = {name: Ball.of(KNOWN[name]) for name in "abc"}
    values |= {
        "kappa": Ball.of(1.0), "two": Ball.of(2 ** (p / (1 + p))), "A0": Ball.of(np.ones(5)),
        "r0": Ball.of(before),
    }  # fmt: skip
    constant = KNOWN["b"] ** 2 * KNOWN["c"] ** 2 / KNOWN["a"]
    nu = min(p / (2 * constant), 2 ** (p / (1 + p)) - 1)
    lost, wanted = 0.0, []
    for i in range(5):
        lost += p * before[i] ** (-p - 1) * extra[i] / constant
        if i * nu < lost:
            lost *= 1.5
        wanted.append(lost)
    found = paths._lost(values, Ball.of(p), j, extra)
    np.testing.assert_allclose(found, wanted, rtol=1e-9)
    assert (found >= wanted).all()
    again = paths._lost(values, Ball.of(p), np.array([1.0, 2.0, 1.0, 2.0, 3.0]), extra)
    assert again[2] < found[2], "where j is 1 again another run begins"


DIST = [1.0, 2.5, 1.5, 2.0, 1.0, 0.75]


def errors() -> tuple[np.ndarray, np.ndarray]:
    """ε_{k−1} and η_k of rows k = 1, …, 5: what H1 and H2 lack."""
    eps = np.maximum(-STEP + KNOWN["a"] * STEP, 0.0)
    eta = np.maximum(np.array(DIST[1:]) - KNOWN["b"] * (E1 + E0), 0.0)
    return eps, eta


def test_an_inexact_run_s_errors_are_summed_to_its_end() -> None:
    theta, b, c = 0.25, KNOWN["b"], KNOWN["c"]
    trace, declared = by_hand(GAPS, theta=theta, dist=DIST)
    known = {**declared, **KNOWN, "a": 2.0}
    found = inexact.tails(Context(trace, known))
    eps = np.maximum(-STEP + 2.0 * STEP, 0.0)[1:]
    eta = errors()[1][:-1]
    ahead = np.cumsum(eps[::-1])[::-1]
    drift = np.cumsum((eta / b + ahead**theta / (b * c))[::-1])[::-1]
    assert found.sweep.tolist() == [1, 2, 3, 4]
    wanted = {
        "eps": eps, "eta": eta, "ahead": ahead, "tt": ahead**theta, "drift": drift,
        "phi": (R[1:-1] + ahead) ** (1 - theta), "rt": R[1:-1] ** theta, "dist": DIST[1:-1],
        "dpsi": -STEP[1:], "step2": STEP[1:], "tail": [E1[k:].sum() for k in range(1, 5)],
    }  # fmt: skip
    for name, values in wanted.items():
        np.testing.assert_allclose(column(found, name), values, rtol=1e-6, atol=1e-9, err_msg=name)


def test_an_inexact_step_has_the_errors_of_two_steps() -> None:
    trace, declared = by_hand(GAPS, dist=DIST)
    found = inexact.steps(Context(trace, {**declared, **KNOWN, "a": 2.0}))
    eps = np.maximum(-STEP + 2.0 * STEP, 0.0)
    assert found.sweep.tolist() == [2, 3, 4, 5]
    wanted = {
        "e1": E1[1:], "e0": E0[1:], "r1": R[2:], "r0": R[:-2], "dist": DIST[2:],
        "step2": STEP[1:], "step02": STEP[:-1], "dpsi": -STEP[1:], "dpsi0": -STEP[:-1],
        "eps": eps[1:], "eps0": eps[:-1], "eta": errors()[1][1:], "rt": R[2:] ** 0.5,
    }  # fmt: skip
    for name, values in wanted.items():
        np.testing.assert_allclose(column(found, name), values, rtol=1e-6, atol=1e-9, err_msg=name)


def test_what_the_errors_came_to_is_their_largest_sum() -> None:
    trace, declared = by_hand(GAPS, dist=DIST)
    known = {**declared, **KNOWN, "a": 2.0}
    ctx = Context(trace, known)
    tails, steps = inexact.tails(ctx), inexact.steps(ctx)
    (said,) = inexact.spent(ctx)
    most = [f"{column(tails, name).max():.3g}" for name in ("ahead", "drift")]
    assert f"Σε_k ≤ {most[0]}, " in said
    assert f"≤ {most[1]}, of a budget τ = 10" in said
    eps, eta = (column(steps, "eps") + column(steps, "eps0")), column(steps, "eta")
    level = 2 * 64 * (2 * 9 * eps / 2.0 + eta**2)
    (said,) = inexact.levelled(ctx)
    assert f"at most {level.max():.3g}, of a level ω = 4; no r_k" in said


def test_two_runs_in_one_trace_are_not_joined() -> None:
    """Replicates 0 and 1 of the same three points: each begins anew."""
    trace, declared = by_hand([1.0, 0.5, 0.25])
    sweeps = {name: np.concatenate((own, own)) for name, own in trace.sweeps.items()}
    sweeps["replicate"] = np.repeat([0, 1], 3)
    both = Context(Trace(trace.header, sweeps=sweeps), declared)
    path = paths.path_of(both)
    assert path.first().tolist() == [0, 0, 2, 2]
    assert paths.tails(both).replicate.tolist() == [0, 1]
    assert paths.recursion_steps(both).sweep.tolist() == [1, 2, 1, 2]


def test_without_a_residual_the_gradient_of_f_is_one_and_of_psi_none() -> None:
    trace, declared = by_hand(GAPS)
    sweeps = {name: own for name, own in trace.sweeps.items() if not name.startswith("residual")}
    sweeps |= {"gradient": np.full(6, 9.0), "gradient_error": np.zeros(6)}
    found = paths.residual(Context(Trace(trace.header, sweeps=sweeps), declared))
    np.testing.assert_allclose(found.mid, 3.0, rtol=1e-15)
    sweeps |= {"lyapunov": sweeps["value"], "lyapunov_error": np.zeros(6)}
    with pytest.raises(Missing):
        paths.residual(Context(Trace(trace.header, sweeps=sweeps), declared))
