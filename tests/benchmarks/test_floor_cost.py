"""What a sweep costs beside what its method cannot do without (:mod:`repro.cost.floor`).

The methods of a shape are taken in turn, some sweeps in a row, and the rate of a product and of a
copy is this machine's on as many threads, the best of many; so is the time beside it: the least of
the turns' medians. ``make bench`` prints that over the floor, and what a sweep is of full-batch
Adam's epoch: the median of the turns' own ratios.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from support.timed import HIDDEN, Timed, dataset, prepared, random

from repro.cost import Machine, Shape, floor, measured
from repro.data.dataset import Dataset
from repro.full_batch.configurations import configuration

SYNTHETIC = "10,000 x 784"
EPOCHS = 2.5
"""The aim for a sweep over Adam's epoch on the synthetic shape."""
FOUND: list[str] = []


@dataclass(frozen=True)
class Case:
    """A shape: the tables' configuration that it has, its hidden layers, the aim of time over
    floor, turns, sweeps in a row."""

    tuned: str
    hidden: tuple[int, ...] = HIDDEN
    aim: float | None = None
    turns: int = 20
    row: int = 12
    methods: tuple[str, ...] = ("tiam", "joint_tiam", "mdlam", "adam")


CASES = {
    "cora": Case("cora", aim=4.0),
    "citeseer": Case("citeseer"),
    "digits": Case("digits"),
    SYNTHETIC: Case("digits", (256, 256, 256), 2.5, 8, 4, ("tiam", "joint_tiam", "adam")),
}


def data_of(name: str) -> Dataset:
    return random(name, 10_000, 784, 10) if name == SYNTHETIC else dataset(name)


@pytest.fixture(scope="module", autouse=True)
def summary() -> Iterator[None]:
    """After the last benchmark of this file, all figures."""
    yield
    print("", *FOUND, sep="\n")


@pytest.mark.parametrize("name", CASES)
def test_over_the_floor(name: str, benchmark: BenchmarkFixture) -> None:
    case, data = CASES[name], data_of(name)
    runs = {
        method: prepared(case.tuned, method, hidden=case.hidden, data=data, warm_up=5)
        for method in case.methods
    }
    turns: list[list[float]] = []

    def turn() -> None:
        turns.append([run.usual(case.row) for run in runs.values()])

    benchmark.pedantic(turn, rounds=case.turns, warmup_rounds=1)
    if len(turns) > 1:
        machine = measured(torch.get_num_threads())
        columns = dict(zip(runs, zip(*turns[1:], strict=True), strict=True))
        FOUND.extend(said(name, method, columns, runs[method], machine) for method in runs)


def said(
    name: str, method: str, columns: dict[str, tuple[float, ...]], run: Timed, machine: Machine
) -> str:
    """A line on a method."""
    case, seconds = CASES[name], min(columns[method])
    least = floor(method, shape(method, case.tuned, run)).seconds(machine.rate, machine.bandwidth)
    aim = f" (aim {case.aim:g})" if case.aim and method != "adam" else ""
    pairs = zip(columns[method], columns["adam"], strict=True)
    ratio = statistics.median(own / adam for own, adam in pairs)
    wanted = f" (aim {EPOCHS:g})" if name == SYNTHETIC and method != "adam" else ""
    return (
        f"{name}, {method}: sweep {1e3 * seconds:.2f} ms = {seconds / least:.2f}x its floor{aim}, "
        f"{ratio:.3f}x Adam's{wanted}"
    )


def shape(method: str, tuned: str, run: Timed) -> Shape:
    """That of a run; mDLAM's inertia and a p2 ask for gradients elsewhere than at u."""
    settings = dict(configuration(method, tuned).settings)
    inertia = method == "mdlam" or bool(settings.get("p2"))
    return Shape(run.problem.samples, run.problem.widths, inertia)
