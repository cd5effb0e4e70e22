"""What a sweep costs: TIAM and JointTIAM beside full-batch Adam, same network, data and run.

JointTIAM's sweeps, TIAM's and Adam's epochs are taken in turn, some in a row, so that what else the
machine does meets all three: their ratios are the medians of the turns' own ratios.

``make bench`` prints medians, their ratio, and the share of the sweep's time that its matrix
products take when they are made alone; and what recording every block row adds, in the tables'
float32 and in the audits' float64: in the sweep, and at the end, when the rows' bounds are
computed. Times depend on shapes only, so where a data set's
files are not at hand random features of its shape stand in, and the name says so.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from amverify.errors import DataUnavailable
from amverify.methods.base import Method
from amverify.methods.joint import JointTIAM
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band
from amverify.network.initial import gaussian
from amverify.network.layered import LayeredProblem
from amverify.record.layered.blocks import MethodRecorder
from repro.data import load
from repro.data.dataset import Dataset, Split
from repro.full_batch.configurations import configuration
from repro.full_batch.methods import prepare
from repro.spec import RunSpec

AIMS = {"cora": 0.15, "citeseer": 0.06, "digits": 1.4}
"""JointTIAM's sweep over Adam's epoch, one thread."""
RATIOS: dict[tuple[str, bool], tuple[float, float, float]] = {}
"""JointTIAM over Adam, TIAM over Adam, seconds of JointTIAM's sweep; of plain or recorded ones."""
SHAPES = {"cora": (140, 7165, 7), "citeseer": (120, 18515, 6)}
ROUNDS = 60
WARM_UP = 25
IN_A_ROW = 12
MEDIANS: dict[tuple[str, str], float] = {}
RECORDED: dict[tuple[str, str], tuple[float, float, float]] = {}
"""Seconds of a sweep without rows, the ratio with them, seconds for the bounds of a sweep."""


def dataset(name: str) -> Dataset:
    try:
        return load(name, download=False)
    except DataUnavailable:
        n, features, classes = SHAPES[name]
        generator = np.random.default_rng(0)
        split = Split(generator.random((n, features)), np.arange(n, dtype=np.int64) % classes)
        return Dataset(f"{name}-shaped random features", split, None, split, classes)


def prepared(name: str, method: str, dtype: str) -> tuple[Method[Any], LayeredProblem, Any]:
    """A method in its table's configuration, past its first sweeps."""
    chosen = configuration(method, name)
    spec = RunSpec(name, chosen.method, chosen.settings, (100, 100), "relu", 1, 0, dtype)
    made, problem, parameters = prepare(spec, dataset(name))
    state = made.initialise(problem, parameters)
    for _ in range(WARM_UP):
        state = made.sweep(problem, state)
    return made, problem, state


def products(problem: LayeredProblem) -> Callable[[], None]:
    """The matrix products that a TIAM sweep cannot avoid, on tensors of its shapes.

    Per layer pre = aWᵀ, aΔᵀ, rᵀa and aeᵀ; per hidden layer besides ΔWᵀ, rW and eWᵀ.
    """
    n = problem.samples
    inputs = [problem.space.inputs.shape[1], *problem.widths[1:-1]]
    pairs = list(zip(inputs, problem.widths[1:], strict=True))
    tensors = [
        (
            torch.randn(n, d_in, dtype=problem.dtype),
            torch.randn(d_out, d_in, dtype=problem.dtype),
            torch.randn(n, d_out, dtype=problem.dtype),
        )
        for d_in, d_out in pairs
    ]

    def run() -> None:
        for layer, (a, w, r) in enumerate(tensors):
            for _ in range(3):
                _ = a @ w.mT
            _ = r.mT @ a
            if layer:
                _ = a @ w.mT
                _ = a @ w.mT
                _ = r @ w

    return run


@pytest.fixture(scope="module", autouse=True)
def summary() -> Iterator[None]:
    """After the last benchmark of this file, the ratios."""
    yield
    print(f"\n\nmedians of one run, {torch.get_num_threads()} threads, torch {torch.__version__}")
    for (name, recorded), (joint, tiam, seconds) in RATIOS.items():
        print(
            f"{dataset(name).name}: JointTIAM sweep{' recorded' * recorded} {1e3 * seconds:.2f} ms "
            f"= {joint:.3f}x Adam's epoch (aim {AIMS[name]}), TIAM's {tiam:.3f}x"
        )
    for name in SHAPES:
        times = {key: value for (data, key), value in MEDIANS.items() if data == name}
        if len(times) < len(WHAT):
            continue
        adam = times["adam"]
        print(
            f"{dataset(name).name}: Adam epoch {1e3 * adam:.2f} ms, "
            f"TIAM sweep {1e3 * times['tiam']:.2f} ms = {times['tiam'] / adam:.2f}x, "
            f"its matrix products alone {1e3 * times['products']:.2f} ms = "
            f"{100 * times['products'] / times['tiam']:.0f} % of the sweep"
        )
        for dtype in ("float32", "float64"):
            sweep, ratio, finishing = RECORDED[name, dtype]
            print(
                f"  recorded in {dtype}: {ratio:.2f}x (aim 1.15) the sweep's {1e3 * sweep:.2f} ms, "
                f"{ratio + finishing / sweep:.2f}x with the bounds at the end"
            )


