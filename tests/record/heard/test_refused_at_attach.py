"""What cannot be recorded is refused when a recorder is attached, or ends the record."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from amverify.errors import InvalidInput
from amverify.judge.audit import audit
from amverify.record.recorder import Recorder
from amverify.verdict import Verdict

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")


class Wrapper(torch.optim.Optimizer):
    """Holds an optimiser and is none, though its class says so."""

    def __init__(self, optimizer):
        self.optimizer = optimizer

    @property
    def param_groups(self):
        return self.optimizer.param_groups

    def step(self, closure=None):
        return self.optimizer.step(closure)


class Holder:
    def __init__(self, optimizer):
        self.optimizer = optimizer


def parameter():
    return torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("outer", [Wrapper, Holder])
def test_a_wrapper_is_refused_with_a_hint(outer):
    x = parameter()
    inner = torch.optim.SGD([x], lr=0.1)
    with pytest.raises(InvalidInput, match=r"give the optimiser inside \(.optimizer\)"):
        Recorder.attach(outer(inner), lambda: (x * x).sum())


def noisy(x):
    dropout = nn.Dropout(0.5)
    data = torch.ones(20, dtype=torch.float64)
    return lambda: (dropout(data) * x[0]).sum()


def batched(x):
    noise, data = np.random.default_rng(0), np.arange(500.0)
    return lambda: ((x[0] - torch.tensor(noise.choice(data, 32))) ** 2).mean()


def rare(x):
    """Most of the time it is a function."""
    return lambda: (x * x).sum() + (torch.rand(1).item() < 0.4)


def counting(x):
    numbers = itertools.count()
    return lambda: (x * x).sum() + next(numbers)


def moving(x):
    def value():
        with torch.no_grad():
            x.mul_(0.9)
        return (x * x).sum()

    return value


def drifting(x):
    """No generator, and a state that no walk can reach."""
    step = [0.0]
    bump = memoryview(np.zeros(1))

    def value():
        bump[0] = bump[0] + 1
        return (x * x).sum() + bump[0] + step[0]

    return value


def scripted(x):
    net = torch.jit.script(nn.Linear(2, 1).double())
    return lambda: net(x).sum()


def traced(x):
    net = torch.jit.trace(nn.Linear(2, 1).double(), x.detach())
    return lambda: net(x).sum()


def missing(x):
    return lambda: later(x)  # noqa: F821


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        (noisy, "at the same parameters; give a function of them alone"),
        (batched, "at the same parameters; give a function of them alone"),
        (rare, "at the same parameters; give a function of them alone"),
        (drifting, "at the same parameters; give a function of them alone"),
        (counting, "it reads 'numbers', an iterator"),
        (moving, "it changes the parameters"),
        (scripted, "it calls 'net', which torch.jit compiles anew"),
        (traced, "it calls 'net', which torch.jit compiles anew"),
        (missing, "NameError: .*attach where the objective can be evaluated"),
    ],
)
def test_an_objective_that_cannot_be_recorded_is_refused(objective, message):
    torch.manual_seed(0)
    x = parameter()
    optimizer = torch.optim.SGD([x], lr=0.1)
    with pytest.raises(InvalidInput, match=message) as caught:
        Recorder.attach(optimizer, objective(x))
    assert "\n" not in str(caught.value)
    optimizer.step()  # no hook was left behind


def test_two_values_within_the_declared_error_are_one():
    x = parameter()
    value = lambda: (x * x).sum() + 1e-9 * torch.rand(1).item()  # noqa: E731
    optimizer = torch.optim.SGD([x], lr=0.1)
    Recorder.attach(optimizer, value, value_error=1e-8)
    with pytest.raises(InvalidInput, match="at the same parameters"):
        Recorder.attach(optimizer, value, value_error=1e-12)


def changing(change, steps=12):
    """An objective with a second thing in it that the loop changes after every step."""
    x = parameter()
    world = {"y": torch.tensor([3.0], dtype=torch.float64, requires_grad=True)}
    net = nn.Sequential(nn.BatchNorm1d(1, dtype=torch.float64))
    net.eval()
    hidden = memoryview(np.zeros(1))

    def value():
        y = world["y"]
        return (0.5 * (x * x).sum() - 0.5 * y * y + 50 + net(x[:, None]).sum() + hidden[0]).sum()

    optimizer = torch.optim.SGD([x], lr=0.1)
    recorder = Recorder.attach(optimizer, value, operations=40)
    for k in range(steps):
        optimizer.zero_grad()
        value().backward()
        optimizer.step()
        change(k, x, world, net, hidden)
    return recorder


def another_optimiser(k, x, world, net, hidden):
    with torch.no_grad():
        world["y"].mul_(1.1)


def another_batch(k, x, world, net, hidden):
    world["y"] = world["y"].detach() * 1.1


def another_mode(k, x, world, net, hidden):
    net.train(k % 2 == 0)


def running_means(k, x, world, net, hidden):
    net[0].running_mean.add_(0.1)


def out_of_sight(k, x, world, net, hidden):
    hidden[0] = hidden[0] + 1


def moved_too(k, x, world, net, hidden):
    another_batch(k, x, world, net, hidden)
    with torch.no_grad():
        x.clamp_(-0.5, 0.5)


CHANGES = (
    another_optimiser,
    another_batch,
    another_mode,
    running_means,
    out_of_sight,
    moved_too,
)


@pytest.mark.parametrize("change", CHANGES)
def test_a_value_that_moves_by_itself_is_neither_accused_nor_confirmed(change):
    trace = changing(change).trace()
    assert "it depends on something that the optimiser does not hold" in trace.header["stopped"]
    assert trace.rows("sweeps") == 1
    assert audit(trace, ["descent"]).verdict not in (Verdict.HOLDS, Verdict.VIOLATED)


def test_a_change_that_comes_late_ends_the_record_there():
    def late(k, *others):
        if k == 6:
            another_batch(k, *others)

    trace = changing(late).trace()
    assert "['y'] changed" in trace.header["stopped"] or "y changed" in trace.header["stopped"]
    assert trace.rows("sweeps") == 7


def test_a_change_of_what_does_not_count_is_none():
    def idle(k, x, world, net, hidden):
        world["y"] = world["y"].detach().clone()
        net[0].num_batches_tracked.add_(1)

    recorder = changing(idle)
    assert recorder.steps == 12
    assert "stopped" not in recorder.trace().header
