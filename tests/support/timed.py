"""Methods past their first sweeps, to be timed, and how they are.

Times depend on shapes only, so where a data set's files are not at hand random features of its
shape stand in, and the name says so.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch

from amverify.errors import DataUnavailable
from amverify.methods.base import Method
from amverify.methods.joint import JointTIAM
from amverify.network.coupling import Band
from amverify.network.initial import Parameters, gaussian
from amverify.network.layered import LayeredProblem
from repro.data import load
from repro.data.dataset import Dataset, Split
from repro.full_batch.configurations import configuration
from repro.full_batch.methods import prepare
from repro.spec import RunSpec

SHAPES = {"cora": (140, 7165, 7), "citeseer": (120, 18515, 6)}
HIDDEN = (100, 100)
WARM_UP = 25
IN_A_ROW = 12
Clock = Callable[[], float]


@dataclass
class Timed:
    """A method on a problem at a state, which ``step`` moves one sweep on."""

    method: Method[Any]
    problem: LayeredProblem
    state: Any

    def step(self) -> None:
        """One sweep."""
        self.state = self.method.sweep(self.problem, self.state)

    def usual(self, count: int = IN_A_ROW, clock: Clock = time.perf_counter) -> float:
        """The median of some sweeps in a row, seconds, the first ones left out."""
        return usual(self.step, count, clock)


@cache
def dataset(name: str) -> Dataset:
    """The data set, or random features of its shape."""
    try:
        return load(name, download=False)
    except DataUnavailable:
        return random(f"{name}-shaped random features", *SHAPES[name])


def random(name: str, samples: int, features: int, classes: int) -> Dataset:
    """Uniform features in [0, 1)."""
    generator = np.random.default_rng(0)
    labels = np.arange(samples, dtype=np.int64) % classes
    split = Split(generator.random((samples, features)), labels)
    return Dataset(name, split, None, split, classes)


def prepared(
    name: str,
    method: str,
    dtype: str = "float32",
    hidden: tuple[int, ...] = HIDDEN,
    data: Dataset | None = None,
    warm_up: int = WARM_UP,
) -> Timed:
    """A method as its table has it on data set ``name``, a few sweeps on; on ``data`` if given."""
    chosen = configuration(method, name)
    spec = RunSpec(name, chosen.method, chosen.settings, hidden, "relu", 1, 0, dtype)
    made, problem, parameters = prepare(spec, data or dataset(name))
    return started(made, problem, parameters, warm_up)


def joint(name: str, recorded: bool) -> Timed:
    """JointTIAM past its first sweeps, float32."""
    data, ridge = dataset(name), 0.005 if name == "digits" else 0.05
    x, y = torch.from_numpy(data.train.x), torch.from_numpy(data.train.y)
    problem = LayeredProblem(
        x,
        y,
        (x.shape[1], *HIDDEN, data.classes),
        rho=1e-2,
        mu=ridge,
        mu_bias=ridge,
        coupling=Band(1e-3),
        dtype=torch.float32,
    )
    return started(JointTIAM(record=recorded), problem, gaussian(problem.widths, 0))


def started(
    method: Method[Any], problem: LayeredProblem, parameters: Parameters, warm_up: int = WARM_UP
) -> Timed:
    """From these weights, so many sweeps on."""
    timed = Timed(method, problem, method.initialise(problem, parameters))
    for _ in range(warm_up):
        timed.step()
    return timed


def usual(
    step: Callable[[], None], count: int = IN_A_ROW, clock: Clock = time.perf_counter
) -> float:
    """The median of so many steps in a row, seconds, the first ones left out."""
    times = []
    for _ in range(count):
        start = clock()
        step()
        times.append(clock() - start)
    return statistics.median(times[count // 4 :])
