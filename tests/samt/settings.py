"""Models and closures as people have them: what each draws, keeps, ties, wraps or quantises."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss
from torch.utils.checkpoint import checkpoint

from tests.samt.nets import CLASSES, batches

X, Y = batches(1, size=16)[0]


class Setting(NamedTuple):
    """What SAMT is made of, and the loss of the batch at the present weights."""

    model: nn.Module
    closure: Callable[[], Tensor]
    more: Mapping[str, Any] = MappingProxyType({})


def plain(*middle: nn.Module, width: int = 8) -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, width), *middle, nn.Linear(width, CLASSES)).double()


def of(model: nn.Module) -> Setting:
    return Setting(model, lambda: cross_entropy(model(X), Y))


class Scaled(nn.Module):
    """A moving scale that a forward pass moves and uses."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("scale", torch.tensor(1.0, dtype=torch.float64))
        self.calls, self.last = 0, torch.zeros((), dtype=torch.float64)

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            self.scale.mul_(0.5).add_(0.5 * x.abs().mean())
            self.last = self.scale + self.calls  # another object every time
        self.calls += 1
        return x / (self.scale + 0.1 * self.last)


def quantised() -> Setting:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fake = torch.ao.quantization.FakeQuantize(
            torch.ao.quantization.MovingAverageMinMaxObserver, quant_min=0, quant_max=255
        )
    return of(plain(nn.Tanh(), fake).float().double())


def augmented() -> Setting:
    model, own = plain(nn.ReLU()), np.random.default_rng(3)
    third, mine = torch.Generator().manual_seed(4), random.Random(5)

    def closure() -> Tensor:
        x = X * np.random.rand() + own.normal() + random.random() + mine.random()  # noqa: NPY002
        return cross_entropy(model(x + 0.1 * torch.rand(X.shape, generator=third)), Y)

    return Setting(model, closure)


class Transform:
    """An object with a generator of its own."""

    def __init__(self) -> None:
        self.rng = np.random.RandomState(2)

    def __call__(self, x: Tensor) -> Tensor:
        return x + self.rng.normal()


def transformed() -> Setting:
    model, transform = plain(nn.ReLU()), Transform()
    return Setting(model, lambda: cross_entropy(model(transform(X)), Y))


def named_only() -> Setting:
    """A generator that nothing at hand refers to: it is named in ``replay=``."""
    model, hidden = plain(nn.ReLU()), [{"deep": [[[[np.random.default_rng(1)]]]]}]
    rng = hidden[0]["deep"][0][0][0][0]
    return Setting(
        model,
        lambda: cross_entropy(model(X + hidden[0]["deep"][0][0][0][0].normal()), Y),
        {"replay": (rng,)},
    )


def stateful() -> Setting:
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell, self.out = nn.GRUCell(6, 5), nn.Linear(5, CLASSES)
            self.hidden = torch.zeros(16, 5, dtype=torch.float64)

        def forward(self, x: Tensor) -> Tensor:
            hidden = self.cell(x, self.hidden)
            self.hidden = hidden.detach()
            return self.out(hidden)

    torch.manual_seed(2)
    return of(Recurrent().double())


def tied() -> Setting:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.out = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, CLASSES)
            self.b.weight = self.a.weight

        def forward(self, x: Tensor) -> Tensor:
            return self.out(torch.tanh(self.b(torch.tanh(self.a(x)))))

    torch.manual_seed(2)
    return of(Tied().double())


def lora() -> Setting:
    class Adapted(nn.Module):
        def __init__(self, base: nn.Linear) -> None:
            super().__init__()
            self.base = base.requires_grad_(False)
            self.down = nn.Linear(base.in_features, 2, bias=False)
            self.up = nn.Linear(2, base.out_features, bias=False)
            self.drop = nn.Dropout(0.3)

        def forward(self, x: Tensor) -> Tensor:
            return self.base(x) + self.up(self.down(self.drop(x)))

    model = plain(nn.ReLU())
    model[0], model[2] = Adapted(model[0]), Adapted(model[2])
    return of(model.double())


def gan() -> Setting:
    """The generator's step: its loss goes through a discriminator with BatchNorm."""
    torch.manual_seed(3)
    maker = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 6)).double()
    judge = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.2), nn.Linear(8, 1))
    judge = judge.double()

    def closure() -> Tensor:
        out = judge(maker(torch.randn(16, 4, dtype=torch.float64)))
        return binary_cross_entropy_with_logits(out, torch.ones_like(out))

    return Setting(maker, closure)


def mixed() -> Setting:
    model = plain(nn.Dropout(0.4), nn.ReLU()).float()

    def closure() -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return cross_entropy(model(X.float()), Y)

    return Setting(model, closure)


def compiled() -> Setting:
    model = plain(nn.BatchNorm1d(8), nn.Dropout(0.4), nn.ReLU())
    fast = torch.compile(model, backend="eager")
    return Setting(model, lambda: cross_entropy(fast(X), Y))


def checkpointed() -> Setting:
    model = plain(nn.Dropout(0.4), nn.ReLU())

    def closure() -> Tensor:
        return cross_entropy(model[3](checkpoint(model[:3], X, use_reentrant=False)), Y)

    return Setting(model, closure)


def spectral() -> Setting:
    model = plain(nn.Tanh())
    nn.utils.parametrizations.spectral_norm(model[0])
    return of(model)


def own_backward() -> Setting:
    """A closure as LBFGS and Lightning have it."""
    model = plain(nn.BatchNorm1d(8), nn.Dropout(0.4), nn.ReLU())

    def closure() -> Tensor:
        model.zero_grad()
        loss = cross_entropy(model(X), Y)
        loss.backward()
        return loss.detach()

    return Setting(model, closure)


def transformer() -> Setting:
    class Small(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.TransformerEncoderLayer(6, 2, 12, dropout=0.2, batch_first=True)
            self.out = nn.Linear(6, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.layer(x[None]))[0]

    torch.manual_seed(6)
    model = Small().double()
    return Setting(model, lambda: mse_loss(model(X), X[:, :1]))


SETTINGS: dict[str, Callable[[], Setting]] = {
    "dense": lambda: of(plain(nn.Tanh())),
    "BatchNorm": lambda: of(plain(nn.BatchNorm1d(8), nn.ReLU())),
    "dropout": lambda: of(plain(nn.Dropout(0.4), nn.ReLU())),
    "buffers used": lambda: of(plain(Scaled())),
    "quantisation-aware": quantised,
    "augmented": augmented,
    "a transform's generator": transformed,
    "a generator by name": named_only,
    "recurrent state": stateful,
    "tied weights": tied,
    "LoRA": lora,
    "GAN": gan,
    "autocast bf16": mixed,
    "compiled": compiled,
    "checkpointed": checkpointed,
    "spectral norm": spectral,
    "its own backward": own_backward,
    "transformer": transformer,
}
