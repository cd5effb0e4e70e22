"""An evaluation leaves no trace: modules that are compiled, names, containers, modes, gradients."""

from __future__ import annotations

import functools
import random
import types
from collections import Counter, deque

import numpy as np
import pytest
import torch
from torch import nn

from amverify.record.quiet.evaluation import quietly
from amverify.record.quiet.reach import reach
from amverify.record.recorder import Recorder

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script:DeprecationWarning")

COUNT = 0
DICE = random.Random(1)


class Objective:
    """An objective with a state of its own, as strangers write them."""

    def __init__(self) -> None:
        self.x = torch.ones(2, requires_grad=True)
        self.rows = np.arange(4.0)
        self.seen: list[float] = []
        self.names = {"a": 1}
        self.recent: deque[int] = deque(maxlen=2)
        self.counts: Counter[str] = Counter()
        self.calls = 0
        self.mean = torch.zeros(2)
        self.settings = types.SimpleNamespace(rate=1.0)
        self.dice = np.random.RandomState(3)

    def __call__(self) -> torch.Tensor:
        global COUNT
        COUNT += 1
        self.calls += 1
        self.fresh = True
        self.seen.append(1.0)
        self.names["b"] = 2
        self.recent.append(7)
        self.counts["call"] += 1
        self.rows[0] += 1
        self.mean.add_(1)
        self.settings.rate += 1
        self.dice.rand()
        DICE.random()
        self.x.requires_grad_(False)
        np.seterr(all="raise")
        torch.use_deterministic_algorithms(True)
        return (self.x * 2).sum()


def state_of(f):
    keys = ("seen", "names", "recent", "counts", "calls", "settings")
    plain = {k: repr(getattr(f, k)) for k in keys}
    dice = (f.dice.get_state()[1].tolist(), DICE.getstate())
    flags = (np.geterr(), torch.are_deterministic_algorithms_enabled(), f.x.requires_grad)
    return plain, COUNT, f.rows.tolist(), f.mean.tolist(), dice, flags, sorted(vars(f))


def test_an_object_is_afterwards_what_it_was():
    f = Objective()
    before, lists = state_of(f), (f.seen, f.names, f.recent, f.counts, f.rows, f.mean)
    with quietly([f.x], functools.partial(Objective.__call__, f)):
        f()
        assert state_of(f) != before
    assert state_of(f) == before
    now = (f.seen, f.names, f.recent, f.counts, f.rows, f.mean)
    assert all(a is b for a, b in zip(lists, now, strict=True))


def test_a_closures_variables_are_bound_as_before():
    x = torch.ones(2, requires_grad=True)
    calls, total = 0, torch.zeros(1)

    def value():
        nonlocal calls, total
        calls += 1
        total = total + 1
        return x.sum()

    kept = total
    with quietly([x], value):
        value()
    assert calls == 0
    assert total is kept


def test_gradients_and_buffers_are_the_same_tensors_untouched():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    other = nn.Linear(2, 1)
    net[0].weight.grad = torch.ones(3, 2)
    params = list(net.parameters())
    data = torch.randn(5, 2)
    held = dict(net.named_buffers())
    graph = net(data).sum() + sum(b.double().sum() for b in held.values())
    value = lambda: net(data).square().sum() + other(data).sum()  # noqa: E731
    with quietly(params, value):
        value().backward()
    assert net[0].weight.grad.tolist() == torch.ones(3, 2).tolist()
    assert all(p.grad is None for p in (net[0].bias, *other.parameters()))
    assert all(b is held[name] for name, b in net.named_buffers())
    graph.backward()  # nothing that it needs was written to


def hidden_module():
    """A module that no walk can find: it is reached through an object without attributes."""

    class Slots:
        __slots__ = ("net",)

    box = Slots()
    box.net = nn.BatchNorm1d(2)
    return box


def test_a_module_that_cannot_be_reached_is_met_when_it_is_called():
    box, data = hidden_module(), torch.randn(4, 2)
    value = lambda: box.net(data).sum()  # noqa: E731
    assert not reach(value).modules
    before = {k: v.clone() for k, v in box.net.state_dict().items()}
    with quietly([], value):
        value()
        assert not torch.equal(box.net.running_mean, before["running_mean"])
    assert all(torch.equal(v, before[k]) for k, v in box.net.state_dict().items())


def trained_compiled(record):
    """Compiled network and training step; how often something was compiled, and the weights."""
    torch.manual_seed(0)
    compiled = []

    def backend(graph, inputs):
        compiled.append(graph)
        return graph

    torch.compiler.reset()
    net = torch.compile(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)), backend=backend)
    data = torch.randn(8, 3)
    loss = torch.compile(lambda x: net(x).pow(2).mean(), backend=backend)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    recorder = Recorder.attach(optimizer, lambda: loss(data), keep_iterates=1) if record else None

    def train(batch):
        optimizer.zero_grad()
        loss(batch).backward()
        optimizer.step()

    train = torch.compile(train, backend=backend)
    for k in range(5):
        train(data[k % 2 : 6 + k % 2])
    if recorder is not None:
        assert recorder.steps == 5
        assert "stopped" not in recorder.trace().header
    return len(compiled), {k: v.clone() for k, v in net.state_dict().items()}


def test_compiled_code_is_not_compiled_anew():
    alone, watched = trained_compiled(False), trained_compiled(True)
    assert watched[0] == alone[0]
    assert all(torch.equal(v, watched[1][k]) for k, v in alone[1].items())


def cast(record):
    """What a network gives after a step under autocast, where its weights are cast once."""
    torch.manual_seed(0)
    net, data = nn.Linear(3, 2), torch.randn(4, 3)
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    if record:
        Recorder.attach(optimizer, lambda: net(data).float().square().mean())
    net(data).square().mean().backward()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        optimizer.step()  # an evaluation at either end
        return net(data)


def test_an_autocast_cache_is_neither_read_nor_filled():
    assert torch.equal(cast(False), cast(True))
    assert torch.is_autocast_cache_enabled()


def test_what_can_be_reached():
    generator, noise = torch.Generator(), np.random.default_rng(1)
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    loader = torch.utils.data.DataLoader([1, 2], generator=generator)

    def helper(x, noise=noise):
        return (net(x), noise, DICE)

    found = reach(functools.partial(lambda f, data: f(data), helper, loader))
    assert {type(g) for g in found.generators.values()} == {
        torch.Generator,
        np.random.Generator,
        random.Random,
    }
    assert len(found.modules) == 3
    assert [type(m) for m in reach(torch.compile(net)).modules.values()][1:] == [
        nn.Sequential,
        nn.Linear,
        nn.BatchNorm1d,
    ]
