"""T3 on real data: ``certified`` never increases Ψ, and what it is needed for.

The hypothesis "ε constant" holds from ``Band.constant_from`` on; before that the box shrinks
and the theorem says nothing. Ψ's change in a sweep is summed from the blocks' changes in
difference form, so no large numbers are subtracted. On these runs the decrease is orders of
magnitude above rounding, so no allowance for rounding is made.
"""

from __future__ import annotations

import math

import pytest
import torch

from amverify.methods.inertia import Inertia, Safeguard
from amverify.methods.rows.record import BlockRecord
from amverify.methods.step import StepRule, Steps
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band, Coupling, Penalty
from amverify.network.initial import gaussian
from amverify.network.layered import LayeredProblem
from repro.data import load
from repro.data.dataset import Dataset

SCHEDULE = Band(100.0, factor=0.5, floor=1e-3)
SWEEPS = 120


@pytest.fixture
def dataset(request: pytest.FixtureRequest) -> Dataset:
    if request.param == "digits":
        return load("digits")
    loaded: Dataset = request.getfixturevalue(request.param)
    return loaded


def problem_of(dataset: Dataset, coupling: Coupling, dtype: torch.dtype) -> LayeredProblem:
    x = torch.from_numpy(dataset.train.x)
    widths = (x.shape[1], 100, 100, dataset.classes)
    y = torch.from_numpy(dataset.train.y)
    return LayeredProblem(x, y, widths, rho=1e-3, mu=0.05, coupling=coupling, dtype=dtype)


def lyapunov_change(records: tuple[BlockRecord, ...]) -> float:
    """Ψᵏ⁺¹ − Ψᵏ from the records of one sweep."""
    return math.fsum(
        float(r.change) + 0.5 * float(r.delta_next * r.step) - 0.5 * float(r.delta * r.inertia)
        for r in records
    )


@pytest.mark.parametrize("dataset", ["cora", "citeseer", "digits"], indirect=True)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("steps", ["exact", "backtracking"])
def test_lyapunov_function_never_increases(
    dataset: Dataset, dtype: torch.dtype, steps: Steps
) -> None:
    problem = problem_of(dataset, SCHEDULE, dtype)
    method = TIAM(StepRule(Inertia(0.65, 0.65, 0.2), steps=steps), record=True)
    state = method.initialise(problem, gaussian(problem.widths, 0))
    for k in range(1, SWEEPS + 1):
        state = method.sweep(problem, state)
        if k > SCHEDULE.constant_from():
            assert lyapunov_change(state.records) <= 0, k
            assert float(problem.infeasibility(state.point, SCHEDULE.at(k))) <= 1e-3


@pytest.mark.parametrize("coupling", [Band(0.01), Penalty(1e-3)])
@pytest.mark.parametrize("inertia", [(0.3, 0.6, 0.6), (0.9, 0.2, 0.0), (-0.4, 0.7, 1.5)])
def test_from_the_first_sweep_on_outside_the_region(
    coupling: Coupling, inertia: tuple[float, float, float]
) -> None:
    """Constant ε or a penalty, parameters outside 𝓡: the rule reduces them, Ψ decreases."""
    problem = problem_of(load("digits"), coupling, torch.float64)
    method = TIAM(StepRule(Inertia(*inertia)), record=True)
    state = method.initialise(problem, gaussian(problem.widths, 1))
    for k in range(1, 31):
        state = method.sweep(problem, state)
        assert lyapunov_change(state.records) <= 0, k


def last_values(dataset: Dataset, safeguard: Safeguard) -> list[float]:
    problem = problem_of(dataset, SCHEDULE, torch.float64)
    method = TIAM(StepRule(Inertia(0.3, 0.6, 0.6), safeguard=safeguard))
    state = method.initialise(problem, gaussian(problem.widths, 0))
    values = []
    for _ in range(150):
        state = method.sweep(problem, state)
        values.append(float(problem.value(state.point)))
    return values


def test_outside_the_region_none_diverges_and_certified_converges(cora: Dataset) -> None:
    unguarded, guarded = last_values(cora, "none"), last_values(cora, "certified")
    assert unguarded[-1] > 1e6 * unguarded[0]
    assert guarded[-1] < 0.05 * guarded[0]
    assert max(guarded[SCHEDULE.constant_from() :]) == guarded[SCHEDULE.constant_from()]
