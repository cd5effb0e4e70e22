"""TIAMClassifier: classes of any label, by cross-entropy (BCD: by squared error on 0 and 1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from amverify.estimators.base import Array, LayeredEstimator
from amverify.estimators.inputs import Features
from amverify.estimators.settings import Scheme, scheme
from amverify.network.losses import CrossEntropy, Loss, SquaredError


class TIAMClassifier(ClassifierMixin, LayeredEstimator):  # type: ignore[misc]
    """Classification by a network that alternating minimisation trains.

    Parameters and attributes are those of :class:`LayeredEstimator`, and ``classes_``; ``score``
    is the accuracy.

    Raises:
        InvalidInput: for a parameter outside its range (it is a ``ValueError``).
    """

    _labels = True

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train on features X (N, n) and classes y (N,).

        Raises:
            InvalidInput: for a parameter outside its range.
            ValueError: for data that scikit-learn's checks refuse, or a single class.
        """
        x, labels = validate_data(self, X, y, accept_sparse="csr", dtype=np.float64)
        check_classification_targets(labels)
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"y: two classes or more, got one class, {self.classes_.tolist()[0]!r}"
            )
        return self._fit(x, torch.from_numpy(numbers), len(self.classes_), numbers)

    def predict(self, X: ArrayLike) -> Array:
        """The class of the largest output, for each of the samples."""
        found = self._outputs(X).argmax(1).numpy()
        return np.asarray(self.classes_[found])

    def predict_proba(self, X: ArrayLike) -> Array:
        """Probabilities (N, classes): the softmax of the outputs.

        Of ``bcd``, which fits 0 and 1 by squared error, outputs are clipped to [0, 1] and divided
        by their sum: they rank classes, and no likelihood stands behind them.
        """
        found = self._outputs(X)
        if not scheme(self.method).squared:
            return np.asarray(torch.softmax(found, 1).numpy())
        clipped = found.clamp(1e-12, 1)
        return np.asarray((clipped / clipped.sum(1, keepdim=True)).numpy())

    def _loss(self, made: Scheme) -> Loss:
        return SquaredError() if made.squared else CrossEntropy()

    def _held_out(self, x: Features, y: Tensor) -> Callable[[nn.Sequential], float]:
        squared = scheme(self.method).squared

        def score(network: nn.Sequential) -> float:
            outputs = self._said(network, x)
            right = float((outputs.argmax(1) == y).double().mean())
            return right if squared else right - 1e-3 * float(cross_entropy(outputs, y))

        return score
