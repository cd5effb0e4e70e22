"""The tuning rule: budgets, scores, ties, and that the file says what was chosen."""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np
import pytest

from repro.chosen import Settings, as_toml
from repro.data import load
from repro.data.dataset import Dataset, Split
from repro.full_batch.configurations import ANY_DATASET, CROSSED, TUNED, tuned_settings
from repro.full_batch.grids import TUNING_DATASETS, Choice, choices, crossed_choices
from repro.full_batch.tuning import (
    AGAIN,
    FOLDS,
    HEAD,
    REPEATS,
    best,
    folds_of,
    near_best,
    score,
    specs_of,
)
from repro.spec import RunResult, RunSpec

Answer = Callable[[RunSpec], RunResult]


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

    winner, scores, again = best(choice, 1, answer)
    assert winner == third
    assert list(scores.values()) == [0.1, 0.1, 0.9, 0.1, 0.1]
    assert again == {}
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


def crossed_answer(first: dict[Settings, list[float]], again: dict[Settings, float]) -> Answer:
    """The accuracies of each candidate on the folds of the first split, and its mean on others."""

    def answer(spec: RunSpec) -> RunResult:
        fold = int(spec.dataset.partition("fold ")[2][0]) - 1
        later = "in split" in spec.dataset
        value = again[spec.settings] if later else first[spec.settings][fold]
        return RunResult({"test_accuracy": [math.nan, value]})

    return answer


@pytest.mark.parametrize("method", ["gd", "mdlam", "joint_tiam"])
def test_candidates_near_the_best_are_compared_again_on_other_splits(method: str) -> None:
    """By one rule for every method: the second comparison decides among those near the best."""
    choice = next(c for c in crossed_choices() if (c.method, c.section) == (method, "citeseer"))
    far, near, top, edge, low = choice.grid
    spread = [0.60, 0.62, 0.64, 0.66, 0.68]  # mean 0.64, standard error 0.01414
    first = {far: [0.62] * 5, near: [0.63] * 5, top: spread, edge: [0.626] * 5, low: [0.1] * 5}
    again = {far: 0.99, near: 0.65, top: 0.64, edge: 0.60, low: 0.99}
    answer = crossed_answer(first, again)
    assert near_best(choice, 2, answer) == [near, top, edge]
    winner, scores, second = best(choice, 2, answer)
    assert winner == near
    assert scores[top] == pytest.approx(0.64)
    assert second == pytest.approx({near: 0.65, top: 0.64, edge: 0.60})


def test_one_candidate_ahead_is_chosen_at_once_and_so_is_one_for_all_data_sets() -> None:
    for section in ("citeseer", ANY_DATASET):
        choice = next(c for c in crossed_choices() if (c.method, c.section) == ("gd", section))
        first = {settings: [0.5, 0.7, 0.5, 0.7, 0.5] for settings in choice.grid}
        if section == "citeseer":
            first = {settings: [0.5] * 5 for settings in choice.grid}
            first[choice.grid[3]] = [0.8, 0.9, 0.8, 0.9, 0.8]
        answer = crossed_answer(first, {})
        assert near_best(choice, 2, answer) == []
        assert best(choice, 2, answer)[0] == choice.grid[3 if section == "citeseer" else 0]


def test_the_other_splits_are_other_splits() -> None:
    whole = load("digits")
    splits = [folds_of(whole, split) for split in (0, *AGAIN)]
    assert len({name for split in splits for name in split}) == (1 + REPEATS) * FOLDS
    tested = [{part.test.x.tobytes() for part in split.values()} for split in splits]
    assert len(set.union(*tested)) == (1 + REPEATS) * FOLDS
    choice = next(iter(crossed_choices()))
    asked = {spec.dataset for spec in specs_of(choice, choice.grid[0], 1, AGAIN)}
    assert asked == {name.replace("digits", choice.section) for s in splits[1:] for name in s}


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
    first = dict.fromkeys(choice.grid, 0.5)
    text = as_toml([(choice, choice.grid[1], first, {choice.grid[1]: 0.25})], HEAD)
    assert text.count("# 0.5000, again 0.2500  lr = ") == text.count("again") == 1
    assert tomllib.loads(text) == {choice.method: {choice.section: dict(choice.grid[1])}}
    with pytest.raises(KeyError):
        tomllib.loads(text)["tiam"]
