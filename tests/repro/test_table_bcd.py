"""The table of BCD: the notebook's setting, and a verdict on each of its accuracies there alone."""

from __future__ import annotations

from dataclasses import replace

import fake_runs
import numpy as np
import pytest
import torch
from small_images import small_images

from amverify.errors import InvalidInput
from repro.full_batch.methods import prepare
from repro.full_batch.run import trained_on
from repro.published import cells_of, load
from repro.render import Cell, VerdictCell
from repro.run import execute
from repro.spec import RunResult, RunSpec
from repro.tables import TABLES, Request
from repro.tables.bcd import SEEDS, specification


def accuracies(spec: RunSpec) -> RunResult:
    """What the notebook prints of seed 50, for every seed."""
    made = fake_runs.result_of(spec)
    return RunResult(made.curves | {"test_accuracy": [0.9455] * spec.sweeps})


def request(profile: str = "paper", sweeps: int = 50, seeds: tuple[int, ...] = SEEDS) -> Request:
    return Request(("mnist",), ("bcd",), seeds, sweeps, profile)


def rows(asked: Request) -> list[tuple[Cell, ...]]:
    laboratory = fake_runs.MadeUp(accuracies, fake_runs.dataset)
    return list(TABLES["bcd"].make(asked, laboratory).tables[0].rows)


def test_each_published_accuracy_gets_a_verdict_from_all_seeds():
    found = [cell for row in rows(request()) for cell in row if isinstance(cell, VerdictCell)]
    wanted = {cell.key for cell in cells_of(load()) if cell.paper == "BCD"}
    assert {cell.published for cell in found} == wanted
    assert [(cell.verdict, cell.seeds) for cell in found] == [("reproduced", 5)] * 5
    first, *_, mean = rows(request())
    assert [cell.plain() for cell in first[1:5]] == ["10", "0.9455", "0.9492", "-0.0037"]
    assert [cell.plain() for cell in mean[1:4]] == ["mean", "0.9455 ± 0.0000", "0.9461"]


@pytest.mark.parametrize("asked", [request("quick"), request(sweeps=5)])
def test_another_setting_than_the_published_gets_none(asked: Request):
    assert not any(isinstance(cell, VerdictCell) for row in rows(asked) for cell in row)


def test_full_size_is_the_notebooks():
    spec = specification("mnist", 10, request())
    assert (spec.hidden, spec.samples, spec.dtype) == ((1500,) * 3, 60_000, "float32")
    assert dict(spec.settings) == {"rho": 1.0, "nu": 1.0, "alpha": 5.0, "start": "released"}
    small = replace(spec, dataset="digits", hidden=(300, 200), samples=0)
    _, _, (weights, biases) = prepare(small, small_images())
    assert all((b == 0.1).all() for b in biases)
    for w in weights:
        assert float(w.std()) == pytest.approx(0.01, rel=0.2)
    again = prepare(replace(small, seed=20), small_images())[2][0][0]
    assert not torch.equal(again, weights[0])


def test_training_and_validation_part_are_joined_up_to_the_number_asked_for():
    whole = small_images()
    assert trained_on(whole, 0) is whole
    assert np.array_equal(trained_on(whole, 30).train.y, whole.train.y[:30])
    joined = trained_on(whole, 45).train
    assert len(joined) == 45
    assert np.array_equal(joined.x[40:], whole.validation.x[:5])
    with pytest.raises(InvalidInput, match="samples: digits has 51, got 52"):
        trained_on(whole, 52)


def test_a_run_trains_on_them():
    spec = replace(specification("digits", 10, request("quick", 4)), hidden=(8,), samples=51)
    all_of_them = execute(spec, small_images(), lambda sweep: None)
    fewer = execute(replace(spec, samples=40), small_images(), lambda sweep: None)
    assert all_of_them.curves["objective"][-1] != fewer.curves["objective"][-1]


def test_another_start_is_refused():
    spec = specification("digits", 10, request("quick"))
    settings = tuple((k, "zeros" if k == "start" else v) for k, v in spec.settings)
    with pytest.raises(InvalidInput, match="start is 'gaussian' or 'released', got 'zeros'"):
        prepare(replace(spec, settings=settings), small_images())
