"""A sweep calls a closure once where its graph shows what comes after the model, else as ever."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.functional import cross_entropy, log_softmax, mse_loss, nll_loss

from amverify.errors import InvalidInput
from amverify.methods.samt import SAMT, evaluation
from amverify.methods.samt.tail import captured
from tests.methods.samt.nets import Batch, batches, dense, same, weights

Closure = Callable[[], Tensor]
Make = Callable[[nn.Module, Batch, list[int]], Closure]
"""A closure for a model and a batch; it notes each of its calls."""
WEIGHT = torch.tensor([0.5, 2.0, 1.0], dtype=torch.float64)
VALUES = torch.randn(8, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(7))
BLOCKS, STEPS = 3, 3


def plainly(loss: Callable[[Tensor, Tensor], Tensor]) -> Make:
    """loss(model(x), y)."""

    def make(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
        x, y = batch

        def closure() -> Tensor:
            calls.append(1)
            return loss(model(x), y)

        return closure

    return make


def weighted(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """Class weights that the closure itself refers to."""
    x, y = batch

    def closure() -> Tensor:
        calls.append(1)
        return cross_entropy(model(x), y, WEIGHT)

    return closure


def from_tuple(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """Batch and classes are items of a tuple."""

    def closure() -> Tensor:
        calls.append(1)
        return cross_entropy(model(batch[0]), batch[1])

    return closure


def from_arguments(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """A partial function and a default value."""

    def given(x: Tensor, y: Tensor = batch[1]) -> Tensor:
        calls.append(1)
        return cross_entropy(model(x), y)

    return partial(given, batch[0])


def squares(reduction: str) -> Make:
    """mse_loss of values that the closure itself refers to."""

    def make(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
        x, _ = batch

        def closure() -> Tensor:
            calls.append(1)
            return mse_loss(model(x), VALUES, reduction=reduction)

        return closure

    return make


SHOWN: dict[str, Make] = {
    "mean": plainly(cross_entropy),
    "sum": plainly(partial(cross_entropy, reduction="sum")),
    "ignored class": plainly(partial(cross_entropy, ignore_index=2)),
    "last dimension": plainly(lambda a, y: nll_loss(log_softmax(a, -1), y)),
    "class weights": weighted,
    "tuple": from_tuple,
    "arguments": from_arguments,
    "mean square": squares("mean"),
    "sum of squares": squares("sum"),
}


def trained(make: Make, **settings: Any) -> tuple[list[Tensor], int]:
    """The weights after some sweeps, and how many times closures were called."""
    model, calls = dense(), list[int]()
    optimiser = SAMT(model, lr=0.1, meta_lr=0.05, seed=5, **settings)
    for batch in batches(STEPS):
        optimiser.step(make(model, batch, calls))
    return weights(model), len(calls)


@pytest.mark.parametrize(
    "settings", [{}, {"inner": 2}, {"order": "random"}, {"weight_decay": 0.1, "clip": 0.5}], ids=str
)
@pytest.mark.parametrize("name", SHOWN)
def test_one_call_a_sweep_gives_the_same_bits(
    name: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, once = trained(SHOWN[name], **settings)
    assert once == STEPS
    monkeypatch.setattr(evaluation, "find_tail", lambda *_: None)
    theirs, often = trained(SHOWN[name], **settings)
    assert often == STEPS * BLOCKS * settings.get("inner", 1)
    assert same(mine, theirs)


def penalised(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    x, y = batch

    def closure() -> Tensor:
        calls.append(1)
        penalty = torch.stack([w.square().sum() for w in model.parameters()]).sum()
        return cross_entropy(model(x), y) + 0.1 * penalty

    return closure


def guessed_labels(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """Classes that depend on the weights, without a graph."""
    x, _ = batch

    def closure() -> Tensor:
        calls.append(1)
        outputs = model(x)
        return cross_entropy(outputs, outputs.detach().argmax(1))

    return closure


def guessed_in_place(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """The same in the memory of labels that were there before."""
    x, y = batch[0], batch[1].clone()

    def closure() -> Tensor:
        calls.append(1)
        outputs = model(x)
        y.copy_(outputs.detach().argmax(1))
        return cross_entropy(outputs, y)

    return closure


def guessed_for_next_time(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """The classes of one call come from the outputs of the call before."""
    x, y = batch

    def closure() -> Tensor:
        nonlocal y
        calls.append(1)
        outputs = model(x)
        loss = cross_entropy(outputs, y)
        y = outputs.detach().argmax(1)
        return loss

    return closure


def taught(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """Targets from a call of the model without gradients."""
    x, _ = batch
    target = torch.empty(8, 3, dtype=torch.float64)

    def closure() -> Tensor:
        calls.append(1)
        with torch.no_grad():
            torch.mul(model(x), 0.9, out=target)
        return mse_loss(model(x), target)

    return closure


def made_batch(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    x, y = batch

    def closure() -> Tensor:
        calls.append(1)
        return cross_entropy(model(x + 0.5), y)

    return closure


def twice(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    x, y = batch

    def closure() -> Tensor:
        calls.append(1)
        model(x)
        return cross_entropy(model(x), y)

    return closure


def written_outputs(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    x, y = batch

    def closure() -> Tensor:
        calls.append(1)
        return cross_entropy(model(x).mul_(2.0), y)

    return closure


def hooked_outputs(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    x, y = batch

    def closure() -> Tensor:
        calls.append(1)
        outputs = model(x)
        outputs.register_hook(lambda g: 2 * g)
        return cross_entropy(outputs, y)

    return closure


def hooked_inside(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """A hook that no graph shows: autograd, asked too, does not agree."""
    x, y = batch

    def closure() -> Tensor:
        calls.append(1)
        logs = log_softmax(model(x), 1)
        logs.register_hook(lambda g: 2 * g)
        return nll_loss(logs, y)

    return closure


def hooked_loss(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    x, y = batch

    def closure() -> Tensor:
        calls.append(1)
        loss = cross_entropy(model(x), y)
        loss.register_hook(lambda g: 2 * g)
        return loss

    return closure


def greater_of_two(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """The graph shows the one that was greater at the first call."""
    x, _ = batch

    def closure() -> Tensor:
        calls.append(1)
        outputs = model(x)
        return max(mse_loss(outputs, VALUES), mse_loss(outputs, -VALUES))

    return closure


def flooded(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """A branch on the loss's value."""
    x, y = batch

    def closure() -> Tensor:
        calls.append(1)
        loss = cross_entropy(model(x), y)
        return loss if loss > 1.09 else 2.18 - loss

    return closure


