"""The estimators are scikit-learn's kind, train, and say what they refuse."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.datasets import load_iris, make_friedman1, make_friedman3
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import check_estimator
from torch import nn

from amverify.errors import InvalidInput
from amverify.estimators import TIAMClassifier, TIAMRegressor
from amverify.estimators.settings import SCHEMES
from amverify.methods.joint import JointTIAM
from amverify.verdict import Verdict

IRIS = load_iris(return_X_y=True)
CURVED = make_friedman1(150, noise=0.5, random_state=0)
QUICK = {"sweeps": 30, "ridge": 1.0, "random_state": 0}


@pytest.mark.parametrize("kind", [TIAMRegressor, TIAMClassifier])
def test_scikit_learn_s_own_checks_pass(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        found = check_estimator(kind(sweeps=15, ridge=1.0), on_fail=None)
    assert {c["check_name"]: c["exception"] for c in found if c["status"] == "failed"} == {}
    assert [c["check_name"] for c in found if c["status"] == "skipped"] == ["check_array_api_input"]
    assert len(found) > 40


@pytest.mark.parametrize("method", SCHEMES)
def test_every_method_learns_classes_of_any_label(method):
    x, y = IRIS
    names = np.asarray(["one", "two", "three"])[y]
    model = TIAMClassifier(16, method=method, sweeps=60, ridge=0.1, random_state=0).fit(x, names)
    assert set(model.predict(x)) <= set(model.classes_)
    assert model.score(x, names) > 0.7
    proba = model.predict_proba(x)
    assert proba.shape == (150, 3)
    assert np.allclose(proba.sum(1), 1)
    assert (model.classes_[proba.argmax(1)] == model.predict(x)).all()


def test_the_regressor_is_better_than_ridge_where_the_truth_is_curved():
    x, y = make_friedman3(150, noise=0.1, random_state=0)
    ours = cross_val_score(TIAMRegressor(sweeps=60, ridge=1.0, random_state=0), x, y, cv=3)
    assert ours.mean() > cross_val_score(Ridge(), x, y, cv=3).mean()


def test_targets_come_back_in_their_own_units_and_shape():
    x, y = CURVED
    two = np.stack([y, 1000 * y + 5], 1)
    model = TIAMRegressor(**QUICK).fit(x, two)
    found = model.predict(x)
    assert found.shape == two.shape
    assert np.allclose(found[:, 1], 1000 * found[:, 0] + 5, rtol=0.2)
    assert TIAMRegressor(**QUICK).fit(x, y).predict(x).shape == y.shape
    plain = TIAMRegressor(scale=False, **QUICK).fit(x, y)
    assert plain.score(x, y) > 0.3


def test_sparse_features_are_those_of_the_dense_ones_that_are_not_centred():
    x, y = CURVED
    x = np.where(x < 0.5, 0.0, x)
    spread = x / x.std(0)
    a = TIAMRegressor(**QUICK).fit(sparse.csr_matrix(x), y).predict(sparse.csr_matrix(x))
    dense = TIAMRegressor(scale=False, **QUICK).fit(spread, (y - y.mean()) / y.std())
    assert np.allclose(a, y.mean() + y.std() * dense.predict(spread))


def test_it_stands_in_a_pipeline_and_a_grid_search_and_survives_pickle():
    x, y = IRIS
    pipe = make_pipeline(MinMaxScaler(), TIAMClassifier(**QUICK))
    search = GridSearchCV(pipe, {"tiamclassifier__hidden": [4, (5, 5)]}, cv=2, n_jobs=1)
    best = search.fit(x, y).best_estimator_
    again = pickle.loads(pickle.dumps(best))
    assert (again.predict(x) == best.predict(x)).all()


def test_a_seed_fixes_everything_and_another_one_does_not():
    x, y = CURVED
    made = (TIAMRegressor(32, **(QUICK | {"random_state": s})) for s in (0, 0, 1))
    runs = [one.fit(x, y).predict(x) for one in made]
    assert (runs[0] == runs[1]).all()
    assert not np.allclose(runs[0], runs[2])


def test_the_network_is_torch_s_own():
    x, y = IRIS
    network = TIAMClassifier((4, 5), **QUICK).fit(x, y).network_
    assert [type(part) for part in network] == [nn.Linear, nn.ReLU] * 2 + [nn.Linear]
    assert torch.equal(pickle.loads(pickle.dumps(network))[0].weight, network[0].weight)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e308])
@pytest.mark.parametrize("made", [TIAMClassifier, TIAMRegressor])
def test_no_class_and_no_value_is_made_of_outputs_that_are_not_finite(made, value):
    x, y = IRIS
    model = made(4, **QUICK).fit(x, y)
    model.network_[2].weight.data.fill_(value)
    model.network_[0].weight.data.fill_(1e3)
    model.network_[0].bias.data.fill_(1e6)
    for said in (model.predict, getattr(model, "predict_proba", model.predict)):
        with pytest.raises(InvalidInput, match="not finite for 150 of 150 samples"):
            said(x)


@pytest.mark.parametrize("method", ["joint", "tiam"])
def test_its_own_training_is_audited(method):
    x, y = IRIS
    model = TIAMClassifier(8, method=method, audit=True, **QUICK).fit(x, y)
    assert {f.theorem for f in model.report_.findings} == set(SCHEMES[method].theorems)
    assert Verdict.VIOLATED not in {f.verdict for f in model.report_.findings}
    plain = TIAMClassifier(8, method=method, **QUICK).fit(x, y)
    assert plain.report_ is None
    assert (plain.predict_proba(x) == model.predict_proba(x)).all()


def test_early_stopping_keeps_the_best_network():
    x, y = CURVED
    model = TIAMRegressor(
        64, sweeps=300, ridge=0.01, tol=0, early_stopping=True, patience=5, random_state=0
    ).fit(x, y)
    scores = model.validation_scores_
    assert len(scores) == model.n_iter_ < 300
    assert len(scores) - 1 - int(np.argmax(scores)) == 5


def test_it_ends_where_f_has_settled_or_the_callback_says_so(capsys):
    x, y = IRIS
    assert TIAMClassifier(4, sweeps=5000, ridge=10.0, tol=1e-2).fit(x, y).n_iter_ < 5000
    told = []
    model = TIAMClassifier(
        4, callback=lambda k, f: told.append(f) or k == 3, verbose=2, ridge=1.0
    ).fit(x, y)
    assert model.n_iter_ == 3
    assert model.objective_ == told
    assert capsys.readouterr().out == f"sweep 2: F = {told[1]:.6g}\n"


def test_ctrl_c_keeps_what_was_trained():
    def pressed(sweep, value):
        if sweep == 3:
            raise KeyboardInterrupt

    x, y = CURVED
    with pytest.warns(UserWarning, match="interrupted after sweep 3: what was trained is kept"):
        model = TIAMRegressor(callback=pressed, **QUICK).fit(x, y)
    assert model.n_iter_ == 3
    assert model.predict(x).shape == y.shape


def test_a_choice_of_the_ridge_is_ended_by_one_ctrl_c(monkeypatch):
    correct, sweeps = JointTIAM.sweep, []

    def sweep(self, problem, state):
        sweeps.append(len(problem.x))
        if len(sweeps) == 3:
            raise KeyboardInterrupt
        return correct(self, problem, state)

    monkeypatch.setattr(JointTIAM, "sweep", sweep)
    with pytest.raises(KeyboardInterrupt):
        TIAMRegressor(sweeps=5).fit(*CURVED)
    assert len(sweeps) == 3


def test_a_warm_start_goes_on():
    x, y = CURVED
    model = TIAMRegressor(warm_start=True, **QUICK).fit(x, y)
    first = model.objective_
    assert model.fit(x, y).objective_[0] < first[0]


def test_the_ridge_is_chosen_within_the_samples():
    x, y = CURVED
    assert TIAMRegressor(8, sweeps=5, random_state=0).fit(x, y).ridge_ in {0.3, 1.0, 3.0, 10.0}
    assert TIAMRegressor(8, sweeps=5, random_state=0).fit(x[:10], y[:10]).ridge_ == 1.0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"method": "tima"}, "method: one of joint, tiam, mdlam, dladmm, bcd, got 'tima'"),
        ({"hidden": (3, 0)}, "hidden: .auto., or widths"),
        ({"sweeps": 0}, "sweeps: a whole number, at least 1"),
        ({"ridge": -1}, "ridge: 'auto' or a number"),
        ({"dtype": "float16"}, "dtype: float64 or float32"),
        ({"activation": "rellu"}, "unknown activation 'rellu'"),
        ({"activation": "tanh"}, "tanh"),
        ({"callback": 3}, "callback: a function of the sweep and F, got int"),
        ({"validation_fraction": 1.5}, "validation_fraction: between 0 and 1"),
    ],
)
def test_what_it_refuses_is_named(given, said):
    with pytest.raises(InvalidInput, match=said):
        TIAMRegressor(**(QUICK | given)).fit(*CURVED)


def test_one_class_and_what_was_never_fitted_are_refused():
    with pytest.raises(ValueError, match="two classes or more, got one class"):
        TIAMClassifier().fit(IRIS[0][:50], IRIS[1][:50])
    with pytest.raises(NotFittedError):
        TIAMClassifier().predict(IRIS[0])
