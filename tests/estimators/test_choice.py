"""What ``auto`` chooses: hidden layers and a ridge, on samples that are held out."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_circles, make_regression

from amverify.errors import InvalidInput
from amverify.estimators import TIAMClassifier, TIAMRegressor
from amverify.estimators.choice import LAYERS, RIDGES, Samples, candidates, chosen
from amverify.estimators.settings import SCHEMES
from amverify.verdict import Verdict

LINEAR = make_regression(60, 8, n_informative=4, noise=30.0, random_state=0)
CIRCLES = make_circles(60, noise=0.1, factor=0.4, random_state=0)
IRIS = load_iris(return_X_y=True)


def test_a_linear_truth_gets_a_linear_model_and_circles_get_a_hidden_layer():
    assert TIAMRegressor(sweeps=15, random_state=0).fit(*LINEAR).hidden_ == ()
    made = TIAMClassifier(sweeps=15, random_state=0).fit(*CIRCLES)
    assert made.hidden_ == (32,)
    assert [part.out_features for part in made.network_[::2]] == [32, 2]


def test_the_choice_is_the_best_of_separate_fits_on_the_folds():
    """The slow twin: each candidate is an estimator of its own, fitted to a fold's samples."""
    (x, y), settings = LINEAR, {"sweeps": 6, "scale": False, "random_state": 3}
    x, y = x / x.std(0), (y - y.mean()) / y.std()
    found = TIAMRegressor(**settings).fit(x, y)
    order = np.random.default_rng(np.random.RandomState(3).randint(2**31 - 1)).permutation(60)
    scores = {}
    for hidden in LAYERS:
        for ridge in RIDGES:
            scores[hidden, ridge] = 0.0
            for fold in range(3):
                held = np.sort(order[fold::3])
                kept = np.setdiff1d(order, held)
                own = TIAMRegressor(hidden, ridge=ridge, **settings).fit(x[kept], y[kept])
                scores[hidden, ridge] -= ((own.predict(x[held]) - y[held]) ** 2).mean()
    assert (found.hidden_, found.ridge_) == max(scores, key=scores.__getitem__)


def test_of_equal_candidates_the_simplest_is_taken():
    offered = candidates("auto", "auto", 100)
    assert [c.hidden for c in offered] == [()] * 4 + [(32,)] * 4
    samples = Samples(np.zeros((9, 1)), np.zeros(9), 1, None, 0)
    assert chosen(offered, samples, lambda c, kept, held: 1.0) is offered[0]
    assert chosen(offered, samples, lambda c, kept, held: c.ridge + len(c.hidden)) is offered[-1]


def test_what_is_given_is_taken():
    assert [c.ridge for c in candidates((5, 4), "auto", 100)] == list(RIDGES)
    assert [(c.hidden, c.ridge) for c in candidates(np.array([5, 4]), 2, 100)] == [((5, 4), 2.0)]
    assert [(c.hidden, c.ridge) for c in candidates("auto", 2.0, 100)] == [((), 2), ((32,), 2)]
    assert [(c.hidden, c.ridge) for c in candidates("auto", "auto", 19)] == [((32,), 1.0)]
    with pytest.raises(InvalidInput, match="hidden: 'auto', or widths"):
        candidates("large", "auto", 100)


@pytest.mark.parametrize("method", SCHEMES)
def test_every_method_fits_a_linear_model(method):
    made = TIAMClassifier((), method=method, sweeps=60, ridge=0.1, random_state=0).fit(*IRIS)
    assert made.score(*IRIS) > 0.7
    assert [type(part).__name__ for part in made.network_] == ["Linear"]


@pytest.mark.parametrize("method", ["joint", "tiam"])
def test_its_audit_has_the_theorems_that_say_something_of_it(method):
    made = TIAMClassifier((), method=method, sweeps=40, ridge=0.1, audit=True, random_state=0)
    said = {f.theorem: f.verdict for f in made.fit(*IRIS).report_.findings}
    assert set(said) == set(SCHEMES[method].theorems) - {"TJ"}
    assert set(said.values()) == {Verdict.HOLDS}


def test_a_warm_start_keeps_the_hidden_layers_that_were_chosen():
    made = TIAMClassifier(sweeps=15, warm_start=True, random_state=0).fit(*CIRCLES)
    before = made.objective_[-1]
    made.fit(*CIRCLES)
    assert made.hidden_ == (32,)
    assert made.objective_[-1] <= before


def lonely(number: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Samples of which a single one is of the second class."""
    x = np.random.default_rng(0).standard_normal((number, 3))
    y = np.zeros(number, dtype=int)
    y[3] = 1
    return x, y


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_class_of_a_single_sample_is_kept_in_training(early_stopping):
    """A fold without it was refused: "all 20 samples are of class 0"."""
    for seed in range(12):
        made = TIAMClassifier(
            sweeps=3, early_stopping=early_stopping, validation_fraction=0.3, random_state=seed
        )
        if seed:
            made.set_params(hidden=(), ridge=1.0)
        assert made.fit(*lonely()).classes_.tolist() == [0, 1]


def test_classes_of_single_samples_only_are_held_out_as_they_come():
    x, _ = lonely(24)
    made = TIAMClassifier(hidden=(), ridge=1.0, sweeps=2, early_stopping=True, random_state=0)
    with pytest.warns(UserWarning, match="unique classes"):
        made.fit(x, np.arange(24))
    assert len(made.validation_scores_) == 2


def test_a_warm_start_with_other_widths_is_refused_by_its_name():
    x, y = lonely()
    made = TIAMClassifier(hidden=(4,), ridge=1.0, sweeps=2, warm_start=True).fit(x, y)
    with pytest.raises(InvalidInput, match=r"^warm_start: .*\(3, 4, 2\), this one \(3, 5, 2\)"):
        made.set_params(hidden=(5,)).fit(x, y)
    with pytest.raises(InvalidInput, match=r"^warm_start: .*\(2, 4, 2\)"):
        made.set_params(hidden=(4,)).fit(x[:, :2], y)


def test_a_truth_value_is_no_width():
    with pytest.raises(InvalidInput, match=r"^hidden: "):
        TIAMClassifier(hidden=True).fit(*lonely())