WHAT = ("adam", "tiam", "products")


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("what", WHAT)
def test_cost(name: str, what: str, benchmark: BenchmarkFixture) -> None:
    method, problem, state = prepared(name, "adam" if what == "adam" else "tiam", "float32")
    if what == "products":
        benchmark.pedantic(products(problem), rounds=ROUNDS, warmup_rounds=5)
    else:
        held = [state]

        def sweep() -> None:
            held[0] = method.sweep(problem, held[0])

        benchmark.pedantic(sweep, rounds=ROUNDS, warmup_rounds=5)
    if benchmark.stats is not None:
        MEDIANS[name, what] = statistics.median(benchmark.stats.stats.data)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_recording(name: str, dtype: str, benchmark: BenchmarkFixture) -> None:
    """Some sweeps without rows and some with, in turn: what else the machine does meets both.

    One by one would flatter: each sweep begins with the caches that the other left.
    """
    method, problem, state = prepared(name, "tiam", dtype)
    assert isinstance(method, TIAM)
    recording, recorder = TIAM(method.rule, record=True), MethodRecorder()
    held, pairs, sweeps = [state, state], [], 0

    def plain() -> None:
        held[0] = method.sweep(problem, held[0])

    def recorded() -> None:
        held[1] = recording.sweep(problem, held[1])
        recorder.sweep(1, held[1].rows)

    def both() -> None:
        nonlocal sweeps
        pairs.append((usual(plain), usual(recorded)))
        sweeps += IN_A_ROW

    benchmark.pedantic(both, rounds=ROUNDS // 4, warmup_rounds=1)
    started = time.perf_counter()
    recorder.table()
    finishing = (time.perf_counter() - started) / sweeps
    sweep = statistics.median(alone for alone, _ in pairs[1:])
    ratio = statistics.median(with_rows / alone for alone, with_rows in pairs[1:])
    RECORDED[name, dtype] = (sweep, ratio, finishing)


def usual(step: Callable[[], None]) -> float:
    """The median of some steps in a row, seconds, the first ones left out."""
    times = []
    for _ in range(IN_A_ROW):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return statistics.median(times[IN_A_ROW // 4 :])


def joint(name: str, recorded: bool) -> tuple[Method[Any], LayeredProblem, Any]:
    """JointTIAM past its first sweeps, float32."""
    data, ridge = dataset(name), 0.005 if name == "digits" else 0.05
    x, y = torch.from_numpy(data.train.x), torch.from_numpy(data.train.y)
    problem = LayeredProblem(
        x,
        y,
        (x.shape[1], 100, 100, data.classes),
        rho=1e-2,
        mu=ridge,
        mu_bias=ridge,
        coupling=Band(1e-3),
        dtype=torch.float32,
    )
    method = JointTIAM(record=recorded)
    state = method.initialise(problem, gaussian(problem.widths, 0))
    for _ in range(WARM_UP):
        state = method.sweep(problem, state)
    return method, problem, state


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("name", AIMS)
def test_joint(name: str, recorded: bool, benchmark: BenchmarkFixture) -> None:
    """JointTIAM, TIAM, Adam, in turn."""
    runs = [list(joint(name, recorded))]
    runs += [list(prepared(name, method, "float32")) for method in ("tiam", "adam")]
    turns = []

    def turn() -> None:
        found = []
        for run in runs:
            method, problem, _ = run

            def step(run: list[Any] = run, method: Any = method, problem: Any = problem) -> None:
                run[2] = method.sweep(problem, run[2])

            found.append(usual(step))
        turns.append(found)

    benchmark.pedantic(turn, rounds=ROUNDS // 4, warmup_rounds=1)
    ratios = [(j / adam, tiam / adam, j) for j, tiam, adam in turns[1:]]
    if ratios:
        first, second, seconds = (statistics.median(x) for x in zip(*ratios, strict=True))
        RATIOS[name, recorded] = (first, second, seconds)
