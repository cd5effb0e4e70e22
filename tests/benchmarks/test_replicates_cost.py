"""What ten seeds in one batched run cost beside one run, in turn, for TIAM and JointTIAM.

``make bench`` prints the time of a sweep of ten replicates over that of one run's, by the clock of
the thread, the median of the turns' own ratios: below ten, a batch pays; the aim is four.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from support.timed import dataset, prepared, started

from amverify.network.initial import gaussian, replicated

SEEDS, AIM, TURNS = range(10), 4, 10
FOUND: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def summary() -> Iterator[None]:
    """After the last benchmark of this file, all figures."""
    yield
    print("", *FOUND, sep="\n")


@pytest.mark.parametrize("method", ["tiam", "joint_tiam"])
@pytest.mark.parametrize("name", ["cora", "citeseer", "digits"])
def test_ten_seeds_in_one_run(name: str, method: str, benchmark: BenchmarkFixture) -> None:
    alone = prepared(name, method)
    problem = alone.problem
    drawn = replicated(lambda seed: gaussian(problem.widths, seed), SEEDS)
    together = started(alone.method, problem, drawn)
    turns: list[tuple[float, float]] = []

    def turn() -> None:
        turns.append((alone.usual(12, time.thread_time), together.usual(4, time.thread_time)))

    benchmark.pedantic(turn, rounds=TURNS, warmup_rounds=1)
    if turns[1:]:
        one, ten = (statistics.median(column) for column in zip(*turns[1:], strict=True))
        ratio = statistics.median(many / single for single, many in turns[1:])
        FOUND.append(
            f"{dataset(name).name}, {method}: ten seeds in one run {1e3 * ten:.2f} ms a sweep = "
            f"{ratio:.2f}x one run's {1e3 * one:.2f} ms (aim {AIM})"
        )
