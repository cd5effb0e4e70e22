"""What SAMT refuses: one clear line that names block and shape; parameters untouched."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from amverify.errors import InvalidInput
from amverify.samt import SAMT, NonFiniteLoss, Settings
from tests.samt.nets import batches, dense, loss, same, told, weights


def _trained() -> tuple[nn.Sequential, SAMT]:
    """A model that has momentum already, so that extrapolation would move it."""
    model = dense()
    optimiser = SAMT(model)
    for batch in batches(2):
        optimiser.step(lambda batch=batch: loss(model, batch))  # type: ignore[misc]
    return model, optimiser


BAD_CLOSURES: dict[str, tuple[Callable[[nn.Module], Any], str]] = {
    "no loss": (lambda model: None, "expected the loss"),
    "a number": (lambda model: 1.0, "expected the loss"),
    "a vector": (lambda model: model(batches(1)[0][0]).sum(dim=1), "return a scalar"),
    "NaN": (lambda model: loss(model, batches(1)[0]) * math.nan, "the loss is nan"),
    "infinite": (lambda model: loss(model, batches(1)[0]) * math.inf, "the loss is inf"),
    "detached": (lambda model: loss(model, batches(1)[0]).detach(), "no trainable parameter"),
}


@pytest.mark.parametrize("name", BAD_CLOSURES)
def test_a_bad_closure_is_refused_and_nothing_changes(name: str) -> None:
    closure, said = BAD_CLOSURES[name]
    model, optimiser = _trained()
    before, state = weights(model), str(optimiser.state_dict())
    with pytest.raises(InvalidInput, match=said) as why:
        optimiser.step(lambda: closure(model))
    assert "block '4' of shape (3, 4), (3,)" in str(why.value)
    assert same(before, weights(model))
    kept = optimiser.state_dict()
    kept["samt"]["counters"] = {}
    assert _without_counters(state) == _without_counters(str(optimiser.state_dict()))


def _without_counters(text: str) -> str:
    return text.split("'counters'")[0]


def test_a_closure_that_raises_leaves_everything_as_it_was() -> None:
    model, optimiser = _trained()
    before = weights(model)

    def closure() -> Tensor:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        optimiser.step(closure)
    assert same(before, weights(model))
    optimiser.step(lambda: loss(model, batches(1)[0]))


def test_a_loss_that_turns_nan_within_a_sweep_names_the_block_before() -> None:
    model, optimiser = _trained()
    calls = [0]

    def closure() -> Tensor:
        calls[0] += 1
        return loss(model, batches(1)[0]) * (math.nan if calls[0] == 2 else 1.0)

    with pytest.raises(NonFiniteLoss, match="after block '4' was updated"):
        optimiser.step(closure)


@pytest.mark.parametrize("tells", [True, False])
def test_a_parameter_that_was_frozen_since_is_named(tells: bool) -> None:
    model, (batch,) = dense(), batches(1)
    optimiser = SAMT(model)

    def step() -> Tensor:
        return optimiser.step(**told(batch)) if tells else optimiser.step(closure)

    def closure() -> Tensor:
        return loss(model, batch)

    for frozen in (False, True):
        model[2].bias.requires_grad_(not frozen)
        before = weights(model)
        if not frozen:
            step()
            continue
        with pytest.raises(InvalidInput, match=r"block '2'.* of shape \(4,\) was frozen after"):
            step()
        assert same(before, weights(model))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"bounds": (1.0, 0.1)}, "reversed"),
        ({"bounds": (0.0, 1.0)}, "positive"),
        ({"bounds": (-1.0, 1.0)}, "positive"),
        ({"bounds": (1e-3, math.inf)}, "finite"),
        ({"bounds": (1e-6, 1e-3)}, "outside"),
        ({"lr": math.nan}, "lr must be finite"),
        ({"kind": "diagonal"}, "kind: one of scalar, row, column, element"),
        ({"kind": (2, 2)}, r"block '0': 0.weight: .*\(2, 2\) do not broadcast over its shape"),
        ({"kind": lambda shape: (*shape, 1)}, "do not broadcast"),
        ({"order": "sideways"}, "order"),
        ({"meta": "later"}, "meta"),
        ({"hypergradient": "sine"}, "hypergradient"),
        ({"inner": 0}, "inner"),
        ({"unroll": -1}, "unroll"),
        ({"extrapolation": 1.0}, "extrapolation"),
        ({"momentum": -0.1, "extrapolation": 0.0}, "momentum"),
        ({"momentum": 0.5, "extrapolation": 0.5}, "not both"),
        ({"weight_decay": -1.0}, "weight_decay"),
        ({"clip": 0.0}, "clip"),
        ({"meta_lr": -1.0}, "meta_lr"),
        ({"meta_weights": (1.0, 2.0)}, "meta_weights"),
        ({"momentun": 0.5}, "no setting 'momentun'; did you mean momentum"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        SAMT(dense(), **settings)


def test_settings_are_one_object_that_keywords_change() -> None:
    own = Settings(extrapolation=0.0, clip=1.0)
    optimiser = SAMT([{"params": [w], "clip": 2.0} for w in dense().parameters()][:2],
                     settings=own, order="forward", momentum=0.5)  # fmt: skip
    assert optimiser.settings == own.but({"order": "forward", "momentum": 0.5})
    assert {(g["clip"], g["momentum"]) for g in optimiser.param_groups} == {(2.0, 0.5)}
    with pytest.raises(InvalidInput, match="settings: clip must be positive"):
        Settings(clip=-1.0)


def test_bad_blocks_are_refused() -> None:
    model = dense()
    w = [*model.parameters()]
    frozen = dense().requires_grad_(False)
    cases: list[tuple[Any, str]] = [
        ([], "no trainable parameter"),
        ([{"params": []}], "empty"),
        ([{"params": [w[0]]}, {"params": [w[0]]}], r"of shape \(5, 6\) is also in block"),
        ([{"params": [w[0], w[0]]}], "is also in block"),
        (frozen, "no trainable parameter"),
        (w[0], "not a tensor"),
        ([{"params": [w[0]], "name": "a"}, {"params": [w[1]], "name": "a"}], "two are named"),
        ([{"params": [w[0] * 2]}], "no leaf"),
        ([{"params": [torch.zeros(3, dtype=torch.int64)]}], "floating point"),
        (nn.Sequential(nn.LazyLinear(3)), "no shape yet"),
        (nn.Embedding(5, 3, sparse=True), "sparse"),
    ]
    for given, said in cases:
        with pytest.raises(InvalidInput, match=said):
            SAMT(given)


def test_batch_norm_with_a_batch_of_one_is_refused_by_name() -> None:
    model = nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)).to(torch.float64)
    optimiser = SAMT(model)
    x, y = batches(1, size=1)[0]
    before = weights(model)
    with pytest.raises(InvalidInput, match=r"BatchNorm cannot train on a batch of one at block"):
        optimiser.step(lambda: cross_entropy(model(x), y))
    assert same(before, weights(model))


def test_resampling_and_draw_go_together() -> None:
    model = dense()
    with pytest.raises(InvalidInput, match="draw"):
        SAMT(model, resample=True).step(lambda: loss(model, batches(1)[0]))
    with pytest.raises(InvalidInput, match="draw"):
        SAMT(model).step(lambda: loss(model, batches(1)[0]), lambda: None)
    with pytest.raises(InvalidInput, match="closure"):
        SAMT(model).step(None)  # type: ignore[arg-type]
