"""What a recorded step costs beside a plain one: Adam on 20-64-64-1, 256 samples, float32.

``make bench`` prints, for each level of recording, the median of the ratios of a recorded step and
a plain one, taken in turn, in processor time of their thread. Below stands what no recorder can do
without that evaluates f once more, and once in float64 without any bound: the floor of a level.
"""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch import nn

import amverify as amv

ROUNDS, WARM_UP = 60, 10
LEVELS: dict[str, dict[str, Any]] = {
    "default": {},
    "gradient=False": {"gradient": False},
    "declared bounds, gradient=False": {"gradient": False, "operations": 2000},
    "every=10": {"every": 10},
    "every=50": {"every": 50},
}
FOUND: list[str] = []
Step = Callable[[], object]


class Training:
    """A network, its data, its optimiser, and one step of them."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        parts = (nn.Linear(20, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
        self.net = nn.Sequential(*parts)
        self.x, self.y = torch.randn(256, 20), torch.randn(256, 1)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=1e-3)

    def loss(self) -> torch.Tensor:
        return nn.functional.mse_loss(self.net(self.x), self.y)

    def step(self) -> None:
        self.optimizer.zero_grad()
        self.loss().backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()

    def double(self) -> Training:
        """The same in float64."""
        found = copy.deepcopy(self)
        found.net, found.x, found.y = found.net.double(), found.x.double(), found.y.double()
        return found

    def evaluated(self, gradient: bool) -> None:
        if gradient:
            torch.autograd.grad(self.loss(), list(self.net.parameters()))
        else:
            with torch.no_grad():
                self.loss()


@pytest.fixture(scope="module", autouse=True)
def summary() -> Iterator[None]:
    """After the last benchmark of this file, all figures."""
    yield
    print("", *FOUND, sep="\n")


def seconds(step: Step) -> float:
    start = time.thread_time()
    step()
    return time.thread_time() - start


def in_turn(benchmark: BenchmarkFixture, *steps: Step, row: int = 1) -> list[list[float]]:
    """Seconds of each, taken in turn, ``row`` of them in a row."""
    turns: list[list[float]] = []

    def turn() -> None:
        turns.append([sum(seconds(step) for _ in range(row)) / row for step in steps])

    benchmark.pedantic(turn, rounds=ROUNDS, warmup_rounds=WARM_UP)  # type: ignore[no-untyped-call]
    return turns[WARM_UP:] or turns


@pytest.mark.parametrize("level", LEVELS)
def test_recorded_beside_plain(level: str, benchmark: BenchmarkFixture) -> None:
    plain, heard = Training(), Training()
    recorder = amv.Recorder.attach(heard.optimizer, heard.loss, **LEVELS[level])
    row = int(LEVELS[level].get("every", 1))
    turns = in_turn(benchmark, heard.step, plain.step, row=row)
    ratio = statistics.median(a / b for a, b in turns)
    mine, theirs = (1e3 * statistics.median(column) for column in zip(*turns, strict=True))
    assert recorder.stopped is None
    FOUND.append(f"{level}: {ratio:.2f} plain steps ({mine:.2f} ms beside {theirs:.2f} ms; aim 2)")


@pytest.mark.parametrize("gradient", [True, False], ids=["with gradient", "value alone"])
def test_floor(gradient: bool, benchmark: BenchmarkFixture) -> None:
    plain = Training()
    wide = plain.double()
    steps = (plain.step, lambda: plain.evaluated(gradient), lambda: wide.evaluated(gradient))
    turns = in_turn(benchmark, *steps)
    once, again = (statistics.median(t[i] / t[0] for t in turns) for i in (1, 2))
    what = "f and its gradient" if gradient else "f alone"
    FOUND.append(
        f"{what}: once more {once:.2f} plain steps, in float64 {again:.2f}: "
        f"no recorded step below {1 + once + again:.2f}"
    )
