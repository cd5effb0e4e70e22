"""What SAMT says of its own speed, and that it notices where parts of a pass would be wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from amverify.errors import InvalidInput
from amverify.samt import SAMT

N = 5
HELD: list[nn.Linear] = []
"""What a module reaches by a global name."""


class Writes(nn.Linear):
    """Into what it is given, so that torch does not see it."""

    def forward(self, x: Tensor) -> Tensor:
        x.data.mul_(0.8)
        return super().forward(x)


class Reaches(nn.Linear):
    """Another part of the model, by a global name."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + nn.functional.linear(x, HELD[-1].weight)


class Residual(nn.Linear):
    """As it should be."""

    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x)


def chain(*middle: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    parts = [nn.Linear(N, N), nn.Tanh(), *middle, nn.Tanh(), nn.Linear(N, N)]
    for part in parts:
        for w in part.parameters():
            nn.init.normal_(w, std=0.5)
    HELD.append(parts[-1])  # type: ignore[arg-type]
    return nn.Sequential(*parts).double()


def stepped(middle: Callable[[], list[nn.Module]], tells: bool, **settings: Any) -> Any:
    model = chain(*middle())
    x, y = torch.randn(2, 7, N).double()
    optimiser = SAMT(model, lr=0.3, **settings)
    for _ in range(4):
        if tells:
            optimiser.step(loss=mse_loss, inputs=x, targets=y)
        else:
            optimiser.step(lambda: mse_loss(model(x), y))
    return optimiser, [w.detach() for w in model.parameters()]


@pytest.mark.parametrize("order", ["backward", "forward"])
@pytest.mark.parametrize("own", [Writes, Reaches])
def test_what_parts_of_a_pass_would_spoil_is_noticed_before_it_is_used(
    own: type[nn.Linear], order: str
) -> None:
    if (own, order) == (Writes, "forward"):
        pytest.skip("forward, nothing that was written into is used again")
    with pytest.warns(UserWarning, match="whole passes are run from now on"):
        optimiser, found = stepped(lambda: [own(N, N)], True, order=order)
    _, other = stepped(lambda: [own(N, N)], False, order=order)
    for a, b in zip(found, other, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)
    assert not optimiser.uses_chain
    assert "not its own" in str(optimiser.plan())


def test_a_module_of_ones_own_is_compared_once_and_serves() -> None:
    calls: list[int] = []

    class Counted(Residual):
        def forward(self, x: Tensor) -> Tensor:
            calls.append(1)
            return super().forward(x)

    model = chain(Counted(N, N))
    x, y = torch.randn(2, 7, N).double()
    optimiser, made = SAMT(model), []
    for _ in range(3):
        before = len(calls)
        optimiser.step(loss=mse_loss, inputs=x, targets=y)
        made.append(len(calls) - before)
    assert optimiser.uses_chain
    assert made == [2 + 3, 2, 2]  # three whole passes beside its own two calls
    _, found = stepped(lambda: [Residual(N, N)], True)
    _, other = stepped(lambda: [Residual(N, N)], False)
    for a, b in zip(found, other, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


def test_a_plan_says_for_each_block_what_it_costs_and_why() -> None:
    optimiser = SAMT(chain(nn.Linear(N, N)))
    dense = optimiser.plan()
    assert [way.block for way in dense.ways] == ["4", "2", "0"]
    assert all("without graphs" in way.gradient and not way.why for way in dense.ways)
    assert "the pass from module 3 of 5 on" in str(dense)
    assert "dimensions" in str(optimiser.plan(torch.ones(2, 3, N).double()))
    assert "LayerNorm" in str(SAMT(chain(nn.LayerNorm(N))).plan())


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda: SAMT(nn.Bilinear(2, 2, 2)), "the model is a Bilinear, no nn.Sequential"),
        (lambda: SAMT(nn.Linear(2, 2).parameters()), "SAMT was not given the model"),
        (lambda: SAMT(chain(nn.LSTM(N, N))), "2 gives several tensors"),
    ],
)
def test_a_plan_says_why_whole_passes_are_run(made: Callable[[], SAMT], why: str) -> None:
    assert why in str(made().plan())


def test_a_plan_says_what_the_last_step_did() -> None:
    model = chain(nn.Linear(N, N))
    x, y = torch.randn(2, 7, N).double()
    optimiser = SAMT(model)
    assert optimiser.plan().last == "none was taken yet"
    optimiser.step(lambda: mse_loss(model(x), y))
    assert "a closure hides what it calls" in optimiser.plan().last
    optimiser.step(loss=mse_loss, inputs=x, targets=y)
    assert optimiser.plan().last == "without graphs"
    model[0].register_forward_hook(lambda *_: None)
    optimiser.step(loss=mse_loss, inputs=x, targets=y)
    assert optimiser.plan().last == "whole passes (0 has hooks, or a forward of its own)"


def test_a_plan_says_that_its_order_is_drawn() -> None:
    drawn = SAMT(chain(nn.Linear(N, N)), order="random").plan()
    assert drawn.order == "random"
    assert str(drawn).startswith("order: random, drawn anew by each sweep\n0: ")
    for order, names in (("forward", ["0", "2", "4"]), ("backward", ["4", "2", "0"])):
        plan = SAMT(chain(nn.Linear(N, N)), order=order).plan()
        assert [way.block for way in plan.ways] == names
        assert "random" not in str(plan)


@pytest.mark.parametrize(
    "given", ["x", 3, 2.5, True, [], {}, ["x"], mse_loss, nn.ReLU(), nn.ReLU, [1, 2]]
)
def test_a_plan_of_what_is_no_batch_is_refused(given: object) -> None:
    with pytest.raises(InvalidInput, match="plan: inputs: expected what the model is called with"):
        SAMT(nn.Linear(N, N)).plan(given)


def test_a_plan_of_nested_batches_is_answered() -> None:
    optimiser = SAMT(nn.Linear(N, N))
    x = torch.ones(2, N)
    for batch in (x, [x], {"x": x, "mask": None}, (x, "left")):
        assert optimiser.plan(batch).ways


def test_a_plan_is_asked_of_an_optimiser() -> None:
    with pytest.raises(InvalidInput, match=r"plan: expected a SAMT, got str; .*SAMT\(model\)"):
        SAMT.plan("x")  # type: ignore[arg-type]
