"""Which points of a loop are rows: nested and failing steps, moved parameters, groups, states."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from support.watched_runs import Damped

from amverify.errors import InvalidInput
from amverify.judge.audit import audit
from amverify.record.limit import at_most
from amverify.record.recorder import Recorder
from amverify.verdict import Verdict

WEIGHTS = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)


def start(*numbers):
    return torch.tensor(numbers or (1.0, -0.75, 0.3), dtype=torch.float64, requires_grad=True)


def quadratic(x):
    return lambda: 0.5 * (WEIGHTS * x * x).sum()


def step(optimizer, value):
    optimizer.zero_grad()
    value().backward()
    optimizer.step()


def points(recorder):
    trace = recorder.trace()
    return [trace.iterates[k]["x"].tolist() for k in range(trace.rows("sweeps"))]


class Retrying(torch.optim.SGD):
    """Its parent's step raises at first, and is called again."""

    def step(self, closure=None):
        groups, self.param_groups = self.param_groups, None
        with pytest.raises(TypeError):
            super().step(closure)
        self.param_groups = groups
        return super().step(closure)


class Shrinking(torch.optim.SGD):
    """Moves before its parent's step starts, as decoupled weight decay does."""

    def step(self, closure=None):
        with torch.no_grad():
            for p in self.param_groups[0]["params"]:
                p.mul_(0.9)
        return super().step(closure)


@pytest.mark.parametrize("cls", [Damped, Retrying, Shrinking])
def test_a_step_within_a_step_is_no_row(cls):
    torch.optim.SGD([start()], lr=0.1)  # from now on the parent's step has hooks too
    x = start()
    optimizer = cls([x], lr=0.1)
    recorder = Recorder.attach(optimizer, quadratic(x), keep_iterates=1)
    run = [x.tolist()]
    for _ in range(5):
        step(optimizer, quadratic(x))
        run.append(x.tolist())
    assert points(recorder) == run


class Failing(torch.optim.SGD):
    """Every third step raises, half-way or before it did anything."""

    calls = 0
    moves = False

    def step(self, closure=None):
        self.calls += 1
        if self.calls % 3 == 2:
            if self.moves:
                super().step(closure)
            raise ArithmeticError("no step")
        return super().step(closure)


@pytest.mark.parametrize("moves", [False, True])
def test_a_step_that_raises_leaves_no_count_wrong(moves):
    torch.optim.SGD([start()], lr=0.1)
    x = start()
    optimizer = Failing([x], lr=0.1)
    optimizer.moves = moves
    recorder = Recorder.attach(optimizer, quadratic(x), keep_iterates=1)
    run = [x.tolist()]
    for _ in range(7):
        try:
            step(optimizer, quadratic(x))
        except ArithmeticError:
            assert (x.tolist() != run[-1]) is moves
        if x.tolist() != run[-1]:
            run.append(x.tolist())
    assert points(recorder) == run


def projected(recorder_of, steps=10, detach=False):
    """Projected gradient descent; its steps leave points that the loop never was at."""
    x = start(0.2, 0.9, -0.4)
    optimizer = torch.optim.SGD([x], lr=0.3)
    recorder = recorder_of(optimizer, x)
    run = [x.tolist()]
    for _ in range(steps):
        step(optimizer, quadratic(x))
        with torch.no_grad():
            x.clamp_(0.1, 1.0)
        run.append(x.tolist())
    if detach:
        recorder.detach()
    return recorder, run


@pytest.mark.parametrize("detach", [False, True])
def test_rows_are_where_steps_start_and_the_last_where_the_run_ends(detach):
    recorder, run = projected(
        lambda o, x: Recorder.attach(o, quadratic(x), operations=9, keep_iterates=1), detach=detach
    )
    assert points(recorder) == (run if detach else run[:-1])
    notes = audit(recorder.trace(), ["descent"]).notes
    assert any("moved the parameters after" in n for n in notes)
    assert any("call detach()" in n for n in notes) is not detach


def test_a_value_need_not_exist_where_the_loop_never_was():
    def of(optimizer, x):
        value = lambda: sum(math.log(v) for v in x.tolist()) + 0 * x.sum()  # noqa: E731
        return Recorder.attach(optimizer, value, keep_iterates=1)

    with pytest.raises(InvalidInput, match="value: ValueError: "):
        projected(of)  # at the start

    def later(optimizer, x):
        with torch.no_grad():
            x.clamp_(0.1, 1.0)
        return of(optimizer, x)

    recorder, run = projected(later, detach=True)
    assert points(recorder)[1:] == run[1:]


