"""A loss that remembers is the same told or in a closure, by parts of passes or by whole ones."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from amverify.samt import SAMT

N = 6


class Average(nn.Module):
    """Scales by a buffer that it moves."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.ones((), dtype=torch.float64))

    def forward(self, a: Tensor, y: Tensor) -> Tensor:
        mean = self.get_buffer("mean")
        with torch.no_grad():
            mean.mul_(0.9).add_(0.1 * a.abs().mean())
        return mse_loss(a, y) * mean


class Before(nn.Module):
    """Holds the outputs of the call before in an attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Tensor | None = None

    def forward(self, a: Tensor, y: Tensor) -> Tensor:
        other = a.detach() if self.before is None else self.before
        self.before = a.detach()
        return mse_loss(a, y) + 0.3 * mse_loss(a, other)


class Listed(nn.Module):
    """Counts its calls in a list, which nobody sets back."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[int] = []

    def forward(self, a: Tensor, y: Tensor) -> Tensor:
        self.calls.append(1)
        return mse_loss(a, y) * (1 + 0.1 * len(self.calls))


def network(norm: bool) -> nn.Sequential:
    middle = [nn.LayerNorm(N), nn.Dropout(0.2)] if norm else []
    return nn.Sequential(nn.Linear(N, N), *middle, nn.Tanh(), nn.Linear(N, N)).double()


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("kind", [Average, Before, Listed])
def test_told_is_the_closure(kind: type[nn.Module], norm: bool) -> None:
    found = []
    for tells in (True, False):
        torch.manual_seed(0)
        model, loss = network(norm), kind()
        x, y = torch.randn(2, 8, N).double()
        optimiser = SAMT(model, lr=0.1)
        for _ in range(3):
            if tells:
                optimiser.step(loss=loss, inputs=x, targets=y)
            else:
                optimiser.step(lambda m=model, own=loss, x=x, y=y: own(m(x), y))
        found.append([w.detach().clone() for w in model.parameters()])
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)
