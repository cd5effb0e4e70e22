"""Dense networks without graphs, in slabs: the closures' iterates, and what is not served."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import parametrizations

from amverify.samt import KINDS, SAMT
from amverify.samt import slabs as module
from amverify.samt.fast import loops, strips
from amverify.samt.fast.dense import Dense
from tests.samt.nets import CLASSES, batches, loss, told, weights

F64 = torch.float64
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "ReLU": nn.ReLU,
    "ReLU in place": lambda: nn.ReLU(inplace=True),
    "Tanh": nn.Tanh,
    "Sigmoid": nn.Sigmoid,
    "LeakyReLU": lambda: nn.LeakyReLU(0.2),
}
Loss = Callable[[Tensor, Tensor], Tensor]


def network(activation: Callable[[], nn.Module] = nn.ReLU) -> nn.Sequential:
    """6-7-5-3 for samples of shape 2×3, the last layer with an activation too."""
    torch.manual_seed(1)
    parts: list[nn.Module] = [nn.Flatten(), nn.Linear(6, 7), activation()]
    parts += [nn.Linear(7, 5, bias=False), activation(), nn.Linear(5, CLASSES), activation()]
    return nn.Sequential(*parts).to(F64)


@pytest.fixture(params=["loops", "torch"])
def slabs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slabs and strips of two rows, the last one shorter, for matrices of any size."""
    for name, value in {"LARGE": 1, "ALONE": 1, "ROWS": 2, "SLABS": 100}.items():
        monkeypatch.setattr(module, name, value)
    for name, value in {"ROWS": 2, "STRIPS": 100}.items():
        monkeypatch.setattr(strips, name, value)
    monkeypatch.setattr(loops, "LEAST", 1)
    if request.param == "torch":
        monkeypatch.setattr(loops, "compiled", lambda: None)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """The batches that were run without a graph."""
    found: list[Tensor] = []
    literal = Dense.begin

    def begin(self: Dense, x: Tensor) -> None:
        found.append(x)
        literal(self, x)

    monkeypatch.setattr(Dense, "begin", begin)
    return found


def trained(
    model: nn.Module, tells: bool, loss: Loss = cross_entropy, steps: int = 4, **settings: Any
) -> SAMT:
    optimiser = SAMT(model, seed=5, **settings)
    for x, y in batches(steps, (2, 3)):
        if tells:
            optimiser.step(loss=loss, inputs=x, targets=y)
        else:
            optimiser.step(lambda x=x, y=y: loss(model(x), y))  # type: ignore[misc]
    return optimiser


def agree(make: Callable[[], nn.Module], loss: Loss = cross_entropy, **settings: Any) -> None:
    """Train told the loss and by closures, and compare weights and step sizes to rounding."""
    fast, slow = make(), make()
    one = trained(fast, True, loss, **settings)
    other = trained(slow, False, loss, **settings)
    for a, b in zip(fast.parameters(), slow.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-13)
    for name, alpha in one.step_sizes().items():
        torch.testing.assert_close(alpha, other.step_sizes()[name], rtol=1e-10, atol=0)


@pytest.mark.parametrize("kind", [*KINDS, lambda shape: shape[:1] + (1,) * (len(shape) - 1)])
@pytest.mark.parametrize("order", ["backward", "forward", "random"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"meta_lr": 0.0},
        {"hypergradient": "plain"},
        {"inner": 3, "meta_weights": (1.0, 0.5, 2.0)},
        {"meta": "same", "extrapolation": 0.0},
        {"unroll": 2, "extrapolation": 0.0},
        {"extrapolation": 0.0, "momentum": 0.5},
        {"weight_decay": 0.1},
        {"weight_decay": 0.1, "clip": 0.5},
    ],
    ids=str,
)
@pytest.mark.usefixtures("slabs")
def test_slabs_give_the_closures_iterates(
    kind: Any, order: Any, settings: dict[str, Any], served: list[Tensor]
) -> None:
    agree(network, kind=kind, order=order, **settings)
    assert served


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.usefixtures("slabs")
def test_activations_are_differentiated_by_their_values(name: str, served: list[Tensor]) -> None:
    agree(lambda: network(ACTIVATIONS[name]), order="forward")
    assert served


