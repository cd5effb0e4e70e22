"""A sweep calls a closure once where the call shows what comes after the model, else as ever."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.functional import cross_entropy

from amverify.errors import InvalidInput
from amverify.samt import SAMT, evaluation
from amverify.samt.fast.loss import CrossEntropy, referred
from tests.samt.closures import BLOCKS, HIDDEN, SHOWN, WEIGHT, Make
from tests.samt.nets import batches, dense, same, weights

STEPS = 3


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


@pytest.mark.filterwarnings("ignore:Using a target size", "ignore:size_average")
@pytest.mark.parametrize("name", HIDDEN)
def test_other_closures_are_called_for_every_block(name: str) -> None:
    mine, often = trained(HIDDEN[name])
    assert often == STEPS * BLOCKS
    theirs, _ = trained(HIDDEN[name], chain=False)
    for a, b in zip(mine, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-13)


def test_what_autograd_does_not_agree_with_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it would be with operators of another torch."""
    right = CrossEntropy.delta
    monkeypatch.setattr(CrossEntropy, "delta", lambda self, logs: 2 * right(self, logs))
    mine, often = trained(SHOWN["mean"])
    assert often == STEPS * BLOCKS
    theirs, _ = trained(SHOWN["mean"], chain=False)
    for a, b in zip(mine, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-13)


@pytest.mark.filterwarnings("ignore:size_average")
@pytest.mark.parametrize(
    "name",
    [
        "an old argument",
        "squares, an old argument",
        "weighted squares",
        "outputs written to",
        "outputs clamped",
        "outputs with a hook",
        "a hook inside",
        "a node with a hook",
        "a loss with a hook",
        "saved otherwise",
        "squares saved otherwise",
        "classes of another",
        "logs of another",
        "squares of another",
        "taught by itself",
    ],
)
def test_each_sweep_looks_anew(name: str) -> None:
    """The first closures show their loss, and autograd agrees; later ones are of another kind."""
    kinds = SHOWN["mean"], SHOWN["mean square"], HIDDEN[name]

    def run(**settings: Any) -> tuple[list[Tensor], list[int]]:
        model, counts = dense(), list[int]()
        optimiser = SAMT(model, lr=0.1, **settings)
        for make, batch in zip(kinds, batches(3), strict=True):
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

    found = {id(a) for a in referred(function) if isinstance(a, Tensor)}
    assert found == {id(x), id(late), id(pair[0]), id(WEIGHT)}
    assert referred(len) == []
    unset = None
