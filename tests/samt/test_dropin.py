"""SAMT where another optimiser stood: schedulers, stored gradients, micro-batches, scalers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss
from torch.optim import lr_scheduler
from torch.utils.checkpoint import checkpoint

from amverify.errors import InvalidInput
from amverify.samt import SAMT, NonFiniteLoss
from tests.samt.nets import batches, dense, loss, same, told, weights

SCHEDULES: dict[str, Callable[[SAMT], Any]] = {
    "steps": lambda o: lr_scheduler.StepLR(o, 1, 0.5),
    "one cycle": lambda o: lr_scheduler.OneCycleLR(o, 0.05, 20, cycle_momentum=False),
    "cyclic": lambda o: lr_scheduler.CyclicLR(o, 0.001, 0.05, 4, cycle_momentum=False),
    "warm-up": lambda o: lr_scheduler.LinearLR(o, 0.1, 1.0, 5),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 10),
    "to 0": lambda o: lr_scheduler.LambdaLR(o, lambda k: 0.0 if k > 3 else 1.0),
}


@pytest.mark.parametrize("meta_lr", [0.0, 0.05])
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_scheduler_writes_numbers_or_tensors_and_both_count(name: str, meta_lr: float) -> None:
    found = []
    for lr in (0.03, torch.tensor(0.03, dtype=torch.float64)):
        model = dense()
        optimiser = SAMT(model, lr=lr, meta_lr=meta_lr, extrapolation=0.0)
        schedule = SCHEDULES[name](optimiser)
        for batch in batches(6):
            optimiser.step(lambda batch=batch: loss(model, batch))  # noqa: B023
            schedule.step()
        found.append(weights(model))
    torch.testing.assert_close(*found, rtol=1e-9, atol=1e-12)


def test_one_cycle_s_own_momentum_is_refused_by_its_argument() -> None:
    optimiser = SAMT(dense())
    lr_scheduler.OneCycleLR(optimiser, 0.1, 10)
    with pytest.raises(InvalidInput, match="cycle_momentum=False"):
        optimiser.step(**told(batches(1)[0]))
    plain = SAMT(model := dense(), extrapolation=0.0)
    lr_scheduler.OneCycleLR(plain, 0.1, 10)
    plain.step(lambda: loss(model, batches(1)[0]))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("lr", float("nan"), "lr must be finite"),
        ("lr", -0.1, "lr must be finite"),
        ("lr", "fast", "lr: a number is needed, got str"),
        ("momentum", torch.tensor([0.1, 0.2]), r"a tensor of shape \(2,\)"),
        ("momentum", 0.5, "not both"),
        ("bounds", (1.0, 0.1), "reversed"),
        ("bounds", 3, "two numbers"),
        ("weight_decay", -1.0, "weight_decay must be 0 or more"),
        ("clip", 0, "clip must be positive"),
        ("decayed", "some", "decayed: 'all' or 'matrices'"),
        ("kind", "row", "kind is fixed"),
    ],
)
def test_what_is_written_later_is_checked_as_at_the_start(name: str, value: Any, said: str) -> None:
    model = dense()
    optimiser = SAMT(model)
    optimiser.step(**told(batches(1)[0]))
    before = weights(model)
    optimiser.param_groups[1][name] = value
    with pytest.raises(InvalidInput, match=f"block '2': .*{said}"):
        optimiser.step(**told(batches(1)[0]))
    assert same(before, weights(model))


def test_what_is_unfrozen_is_trained_in_its_block_and_refused_outside() -> None:
    model, (batch,) = dense(), batches(1)
    model[0].requires_grad_(False)
    optimiser = SAMT(model)
    optimiser.step(**told(batch))
    model[0].requires_grad_(True)
    with pytest.raises(InvalidInput, match=r"0.weight .* was unfrozen .*add_param_group"):
        optimiser.step(**told(batch))
    optimiser.add_param_group({"params": model[0].parameters(), "name": "0"})
    own = dense()
    own[0].requires_grad_(False)
    grouped = SAMT([{"params": own.parameters()}], model=own, clip=1.0)
    grouped.step(**told(batch))
    own[0].requires_grad_(True)
    for trained, one in ((model, optimiser), (own, grouped)):
        before = weights(trained)
        one.step(**told(batch))
        assert not any(map(torch.equal, before, trained.parameters()))
        one.load_state_dict(one.state_dict())


@pytest.mark.parametrize("whole", [True, False])
def test_a_loss_of_before_the_step_is_refused_and_nothing_moves(whole: bool) -> None:
    model, (batch,) = dense(), batches(1)
    optimiser, outputs = SAMT(model), model(batch[0])
    value, before = cross_entropy(outputs, batch[1]), weights(model)
    with pytest.raises(InvalidInput, match="computed before step"):
        optimiser.step(lambda: value if whole else cross_entropy(outputs, batch[1]))
    assert same(before, weights(model))


def test_reentrant_checkpointing_is_told_what_to_pass() -> None:
    model, (batch,) = dense(), batches(1)

    def closure() -> Tensor:
        x = batch[0].clone().requires_grad_()
        return cross_entropy(checkpoint(model, x, use_reentrant=True), batch[1])

    with pytest.raises(InvalidInput, match="use_reentrant=False"):
        SAMT(model).step(closure)


@pytest.mark.parametrize("own", [{}, {"inner": 2}, {"clip_total": 0.5}], ids=str)
def test_a_closure_that_calls_backward_gives_what_its_loss_gives(own: dict[str, Any]) -> None:
    found = []
    for backward in (False, True):
        model = dense()
        optimiser = SAMT(model, **own)

        def closure(batch: Any, model: nn.Module = model, backward: bool = backward) -> Tensor:
            value = loss(model, batch)
            if backward:
                value.backward()
            return value.detach() if backward else value

        losses = [optimiser.step(lambda b=b: closure(b)) for b in batches(3)]
        assert all(w.grad is None for w in model.parameters())
        found.append([*weights(model), *losses])
    assert same(*found)


def test_gradients_of_before_the_step_are_not_added_in_silence() -> None:
    model, (one, other) = dense(), batches(2)
    optimiser = SAMT(model)

    def closure(clean: bool) -> Tensor:
        if clean:
            optimiser.zero_grad(set_to_none=False)
        value = loss(model, other)
        value.backward()
        return value

    loss(model, one).backward()
    with pytest.raises(InvalidInput, match=r"optimiser.accumulate"):
        optimiser.step(lambda: closure(False))
    optimiser.step(lambda: closure(True))
    with pytest.raises(InvalidInput, match="unroll needs the loss's graph"):
        SAMT(model, unroll=2, extrapolation=0.0).step(lambda: closure(True))


def test_stored_gradients_step_all_blocks_from_one_point() -> None:
    model, twin, (batch,) = dense(), dense(), batches(1)
    optimiser = SAMT(model, lr=0.1, stored=True, extrapolation=0.0, momentum=0.5, meta_lr=0.0)
    sgd = torch.optim.SGD(twin.parameters(), lr=0.1, momentum=0.5)
    for _ in range(4):
        for one, own in ((model, optimiser), (twin, sgd)):
            own.zero_grad()
            loss(one, batch).backward()
            own.step()
    torch.testing.assert_close(weights(model), weights(twin), rtol=1e-9, atol=1e-12)


def test_a_step_without_anything_says_what_to_do() -> None:
    model, (batch,) = dense(), batches(1)
    with pytest.raises(InvalidInput, match=r"it needs a closure, or loss=.*stored=True"):
        SAMT(model).step()
    with pytest.raises(InvalidInput, match="no gradient is stored"):
        SAMT(model, stored=True, extrapolation=0.0).step()
    loss(model, batch).backward()
    with pytest.raises(InvalidInput, match="extrapolation=0"):
        SAMT(model, stored=True).step()
    with pytest.raises(InvalidInput, match="a function that returns the loss"):
        SAMT(model).step(loss(model, batch))  # type: ignore[arg-type]
    one = SAMT(model.parameters(), extrapolation=0.0)  # a block alone: nothing moves in between
    before = weights(model)
    one.step()
    assert not same(before, weights(model))
    model[0].weight.grad.fill_(float("nan"))
    with pytest.raises(NonFiniteLoss):
        one.step()


@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize("kind", ["column", "element"])
def test_micro_batches_are_one_batch(tells: bool, kind: str) -> None:
    """Of unequal sizes: weighted by their samples."""
    whole, parted = dense(), dense()
    one, other = SAMT(whole, kind=kind), SAMT(parted, kind=kind)
    for x, y in batches(4, size=9):
        expected = one.step(**told((x, y)))
        for part in (slice(0, 2), slice(2, 9)):
            if tells:
                other.accumulate(**told((x[part], y[part])))
            else:
                call = (lambda p: lambda: loss(parted, (x[p], y[p])))(part)  # noqa: B023
                other.accumulate(call, samples=part.stop - part.start)
        torch.testing.assert_close(other.step(), expected, rtol=1e-12, atol=0)
    torch.testing.assert_close(weights(whole), weights(parted), rtol=1e-9, atol=1e-12)
    other.accumulate(**told((x, y)))
    with pytest.raises(InvalidInput, match="micro-batches are held"):
        other.step(**told((x, y)))


def test_micro_batches_let_their_graphs_go() -> None:
    """Only one lives at a time."""
    alive, most = [0], [0]

    class Counted(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            alive[0] += 1
            most[0] = max(most[0], alive[0])
            return x.clone()

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            alive[0] -= 1
            return g

    model = dense()
    optimiser = SAMT(model)
    for batch in batches(5):
        optimiser.accumulate(lambda batch=batch: Counted.apply(loss(model, batch)))
    optimiser.step()
    assert (alive[0], most[0]) == (0, 1)


@pytest.mark.parametrize("net", ["chain", "closure"])
def test_all_directions_together_are_no_longer_than_the_limit(net: str) -> None:
    for limit in (1e-3, 0.05, 1e6):
        model, (batch,) = dense(), batches(1)
        more = {"meta_lr": 0.0, "extrapolation": 0.0, "lr": 1.0, "kind": "scalar"}
        optimiser, free = SAMT(model, clip_total=limit, **more), SAMT(dense(), **more)
        before = weights(model)
        if net == "chain":
            optimiser.step(**told(batch))
        else:
            optimiser.step(lambda: loss(model, batch))  # noqa: B023
        moved = torch.cat([(a - b).flatten() for a, b in zip(before, weights(model), strict=True)])
        assert moved.norm() <= limit * (1 + 1e-9)
        if limit < 1:
            assert moved.norm() >= 0.9 * limit
        else:
            free.step(**told(batch))
            torch.testing.assert_close(weights(model), weights(free._model), rtol=1e-9, atol=1e-12)


def test_clip_total_goes_with_plain_sweeps_only() -> None:
    for more in ({"inner": 2}, {"unroll": 1}, {"meta": "same"}):
        with pytest.raises(InvalidInput, match="clip_total"):
            SAMT(dense(), clip_total=1.0, **more)
    with pytest.raises(InvalidInput, match="clip_total: a positive number"):
        SAMT(dense(), clip_total=-1.0)


@pytest.mark.parametrize("clip", [None, 1e9])
def test_matrices_decay_and_vectors_do_not(clip: float | None) -> None:
    model, twin, (batch,) = dense(), dense(), batches(1)
    more: dict[str, Any] = {"lr": 0.1, "meta_lr": 0.0, "extrapolation": 0.0, "kind": "scalar"}
    SAMT(model, weight_decay=0.3, decayed="matrices", clip=clip, **more).step(**told(batch))
    for number in (4, 2, 0):
        plain = loss(twin, batch)
        grads = torch.autograd.grad(plain, [twin[number].weight, twin[number].bias])
        with torch.no_grad():
            twin[number].weight -= 0.1 * (grads[0] + 0.3 * twin[number].weight)
            twin[number].bias -= 0.1 * grads[1]
    torch.testing.assert_close(weights(model), weights(twin), rtol=1e-9, atol=1e-12)


def test_grad_scaler_is_explained_and_serves_stored_gradients() -> None:
    model, (batch,) = dense(torch.float32), batches(1, dtype=torch.float32)
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    optimiser = SAMT(model)
    scaler.scale(loss(model, batch)).backward()
    with pytest.raises(InvalidInput, match="it needs a closure"):
        scaler.step(optimiser)
    scaler.update()
    stored = SAMT(model, stored=True, extrapolation=0.0, lr=0.1, meta_lr=0.0, kind="scalar")
    for unscales in (False, True):
        twin = dense(torch.float32)
        twin.load_state_dict(model.state_dict())
        stored.zero_grad()
        scaler.scale(loss(model, batch)).backward()
        if unscales:
            scaler.unscale_(stored)
        scaler.step(stored)
        scaler.update()
        loss(twin, batch).backward()
        torch.optim.SGD(twin.parameters(), lr=0.1).step()
        torch.testing.assert_close(weights(model), weights(twin))
    before = weights(model)
    model[0].weight.grad.fill_(float("inf"))
    scaler.step(stored)
    assert same(before, weights(model))
    optimiser.grad_scale, optimiser.found_inf = None, torch.zeros(())
    with pytest.raises(InvalidInput, match=r"GradScaler.*bfloat16"):
        optimiser.step(lambda: loss(model, batch))


class Pair(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(6, 3).double(), nn.Linear(6, 3).double()

    def forward(self, x: dict[str, Tensor]) -> Tensor:
        return self.a(x["one"]) + self.b(x["other"])


def test_inputs_in_a_dictionary_serve_and_arrays_are_told_what_to_be() -> None:
    x, y = batches(1)[0]
    SAMT(Pair()).step(loss=cross_entropy, inputs={"one": x, "other": x}, targets=y)
    for inputs in (x.numpy(), {"one": x, "other": x.numpy()}):
        model = dense() if isinstance(inputs, np.ndarray) else Pair()
        with pytest.raises(InvalidInput, match=r"inputs: ndarray is no tensor; torch.as_tensor"):
            SAMT(model).step(loss=cross_entropy, inputs=inputs, targets=y)
    with pytest.raises(InvalidInput, match="targets: ndarray is no tensor"):
        SAMT(dense()).step(loss=mse_loss, inputs=x, targets=np.zeros((8, 3)))
