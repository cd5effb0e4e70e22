"""A loss that ``step`` is told gives what a closure gives; ill calls are refused in one line."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from amverify.errors import InvalidInput
from amverify.samt import SAMT, NonFiniteLoss, evaluation
from tests.samt.nets import Batch, batches, dense, same, told, weights

Loss = Callable[[Tensor, Tensor], Tensor]
VALUES = torch.randn(8, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(7))
WEIGHT = torch.tensor([0.5, 2.0, 1.0], dtype=torch.float64)
NETS = {"dense": (dense, (6,)), "no chain": (lambda: Wrapped(), (6,))}
Target = Callable[[Batch], Any]


class Wrapped(nn.Module):
    """No chain to look at."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = dense()

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.inner(x)
        return found


class Other(Tensor):
    """A subclass: what it does is its own affair."""


def trained(loss: Loss, target: Target, tells: bool, net: str = "dense", **settings: Any) -> SAMT:
    """The optimiser after three sweeps, with its model's weights."""
    model = NETS[net][0]()
    optimiser = SAMT(model, lr=0.1, meta_lr=0.05, seed=5, **settings)
    torch.manual_seed(3)
    for batch in batches(3):
        x, y = batch[0].clone(), target(batch)
        if tells:
            optimiser.step(loss=loss, inputs=x, targets=y)
        else:
            optimiser.step(lambda x=x, y=y: loss(model(x), y))  # type: ignore[misc]
    optimiser.found = weights(model)
    return optimiser


def classes(batch: Batch) -> Tensor:
    return batch[1].clone()


def some_ignored(batch: Batch) -> Tensor:
    return classes(batch).masked_fill_(batch[1] == 2, -100)


def values(batch: Batch) -> Tensor:
    return VALUES.clone()


def noisy(a: Tensor, y: Tensor) -> Tensor:
    """Draws random numbers, the same in every evaluation on a batch."""
    return cross_entropy(a + 0.1 * torch.randn_like(a), y)


def guessing(a: Tensor, y: Tensor) -> Tensor:
    return cross_entropy(a, a.detach().argmax(1))


LOSSES: dict[str, tuple[Loss, Target]] = {
    "cross-entropy": (cross_entropy, classes),
    "some ignored": (cross_entropy, some_ignored),
    "mean square": (mse_loss, values),
    "sum": (partial(cross_entropy, reduction="sum"), classes),
    "a module": (nn.CrossEntropyLoss(label_smoothing=0.1), classes),
    "class weights": (partial(cross_entropy, weight=WEIGHT), classes),
    "probabilities": (cross_entropy, lambda batch: VALUES.softmax(1)),
    "classes of a subclass": (cross_entropy, lambda batch: batch[1].as_subclass(Other)),
    "squares of float32": (mse_loss, lambda batch: VALUES.float()),
    "of one entry": (lambda a, y: cross_entropy(a, y).reshape(1), classes),
    "written to": (lambda a, y: cross_entropy(a.mul_(2.0), y), classes),
    "noisy": (noisy, classes),
    "guessed labels": (guessing, classes),
    "no tensor": (lambda a, y: cross_entropy(a, torch.tensor(y)), lambda b: b[1].tolist()),
}


@pytest.mark.filterwarnings("ignore:Using a target size")
@pytest.mark.parametrize("settings", [{}, {"kind": "element", "order": "forward"}, {"inner": 2},
                                      {"meta": "same"}], ids=str)  # fmt: skip
@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("name", LOSSES)
def test_told_or_by_closure_the_iterates_are_the_same(
    name: str, net: str, settings: dict[str, Any]
) -> None:
    one, other = (trained(*LOSSES[name], tells, net, **settings) for tells in (True, False))
    for a, b in zip(one.found, other.found, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-13)
    assert one.uses_chain == (net == "dense")
    assert not other.uses_chain
    assert one.counters == other.counters


