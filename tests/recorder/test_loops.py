"""A recorder in hand-written loops and in scipy, and its bad input."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from amverify.errors import InvalidInput
from amverify.recorder import Recorder


def f(x):
    return float(x @ x) / 2


def test_numpy_torch_and_lists_give_the_same_rows():
    path = [np.array([1.0, 2.0]), np.array([0.5, 1.5]), np.array([0.25, 1.0])]
    forms = (
        lambda x: x,
        torch.from_numpy,
        lambda x: [x[:1], torch.from_numpy(x[1:])],
    )
    tables = []
    for form in forms:
        recorder = Recorder(operations=3, gradient_error=0.0, eta=0.5)
        for x in path:
            recorder.step(form(x), f(x), form(x))
        tables.append(recorder.trace().sweeps)
    assert tables[0].keys() == tables[1].keys() == tables[2].keys()
    for name, column in tables[0].items():
        assert all((table[name] == column).all() for table in tables[1:]), name


def test_float32_values_have_the_unit_of_float32():
    recorder = Recorder(operations=4)
    recorder.step(np.ones(2, dtype=np.float32), 1.0)
    assert recorder.trace().sweeps["value_error"][0] == pytest.approx(4 * 2.0**-24, rel=1e-6)


def test_integers_are_numbers():
    recorder = Recorder()
    recorder.step(np.array([3, 4]), 25)
    assert recorder.trace().sweeps["norm"][0] == 25


@pytest.mark.parametrize("method", ["BFGS", "trust-constr"])
def test_scipy_in_both_forms(method):
    x0 = np.array([1.0, -2.0, 0.5])
    recorder = Recorder(operations=4, gradient_error=0.0, keep_iterates=1)
    callback = recorder.scipy(f, lambda x: x, x0)

    def new_form(intermediate_result):
        callback(intermediate_result=intermediate_result)

    found = minimize(
        f, x0, jac=lambda x: x, method=method, callback=callback if method == "BFGS" else new_form
    )
    trace = recorder.trace()
    assert trace.iterates[0]["x"].tolist() == x0.tolist()
    assert trace.iterates[recorder.steps]["x"] == pytest.approx(found.x)
    assert trace.sweeps["gradient"][0] == pytest.approx(x0 @ x0)
    assert recorder.steps == found.nit or method == "trust-constr"


def test_scipy_cannot_change_a_kept_iterate():
    recorder = Recorder(keep_iterates=1)
    callback = recorder.scipy(f)
    x = np.ones(2)
    callback(x)
    x += 1
    callback(x)
    assert recorder.trace().iterates[0]["x"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("broken", ["value", "parameter", "gradient"])
def test_nothing_is_recorded_after_what_is_not_finite(broken):
    recorder = Recorder()
    recorder.step([1.0], 1.0, [1.0])
    bad = {"parameter": [1.0], "value": 1.0, "gradient": [1.0]}
    bad[broken] = float("nan") if broken == "value" else [float("inf")]
    recorder.step(bad["parameter"], bad["value"], bad["gradient"])
    recorder.step([2.0], 1.0, [1.0])
    trace = recorder.trace()
    assert len(trace.sweeps["value"]) == 1
    assert trace.header["stopped"].startswith("step 1: ")
    assert broken in trace.header["stopped"]


def test_eta_may_follow_a_schedule():
    recorder = Recorder(eta=lambda k: 1 / k)
    recorder = Recorder(eta=lambda k: 1 / (k + 1), gradient_error=0.0)
    for k in range(3):
        recorder.step([1.0 / (k + 1)], 0.0, [1.0])
    assert recorder.trace().sweeps["eta"].tolist() == [1.0, 0.5, 1 / 3]


def test_bad_input_is_one_line():
    recorder = Recorder()
    recorder.step(np.ones(2), 1.0)
    for call, message in (
        (lambda: recorder.step(np.ones(3), 1.0), r"shapes \(\(3,\),\) at step 1"),
        (lambda: recorder.step(np.ones(2)), "value is needed"),
        (lambda: recorder.step([], 1.0), "none were given"),
        (lambda: recorder.step(np.ones(0), 1.0), "hold no numbers"),
        (lambda: recorder.step(np.ones(2), np.ones(2)), "expected one number"),
        (lambda: recorder.step(np.ones(2), 1.0, np.ones(3)), "3 numbers for 2 parameters"),
        (lambda: recorder.step(np.ones(2) * 1j, 1.0), "complex128 is not one of"),
        (lambda: recorder.trace(constants={"L": "two"}), "constant L: expected a number"),
        (lambda: recorder.trace(constants={"L": float("nan")}), "constant L: its value is nan"),
        (
            lambda: recorder.trace(constants={"L": {"value": 1, "origin": "guessed"}}),
            "origin 'guessed'",
        ),
        (lambda: Recorder(keep_iterates=0), "keep_iterates"),
        (lambda: Recorder(operations=-1), "operations"),
        (lambda: Recorder(value_error=-1.0).step([1.0], 1.0), "value_error: must not be negative"),
    ):
        with pytest.raises(InvalidInput, match=message) as caught:
            call()
        assert "\n" not in str(caught.value)
