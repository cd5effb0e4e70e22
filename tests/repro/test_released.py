"""Parity with code that nobody here wrote: the released mDLAM script on Cora."""

from __future__ import annotations

import pytest

from repro.data.dataset import Dataset
from repro.full_batch.released import Iteration, run

Reference = list[dict[str, float]]


@pytest.fixture(scope="module")
def record(cora: Dataset) -> list[Iteration]:
    return list(run(cora, 200))


def test_objective_of_the_first_twenty_iterations(
    record: list[Iteration], reference: Reference
) -> None:
    for ours, theirs in zip(record[:20], reference[:20], strict=True):
        assert ours.iteration == theirs["iteration"]
        assert ours.objective == pytest.approx(theirs["objective"], rel=1e-3)


def test_last_iteration(record: list[Iteration], reference: Reference) -> None:
    ours, theirs = record[-1], reference[-1]
    assert ours.iteration == theirs["iteration"] == 200
    assert ours.objective == pytest.approx(theirs["objective"], rel=0.02)
    assert ours.test_accuracy == pytest.approx(theirs["test_accuracy"], abs=0.01)
    assert ours.train_accuracy == pytest.approx(theirs["train_accuracy"], abs=0.01)


def test_accuracies_and_gap_along_the_way(record: list[Iteration], reference: Reference) -> None:
    """In the first twenty iterations the gap rises to 449 and falls to 0.02."""
    for ours, theirs in zip(record[:20], reference[:20], strict=True):
        assert ours.gap == pytest.approx(theirs["gap"], rel=0.02)
        assert ours.test_accuracy == pytest.approx(theirs["test_accuracy"], abs=0.01)