def test_blocks_of_several_layers(served: list[Tensor]) -> None:
    found = []
    for tells in (True, False):
        model = network()
        groups = [
            {"params": [*model[1].parameters(), model[5].bias]},
            {"params": [model[3].weight]},
        ]
        optimiser = SAMT(groups, model=model)
        for batch in batches(4, (2, 3)):
            if tells:
                optimiser.step(**told(batch))
            else:
                optimiser.step(lambda batch=batch: loss(model, batch))  # type: ignore[misc] # noqa: B023
        found.append(weights(model))
    assert served
    torch.testing.assert_close(*found, rtol=1e-11, atol=1e-13)


def test_a_chain_of_other_activations_has_graphs(served: list[Tensor]) -> None:
    agree(lambda: network(nn.Softplus))
    assert not served


class Own(nn.Linear):
    """A layer that is not what its type's parent is."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(2 * x)


def _hooked() -> nn.Sequential:
    model = network()
    model[3].weight.register_hook(lambda g: 2 * g)
    return model


def _own() -> nn.Sequential:
    model = network()
    model[3] = Own(7, 5, bias=False, dtype=F64)
    return model


def _normed() -> nn.Sequential:
    model = network()
    parametrizations.weight_norm(model[3])
    return model


def _tied() -> nn.Sequential:
    torch.manual_seed(1)
    model = nn.Sequential(nn.Flatten(), nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 6)).to(F64)
    model[3].weight = model[1].weight
    return model


@pytest.mark.parametrize("make", [_hooked, _own, _normed, _tied])
def test_models_that_are_not_plain(make: Callable[[], nn.Sequential], served: list[Tensor]) -> None:
    agree(make)
    assert not served


def test_samples_of_more_dimensions_are_left_to_the_chain(served: list[Tensor]) -> None:
    def make() -> nn.Module:
        torch.manual_seed(1)
        return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, CLASSES)).to(F64)

    agree(make, lambda a, y: cross_entropy(a.mean(1), y))
    assert not served


def test_frozen_layers_are_passed_through(served: list[Tensor]) -> None:
    def make() -> nn.Module:
        model = network()
        model[3].requires_grad_(False)
        model[1].bias.requires_grad_(False)
        return model

    agree(make)
    assert served


@pytest.mark.usefixtures("slabs")
def test_the_path_may_change_between_steps_and_no_other_s_memory_is_written(
    served: list[Tensor],
) -> None:
    """A hook that comes and goes, and gives a tensor of the user's as the gradient."""
    found = []
    given = torch.ones(7, 6, dtype=F64)
    for tells in (True, False):
        model = network()
        optimiser = SAMT(model, kind="column")
        for number, batch in enumerate(batches(6, (2, 3))):
            hook = model[1].weight.register_hook(lambda g: given) if number % 2 else None
            if tells or number % 3 == 2:
                optimiser.step(**told(batch))
            else:
                optimiser.step(lambda batch=batch: loss(model, batch))  # type: ignore[misc] # noqa: B023
            if hook is not None:
                hook.remove()
        found.append(weights(model))
    assert served
    assert torch.equal(given, torch.ones_like(given))
    torch.testing.assert_close(*found, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("loss", [cross_entropy, lambda a, y: cross_entropy(a, y)])
def test_flops_are_those_of_the_products(loss: Loss) -> None:
    """Layer l is run forward l times and its ∂W formed once; δ_l is formed for each block below."""
    model = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3))
    optimiser = SAMT(model.to(F64), count_flops=True)
    ((x, y),) = batches(1)
    optimiser.step(loss=loss, inputs=x, targets=y)
    assert optimiser.counters.forward_flops == 2 * len(x) * (30 + 2 * 20 + 3 * 12)
    assert optimiser.counters.backward_flops == 2 * len(x) * (30 + 20 + 12 + 20 + 2 * 12)
