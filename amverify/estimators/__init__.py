"""Estimators in scikit-learn's manner: a network trained by alternating minimisation.

    from amverify.estimators import TIAMClassifier
    TIAMClassifier(hidden=(50,)).fit(X, y).score(X_test, y_test)

``settings`` makes a method and its objective from a name, ``training`` sweeps until it is done,
``base`` is what ``TIAMClassifier`` and ``TIAMRegressor`` share. They fit in ``Pipeline``,
``GridSearchCV`` and joblib, and the trained network is an ``nn.Sequential`` of torch's own layers.
"""

from amverify.estimators.classifier import TIAMClassifier
from amverify.estimators.regressor import TIAMRegressor

__all__ = ["TIAMClassifier", "TIAMRegressor"]