@pytest.mark.parametrize("settings", [{}, {"order": "random"}, {"weight_decay": 0.1, "clip": 0.5}])
@pytest.mark.parametrize("name", ["cross-entropy", "some ignored", "mean square"])
def test_a_known_derivative_has_autograd_s_bits(
    name: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    literal, kinds = evaluation.known, set()

    def watched(*given: Any) -> Any:
        kinds.add(type(found := literal(*given)))
        return found

    monkeypatch.setattr(evaluation, "known", watched)
    mine = trained(*LOSSES[name], True, **settings)
    assert None.__class__ not in kinds
    monkeypatch.setattr(evaluation, "known", lambda *_: None)
    theirs = trained(*LOSSES[name], True, **settings)
    assert same(mine.found, theirs.found)
    assert same([*mine.step_sizes().values()], [*theirs.step_sizes().values()])


@pytest.mark.parametrize("through", [True, False])
def test_what_a_loss_takes_from_the_weights_themselves_counts(through: bool) -> None:
    """Also where no gradient comes through the outputs, though the loss looks at their values."""
    found = []
    for tells in (True, False):
        model = dense()

        def penalised(a: Tensor, y: Tensor, model: nn.Module = model) -> Tensor:
            penalty = sum(w.square().sum() for w in model.parameters())
            value = cross_entropy(a, y)
            return value + penalty if through else value.detach() * penalty

        optimiser = SAMT(model)
        for x, y in batches(3):
            if tells:
                optimiser.step(loss=penalised, inputs=x, targets=y)
            else:
                optimiser.step(lambda x=x, y=y: penalised(model(x), y))  # noqa: B023
        found.append(weights(model))
    torch.testing.assert_close(*found, rtol=1e-12, atol=1e-13)


def test_a_loss_that_draws_leaves_the_generator_as_one_call_does() -> None:
    model, ((x, y),) = dense(), batches(1)
    torch.manual_seed(4)
    noisy(model(x), y)
    expected = torch.get_rng_state()
    optimiser = SAMT(model)
    torch.manual_seed(4)
    optimiser.step(loss=noisy, inputs=x, targets=y)
    assert torch.equal(torch.get_rng_state(), expected)


def test_a_batch_that_shares_its_memory_with_a_weight_is_noticed() -> None:
    """Its values change when the weight is updated."""
    found = []
    for tells in (True, False):
        torch.manual_seed(0)
        model = nn.Sequential(*[nn.Linear(4, 4) for _ in range(3)]).double()
        x, y = model[1].weight.detach(), torch.arange(4)
        optimiser = SAMT(model, lr=0.1, order="forward")
        if tells:
            optimiser.step(loss=cross_entropy, inputs=x, targets=y)
        else:
            optimiser.step(lambda: cross_entropy(model(x), y))  # noqa: B023
        found.append(weights(model))
    torch.testing.assert_close(*found, rtol=1e-12, atol=1e-13)


def test_inputs_that_are_differentiated_are_left_to_whole_passes() -> None:
    model, ((x, y),) = dense(), batches(1)
    optimiser = SAMT(model)
    optimiser.step(loss=cross_entropy, inputs=x.requires_grad_(), targets=y)
    assert not optimiser.uses_chain
    optimiser.step(loss=cross_entropy, inputs=x.detach(), targets=y)
    assert optimiser.uses_chain


def closure() -> Tensor:
    return torch.zeros(())


X, Y = batches(1)[0]
ILL: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "step: it needs a closure, or loss=, inputs= and targets="),
    "no inputs": ({"loss": mse_loss, "targets": Y}, "loss= needs inputs= too"),
    "no targets": ({"loss": mse_loss, "inputs": X}, "loss= needs targets= too"),
    "a loss alone": ({"loss": mse_loss}, "loss= needs inputs= and targets= too"),
    "both": ({"closure": closure, "loss": mse_loss, "inputs": X, "targets": Y}, "not both"),
    "a closure's inputs": ({"closure": closure, "inputs": X}, "inputs= and targets= go with loss="),
    "a name": ({**told((X, Y)), "loss": "mse"}, "loss: a function of .*, got str"),
    "no samples": (told((X[:0], Y[:0])), r"inputs: a batch of no samples, of shape \(0, 6\)"),
    "inputs elsewhere": (told((X.to("meta"), Y)), "inputs: on meta, the model on cpu"),
    "targets elsewhere": (told((X, Y.to("meta"))), "targets: on meta, the model's outputs on cpu"),
    "a vector": ({**told((X, Y)), "loss": partial(cross_entropy, reduction="none")},
                 r"loss: the loss has shape \(8,\) at block .*; return a scalar"),
    "a number": ({**told((X, Y)), "loss": lambda a, y: 1.0}, "loss: expected .*, got float"),
    "no graph": ({**told((X, Y)), "loss": lambda a, y: a.detach().sum()}, "loss: .* no trainable"),
    "NaN": (told((X * math.nan, Y)), "loss: the loss is nan at block '4'"),
    "draw": ({**told((X, Y)), "draw": closure}, "draw is needed with resample=True"),
}  # fmt: skip


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("name", ILL)
def test_an_ill_call_is_refused_in_one_line_and_nothing_changes(name: str, net: str) -> None:
    if (name, net) == ("NaN", "no chain"):
        pytest.skip("its blocks have other names")
    model = NETS[net][0]()
    optimiser = SAMT(model)
    optimiser.step(**told(batches(1, seed=4)[0]))
    before, arguments = weights(model), ILL[name][0]
    with pytest.raises(InvalidInput, match=ILL[name][1]) as why:
        optimiser.step(**arguments)
    assert "\n" not in str(why.value)
    assert isinstance(why.value, NonFiniteLoss) == (name == "NaN")
    assert same(before, weights(model))


def test_torch_s_own_words_for_classes_of_another_number() -> None:
    with pytest.raises(ValueError, match="to match target batch_size"):
        SAMT(dense()).step(**told((X, Y[:5])))


def test_a_loss_needs_a_model_and_one_batch_for_the_sweep() -> None:
    model, (batch,) = dense(), batches(1)
    with pytest.raises(InvalidInput, match="give SAMT model="):
        SAMT(model.parameters()).step(**told(batch))
    SAMT(model.parameters(), model=model).step(**told(batch))
    with pytest.raises(InvalidInput, match="resample=True it needs a closure"):
        SAMT(model, resample=True).step(**told(batch), draw=lambda: None)