def logged(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """Looking at the loss is harmless, but what is done with it is not known."""
    x, y = batch

    def closure() -> Tensor:
        loss = cross_entropy(model(x), y)
        calls.append(1 if loss.item() > 0 else 0)
        return loss

    return closure


def noisy_weights(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """Written through ``data``: no version counter notices."""
    x, y = batch

    def closure() -> Tensor:
        calls.append(1)
        for w in model.parameters():
            w.data.add_(0.1)
        loss = cross_entropy(model(x), y)
        for w in model.parameters():
            w.data.sub_(0.1)
        return loss

    return closure


def next_of_an_iterator(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """Each call has a batch of its own."""
    pairs = iter([batch, *batches(BLOCKS - 1, seed=9)])

    def closure() -> Tensor:
        calls.append(1)
        x, y = next(pairs)
        return cross_entropy(model(x), y)

    return closure


def clamped_outputs(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """Without a graph, and at first without an effect."""
    x, y = batch

    def closure() -> Tensor:
        calls.append(1)
        outputs = model(x)
        with torch.no_grad():
            outputs.clamp_(-0.4, 0.4)
        return cross_entropy(outputs, y)

    return closure


def hooked_node(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    x, y = batch

    def closure() -> Tensor:
        calls.append(1)
        loss = cross_entropy(model(x), y)
        assert loss.grad_fn is not None
        loss.grad_fn.register_prehook(lambda g: (2 * g[0],))
        return loss

    return closure


def saved_otherwise(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """What the backward pass is given is not what the forward pass made."""
    x, y = batch

    def closure() -> Tensor:
        calls.append(1)
        outputs = model(x)
        with saved_tensors_hooks(lambda t: t, lambda t: 1.01 * t if t.is_floating_point() else t):
            return cross_entropy(outputs, y)

    return closure


def squares_saved_otherwise(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    x, _ = batch

    def closure() -> Tensor:
        calls.append(1)
        outputs = model(x)
        kept = VALUES.data_ptr()
        with saved_tensors_hooks(lambda t: t, lambda t: t if t.data_ptr() == kept else 1.01 * t):
            return mse_loss(outputs, VALUES)

    return closure


def targets_of_an_array(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
    """Written by numpy: no version counter notices."""
    x, array = batch[0], VALUES.numpy().copy()
    target = torch.from_numpy(array)

    def closure() -> Tensor:
        calls.append(1)
        outputs = model(x)
        array[:] = 0.9 * outputs.detach().numpy()
        return mse_loss(outputs, target)

    return closure


def of_another(loss: Callable[[Tensor, Tensor], Tensor], real: bool = False) -> Make:
    """The model is called, and then the loss is one of a tensor of the outputs' shape."""

    def make(model: nn.Module, batch: Batch, calls: list[int]) -> Closure:
        x, y = batch
        target, other = VALUES if real else y, VALUES.neg().requires_grad_()

        def closure() -> Tensor:
            calls.append(1)
            model(x)
            return loss(other, target)

        return closure

    return make


classes_of_another = of_another(cross_entropy)
logs_of_another = of_another(lambda a, y: nll_loss(log_softmax(a, 1), y))
squares_of_another = of_another(mse_loss, real=True)


HIDDEN: dict[str, Make] = {
    "classes of another": classes_of_another,
    "logs of another": logs_of_another,
    "squares of another": squares_of_another,
    "greater of two": greater_of_two,
    "flooded": flooded,
    "logged": logged,
    "noisy weights": noisy_weights,
    "an iterator": next_of_an_iterator,
    "clamped outputs": clamped_outputs,
    "hook on a node": hooked_node,
    "saved otherwise": saved_otherwise,
    "squares saved otherwise": squares_saved_otherwise,
    "targets of an array": targets_of_an_array,
    "label smoothing": plainly(partial(cross_entropy, label_smoothing=0.1)),
    "scaled": plainly(lambda a, y: 2.0 * cross_entropy(a, y)),
    "of one entry": plainly(lambda a, y: cross_entropy(a, y).reshape(1)),
    "penalty": penalised,
    "class weights of another function": plainly(partial(cross_entropy, weight=WEIGHT)),
    "labels of a batch guessed": guessed_labels,
    "guessed in place": guessed_in_place,
    "guessed for next time": guessed_for_next_time,
    "taught by itself": taught,
    "batch made by the closure": made_batch,
    "model called twice": twice,
    "outputs written to": written_outputs,
    "outputs with a hook": hooked_outputs,
    "a hook inside": hooked_inside,
    "a loss with a hook": hooked_loss,
}


@pytest.mark.parametrize("name", HIDDEN)
def test_other_closures_are_called_for_every_block(name: str) -> None:
    mine, often = trained(HIDDEN[name])
    assert often == STEPS * BLOCKS
    theirs, _ = trained(HIDDEN[name], chain=False)
    for a, b in zip(mine, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    "other",
    [
        written_outputs,
        clamped_outputs,
        hooked_outputs,
        hooked_inside,
        hooked_node,
        hooked_loss,
        saved_otherwise,
        squares_saved_otherwise,
        classes_of_another,
        logs_of_another,
        squares_of_another,
        taught,
    ],
)
def test_each_sweep_looks_anew(other: Make) -> None:
    """The first closures show their loss, and autograd agrees; later ones are of another kind."""

    def run(**settings: Any) -> tuple[list[Tensor], list[int]]:
        model, counts = dense(), list[int]()
        optimiser = SAMT(model, lr=0.1, **settings)
        for make, batch in zip([SHOWN["mean"], squares("mean"), other], batches(3), strict=True):
            calls: list[int] = []
            optimiser.step(make(model, batch, calls))
            counts.append(len(calls))
        return weights(model), counts

    mine, counts = run()
    assert counts == [1, 1, BLOCKS]
    theirs, _ = run(chain=False)
    for a, b in zip(mine, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-13)


def test_a_loss_that_was_made_before_the_call_is_the_one_that_counts() -> None:
    """One block, so that its graph serves: the first sweep shows cross-entropy, the second not."""

    def run(**settings: Any) -> list[Tensor]:
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(6, 3)).double()
        optimiser, ((x, y),) = SAMT(model, lr=0.1, **settings), batches(1)
        optimiser.step(lambda: cross_entropy(model(x), y))
        earlier = cross_entropy(model[0].weight.t(), torch.tensor([0, 1, 2, 0, 1, 2]))

        def closure() -> Tensor:
            cross_entropy(model(x), y)
            return earlier

        for group in optimiser.param_groups:
            group["extrapolation"] = 0.0
        optimiser.step(closure)
        return weights(model)

    for a, b in zip(run(), run(chain=False), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("hooks", [True, False])
@pytest.mark.parametrize("settings", [{}, {"unroll": 2, "extrapolation": 0.0}], ids=str)
def test_a_closure_that_draws_leaves_the_generator_as_one_call_does(
    settings: dict[str, Any], hooks: bool
) -> None:
    model, (batch,) = dense(), batches(1)
    x, y = batch
    optimiser = SAMT(model, lr=0.1, **settings)

    def closure() -> Tensor:
        with saved_tensors_hooks(lambda t: t, lambda t: t) if hooks else nullcontext():
            loss = cross_entropy(model(x), y)
        torch.rand(3)
        return loss

    torch.manual_seed(4)
    closure()
    expected = torch.get_rng_state()
    torch.manual_seed(4)
    optimiser.step(closure)
    assert torch.equal(torch.get_rng_state(), expected)


def test_a_batch_that_shares_its_memory_with_a_weight_is_noticed() -> None:
    """Its values change when the weight is updated: from there on the closure is called."""

    def run(**settings: Any) -> tuple[list[Tensor], int]:
        torch.manual_seed(0)
        model = nn.Sequential(*[nn.Linear(4, 4) for _ in range(3)]).double()
        x, y, calls = model[1].weight.detach(), torch.arange(4), list[int]()

        def closure() -> Tensor:
            calls.append(1)
            return cross_entropy(model(x), y)

        SAMT(model, lr=0.1, order="forward", **settings).step(closure)
        return weights(model), len(calls)

    mine, count = run()
    theirs, every = run(chain=False)
    assert (count, every) == (2, BLOCKS)  # blocks 0 and 1 by the first call, block 2 by its own
    for a, b in zip(mine, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-13)


def test_tensors_without_versions_do_no_harm() -> None:
    model, (batch,) = dense(), batches(1)
    x, y = batch
    with torch.inference_mode():
        total, seen = torch.zeros(()), x.clone()
    lazy = nn.LazyLinear(2).weight

    def closure() -> Tensor:
        with torch.inference_mode():
            total.add_(seen.sum())
        assert lazy is not None
        return cross_entropy(model(x), y)

    SAMT(model, lr=0.1).step(closure)
    assert total != 0


@pytest.mark.parametrize("place", [0, 1], ids=["weight", "bias"])
def test_a_closure_that_writes_to_a_weight_is_refused(place: int) -> None:
    model, (batch,) = dense(), batches(1)
    x, y = batch

    def closure() -> Tensor:
        outputs = model(x)
        with torch.no_grad():
            [*model.parameters()][place].clamp_(-0.1, 0.1)
        return cross_entropy(outputs, y)

    with pytest.raises(InvalidInput, match="a weight, in place"):
        SAMT(model, lr=0.1).step(closure)


def test_a_closure_that_went_backward_is_refused() -> None:
    model, (batch,) = dense(), batches(1)
    x, y = batch

    def closure() -> Tensor:
        loss = cross_entropy(model(x), y)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    before = weights(model)
    with pytest.raises(InvalidInput, match="it called backward"):
        SAMT(model, lr=0.1).step(closure)
    assert same(weights(model), before)


def test_what_a_function_refers_to_is_found_and_nothing_else() -> None:
    x, late = torch.zeros(2), torch.ones(3)
    pair = (torch.ones(2), [torch.ones(1)])

    def function(z: Tensor = x) -> object:
        return z, pair, unset, WEIGHT, late

    found = captured(function)
    assert {id(a) for a, _ in found.values()} == {id(x), id(late), id(pair[0]), id(WEIGHT)}
    assert captured(len) == {}
    unset = None
