"""Extrapolation and the way back: the same bits as by copies, in compiled loops and without."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from amverify.compiled.available import compiled
from amverify.errors import InvalidInput
from amverify.samt import SAMT, ahead
from amverify.samt.ahead import Ahead
from tests.samt.nets import batches, dense, told, weights

FORMATS = [torch.float32, torch.float64, torch.bfloat16]
SPECIAL = [0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -1.0, 1e-40, 3.4e38, -3.4e38, 2.0, -0.5]


def _bits(x: Tensor) -> Tensor:
    return x.detach().clone().view(ahead.WHOLE[x.dtype.itemsize])


def _pair(name: str, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(2)
    w, moved = (torch.randn(40, 30, generator=draw, dtype=torch.float64) for _ in range(2))
    if name == "small":
        return w.to(dtype), (1e-3 * moved).to(dtype)
    if name == "large":
        return w.to(dtype), (1e3 * moved).to(dtype)
    if name == "sides":
        return w.to(dtype).t(), moved.to(dtype).t()
    if name == "other order":
        return w.to(dtype), moved.t().contiguous().t().to(dtype)
    if name == "number":
        return w[0, 0].to(dtype), moved[0, 0].to(dtype)
    a = torch.tensor(SPECIAL, dtype=torch.float64)
    return a.repeat(len(a)).to(dtype), a.repeat_interleave(len(a)).to(dtype)


@pytest.mark.parametrize("loops", [True, False])
@pytest.mark.parametrize("dtype", FORMATS, ids=str)
@pytest.mark.parametrize("name", ["small", "large", "sides", "other order", "number", "special"])
def test_there_as_by_a_copy_and_back_to_the_last_bit(
    name: str, dtype: torch.dtype, loops: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not loops:
        monkeypatch.setattr(ahead, "compiled", lambda: None)
    elif compiled() is None:
        pytest.skip("numba is not installed")
    monkeypatch.setattr(ahead, "PIECE", 100)
    w, moved = _pair(name, dtype)
    step = moved * 0.9
    start, far, change = _bits(w), w + step, _bits(moved)
    version = w._version
    way = Ahead()
    way.go(w, moved, 0.9)
    torch.testing.assert_close(w, far, rtol=0, atol=0, equal_nan=True)
    assert torch.equal(_bits(moved), change)
    assert w._version > version
    way.back()
    assert torch.equal(_bits(w), start)
    way.go(w, moved, 0.9)
    way.settle()
    way.back()
    torch.testing.assert_close(w, far, rtol=0, atol=0, equal_nan=True)
    torch.testing.assert_close(moved, step, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("settings", [{}, {"meta": "same"}, {"unroll": 2}, {"clip_total": 1.0}])
def test_a_failing_first_gradient_changes_no_bit(settings: dict[str, Any]) -> None:
    model = dense()
    optimiser = SAMT(model, lr=0.3, **settings)
    for batch in batches(4):
        optimiser.step(**told(batch))
    ((x, y),) = batches(1)
    before = weights(model)
    moved = [own["displacement"].clone() for own in optimiser.state.values()]
    with pytest.raises(InvalidInput):
        optimiser.step(**told((x * math.nan, y)))
    for w, kept in zip(model.parameters(), before, strict=True):
        assert torch.equal(_bits(w), _bits(kept))
    for own, kept in zip(optimiser.state.values(), moved, strict=True):
        assert torch.equal(_bits(own["displacement"]), _bits(kept))


def test_what_is_kept_is_little_where_steps_are_small() -> None:
    torch.manual_seed(0)
    w = nn.Linear(300, 200).weight.detach()
    way = Ahead()
    way.go(w, 1e-4 * torch.randn_like(w), 0.9)
    kept = sum(lead.values.numel() for lead in way._leads)
    assert kept < w.numel() / 50
