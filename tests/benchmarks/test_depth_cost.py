"""How a sweep grows with depth, and that the widest and the narrowest networks run.

Networks of 64 units a layer on the digits, in turn; seconds of the thread. ``make bench`` prints
the line a + b·layers through the least of the turns and how far each depth is from it: linear
within 15 % is the aim.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from support.timed import prepared, random

DEPTHS, WIDTH, AIM, TURNS = (5, 10, 25, 50), 64, 15, 10
WIDTHS = (10, 64, 512, 4096)
FOUND: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def summary() -> Iterator[None]:
    """After the last benchmark of this file, all figures."""
    yield
    print("", *FOUND, sep="\n")


@pytest.mark.parametrize("method", ["tiam", "joint_tiam", "adam"])
def test_depth(method: str, benchmark: BenchmarkFixture) -> None:
    runs = [prepared("digits", method, hidden=(WIDTH,) * depth, warm_up=5) for depth in DEPTHS]
    turns: list[list[float]] = []

    def turn() -> None:
        turns.append([run.usual(8, time.thread_time) for run in runs])

    benchmark.pedantic(turn, rounds=TURNS, warmup_rounds=1)
    if turns[1:]:
        least = 1e3 * np.min(turns[1:], axis=0)
        FOUND.append(f"{method}, {WIDTH} units: {fitted(np.array(DEPTHS), least)}")


def fitted(depths: np.ndarray, milliseconds: np.ndarray) -> str:
    """The line with the least squares of relative deviations, and the deviations."""
    design = np.stack([np.ones(len(depths)), depths], 1) / milliseconds[:, None]
    (start, slope), *_ = np.linalg.lstsq(design, np.ones(len(depths)))
    away = 100 * (milliseconds / (start + slope * depths) - 1)
    said = ", ".join(
        f"{depth}: {ms:.2f} ms ({off:+.0f} %)"
        for depth, ms, off in zip(depths, milliseconds, away, strict=True)
    )
    return (
        f"linear in depth within {max(abs(away)):.0f} % (aim {AIM}), {slope:.3f} ms a layer; {said}"
    )


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("method", ["tiam", "joint_tiam"])
def test_width(method: str, width: int, benchmark: BenchmarkFixture) -> None:
    data = random("200 x 64", 200, 64, 10)
    run = prepared("digits", method, hidden=(width, width), data=data, warm_up=1)
    benchmark.pedantic(run.step, rounds=3)
    assert bool(torch.isfinite(run.state.point.z[-1]).all())
