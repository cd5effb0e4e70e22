"""A step against its definition: orders, inner steps, kinds, bounds, decay, clipping, momentum."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from amverify.samt import KINDS, SAMT
from tests.samt.nets import (
    CLASSES,
    batches,
    convolutional,
    dense,
    loss,
    same,
    told,
    weights,
)

F64 = torch.float64


def run(
    model: nn.Module,
    steps: int = 6,
    shape: tuple[int, ...] = (6,),
    tells: bool = True,
    **settings: Any,
) -> SAMT:
    """Train a model for some steps, one batch each: told the loss, or by closures."""
    optimiser = SAMT(model, **settings)
    for batch in batches(steps, shape):
        if tells:
            optimiser.step(**told(batch))
        else:
            optimiser.step(lambda batch=batch: loss(model, batch))  # type: ignore[misc]
    return optimiser


def literal(model: nn.Sequential, steps: int, order: list[int], lr: float, beta: float) -> None:
    """Extrapolate, then block after block, by hand."""
    blocks = [list(layer.parameters()) for layer in model if list(layer.parameters())]
    before: dict[int, Tensor] = {}
    for batch in batches(steps):
        start = {id(w): w.detach().clone() for b in blocks for w in b}
        with torch.no_grad():
            for b in blocks:
                for w in b:
                    if id(w) in before:
                        w.add_(before[id(w)], alpha=beta)
        for number in order:
            grads = torch.autograd.grad(loss(model, batch), blocks[number])
            with torch.no_grad():
                for w, g in zip(blocks[number], grads, strict=True):
                    w.sub_(lr * g)
        before = {id(w): w.detach() - start[id(w)] for b in blocks for w in b}


@pytest.mark.parametrize(("order", "numbers"), [("backward", [2, 1, 0]), ("forward", [0, 1, 2])])
@pytest.mark.parametrize("beta", [0.0, 0.9])
def test_a_sweep_with_fixed_step_sizes_is_its_definition(
    order: Any, numbers: list[int], beta: float
) -> None:
    ours, theirs = dense(), dense()
    run(ours, 5, lr=0.1, meta_lr=0, order=order, extrapolation=beta)
    literal(theirs, 5, numbers, 0.1, beta)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", ["backward", "forward", "random"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"inner": 3},
        {"meta": "same", "extrapolation": 0.0},
        {"unroll": 2, "extrapolation": 0.0},
        {"extrapolation": 0.0, "momentum": 0.5},
        {"weight_decay": 0.1, "clip": 0.5},
    ],
    ids=str,
)
def test_a_loss_that_was_told_and_a_closure_give_the_same_iterates(
    kind: str, order: Any, settings: dict[str, Any]
) -> None:
    """Only what is computed twice differs: the iterates agree to rounding."""
    fast, slow = dense(), dense()
    one = run(fast, 4, kind=kind, order=order, seed=5, **settings)
    other = run(slow, 4, kind=kind, order=order, seed=5, tells=False, **settings)
    assert one.uses_chain
    assert not other.uses_chain
    for a, b in zip(fast.parameters(), slow.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-13)
    for name, alpha in one.step_sizes().items():
        torch.testing.assert_close(alpha, other.step_sizes()[name], rtol=1e-11, atol=0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", ["backward", "forward"])
def test_so_do_convolutions_and_a_flattening(kind: str, order: Any) -> None:
    fast, slow = convolutional(), convolutional()
    assert run(fast, 4, (1, 6, 6), kind=kind, order=order).uses_chain
    run(slow, 4, (1, 6, 6), tells=False, kind=kind, order=order)
    for a, b in zip(fast.parameters(), slow.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-13)


def test_a_model_that_is_no_chain_is_run_as_a_closure_is() -> None:
    """To the last bit: told or not, it is called for every block."""

    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = dense()

        def forward(self, x: Tensor) -> Tensor:
            return x[:, :CLASSES] + self.inner(x)

    one, other = Residual(), Residual()
    assert not run(one, 4).uses_chain
    run(other, 4, tells=False)
    assert same(weights(one), weights(other))


def test_a_chain_runs_each_layer_forward_as_often_as_the_order_needs() -> None:
    calls = {0: 0, 1: 0, 2: 0}

    class Counting(nn.Linear):
        number = 0

        def forward(self, x: Tensor) -> Tensor:
            calls[self.number] += 1
            return super().forward(x)

    layers = [Counting(4, 4), Counting(4, 4), Counting(4, CLASSES)]
    for number, layer in enumerate(layers):
        layer.number = number
    model = nn.Sequential(*layers)
    optimiser = SAMT(model, extrapolation=0.0)
    x, y = torch.randn(5, 4), torch.randint(0, CLASSES, (5,))
    optimiser.step(loss=cross_entropy, inputs=x, targets=y)
    assert calls == {0: 1 + 3, 1: 2 + 3, 2: 3 + 3}  # the first sweep is compared with whole passes
    calls.update({0: 0, 1: 0, 2: 0})
    optimiser.step(loss=cross_entropy, inputs=x, targets=y)
    assert calls == {0: 1, 1: 2, 2: 3}


@pytest.mark.parametrize("kind", KINDS)
def test_step_sizes_have_the_kind_s_shape_and_stay_in_their_bounds(kind: str) -> None:
    model = dense()
    bounds = (0.029, 0.031)
    optimiser = run(model, 30, kind=kind, bounds=bounds, meta_lr=10.0)
    for (name, w), alpha in zip(model.named_parameters(), optimiser.step_sizes().values(),
                                strict=True):  # fmt: skip
        assert tuple(alpha.shape) == KINDS[kind](tuple(w.shape)), name
        assert (alpha >= bounds[0]).all()
        assert (alpha <= bounds[1]).all()
    assert any((alpha != 0.03).any() for alpha in optimiser.step_sizes().values())


def test_a_hypergradient_that_is_not_finite_leaves_alpha_and_is_counted() -> None:
    model = nn.Sequential(nn.Linear(2, 1, bias=False)).to(F64)
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[1.0, 1.0]]))
    optimiser = SAMT(model, lr=1e-200, kind="element", hypergradient="plain", extrapolation=0.0,
                     bounds=(1e-250, 1.0))  # fmt: skip
    x = torch.tensor([[1e165, 1.0]], dtype=F64)
    for _ in range(2):
        optimiser.step(lambda: (model(x) * 1e-10).sum())
    (alpha,) = optimiser.step_sizes().values()
    assert optimiser.bad_hypergradients == 1
    assert alpha[0, 0] == 1e-200
    assert torch.isfinite(alpha).all()


def test_a_kind_of_the_user_s_own() -> None:
    model = dense()
    kind = lambda shape: (shape[0],) + (1,) * (len(shape) - 1)  # noqa: E731
    mine, theirs = run(model, kind=kind), run(dense(), kind="row")
    assert same(list(mine.step_sizes().values()), list(theirs.step_sizes().values()))


def test_weight_decay_is_a_term_of_the_loss() -> None:
    ours, theirs = dense(), dense()
    run(ours, 4, weight_decay=0.1, meta_lr=0)
    optimiser = SAMT(theirs, meta_lr=0)
    for batch in batches(4):
        optimiser.step(
            lambda batch=batch: (
                loss(theirs, batch)  # type: ignore[misc]
                + 0.05 * torch.stack([w.square().sum() for w in theirs.parameters()]).sum()
            )
        )
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-13)


def test_clipping_bounds_a_block_s_step() -> None:
    model = dense()
    before = weights(model)
    run(model, 1, lr=0.5, clip=1e-3, meta_lr=0)
    after = weights(model)
    for k in (0, 2, 4):
        moved = [b - a for a, b in zip(before[k : k + 2], after[k : k + 2], strict=True)]
        length = math.sqrt(sum(float(x.square().sum()) for x in moved))
        assert 0 < length <= 0.5 * 1e-3 * (1 + 1e-12)


def test_momentum_inside_a_block_is_the_heavy_ball() -> None:
    model, twin = dense(), dense()
    run(model, 4, lr=0.1, momentum=0.5, extrapolation=0.0, meta_lr=0)
    blocks = [list(layer.parameters()) for layer in twin if list(layer.parameters())]
    moved = {id(w): torch.zeros_like(w) for b in blocks for w in b}
    for batch in batches(4):
        for block in blocks[::-1]:
            grads = torch.autograd.grad(loss(twin, batch), block)
            with torch.no_grad():
                for w, g in zip(block, grads, strict=True):
                    moved[id(w)] = 0.5 * moved[id(w)] - 0.1 * g
                    w.add_(moved[id(w)])
    for a, b in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-13)


def test_resampling_takes_a_batch_for_every_block() -> None:
    model, twin = dense(), dense()
    stream = batches(6)
    at = iter(stream)
    current: list[Any] = [None]

    def draw() -> None:
        current[0] = next(at)

    optimiser = SAMT(model, resample=True, meta_lr=0, extrapolation=0.0, lr=0.1)
    for _ in range(2):
        optimiser.step(lambda: loss(model, current[0]), draw)
    blocks = [list(layer.parameters()) for layer in twin if list(layer.parameters())]
    for k, batch in enumerate(stream):
        block = blocks[::-1][k % 3]
        grads = torch.autograd.grad(loss(twin, batch), block)
        with torch.no_grad():
            for w, g in zip(block, grads, strict=True):
                w.sub_(0.1 * g)
    for a, b in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-13)


def test_meta_optimisers_of_torch_train_the_step_sizes() -> None:
    model = dense()
    optimiser = run(
        model, 5, meta_optimiser=lambda thetas: torch.optim.Adam(thetas, lr=0.1), meta_lr=0
    )
    assert all((alpha != 0.03).any() for alpha in optimiser.step_sizes().values())


def test_a_scheduler_scales_all_step_sizes() -> None:
    model = dense()
    optimiser = run(model, 3)
    before = {name: a.clone() for name, a in optimiser.step_sizes().items()}
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda k: 1.0 if k == 0 else 0.5)
    batch = batches(1)[0]
    optimiser.param_groups[0]["meta_lr"] = 0.0
    optimiser.step(lambda: loss(model, batch))
    schedule.step()
    name = next(iter(before))
    torch.testing.assert_close(optimiser.step_sizes()[name], 0.5 * before[name])


def test_settings_of_one_block_may_change_between_steps() -> None:
    """lr, bounds and β of neighbours are alike, then are not, then are again."""
    model = dense()
    optimiser = run(model, 3)
    groups = optimiser.param_groups
    thetas = {name: optimiser.state[w]["theta"] for name, w in model.named_parameters()}
    for step, changes in enumerate(({}, {"lr": 0.06}, {"bounds": (1e-6, 0.04)}, {"lr": 0.03})):
        groups[1].update(changes)
        batch = batches(4)[step]
        optimiser.step(lambda batch=batch: loss(model, batch))  # type: ignore[misc]
        for group in groups:
            for name in group["param_names"]:
                expected = (group["lr"] * thetas[name].exp()).clamp(*group["bounds"])
                torch.testing.assert_close(optimiser.step_sizes()[name], expected)


def test_what_was_learned_outlives_a_scale_near_zero() -> None:
    model = dense()
    optimiser = run(model, 20, kind="element", meta_lr=0.1)
    learned = {name: a / 0.03 for name, a in optimiser.step_sizes().items()}
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda k: (1.0, 0.0, 1.0)[k])
    for group in optimiser.param_groups:
        group["meta_lr"] = 1e-12
    batch = batches(1)[0]
    for _ in range(2):
        optimiser.step(lambda: loss(model, batch))
        schedule.step()
    for name, alpha in optimiser.step_sizes().items():
        torch.testing.assert_close(alpha, 0.03 * learned[name], rtol=1e-9, atol=0)


def test_counters_count() -> None:
    model = dense()
    size = sum(w.numel() for w in model.parameters())
    optimiser = run(model, 4, inner=2, count_flops=True)
    assert optimiser.counters.parameter_updates == 4 * 2 * size
    assert optimiser.counters.block_updates == 4 * 3 * 2
    assert optimiser.counters.block_gradients == 4 * 3 * 2
    assert optimiser.gradient_evaluations == 8
    assert optimiser.counters.backward_flops > 0
    assert optimiser.counters.forward_flops > 0
