"""Small networks and batches for SAMT's tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

Batch = tuple[Tensor, Tensor]
CLASSES = 3


def dense(dtype: torch.dtype = torch.float64) -> nn.Sequential:
    """6-5-4-3, tanh: smooth, so that finite differences make sense."""
    torch.manual_seed(1)
    parts: list[nn.Module] = [nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4), nn.Tanh()]
    return nn.Sequential(*parts, nn.Linear(4, CLASSES)).to(dtype)


def convolutional(dtype: torch.dtype = torch.float64) -> nn.Sequential:
    """Two convolutions and a linear layer, for images 1×6×6."""
    torch.manual_seed(2)
    return nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.Tanh(), nn.Conv2d(2, 3, 2), nn.Tanh(), nn.Flatten(),
        nn.Linear(27, CLASSES),
    ).to(dtype)  # fmt: skip


def batches(
    count: int, shape: Sequence[int] = (6,), size: int = 8, seed: int = 3,
    dtype: torch.dtype = torch.float64,
) -> list[Batch]:  # fmt: skip
    """Random batches."""
    draw = torch.Generator().manual_seed(seed)
    return [
        (
            torch.randn(size, *shape, generator=draw, dtype=torch.float64).to(dtype),
            torch.randint(0, CLASSES, (size,), generator=draw),
        )
        for _ in range(count)
    ]


def loss(model: nn.Module, batch: Batch) -> Tensor:
    """Mean cross-entropy."""
    return cross_entropy(model(batch[0]), batch[1])


def told(batch: Batch) -> dict[str, Any]:
    """The same as ``step`` is told it."""
    return {"loss": cross_entropy, "inputs": batch[0], "targets": batch[1]}


def weights(model: nn.Module) -> list[Tensor]:
    """A copy of all parameters."""
    return [w.detach().clone() for w in model.parameters()]


def same(a: Sequence[Tensor], b: Sequence[Tensor]) -> bool:
    """Equal to the last bit."""
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def entries(x: Tensor) -> Iterator[tuple[int, ...]]:
    """All indices."""
    yield from (tuple(i) for i in torch.cartesian_prod(*map(torch.arange, x.shape)).reshape(
        -1, x.ndim).tolist())  # fmt: skip
