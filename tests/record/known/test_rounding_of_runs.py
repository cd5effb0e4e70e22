"""What is known of a run's rounding: computed, declared and checked, measured, or unknown and said.

True claims of plain methods are never VIOLATED by it, and nothing unknown counts as 0.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.optimize import minimize, rosen, rosen_der

from amverify.errors import InvalidInput
from amverify.judge.audit import audit
from amverify.record.known.probe import Probe
from amverify.record.recorder import Recorder
from amverify.verdict import Evidence, Verdict


def descend(value, params, lr, steps, **declared):
    """Gradient descent, recorded."""
    optimizer = torch.optim.SGD(params, lr=lr)
    recorder = Recorder.attach(optimizer, value, **declared)
    for _ in range(steps):
        optimizer.zero_grad()
        value().backward()
        optimizer.step()
    recorder.detach()
    return recorder.trace(constants={"L": 10.0})


def separable():
    """Two classes far apart, already well told apart: cross-entropy near 1e-6, in float32."""
    torch.manual_seed(0)
    inputs = torch.randn(40, 4)
    inputs[:, 0] += 6 * torch.sign(inputs[:, 0])
    labels = (inputs[:, 0] > 0).long()
    w = torch.zeros(2, 4)
    w[0, 0], w[1, 0] = -1.0, 1.0
    w.requires_grad_()
    return w, lambda: F.cross_entropy(inputs @ w.t(), labels)


def test_nothing_is_typed_and_everything_is_decided():
    w, value = separable()
    trace = descend(value, [w], 5.0, 25)
    report = audit(trace, ["descent", "H1", "H2"], {"a": 0.05, "b": 2.0})
    assert {report[t].verdict for t in ("descent", "H1", "H2")} == {Verdict.HOLDS}
    assert report["descent"].counts.decided == 25
    assert (trace.sweeps["value_error"] < 1e-9 * trace.sweeps["value"]).all()
    assert (trace.sweeps["gradient_error"] < 1e-9 * trace.sweeps["gradient"]).all()
    found = report["descent"].evidence
    assert Evidence.FLOAT in found
    assert Evidence.MEASURED not in found


def test_a_count_that_the_run_refutes_is_dropped_and_said():
    """Float32 cross-entropy near 0 cancels: 60 roundings are not what it is off by."""
    w, value = separable()
    trace = descend(value, [w], 5.0, 8, operations=60)
    assert any("it is dropped" in note for note in trace.header["notes"])
    assert audit(trace, ["descent"])["descent"].verdict is Verdict.HOLDS  # by what is computed


def test_a_negative_value_is_no_sum_of_non_negative_terms():
    recorder = Recorder(operations=60)
    for x in (2.0, 1.0, 0.5):
        recorder.step([x], x - 1.5)
    trace = recorder.trace()
    assert "value_error" not in trace.sweeps
    assert any("value is -0.5 at step 1" in note for note in trace.header["notes"])
    assert audit(trace, ["descent"])["descent"].verdict is Verdict.UNDECIDED


def test_negative_objectives_need_nothing_typed():
    x = torch.tensor([3.0, -2.0], requires_grad=True)
    trace = descend(lambda: (0.5 * x * x - x).sum() - 7, [x], 0.25, 15)
    assert trace.sweeps["value"][-1] < -7
    assert audit(trace, ["descent"])["descent"].verdict is Verdict.HOLDS


def test_underflow_of_float32_is_no_violation():
    """x halves at every step until it is no number of float32 any more."""
    x = torch.ones(1, requires_grad=True)
    trace = descend(lambda: (5 * x * x).sum(), [x], 0.05, 90)
    report = audit(trace, ["G1", "descent"])
    assert Verdict.VIOLATED not in {f.verdict for f in report.findings}


@pytest.mark.parametrize("kind", ["number", "array", "tensor", "autocast"])
def test_the_coarsest_format_of_parameters_and_value_counts(kind):
    if kind in ("number", "array"):
        recorder = Recorder(operations=4)
        value = np.float32(1.5) if kind == "number" else np.array([1.5], dtype=np.float32)
        recorder.step(np.ones(2), value)
        unit = 2.0**-24
        trace = recorder.trace()
    else:
        w = torch.ones(3, dtype=torch.float64, requires_grad=True)
        recorder = Recorder(operations=4, value=lambda u: value_in(kind, u))
        recorder.step(w, value=value_in("tensor", w) if kind == "tensor" else None)
        trace = recorder.trace()
        unit = 2.0**-24 if kind == "tensor" else None
    if unit is not None:
        error = trace.sweeps["value_error"][0]
        assert error == pytest.approx(4 * unit * trace.sweeps["value"][0], rel=1e-5)
    else:
        assert trace.sweeps["value_error"][0] < 1e-14  # f itself, whatever autocast makes of it


def value_in(kind, w):
    if kind == "tensor":
        return (w.float() ** 2).sum() / 2
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return (torch.ones(1, 3) @ w.float().reshape(3, 1)).sum()


def test_too_many_operations_for_a_format_are_one_line_before_the_training():
    x = torch.ones(4, dtype=torch.bfloat16, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.1)
    with pytest.raises(InvalidInput, match=r"operations=300: nothing can be said .* in bfloat16"):
        Recorder.attach(optimizer, lambda: (x.float() ** 2).sum(), operations=300)
    with pytest.raises(InvalidInput, match='"auto" or a number'):
        Recorder(operations="many")
    with pytest.raises(InvalidInput, match="half is not one of"):
        Recorder(computed_in="half")


def test_values_alone_leave_the_steps_rounding_unknown():
    """Never 0: a true method at its floor is not accused, and the note says what to record."""
    recorder = Recorder(operations=2)
    for x in (1.0, 0.5, 0.75):
        recorder.step([x], x * x)
    trace = recorder.trace()
    assert np.isinf(trace.sweeps["execution"][1:]).all()
    assert any("steps can do to f is unknown" in note for note in trace.header["notes"])
    assert audit(trace, ["descent"])["descent"].verdict is Verdict.UNDECIDED


def test_numbers_alone_have_no_rounding_error_and_the_note_says_what_to_type():
    recorder = Recorder()
    recorder.step([1.0], 1.0)
    trace = recorder.trace()
    assert "value_error" not in trace.sweeps
    assert any("pass value_error" in note for note in trace.header["notes"])


def test_a_run_in_float32_that_is_handed_over_as_float64_says_so():
    columns = {}
    for kind in (None, "float32"):
        recorder = Recorder(operations=2, gradient_error=0.0, computed_in=kind)
        for x in (1.0, 0.5):
            recorder.step(np.array([x]), x * x, np.array([2 * x]))
        columns[kind] = recorder.trace().sweeps["execution"][1]
        assert recorder.trace().settings["dtype"] == (kind or "float64")
    assert columns["float32"] > 1e8 * columns[None] > 0


def test_where_f_can_be_called_the_steps_rounding_is_measured():
    f = lambda x: float(np.sum((x - 1.0) ** 2))  # noqa: E731
    recorder = Recorder(operations=8)
    minimize(f, np.zeros(3), callback=recorder.scipy(f, x0=np.zeros(3)), method="BFGS")
    trace = recorder.trace()
    assert trace.header["execution"] == "measured"
    assert np.isfinite(trace.sweeps["execution"]).all()
    x = torch.ones(3, requires_grad=True)
    trace = descend(lambda: (x**4).sum(), [x], 0.05, 12, gradient=False)
    assert trace.header["execution"] == "measured"
    assert 0 < trace.sweeps["execution"][1] < 1e-3


def test_a_probe_touches_no_generator_and_is_made_where_it_matters():
    calls = []

    def f(x):
        calls.append(x)
        return float(np.sum(x * x))

    np.random.seed(0)  # noqa: NPY002
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    probe = Probe(2.0**-24)
    found = [probe.allowance(k, np.full(4, 2.0**-k), 4 * 4.0**-k, f) for k in range(16)]
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    assert len(calls) == 3 * 6  # at 0, 1, 2, 4 and 8 …, and where f falls little
    assert found[0] == 0
    again = Probe(2.0**-24)
    assert [again.allowance(k, np.full(4, 2.0**-k), 4 * 4.0**-k, f) for k in range(16)] == found
    assert probe.allowance(16, np.ones(4), 4.0, lambda x: float("nan")) == np.inf


def test_a_gradient_that_overflows_when_squared_is_not_0():
    recorder = Recorder(operations=4)
    for x in (1.0, 0.5):
        recorder.step(np.array([x]), 1e200 * x * x, np.array([2e200 * x]))
    with pytest.raises(InvalidInput, match="gradient is not finite"):
        recorder.trace()


def test_scipy_s_forms():
    recorder = Recorder(operations=40)
    pair = lambda x: (float(rosen(x)), rosen_der(x))  # noqa: E731
    start = np.full(3, 1.3)
    minimize(pair, start, jac=True, method="BFGS", callback=recorder.scipy(pair, x0=start))
    assert recorder.steps > 3
    assert "gradient" in recorder.trace().sweeps
    one = lambda x: float((np.ravel(x)[0] - 1) ** 2)  # noqa: E731
    recorder = Recorder(operations=4)
    minimize(one, 3.0, callback=recorder.scipy(one, x0=3.0))
    assert recorder.steps >= 1
    with pytest.raises(InvalidInput, match="leave grad out"):
        Recorder().scipy(pair, rosen_der, start)
    draws = np.random.default_rng(0)
    with pytest.raises(InvalidInput, match="give a function of x alone"):
        Recorder().scipy(lambda x: draws.normal(), x0=start)


def test_an_objective_of_tensors_in_a_loop_of_one_s_own():
    x = torch.tensor([2.0, -1.0], requires_grad=True)
    recorder = Recorder(value=lambda u: (u * u).sum(), eta=0.25)
    recorder.step(x)
    for _ in range(5):
        (slope,) = torch.autograd.grad((x * x).sum(), x)
        with torch.no_grad():
            x -= 0.25 * slope
        recorder.step(x)
    report = audit(recorder.trace(constants={"L": 2.5}), ["descent", "G1"])
    assert {f.verdict for f in report.findings} == {Verdict.HOLDS}


def test_underflow_counts_with_the_format_s_own_constant():
    recorder = Recorder(operations=4, gradient_error=0.0)
    for x in (2.0**-148, 0.0):
        recorder.step(np.array([x], dtype=np.float32), np.float32(0.0), np.array([1.0]))
    columns = recorder.trace().sweeps
    assert columns["value_error"][0] == 4 * 2.0**-149
    assert columns["execution"][1] >= 8 * 2.0**-149


def test_a_callback_keeps_the_format_of_the_value():
    recorder = Recorder(operations=4)
    recorder.scipy(lambda x: np.float32(1.5), x0=[1.0])
    assert recorder.trace().sweeps["value_error"][0] == pytest.approx(6 * 2.0**-24, rel=1e-5)