def test_a_value_that_raises_ends_the_record_and_not_the_loop():
    x = start(0.5)
    optimizer = torch.optim.SGD([x], lr=1.0)
    recorder = Recorder.attach(optimizer, lambda: math.log(float(x.detach())) + 0 * x.sum())
    for _ in range(4):
        x.grad = torch.tensor([0.2], dtype=torch.float64)
        optimizer.step()
    assert float(x.detach()) == pytest.approx(-0.3)
    assert recorder.trace().header["stopped"].startswith("step 3: ValueError")
    assert recorder.steps == 2


def test_a_rejected_trial_is_no_row():
    x = start()
    optimizer = torch.optim.SGD([x], lr=3.0)
    value = quadratic(x)
    recorder = Recorder.attach(optimizer, value, operations=9)
    for _ in range(12):
        before, f = x.detach().clone(), value().item()
        saved = optimizer.state_dict()
        step(optimizer, value)
        if value().item() > f:
            optimizer.load_state_dict(saved)
            optimizer.param_groups[0]["lr"] /= 2
            with torch.no_grad():
                x.copy_(before)
    trace = recorder.trace()
    assert "stopped" not in trace.header
    assert audit(trace, ["descent"])["descent"].verdict is Verdict.HOLDS


def test_another_run_is_not_taken_for_the_same():
    x = start()
    optimizer = torch.optim.Adam([x], lr=0.1)
    saved, first = optimizer.state_dict(), x.detach().clone()
    recorder = Recorder.attach(optimizer, quadratic(x), keep_iterates=1)
    for k in range(8):
        if k == 4:
            optimizer.load_state_dict(saved)
            with torch.no_grad():
                x.copy_(first)
        step(optimizer, quadratic(x))
    trace = recorder.trace()
    assert trace.header["stopped"].startswith("after step 4 the optimiser's state was loaded")
    assert trace.rows("sweeps") == 4


def two_groups(when):
    """The second group has a step size that is too long for H1."""
    a, b = start(), start()
    value = lambda: quadratic(a)() + quadratic(b)()  # noqa: E731
    groups = [{"params": [a]}, {"params": [b], "lr": 0.65}]
    optimizer = torch.optim.SGD(groups if when < 0 else groups[:1], lr=0.1)
    recorder = Recorder.attach(optimizer, value, operations=12)
    for k in range(20):
        if k == when:
            optimizer.add_param_group(groups[1])
        step(optimizer, value)
    return recorder.trace()


@pytest.mark.parametrize("when", [-1, 0])
def test_a_group_that_was_added_before_the_first_step_is_part_of_x(when):
    report = audit(two_groups(when), ["H1"], constants={"a": 1.0})
    assert report.verdict is Verdict.VIOLATED


def test_a_group_that_is_added_later_ends_the_record():
    trace = two_groups(7)
    assert trace.rows("sweeps") == 8
    assert "parameter group 1 holds a tensor of shape (3,)" in trace.header["stopped"]


def leave(optimizer, x):
    optimizer.param_groups[0]["params"] = optimizer.param_groups[0]["params"][:1]


def shrink(optimizer, x):
    x.data = x.data[:2].clone()


def coarsen(optimizer, x):
    x.data = x.data.float()


@pytest.mark.parametrize(
    ("change", "reason"),
    [(leave, "have left the groups"), (shrink, r"became one of \(2,\)"), (coarsen, "float32")],
)
def test_x_that_is_another_vector_ends_the_record(change, reason):
    x, y = start(), start(1.0)
    value = lambda: 0.5 * (x * x).sum() + (y * y).sum()  # noqa: E731
    optimizer = torch.optim.SGD([x, y], lr=0.1)
    recorder = Recorder.attach(optimizer, value)
    for k in range(6):
        if k == 3:
            change(optimizer, x)
        step(optimizer, value)
    assert reason.replace("\\", "") in recorder.trace().header["stopped"]
    assert recorder.steps in (2, 3)


def test_new_memory_for_the_same_parameter_is_the_same_run():
    x = start()
    optimizer = torch.optim.SGD([x], lr=0.1)
    recorder = Recorder.attach(optimizer, quadratic(x))
    for _ in range(4):
        step(optimizer, quadratic(x))
        x.data = x.data.clone()
    assert recorder.steps == 4
    assert "stopped" not in recorder.trace().header


def test_a_frozen_parameter_has_its_gradient():
    x, y = start(), start()
    optimizer = torch.optim.SGD([x, y], lr=0.1)
    value = lambda: quadratic(x)() + quadratic(y)()  # noqa: E731
    recorder = Recorder.attach(optimizer, value)
    y.requires_grad_(False)
    step(optimizer, value)
    assert not y.requires_grad
    assert recorder.trace().sweeps["gradient"][0] == pytest.approx(2 * (1 + 1.5**2 + 0.9**2))


