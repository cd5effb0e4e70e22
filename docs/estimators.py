"""Writes the table of docs/estimators.md: the estimators' defaults beside ridge and an MLP.

    python docs/estimators.py             # ten seeds
    python docs/estimators.py --seeds 2   # a look

Every method has its defaults on scaled features: nothing is tuned. A seed draws the data (where
they are generated), the split (a quarter is the test set) and the initial weights.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import datasets as sets
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from amverify.estimators import TIAMClassifier, TIAMRegressor

PAGE = Path(__file__).parent / "estimators.md"
BEGIN, END = "<!-- table: estimators -->\n", "<!-- end -->"
Data = tuple[Any, Any]


def _shipped(load: Callable[..., Data]) -> Callable[[int], Data]:
    return lambda seed: load(return_X_y=True)


def _some_digits(seed: int) -> Data:
    x, y = sets.load_digits(return_X_y=True)
    chosen = np.random.default_rng(seed).choice(len(y), 600, replace=False)
    return x[chosen], y[chosen]


REGRESSION: dict[str, Callable[[int], Data]] = {
    "diabetes": _shipped(sets.load_diabetes),
    "Friedman 1": lambda s: sets.make_friedman1(200, noise=1.0, random_state=s),
    "Friedman 2": lambda s: sets.make_friedman2(200, noise=50.0, random_state=s),
    "Friedman 3": lambda s: sets.make_friedman3(200, noise=0.1, random_state=s),
    "linear, 20 features": lambda s: sets.make_regression(
        200, 20, n_informative=10, noise=50.0, random_state=s
    ),
    "sparse uncorrelated": lambda s: sets.make_sparse_uncorrelated(200, 10, random_state=s),
}
CLASSIFICATION: dict[str, Callable[[int], Data]] = {
    "iris": _shipped(sets.load_iris),
    "wine": _shipped(sets.load_wine),
    "breast cancer": _shipped(sets.load_breast_cancer),
    "600 digits": _some_digits,
    "moons": lambda s: sets.make_moons(200, noise=0.2, random_state=s),
    "circles": lambda s: sets.make_circles(200, noise=0.1, factor=0.5, random_state=s),
    "Gaussian quantiles": lambda s: sets.make_gaussian_quantiles(
        n_samples=300, n_features=4, n_classes=3, random_state=s
    ),
    "Hastie 10.2": lambda s: sets.make_hastie_10_2(400, random_state=s),
    "classification": lambda s: sets.make_classification(
        300, 20, n_informative=5, n_classes=3, random_state=s
    ),
}


def _models(classes: bool, seed: int) -> tuple[Any, Any, Any]:
    """Ours, ridge and the MLP, by their defaults."""
    if classes:
        return (
            TIAMClassifier(random_state=seed),
            make_pipeline(StandardScaler(), RidgeClassifier()),
            make_pipeline(StandardScaler(), MLPClassifier(random_state=seed)),
        )
    return (
        TIAMRegressor(random_state=seed),
        make_pipeline(StandardScaler(), Ridge()),
        make_pipeline(StandardScaler(), MLPRegressor(random_state=seed)),
    )


def rows(seeds: int) -> Iterator[str]:
    """A row a data set: scores of the three, and how the first compares with the second."""
    for name, draw in {**REGRESSION, **CLASSIFICATION}.items():
        scores, seconds = [], 0.0
        for seed in range(seeds):
            x, y = draw(seed)
            parts = train_test_split(x, y, test_size=0.25, random_state=seed)
            own = []
            for model in _models(name in CLASSIFICATION, seed):
                began = time.process_time()
                own.append(model.fit(parts[0], parts[2]).score(parts[1], parts[3]))
                seconds += (time.process_time() - began) * (len(own) == 1)
            scores.append(own)
        yield _row(name, np.asarray(scores), seconds / seeds, is_classifier(model))


def _row(name: str, scores: Any, seconds: float, classes: bool) -> str:
    ahead = scores[:, 0] - scores[:, 1]
    error = ahead.std(ddof=1) / np.sqrt(len(ahead)) if len(ahead) > 1 else np.inf
    said = "ahead" if ahead.mean() > error else "behind" if ahead.mean() < -error else "level"
    mean, off = scores.mean(0), scores.std(0, ddof=1) if len(ahead) > 1 else np.zeros(3)
    cells = " | ".join(f"{m:.3f} ± {o:.3f}" for m, o in zip(mean, off, strict=True))
    kind = "accuracy" if classes else "R²"
    difference = f"{ahead.mean():+.3f} ± {error:.3f}"
    return f"| {name} | {kind} | {cells} | {said} | {difference} | {seconds:.2f} |"


def table(seeds: int) -> str:
    """The table in Markdown."""
    head = (
        "| Data | Score | amverify | ridge | MLP | beside ridge | difference ± its standard error "
        "| seconds of CPU |\n|---|---|---:|---:|---:|---|---:|---:|\n"
    )
    return head + "".join(f"{row}\n" for row in rows(seeds))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="how many (ten)")
    asked = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    made = f"`python docs/estimators.py --seeds {asked.seeds}`:\n\n{table(asked.seeds)}"
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    PAGE.write_text(before + BEGIN + made + END + rest.split(END, 1)[1], encoding="utf-8")
