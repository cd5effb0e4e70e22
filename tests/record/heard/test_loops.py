"""A recorder in hand-written loops and in scipy, and its bad input."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.optimize import minimize, rosen, rosen_der, rosen_hess

from amverify.errors import InvalidInput
from amverify.record.recorder import Recorder


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


@pytest.mark.parametrize("broken", ["value", "parameter"])
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


def test_a_gradient_that_is_not_finite_is_unknown_and_the_record_goes_on():
    recorder = Recorder()
    for k, slope in enumerate((1.0, float("nan"), float("inf"), 1.0)):
        recorder.step([2.0 - k], 2.0 - k, [slope])
    trace = recorder.trace()
    assert trace.sweeps["value"].tolist() == [2.0, 1.0, 0.0, -1.0]
    assert not {"gradient", "slope"} & set(trace.sweeps)
    assert "stopped" not in trace.header
    assert any("not finite at step 1" in note for note in trace.header["notes"])


def test_eta_may_follow_a_schedule():
    recorder = Recorder(eta=lambda k: 1 / k)
    recorder = Recorder(eta=lambda k: 1 / (k + 1), gradient_error=0.0)
    for k in range(3):
        recorder.step([1.0 / (k + 1)], 0.0, [1.0])
    assert recorder.trace().sweeps["eta"].tolist() == [1.0, 0.5, 1 / 3]


def test_a_loss_that_is_a_number_already_is_told_to_be_a_function():
    x = torch.ones(1, requires_grad=True)
    with pytest.raises(InvalidInput, match=r"as in attach\(optimizer, lambda: loss\); got Tensor"):
        Recorder.attach(torch.optim.SGD([x], lr=0.1), x.sum())


def test_bad_input_is_one_line():
    recorder = Recorder()
    recorder.step(np.ones(2), 1.0)
    for call, message in (
        (lambda: recorder.step(np.ones(3), 1.0), r"shapes \(\(3,\),\) at step 1"),
        (lambda: recorder.step(np.ones(2)), "value is needed"),
        (lambda: recorder.step([], 1.0), "none were given"),
        (lambda: recorder.step({"w": np.ones(2)}, 1.0), r"list\(params.values\(\)\)"),
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


@pytest.mark.parametrize("method", ["Nelder-Mead", "COBYLA", "trust-ncg", "trust-constr"])
def test_a_point_that_scipy_brings_again_is_no_row(method):
    x0 = np.array([1.0, -2.0])
    recorder = Recorder(keep_iterates=1)
    more = {"jac": rosen_der, "hess": rosen_hess} if method.startswith("trust") else {}
    more["options"] = {"maxiter": 20_000} if method == "COBYLA" else {}
    calls = []
    callback = recorder.scipy(rosen, x0=x0)
    found = minimize(
        rosen, x0, method=method, callback=lambda *a: (calls.append(a), callback(*a))[1], **more
    )
    trace = recorder.trace()
    points = [trace.iterates[k]["x"] for k in range(recorder.steps + 1)]
    assert len(calls) > recorder.steps
    assert all((a != b).any() for a, b in pairwise(points))
    assert (np.diff(trace.sweeps["value"]) <= 0).all()
    assert points[-1].tolist() == found.x.tolist()


def test_a_minimum_that_was_not_accepted_is_no_row():
    recorder = Recorder(keep_iterates=1)
    callback = recorder.scipy(rosen, x0=np.zeros(2))
    callback(np.ones(2), 0.0, True)
    callback(np.full(2, 7.0), rosen([7.0, 7.0]), np.bool_(False))
    assert recorder.steps == 1


def test_slsqp_is_refused_with_what_to_do_and_that_works():
    x0 = np.array([-1.2, 1.0])
    with pytest.raises(InvalidInput, match="trial points of its line search"):
        minimize(rosen, x0, jac=rosen_der, method="SLSQP", callback=Recorder().scipy(rosen))
    recorder = Recorder(keep_iterates=1)

    def jac(x):
        recorder.step(x.copy(), rosen(x))
        return rosen_der(x)

    minimize(rosen, x0, jac=jac, method="SLSQP")
    assert (np.diff(recorder.trace().sweeps["value"]) <= 0).all()


def test_a_callback_leaves_generators_alone():
    dice = np.random.default_rng(3)

    def f(x):
        return float(x @ x) + 0 * dice.random()

    Recorder().scipy(f, x0=np.ones(2))
    assert dice.random() == np.random.default_rng(3).random()


class Scalar:
    """Stands for another library's array without dimensions: no iteration over it."""

    shape = ()

    def __array__(self, dtype=None, copy=None):
        return np.array(3.0, dtype or "float32")

    def __iter__(self):
        raise TypeError("iteration over a 0-d array")


def test_an_array_without_dimensions_is_a_parameter():
    recorder = Recorder(operations=3)
    recorder.step(Scalar(), 1.0)
    recorder.step([Scalar(), Scalar()][:1], 0.5)
    assert recorder.trace().sweeps["value"].tolist() == [1.0, 0.5]
