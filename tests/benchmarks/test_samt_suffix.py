"""What a sweep costs where each block is the pass from it on: convolutions, norms, residual blocks.

``python -m pytest tests/benchmarks/test_samt_suffix.py --benchmark-only -s`` prints, for each
network, the median ratio of a sweep's processor time to an SGD step's, one thread, the two in turn.
The aim is 2. A batch is 128 images of 28 × 28.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from amverify.samt import SAMT

BATCH, WARM_UP, ROUNDS = 128, 3, 12
RATIOS: dict[str, float] = {}
Step = Callable[[], object]


class Residual(nn.Module):
    """x + two convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = torch.relu(x + self.second(torch.relu(self.first(x))))
        return found


def convolutions(*between: Callable[[int], nn.Module]) -> list[nn.Module]:
    """Two of them, what stands behind each, and a linear layer."""
    parts: list[nn.Module] = []
    for inputs, outputs in ((1, 16), (16, 32)):
        parts += [nn.Conv2d(inputs, outputs, 3, padding=1), *(make(outputs) for make in between)]
        parts += [nn.ReLU(), nn.MaxPool2d(2)]
    return [*parts, nn.Flatten(), nn.Linear(32 * 7 * 7, 10)]


def residual() -> list[nn.Module]:
    """A convolution, two residual blocks, another, a linear layer."""
    head = [nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    tail = [nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    return [*head, Residual(16), Residual(16), *tail, nn.Linear(32 * 7 * 7, 10)]


NETWORKS: dict[str, Callable[[], list[nn.Module]]] = {
    "convolutions": convolutions,
    "with dropout": lambda: convolutions(lambda _: nn.Dropout(0.1)),
    "with BatchNorm": lambda: convolutions(nn.BatchNorm2d),
    "BatchNorm in its convolution's block": lambda: convolutions(nn.BatchNorm2d),
    "residual": residual,
    "residual, each one block": residual,
}
SETTINGS: dict[str, tuple[dict[str, Any], float]] = {
    "plain": ({"extrapolation": 0.0}, 0.0),
    "extrapolated": ({}, 0.9),
}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """One thread while these run, and the ratios after the last."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
    for name, ratio in RATIOS.items():
        print(f"\n{name}: {ratio:.2f} SGD steps of processor time (aim 2)", end="")


def pair(network: str, setting: str) -> tuple[Step, Step]:
    """A sweep, and a step of SGD, on the same network and batch."""
    x, y = torch.rand(BATCH, 1, 28, 28), torch.randint(10, (BATCH,))
    settings, momentum = SETTINGS[setting]
    models = []
    for _ in range(2):
        torch.manual_seed(0)
        models.append(nn.Sequential(*NETWORKS[network]()))
    mine = SAMT(blocks(network, models[0]), lr=1e-3, model=models[0], **settings)
    theirs = torch.optim.SGD(models[1].parameters(), lr=1e-3, momentum=momentum)

    def step() -> None:
        theirs.zero_grad()
        cross_entropy(models[1](x), y).backward()  # type: ignore[no-untyped-call]
        theirs.step()

    return lambda: mine.step(loss=cross_entropy, inputs=x, targets=y), step


def blocks(network: str, model: nn.Sequential) -> Any:
    """A block a layer; or a block a part of the model, a norm with the convolution before it."""
    if "block" not in network:
        return model
    groups: list[list[Tensor]] = []
    for part in model:
        own = [*part.parameters()]
        if isinstance(part, nn.BatchNorm2d):
            groups[-1] += own
        elif own:
            groups.append(own)
    return [{"params": group} for group in groups]


def seconds(step: Step) -> float:
    """Of this thread's processor time."""
    start = time.thread_time()
    step()
    return time.thread_time() - start


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("network", NETWORKS)
def test_time(network: str, setting: str, benchmark: BenchmarkFixture) -> None:
    sweep, step = pair(network, setting)
    found: list[float] = []
    benchmark.pedantic(  # type: ignore[no-untyped-call]
        lambda: found.append(seconds(sweep) / seconds(step)), rounds=ROUNDS, warmup_rounds=WARM_UP
    )
    RATIOS[f"{network}, {setting}"] = statistics.median(found[WARM_UP:])
