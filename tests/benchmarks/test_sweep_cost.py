"""What a sweep costs: TIAM and JointTIAM beside full-batch Adam, same network, data and run.

JointTIAM's sweeps, TIAM's and Adam's epochs are taken in turn, some in a row, so that what else the
machine does meets all three: their ratios are the medians of the turns' own ratios.

``make bench`` prints medians, their ratio, and the share of the sweep's time that its matrix
products take when they are made alone; and what recording every block row adds, in the tables'
float32 and in the audits' float64: in the sweep, and at the end, when the rows' bounds are
computed.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from support.timed import IN_A_ROW, SHAPES, dataset, joint, prepared, usual

from amverify.methods.tiam import TIAM
from amverify.network.layered import LayeredProblem
from amverify.record.layered.blocks import MethodRecorder

AIMS = {"cora": 0.15, "citeseer": 0.06, "digits": 1.4}
"""JointTIAM's sweep over Adam's epoch, one thread."""
RATIOS: dict[tuple[str, bool], tuple[float, float, float]] = {}
"""JointTIAM over Adam, TIAM over Adam, seconds of JointTIAM's sweep; of plain or recorded ones."""
ROUNDS = 60
MEDIANS: dict[tuple[str, str], float] = {}
RECORDED: dict[tuple[str, str], tuple[float, float, float]] = {}
"""Seconds of a sweep without rows, the ratio with them, seconds for the bounds of a sweep."""


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
    for (name, recorded), (ours, tiam, seconds) in RATIOS.items():
        print(
            f"{dataset(name).name}: JointTIAM sweep{' recorded' * recorded} {1e3 * seconds:.2f} ms "
            f"= {ours:.3f}x Adam's epoch (aim {AIMS[name]}), TIAM's {tiam:.3f}x"
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
    run = prepared(name, "adam" if what == "adam" else "tiam")
    step = products(run.problem) if what == "products" else run.step
    benchmark.pedantic(step, rounds=ROUNDS, warmup_rounds=5)
    if benchmark.stats is not None:
        MEDIANS[name, what] = statistics.median(benchmark.stats.stats.data)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_recording(name: str, dtype: str, benchmark: BenchmarkFixture) -> None:
    """Some sweeps without rows and some with, in turn: what else the machine does meets both.

    One by one would flatter: each sweep begins with the caches that the other left.
    """
    plain = prepared(name, "tiam", dtype)
    assert isinstance(plain.method, TIAM)
    recording = replace(plain, method=TIAM(plain.method.rule, record=True))
    recorder, pairs, sweeps = MethodRecorder(), [], 0

    def recorded() -> None:
        recording.step()
        recorder.sweep(1, recording.state.rows)

    def both() -> None:
        nonlocal sweeps
        pairs.append((plain.usual(), usual(recorded)))
        sweeps += IN_A_ROW

    benchmark.pedantic(both, rounds=ROUNDS // 4, warmup_rounds=1)
    started = time.perf_counter()
    recorder.table()
    finishing = (time.perf_counter() - started) / sweeps
    sweep = statistics.median(alone for alone, _ in pairs[1:])
    ratio = statistics.median(with_rows / alone for alone, with_rows in pairs[1:])
    RECORDED[name, dtype] = (sweep, ratio, finishing)


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("name", AIMS)
def test_joint(name: str, recorded: bool, benchmark: BenchmarkFixture) -> None:
    """JointTIAM, TIAM, Adam, in turn."""
    runs = [joint(name, recorded), prepared(name, "tiam"), prepared(name, "adam")]
    turns = []

    def turn() -> None:
        turns.append([run.usual() for run in runs])

    benchmark.pedantic(turn, rounds=ROUNDS // 4, warmup_rounds=1)
    ratios = [(j / adam, tiam / adam, j) for j, tiam, adam in turns[1:]]
    if ratios:
        first, second, seconds = (statistics.median(x) for x in zip(*ratios, strict=True))
        RATIOS[name, recorded] = (first, second, seconds)
