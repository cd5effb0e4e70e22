"""What a sweep has to cost, against torch's own count; exponents with intervals; the table."""

from __future__ import annotations

import math
from itertools import pairwise

import fake_runs
import numpy as np
import pytest
from torch.utils.flop_counter import FlopCounterMode

from repro.cost import METHODS, Floor, Machine, Shape, floor, machine
from repro.data.dataset import Dataset, Split
from repro.full_batch.methods import prepare
from repro.render import Estimate, Number
from repro.spec import RunResult, RunSpec, Setting
from repro.tables import TABLES, Request, table9
from repro.tables.table9 import SIZES, exponent, points

TIAM: dict[str, Setting] = {"epsilon": 1.0, "mu": 0.05, "rho": 0.01, "p3": 0.2, "s": 1.0}
SETTINGS: dict[str, dict[str, Setting]] = {
    "gd": {"lr": 0.01},
    "adam": {"lr": 0.01},
    "tiam": {**TIAM, "p1": 0.0, "p2": 0.0, "steps": "exact"},
    "mdlam": {"epsilon": 1.0, "mu": 0.05, "rho": 0.01, "steps": "exact"},
    "bcd": {"rho": 1.0, "nu": 1.0, "alpha": 5.0},
}


def data(samples: int, features: int) -> Dataset:
    x = np.random.default_rng(0).random((samples, features))
    split = Split(x, np.arange(samples) % 10)
    return Dataset("digits", split, None, split, 10)


def counted(method: str, samples: int, features: int, hidden: tuple[int, ...]) -> int:
    """What torch counts in the third sweep: its own products alone, no factor and no solution."""
    settings = tuple(sorted(SETTINGS[method].items()))
    spec = RunSpec("digits", method, settings, hidden, "relu", 3, 0, "float32")
    trained, problem, start = prepare(spec, data(samples, features))
    state = trained.initialise(problem, start)
    for _ in range(2):
        state = trained.sweep(problem, state)
    with FlopCounterMode(display=False) as counter:
        trained.sweep(problem, state)
    return int(counter.get_total_flops())


@pytest.mark.parametrize(("samples", "hidden"), [(900, (70, 50)), (500, (60, 60, 60)), (40, (9,))])
@pytest.mark.parametrize("method", ["gd", "adam"])
def test_gradient_methods_cost_exactly_what_they_must(method, samples, hidden):
    shape = Shape(samples, (64, *hidden, 10))
    assert counted(method, samples, 64, hidden) == floor(method, shape).flops


@pytest.mark.parametrize(("samples", "hidden"), [(900, (70, 50)), (500, (60, 60, 60))])
@pytest.mark.parametrize("method", ["tiam", "mdlam", "bcd"])
def test_no_sweep_does_less_than_its_floor(method, samples, hidden):
    shape = Shape(samples, (64, *hidden, 10), inertia=method == "mdlam")
    factors = 0
    if method == "bcd":  # whose factors and solutions torch does not count
        widths = shape.widths
        factors = 2 * 64 * 64 * hidden[0]
        for m, n in pairwise(widths[1:]):
            small = min(m, n)
            factors += m**3 // 3 + 2 * m * m * n + small**3 // 3 + 2 * small**2 * samples
    done = counted(method, samples, 64, hidden) + factors
    assert floor(method, shape).flops <= done <= 2 * floor(method, shape).flops


@pytest.mark.parametrize(("samples", "hidden"), [(900, (70, 50)), (500, (60, 60, 60))])
def test_what_tiam_does_beyond_its_floor_is_known(samples, hidden):
    """Each layer's output is formed anew, and the Gram matrices of its exact moduli."""
    shape = Shape(samples, (64, *hidden, 10))
    grams = sum(2 * samples * n * n for n in hidden)
    grams += sum(2 * m * n * min(m, n) for m, n in pairwise(shape.widths[1:]))
    left = counted("tiam", samples, 64, hidden) - sum(shape.products()) - grams
    assert 1 <= left / floor("tiam", shape).flops <= 1.05


def test_the_span_of_the_rows_is_smaller_where_there_are_few():
    few, many = Shape(10, (64, 8, 3)), Shape(1000, (64, 8, 3))
    assert few.spanned().widths == (11, 8, 3)
    assert many.spanned() == many
    assert floor("tiam", few).flops < floor("tiam", Shape(10, (64, 8, 3), inertia=True)).flops
    assert set(METHODS) >= set(TABLES["table9"].protocol.methods)


def test_the_floor_is_the_greater_of_two_times():
    assert Floor(100, 10).seconds(10.0, 10.0) == 10.0
    assert Floor(100, 1000).seconds(10.0, 10.0) == 100.0


def test_an_exponent_is_the_slope_and_its_interval_holds_it():
    assert exponent([(1, 3), (2, 12), (4, 48)]) == pytest.approx((2, 2, 2))
    noisy = [(x, x**1.5 * f) for x in (1, 2, 4, 8) for f in (0.9, 1.1)]
    slope, low, high = exponent(noisy)
    assert low < 1.5 < high
    assert slope == pytest.approx(1.5)
    assert math.isnan(exponent([(1, 1), (2, 4)])[1])


def timed(spec: RunSpec) -> RunResult:
    """A sweep takes a millisecond a thousand samples; the second is disturbed."""
    made = fake_runs.result_of(spec)
    ms = spec.samples / 1e6
    return RunResult(made.curves | {"seconds": [ms, 5 * ms, 6 * ms]})


def test_the_rate_is_that_of_the_fastest_repeat(monkeypatch):
    monkeypatch.setattr(machine, "BUDGET", 0.02)
    ticks = iter([0.0, 0.0, 0.010, 0.012, 0.015, 0.030])
    monkeypatch.setattr(machine.time, "perf_counter", lambda: next(ticks))
    assert machine._best(lambda: None) == pytest.approx(0.003)


@pytest.fixture(autouse=True)
def _no_measurement(monkeypatch):
    fixed = Machine(1e9, 1e9, 1)
    monkeypatch.setattr(table9, "measured", lambda threads: fixed)


def test_the_table_has_every_size_once_and_three_exponents_a_method():
    laboratory = fake_runs.MadeUp(timed, fake_runs.dataset)
    request = Request(("mnist",), ("tiam", "adam"), (0, 1), 3)
    cost, growth = TABLES["table9"].make(request, laboratory).tables
    assert len(cost.rows) == 2 * (sum(map(len, SIZES["quick"])) - 2)
    assert len({(s.method, s.hidden, s.samples, s.seed) for s in laboratory.asked}) == len(
        laboratory.asked
    )
    first = cost.rows[0]
    assert isinstance(first[4], Estimate)
    assert first[4].values == pytest.approx((0.5, 0.5))
    assert isinstance(first[8], Number)
    assert first[8].value == pytest.approx(0.5 / first[7].value)
    assert "which cannot be: TIAM (500 samples, 2 × 100)" in cost.notes[0]
    found = {row[2].plain(): row[5].plain() for row in growth.rows[:3]}
    assert found == {"samples": "1.00", "hidden units": "0.00", "hidden layers": "0.00"}
    assert {p.axis for p in points("paper")} == {"samples", "hidden units", "hidden layers"}
