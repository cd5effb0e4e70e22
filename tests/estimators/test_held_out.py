"""What is decided on samples that were held out, and what ends a training early."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris

from amverify.errors import InvalidInput
from amverify.estimators import TIAMClassifier, TIAMRegressor
from amverify.methods.joint import JointTIAM

X, Y = load_iris(return_X_y=True)
SOME = np.arange(0, 150, 3)


@pytest.mark.parametrize("method", ["joint", "bcd"])
def test_a_classifier_s_ridge_is_chosen_within_the_samples(method: str) -> None:
    """By accuracy, and of equal ones by likelihood; BCD, fitted to 0 and 1, by accuracy alone."""
    model = TIAMClassifier(4, method=method, sweeps=4, random_state=0).fit(X[SOME], Y[SOME])
    assert model.ridge_ in {0.3, 1.0, 3.0, 10.0}
    other = TIAMClassifier(4, method=method, sweeps=4, ridge=model.ridge_, random_state=0)
    assert (other.fit(X[SOME], Y[SOME]).predict(X) == model.predict(X)).all()


@pytest.mark.parametrize("method", ["joint", "bcd"])
def test_a_classifier_that_stops_early_keeps_its_best_network(method: str) -> None:
    model = TIAMClassifier(
        8, method=method, sweeps=80, ridge=0.1, tol=0, early_stopping=True, patience=3,
        validation_fraction=0.3, random_state=0,
    ).fit(X, Y)  # fmt: skip
    scores = model.validation_scores_
    assert len(scores) == model.n_iter_
    best = int(np.argmax(scores))
    assert model.n_iter_ == min(best + 1 + 3, 80)
    if method == "bcd":
        assert set(np.round(np.array(scores) * 45, 9) % 1) == {0.0}, "shares of 45 samples"


def test_too_few_of_a_class_are_held_out_without_their_classes() -> None:
    """One sample of a class cannot be on both sides: they are drawn without regard to it."""
    labels = np.where(np.arange(150) == 0, 3, Y)
    model = TIAMClassifier(
        4, sweeps=3, ridge=1.0, early_stopping=True, patience=2, random_state=0
    ).fit(X, labels)
    assert list(model.classes_) == [0, 1, 2, 3]


def infinite(monkeypatch: pytest.MonkeyPatch, sweep: int) -> None:
    """F is not finite from this sweep on."""
    correct, seen = JointTIAM.objective, []

    def objective(self: Any, problem: Any, state: Any) -> Any:
        seen.append(state)
        return correct(self, problem, state) * (np.inf if len(seen) >= sweep else 1)

    monkeypatch.setattr(JointTIAM, "objective", objective)


def test_f_that_is_infinite_at_once_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    infinite(monkeypatch, 1)
    with pytest.raises(InvalidInput, match="F is not finite after sweep 1: scale the data"):
        TIAMRegressor(4, sweeps=5, ridge=1.0).fit(X, X[:, 0])


def test_f_that_is_infinite_later_ends_it_with_the_last_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two = TIAMRegressor(4, sweeps=2, ridge=1.0, random_state=0).fit(X, X[:, 0])
    infinite(monkeypatch, 3)
    model = TIAMRegressor(4, sweeps=5, ridge=1.0, random_state=0)
    with pytest.warns(UserWarning, match="after sweep 3: the network is that of sweep 2"):
        model.fit(X, X[:, 0])
    assert model.n_iter_ == 2
    assert model.objective_ == two.objective_
    assert (model.predict(X) == two.predict(X)).all()
