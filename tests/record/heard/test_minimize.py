"""``Recorder.minimize``: what scipy returns is what it returns, and rows are its iterates."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize

from amverify.errors import InvalidInput
from amverify.record.recorder import Recorder

A = np.array([[3.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 1.0]])
B = np.array([1.0, -2.0, 0.5])
START = np.array([1.0, -1.0, 2.0])


def f(x, scale):
    return scale * (0.5 * x @ A @ x - B @ x + 0.1 * np.sum(x**4) + 9)


def slope(x, scale):
    return scale * (A @ x - B + 0.4 * x**3)


def bent(x, scale):
    return scale * (A + np.diag(1.2 * x**2))


def both(x, scale):
    return f(x, scale), slope(x, scale)


SECOND = ("Newton-CG", "trust-constr", "dogleg", "trust-ncg", "trust-exact", "trust-krylov")
PLAIN = ("Nelder-Mead", "Powell", "COBYLA", "COBYQA")
FIRST = ("CG", "BFGS", "L-BFGS-B", "TNC")


def asked(method):
    given = {"args": (2.0,), "method": method}
    if method not in PLAIN:
        given["jac"] = slope
    if method in SECOND:
        given["hess"] = bent
    return given


def path_of(trace):
    return np.array([trace.iterates[k]["x"] for k in sorted(trace.iterates)])


@pytest.mark.parametrize("method", [*PLAIN, *FIRST, *SECOND])
def test_rows_are_what_the_method_calls_back_and_the_run_is_scipy_s_own(method):
    points = [START]

    def told(xk, *_):
        if not np.array_equal(xk, points[-1]):
            points.append(np.array(xk))

    alone = scipy.optimize.minimize(f, START, callback=told, **asked(method))
    recorder = Recorder(keep_iterates=1, operations=60)
    found = recorder.minimize(f, START, **asked(method))
    trace = recorder.trace()
    assert np.array_equal(found.x, alone.x)
    assert (found.get("nit"), found.nfev) == (alone.get("nit"), alone.nfev)
    assert np.array_equal(path_of(trace), points)
    assert np.array_equal(trace.sweeps["value"], [f(x, 2.0) for x in points])
    assert ("gradient" in trace.sweeps) == (method not in PLAIN)
    assert trace.header["subject"] == method


def test_a_gradient_that_comes_with_the_value():
    recorder = Recorder(keep_iterates=1)
    found = recorder.minimize(both, START, args=(2.0,), jac=True)
    alone = scipy.optimize.minimize(both, START, args=(2.0,), jac=True)
    assert np.array_equal(found.x, alone.x)
    trace = recorder.trace()
    squared = [np.sum(slope(x, 2.0) ** 2) for x in path_of(trace)]
    assert trace.sweeps["gradient"] == pytest.approx(squared)


@pytest.mark.parametrize("jac", [slope, True])
def test_slsqp_is_recorded_where_it_asks_for_gradients(jac):
    """Its callback gets trial points of the line search; none of those is a row."""
    recorder = Recorder(keep_iterates=1)
    objective = both if jac is True else f
    found = recorder.minimize(objective, START, args=(2.0,), method="SLSQP", jac=jac)
    alone = scipy.optimize.minimize(objective, START, args=(2.0,), method="SLSQP", jac=jac)
    assert np.array_equal(found.x, alone.x)
    path = path_of(recorder.trace())
    assert np.array_equal(path[0], START)
    assert np.array_equal(path[-1], found.x)
    assert len(path) == found.njev


def test_a_rejected_trial_is_no_step():
    """A trust region that is far too large is refused at first: the iterate comes again."""
    calls = []
    given = {
        "method": "trust-exact",
        "jac": scipy.optimize.rosen_der,
        "hess": scipy.optimize.rosen_hess,
    }
    start = np.array([-1.2, 1.0, -0.5, 0.8])
    recorder = Recorder(keep_iterates=1)
    recorder.minimize(
        scipy.optimize.rosen, start, callback=lambda xk: calls.append(xk.copy()), **given
    )
    path = path_of(recorder.trace())
    again = sum(np.array_equal(a, b) for a, b in zip(calls, [start, *calls], strict=False))
    assert again > 0
    assert len(path) == 1 + len(calls) - again
    assert (recorder.trace().sweeps["step"][1:] > 0).all()


def test_both_forms_of_callbacks_are_called():
    seen = []
    recorder = Recorder()

    def newer(intermediate_result):
        seen.append(intermediate_result.fun)

    recorder.minimize(f, START, args=2.0, method="BFGS", callback=newer)
    assert len(seen) == recorder.steps


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"method": "SLSQP"}, "SLSQP tells nobody its iterates .* pass jac"),
        ({"method": lambda *_, **__: None}, "callback=recorder.scipy"),
        ({"jac": "4-point"}, "jac='4-point' is none of True"),
    ],
)
def test_what_cannot_be_recorded_is_refused_before_the_run(given, words):
    with pytest.raises(InvalidInput, match=words):
        Recorder().minimize(f, START, args=(2.0,), **given)


SHORT = {
    "COBYLA": {"maxiter": 60},
    "Nelder-Mead": {"maxfev": 60},
    "Powell": {"maxfev": 60},
    "L-BFGS-B": {"maxfun": 20},
    "BFGS": {"maxiter": 3},
}


@pytest.mark.parametrize("method", SHORT)
def test_what_scipy_returns_is_the_last_row_where_evaluations_ran_out(method):
    recorder = Recorder(keep_iterates=1)
    rosen = scipy.optimize.rosen
    found = recorder.minimize(rosen, START, method=method, options=SHORT[method])
    assert not found.success
    assert recorder.trace().iterates[recorder.steps]["x"].tolist() == found.x.tolist()
