"""The tuning rule: budgets, scores, ties, and that the file says what was chosen."""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np
import pytest

from repro.chosen import as_toml
from repro.data import load
from repro.data.dataset import Dataset, Split
from repro.full_batch.configurations import ANY_DATASET, CROSSED, TUNED, tuned_settings
from repro.full_batch.grids import TUNING_DATASETS, Choice, choices, crossed_choices
from repro.full_batch.tuning import FOLDS, HEAD, best, folds_of, score, specs_of
from repro.spec import RunResult, RunSpec


def result(*curve: float) -> RunResult:
    return RunResult({"train_accuracy": list(curve)})


def test_score_is_the_mean_over_sweeps_and_zero_for_a_diverged_run() -> None:
    assert score(result(0.0, 0.5, 1.0)) == 0.5
    assert score(result(0.9, math.nan)) == 0.0


def test_the_best_mean_wins_and_the_first_at_a_tie() -> None:
    choice = next(iter(choices()))
    third = choice.grid[2]

    def answer(spec: RunSpec) -> RunResult:
        return result(0.9 if spec.settings == third else 0.1)

    winner, scores = best(choice, 1, answer)
    assert winner == third
    assert scores == [0.1, 0.1, 0.9, 0.1, 0.1]
    assert best(choice, 1, lambda _: result(0.5))[0] == choice.grid[0]


def test_equal_budget_per_data_set() -> None:
    budget: Counter[tuple[str, str]] = Counter()
    for choice in choices():
        if choice.section == ANY_DATASET and choice.method != "tiam":
            continue
        for dataset in choice.datasets:
            budget[choice.method, dataset] += len(choice.grid)
    tiam = {key: n for key, n in budget.items() if key[0] == "tiam"}
    assert set(tiam.values()) == {15}
    assert len(tiam) == len(TUNING_DATASETS) == 3
    assert {n for key, n in budget.items() if key[0] != "tiam"} == {5}


def test_cross_validation_has_five_candidates_on_each_data_set_and_the_same_for_all() -> None:
    sections = (*TUNING_DATASETS, ANY_DATASET)
    found = {(choice.method, choice.section): choice for choice in crossed_choices()}
    methods = ("gd", "adadelta", "adagrad", "adam", "dladmm", "mdlam", "tiam", "joint_tiam")
    assert list(found) == [(m, s) for m in methods for s in sections]
    for (method, section), choice in found.items():
        assert len(set(choice.grid)) == len(choice.grid) == 5
        assert choice.grid == found[method, ANY_DATASET].grid
        assert choice.datasets == (TUNING_DATASETS if section == ANY_DATASET else (section,))


def test_what_is_chosen_for_all_takes_no_runs_of_its_own() -> None:
    def runs(section: str) -> set[RunSpec]:
        (choice,) = (c for c in crossed_choices() if (c.method, c.section) == ("tiam", section))
        return {spec for settings in choice.grid for spec in specs_of(choice, settings, 200)}

    assert set().union(*map(runs, TUNING_DATASETS)) == runs(ANY_DATASET)
    assert len(runs(ANY_DATASET)) == len(TUNING_DATASETS) * 5 * FOLDS


def test_folds_share_out_the_training_set_and_nothing_else() -> None:
    """Every sample is left out once, with its class spread evenly; no test sample is seen."""
    whole = load("digits")
    folds = folds_of(whole)
    assert len(folds) == FOLDS
    left = [tuple(row) for part in folds.values() for row in part.test.x]
    assert sorted(left) == sorted(tuple(row) for row in whole.train.x)
    unseen = {tuple(row) for row in whole.test.x} - {tuple(row) for row in whole.train.x}
    for name, part in folds.items():
        assert part.name == name
        assert part.hashes != whole.hashes
        assert len(part.train) + len(part.test) == len(whole.train)
        assert not unseen & {tuple(row) for row in (*part.train.x, *part.test.x)}
        counts = np.bincount(part.test.y, minlength=whole.classes)
        assert abs(counts - np.bincount(whole.train.y) / FOLDS).max() < 1
    again = folds_of(whole)
    assert all((again[name].test.y == part.test.y).all() for name, part in folds.items())


def test_a_crossed_choice_is_scored_on_the_fold_left_out() -> None:
    choice = next(choice for choice in crossed_choices() if choice.section == ANY_DATASET)
    specs = specs_of(choice, choice.grid[0], 200)
    assert {spec.seed for spec in specs} == {100}
    assert {spec.dataset for spec in specs} == {
        name for dataset in TUNING_DATASETS for name in folds_of(small(dataset))
    }
    curves = {"train_accuracy": [1.0, 1.0], "test_accuracy": [0.9, 0.25]}
    assert score(RunResult(curves), crossed=True) == 0.25
    assert score(RunResult({"test_accuracy": [0.9, math.nan]}), crossed=True) == 0.0
    fifth = choice.grid[4]

    def answer(spec: RunSpec) -> RunResult:
        last = 0.9 if spec.settings == fifth else 0.1
        return RunResult({"train_accuracy": [1.0], "test_accuracy": [last]})

    assert best(choice, 1, answer)[0] == fifth


def small(name: str) -> Dataset:
    split = Split(np.zeros((10, 1)), np.arange(10) % 2)
    return Dataset(name, split, None, split, 2)


def test_no_seed_of_a_table_is_used() -> None:
    seeds = {
        spec.seed
        for choice in (*choices(), *crossed_choices())
        for settings in choice.grid
        for spec in specs_of(choice, settings, 200)
    }
    assert seeds == {100, 101}


@pytest.mark.parametrize(
    ("file", "wanted"), [(TUNED, choices), (CROSSED, crossed_choices)], ids=[TUNED, CROSSED]
)
def test_the_file_says_what_was_chosen(file: str, wanted: Callable[[], Iterable[Choice]]) -> None:
    """Every section of the file is a choice, and its values are one of that grid.

    Of a method that the file has, it has every section.
    """
    sections = tuned_settings(file)
    known = [choice for choice in wanted() if choice.method in sections]
    for choice in known:
        kept = tuple(sorted(sections[choice.method][choice.section].items()))
        assert kept in choice.grid, (choice.method, choice.section)
    assert sum(len(own) for own in sections.values()) == len(known)
    assert {"tiam", "joint_tiam"} & {c.method for c in wanted()} <= set(sections)


def test_toml_round_trip() -> None:
    choice = next(iter(choices()))
    text = as_toml([(choice, choice.grid[1], dict.fromkeys(choice.grid, 0.5))], HEAD)
    assert tomllib.loads(text) == {choice.method: {choice.section: dict(choice.grid[1])}}
    with pytest.raises(KeyError):
        tomllib.loads(text)["tiam"]
