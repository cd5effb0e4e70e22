"""Steps of networks and machines of every kind: tied weights, dropout, autocast, compiled, CUDA."""

from __future__ import annotations

import doctest

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from amverify import samt
from amverify.samt import KINDS, SAMT
from tests.samt.nets import (
    CLASSES,
    batches,
    dense,
    loss,
    told,
)

F64 = torch.float64


class Tied(nn.Module):
    """An embedding whose weight is the output layer's too; LayerNorm and BatchNorm besides."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.norm = nn.LayerNorm(4)
        self.batch = nn.BatchNorm1d(4)
        self.out = nn.Linear(4, 7)
        self.out.weight = self.embedding.weight
        self.out.bias.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.out(self.batch(self.norm(self.embedding(x))))
        return found


@pytest.mark.parametrize("kind", KINDS)
def test_embeddings_norms_tied_and_frozen_parameters(kind: str) -> None:
    torch.manual_seed(0)
    model = Tied().to(F64)
    bias = model.out.bias.detach().clone()
    optimiser = SAMT(model, kind=kind, lr=0.1)
    assert [g["name"] for g in optimiser.param_groups] == ["embedding", "norm", "batch"]
    x = torch.randint(0, 7, (16,))
    first = [float(optimiser.step(lambda: cross_entropy(model(x), x))) for _ in range(60)]
    assert first[-1] < 0.5 * first[0]
    assert torch.equal(model.out.bias, bias)
    assert model.out.weight is model.embedding.weight
    assert int(model.batch.num_batches_tracked) == 60


def test_dropout_is_drawn_once_for_a_sweep() -> None:
    model = nn.Sequential(nn.Linear(6, 64), nn.Dropout(0.5), nn.Linear(64, CLASSES)).to(F64)
    batch = batches(1)[0]
    seen: list[Tensor] = []
    optimiser = SAMT(model, lr=1e-12, bounds=(1e-12, 1e-12))

    def closure() -> Tensor:
        out = model(batch[0])
        seen.append(out.detach())
        return cross_entropy(out, batch[1])

    optimiser.step(closure)
    assert len(seen) == 2
    torch.testing.assert_close(seen[0], seen[1])
    optimiser.step(closure)
    assert not torch.allclose(seen[0], seen[2])


@pytest.mark.parametrize("tells", [True, False])
def test_bfloat16_autocast_trains(tells: bool) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, CLASSES))
    optimiser = SAMT(model, lr=0.1)
    batch = batches(1, dtype=torch.float32)[0]

    def step() -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return optimiser.step(**told(batch)) if tells else optimiser.step(closure)

    def closure() -> Tensor:
        return loss(model, batch)

    values = [float(step()) for _ in range(40)]
    assert values[-1] < 0.5 * values[0]
    assert all(w.dtype == torch.float32 for w in model.parameters())


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")
def test_a_compiled_model_gives_the_same_iterates() -> None:
    plain, other = dense(), dense()
    try:
        compiled = torch.compile(other)
        compiled(batches(1)[0][0])
    except Exception as error:  # no compiler on this machine
        pytest.skip(f"torch.compile does not work here: {str(error)[:60]}")
    one, two = SAMT(plain), SAMT(other)
    for batch in batches(3):
        one.step(**told(batch))
        two.step(lambda batch=batch: loss(compiled, batch))  # type: ignore[misc]
    for a, b in zip(plain.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-11)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_gives_the_same_iterates_to_rounding() -> None:
    here, there = dense(), dense().cuda()
    one, two = SAMT(here), SAMT(there)
    for x, y in batches(4):
        one.step(**told((x, y)))
        two.step(**told((x.cuda(), y.cuda())))
    for a, b in zip(here.parameters(), there.parameters(), strict=True):
        torch.testing.assert_close(a, b.cpu(), rtol=1e-9, atol=1e-11)


def test_the_package_s_tutorial_runs() -> None:
    found = doctest.testmod(samt)
    assert found.attempted > 10
    assert found.failed == 0
