"""A recorder on torch's optimisers: what it records, and what it leaves alone."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

from amverify.errors import InvalidInput
from amverify.record.recorder import Recorder
from amverify.trace.file import load_trace, save_trace


def quadratic(dtype=torch.float64):
    """f(x) = ½Σ c_i x_i², c = 1, 2, 3: six roundings at most on the way to a term."""
    x = torch.tensor([1.0, -0.75, 0.3], dtype=dtype, requires_grad=True)
    weights = torch.tensor([1.0, 2.0, 3.0], dtype=dtype)
    return x, lambda: 0.5 * (weights * x * x).sum()


def run(optimizer, value, steps=12):
    for _ in range(steps):
        optimizer.zero_grad()
        value().backward()
        optimizer.step()


def exact_inner(a, b):
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_column_lies_within_its_bound(dtype):
    x, value = quadratic(dtype)
    optimizer = torch.optim.SGD([x], lr=0.1, momentum=0.5)
    recorder = Recorder.attach(optimizer, value, operations=6, gradient_error=1e-6, keep_iterates=1)
    run(optimizer, value)
    trace = recorder.trace(constants={"L": 3})
    columns = trace.sweeps
    points = [[Fraction(v) for v in trace.iterates[k]["x"]] for k in range(13)]
    weights = [Fraction(c) for c in (1, 2, 3)]
    steps = [[Fraction(0)] * 3]
    steps += [
        [a - b for a, b in zip(p, q, strict=True)]
        for p, q in zip(points[1:], points[:-1], strict=True)
    ]
    for k in range(13):
        e, before = steps[k], steps[max(k - 1, 0)]
        gradient = [c * v for c, v in zip(weights, points[k], strict=True)]
        old = [c * v for c, v in zip(weights, points[max(k - 1, 0)], strict=True)]
        exact = {
            "value": sum(c * v * v for c, v in zip(weights, points[k], strict=True)) / 2,
            "step": exact_inner(e, e),
            "cross": exact_inner(before, e),
            "inertia": exact_inner(before, before),
            "norm": exact_inner(points[k], points[k]),
            "gradient": exact_inner(gradient, gradient),
            "slope": exact_inner(old, e),
        }
        for name, truth in exact.items():
            off = abs(Fraction(columns[name][k]) - truth)
            assert off <= Fraction(columns[f"{name}_error"][k]), (name, k)
    assert columns["step"][1] > 0
    assert columns["inertia"][1] == 0
    assert (columns["departure"] <= columns["departure_error"]).all()
    assert set(columns["eta"][1:]) == {0.1}
    assert trace.settings["dtype"] == str(dtype).removeprefix("torch.")
    assert trace.constants["L"] == {"value": 3, "origin": "declared"}


def test_the_departure_sees_another_step():
    x, value = quadratic()
    optimizer = torch.optim.SGD([x], lr=0.1, momentum=0.5)
    recorder = Recorder(eta=0.1, momentum=0.4, gradient_error=1e-12)
    recorder.step(x, value(), torch.autograd.grad(value(), x)[0])
    for _ in range(3):
        run(optimizer, value, 1)
        recorder.step(x, value(), torch.autograd.grad(value(), x)[0])
    columns = recorder.trace().sweeps
    assert (columns["departure"] > columns["departure_error"])[2:].all()


def test_unknown_errors_are_absent_and_the_rest_is_there():
    x, plain = quadratic()
    # eigvalsh has no rule: the largest of two numbers, one of them 0
    value = lambda: torch.linalg.eigvalsh(torch.diag(torch.stack([plain(), 0 * plain()]))).sum()  # noqa: E731
    optimizer = torch.optim.Adam([x], lr=0.1)
    recorder = Recorder.attach(optimizer, value)
    run(optimizer, value, 3)
    columns = recorder.trace().sweeps
    assert not {"value_error", "gradient_error", "slope_error", "eta", "departure"} & set(columns)
    assert {"value", "gradient", "slope", "step_error", "cross_error"} <= set(columns)
    assert list(columns["sweep"]) == [0, 1, 2, 3]
    notes = recorder.trace().header["notes"]
    assert any("eigh" in note and "pass value_error" in note for note in notes), notes


def test_a_closure_optimiser_is_recorded_once_a_step():
    x, value = quadratic()
    optimizer = torch.optim.LBFGS([x])

    def closure():
        optimizer.zero_grad()
        loss = value()
        loss.backward()
        return loss

    recorder = Recorder.attach(optimizer, value, operations=6)
    for _ in range(2):
        optimizer.step(closure)
    assert recorder.steps == 2
    recorder.detach()
    optimizer.step(closure)
    assert recorder.steps == 2


def noisy_network():
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))


def train(record):
    net = noisy_network()
    inputs = torch.randn(8, 3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    if record:

        def value():
            net[2].eval()  # a careless objective: it leaves a mode, gradients and a generator
            loss = (net(inputs) ** 2).sum()
            loss.backward(retain_graph=True)
            torch.rand(3)
            return loss

        Recorder.attach(optimizer, value)
    for _ in range(4):
        optimizer.zero_grad()
        (net(inputs) ** 2).sum().backward()
        optimizer.step()
    return net.state_dict(), [p.grad for p in net.parameters()], torch.rand(2)


def test_a_recorded_run_is_the_run_itself():
    plain, recorded = train(False), train(True)
    for name, tensor in plain[0].items():
        assert torch.equal(tensor, recorded[0][name]), name
    assert all(torch.equal(a, b) for a, b in zip(plain[1], recorded[1], strict=True))
    assert torch.equal(plain[2], recorded[2])


def test_all_groups_form_x_and_unused_parameters_have_no_slope():
    x, value = quadratic()
    spare = torch.ones(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([{"params": [x]}, {"params": [spare], "lr": 0.5}], lr=0.1)
    recorder = Recorder.attach(optimizer, value, keep_iterates=2)
    run(optimizer, value, 2)
    trace = recorder.trace()
    assert set(trace.iterates) == {0, 2}
    assert trace.iterates[0]["x"].tolist() == [1.0, -0.75, 0.3, 1.0, 1.0]
    assert "eta" not in trace.sweeps  # the groups' step sizes differ
    assert trace.sweeps["gradient"][0] == pytest.approx(1 + 1.5**2 + 0.9**2)


@pytest.mark.parametrize("where", ["value", "parameter"])
def test_what_is_not_finite_ends_the_recording_and_not_the_loop(where):
    x, value = quadratic()
    optimizer = torch.optim.SGD([x], lr=1e200 if where == "parameter" else 1e100)
    recorder = Recorder.attach(optimizer, value, operations=6)
    run(optimizer, value, 5)
    trace = recorder.trace()
    stopped = trace.header["stopped"]
    assert stopped.startswith(f"step {len(trace.sweeps['value'])}: ")
    assert "not finite" in stopped
    assert np.isfinite(trace.sweeps["value"]).all()
    assert recorder.steps < 5


def test_a_recorded_trace_survives_the_disk(tmp_path):
    x, value = quadratic()
    optimizer = torch.optim.SGD([x], lr=0.1)
    recorder = Recorder.attach(optimizer, value, operations=6, keep_iterates=2, seed=5)
    run(optimizer, value, 4)
    trace = recorder.trace()
    save_trace(trace, tmp_path / "run.trace")
    again = load_trace(tmp_path / "run.trace")
    assert again.header == trace.header
    assert again.header["seed"] == 5
    assert set(again.header["versions"]) == {"python", "numpy", "torch", "numba"}
    for name, column in trace.sweeps.items():
        assert (again.sweeps[name] == column).all(), name


def test_bad_input_is_one_line():
    x, value = quadratic()
    optimizer = torch.optim.SGD([x], lr=0.1)
    with pytest.raises(InvalidInput, match="value, a function that returns the objective"):
        Recorder.attach(optimizer)
    with pytest.raises(InvalidInput, match="is no torch optimiser"):
        Recorder.attach([x], value)
    with pytest.raises(InvalidInput, match="declare one of"):
        Recorder.attach(optimizer, value, operations=3, value_error=1e-9)
    with pytest.raises(InvalidInput, match="no step was recorded"):
        Recorder.attach(optimizer, value).trace()
    empty = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    empty.param_groups[0]["params"] = []
    with pytest.raises(InvalidInput, match="SGD: it holds no parameters"):
        Recorder.attach(empty, value)
    for bad, message in (
        (lambda: torch.zeros(2), r"expected one number, got shape \(2,\)"),
        (lambda: torch.zeros(()), "depends on no parameter"),
    ):
        with pytest.raises(InvalidInput, match=message):
            Recorder.attach(torch.optim.SGD([x], lr=0.1), bad)