def late(optimizer, x, steps):
    for _ in range(steps):
        step(optimizer, quadratic(x))
    recorder = Recorder.attach(optimizer, quadratic(x))
    step(optimizer, quadratic(x))
    return " ".join(recorder.trace().header.get("notes", []))


def test_a_record_that_starts_late_says_so():
    x = start()
    assert "had made 20 steps before" in late(torch.optim.Adam([x], lr=0.1), x, 20)
    x = start()
    assert "some steps" in late(torch.optim.SGD([x], lr=0.1, momentum=0.5), x, 2)
    x = start()
    assert "may not be the start" in late(torch.optim.SGD([x], lr=0.1), x, 1)


@pytest.mark.parametrize(("before", "said"), [(3, "UNDECIDED"), (0, "HOLDS")])
def test_a_rate_from_the_start_asks_for_the_start(before, said):
    x = start()
    optimizer = torch.optim.SGD([x], lr=0.1, momentum=0.5, nesterov=True)
    for _ in range(before):
        step(optimizer, quadratic(x))
    optimizer.zero_grad()
    recorder = Recorder.attach(optimizer, quadratic(x), eta=0.1)
    for _ in range(5):
        step(optimizer, quadratic(x))
    finding = audit(recorder.trace(L=4, fstar=0, D=9), ["G5"]).findings[0]
    assert str(finding.verdict) == said, finding.reason
    assert ("row 0 is not the start of the run" in finding.reason) == bool(before)


@pytest.mark.parametrize("cls", [torch.optim.SGD, torch.optim.Adam, torch.optim.Adagrad])
def test_a_record_from_the_start_says_nothing(cls):
    x = start()
    optimizer = cls([x], lr=0.1)
    recorder = Recorder.attach(optimizer, quadratic(x))
    step(optimizer, quadratic(x))
    assert "notes" not in recorder.trace().header


def endless(recorder):
    k = 0
    while True:
        recorder.step([1.0], np.nan if k == 1 else 1.0)
        k += 1


def repeated(optimizer, value):
    while True:
        step(optimizer, value)


def test_the_leash_counts_steps_after_the_record_has_ended():
    x = start()
    optimizer = torch.optim.SGD([x], lr=1e200)
    recorder = Recorder.attach(optimizer, quadratic(x))
    with at_most(5), pytest.raises(InvalidInput, match="not done after 5 iterations"):
        repeated(optimizer, quadratic(x))
    assert recorder.trace().header["stopped"]
    with at_most(5), pytest.raises(InvalidInput, match="not done after 5 iterations"):
        endless(Recorder())


def test_the_trace_may_be_asked_for_at_any_time():
    x = start()
    optimizer = torch.optim.SGD([x], lr=0.1)
    recorder = Recorder.attach(optimizer, quadratic(x))
    seen = []
    for _ in range(3):
        step(optimizer, quadratic(x))
        seen.append(recorder.trace().sweeps["value"].tolist())
    assert [len(rows) for rows in seen] == [2, 3, 4]
    assert seen[2][:3] == seen[1]


@pytest.mark.parametrize("declared", [{}, {"value_error": 1e-9, "gradient": False}], ids=str)
def test_a_trace_made_while_the_run_goes_on_leaves_its_record_as_it_was(declared):
    """Signs of probes, what was learned of the steps' formats, and the tracked quantities too."""

    def run(look):
        x = start()
        optimizer = torch.optim.SGD([x], lr=0.1)
        recorder = Recorder.attach(optimizer, quadratic(x), **declared)
        recorder.track("size", lambda x: (x * x).sum().item())
        for _ in range(6):
            optimizer.zero_grad()
            quadratic(x)().backward()
            x.grad.copy_(x.grad.half())  # as autocast leaves it
            optimizer.step()
            if look:
                assert recorder.trace().header.get("notes") == recorder.trace().header.get("notes")
        return recorder.trace()

    plain, looked = run(False), run(True)
    assert plain.header == looked.header
    for name, column in plain.sweeps.items():
        np.testing.assert_array_equal(column, looked.sweeps[name])


def test_another_optimiser_on_the_same_parameters_is_noticed():
    """Its steps lie between rows: G1 speaks of gradient steps, and these are none."""
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    curvature = torch.tensor([1.0, 4.0], dtype=torch.float64)

    def loss():
        return 0.5 * (curvature * x * x).sum()

    both = torch.optim.SGD([x], lr=0.1), torch.optim.Adam([x], lr=0.01)
    recorder = Recorder.attach(both[0], loss)
    for _ in range(5):
        for one in both:
            one.zero_grad()
            loss().backward()
            one.step()
    recorder.detach()
    report = audit(recorder.trace(constants={"L": 4}), "G1")
    assert report.findings[0].verdict is Verdict.NOT_APPLICABLE
    assert any("after 5 of 5 steps (a projection, another optimiser)" in n for n in report.notes)
