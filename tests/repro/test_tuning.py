"""The tuning rule: budgets, scores, ties, and that the file says what was chosen."""

from __future__ import annotations

import math
import tomllib
from collections import Counter

import pytest

from repro.configurations import ANY_DATASET, tuned_settings
from repro.runs import RunResult, RunSpec
from repro.tuning import TUNING_DATASETS, as_toml, best, choices, score, specs_of


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


def test_no_seed_of_a_table_is_used() -> None:
    seeds = {
        spec.seed
        for choice in choices()
        for settings in choice.grid
        for spec in specs_of(choice, settings, 200)
    }
    assert seeds == {100, 101}


def test_the_file_says_what_was_chosen() -> None:
    """Every section of tuned.toml is a choice, and its values are one of that grid."""
    sections = tuned_settings()
    for choice in choices():
        kept = tuple(sorted(sections[choice.method][choice.section].items()))
        assert kept in choice.grid, (choice.method, choice.section)
    assert sum(len(own) for own in sections.values()) == len(list(choices()))


def test_toml_round_trip() -> None:
    choice = next(iter(choices()))
    text = as_toml([(choice, choice.grid[1], dict.fromkeys(choice.grid, 0.5))])
    assert tomllib.loads(text) == {choice.method: {choice.section: dict(choice.grid[1])}}
    with pytest.raises(KeyError):
        tomllib.loads(text)["tiam"]
