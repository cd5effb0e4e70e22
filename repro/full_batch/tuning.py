"""How the settings without a published value are chosen. No test set is read.

The score of a configuration is its training accuracy averaged over the 200 sweeps and over
the tuning seeds 100 and 101, which no table uses: it rewards what gets there, and gets there
early, and it cannot saturate. The best score wins, the first of the grid at a tie.

By *cross-validation* within the training sets every method can be chosen besides, all by one rule:
``FOLDS`` folds, every class spread over all of them, the accuracy on the fold left out after the
last sweep, each fold once from the first tuning seed. For TIAM it shows how much the rule matters.

What is tried, and with what budgets: :mod:`repro.full_batch.grids`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from statistics import fmean

import numpy as np

from repro.chosen import Settings
from repro.data.dataset import Dataset, Split
from repro.full_batch.grids import Choice
from repro.spec import RunResult, RunSpec

SEEDS = (100, 101)
SWEEPS = 200
FOLDS = 5
FOLD_SEED = 0


def fold_name(dataset: str, fold: int) -> str:
    """What a run calls the data set without fold 0 … FOLDS − 1."""
    return f"{dataset}, fold {fold + 1} of {FOLDS} left out"


def folds_of(dataset: Dataset) -> dict[str, Dataset]:
    """By name, the training set without each fold, with that fold in the place of the test set.

    The samples of a class are spread evenly over the folds. The test set itself is in none.
    """
    x, y = dataset.train.x, dataset.train.y
    generator, fold = np.random.default_rng(FOLD_SEED), np.empty(len(y), dtype=np.int64)
    for c in range(dataset.classes):
        members = generator.permutation(np.flatnonzero(y == c))
        fold[members] = np.arange(len(members)) % FOLDS
    found = {}
    for i in range(FOLDS):
        name, left = fold_name(dataset.name, i), fold == i
        found[name] = replace(
            dataset,
            name=name,
            train=Split(x[~left], y[~left]),
            validation=None,
            test=Split(x[left], y[left]),
            hashes={**dataset.hashes, "fold": f"{i + 1} of {FOLDS}, seed {FOLD_SEED}"},
        )
    return found


def specs_of(choice: Choice, settings: Settings, sweeps: int) -> list[RunSpec]:
    """The runs whose scores are summed for one candidate."""
    values = dict(choice.fixed) | dict(settings)
    names, seeds = choice.datasets, SEEDS[: 1 if choice.crossed else None]
    if choice.crossed:
        names = tuple(fold_name(name, i) for name in names for i in range(FOLDS))
    return [
        RunSpec(
            dataset,
            choice.method,
            tuple(sorted(values.items())),
            (100, 100),
            "relu",
            sweeps,
            seed,
            "float32",
        )
        for dataset in names
        for seed in seeds
    ]


def score(result: RunResult, crossed: bool = False) -> float:
    """Training accuracy averaged over the sweeps, or the last accuracy on the fold left out.

    A diverged run scores 0.
    """
    curve = result.curves["test_accuracy" if crossed else "train_accuracy"]
    if not all(math.isfinite(v) for v in curve):
        return 0.0
    return curve[-1] if crossed else fmean(curve)


def best(
    choice: Choice, sweeps: int, result_of: Callable[[RunSpec], RunResult]
) -> tuple[Settings, list[float]]:
    """The winning settings, and the mean score of every candidate in the grid's order."""
    scores = [
        fmean(score(result_of(spec), choice.crossed) for spec in specs_of(choice, settings, sweeps))
        for settings in choice.grid
    ]
    return choice.grid[scores.index(max(scores))], scores


HEAD = (
    "# Written by 'python -m repro tune'; see repro/full_batch/grids.py, tuning.py.",
    "# Scores: training accuracy, mean over sweeps and tuning seeds (and data sets).",
)
CROSSED_HEAD = (
    "# Written by 'python -m repro tune --crossed'; see repro/full_batch/grids.py, tuning.py.",
    "# Scores: accuracy on the fold left out, mean over folds (and data sets).",
)
