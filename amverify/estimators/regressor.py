"""TIAMRegressor: real targets, one or several, by squared error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import validate_data
from torch import Tensor, nn

from amverify.estimators.base import Array, LayeredEstimator, _scaler
from amverify.estimators.inputs import Features
from amverify.estimators.settings import Scheme
from amverify.network.losses import Loss, SquaredError


class TIAMRegressor(RegressorMixin, LayeredEstimator):  # type: ignore[misc]
    """Regression by a network that alternating minimisation trains.

    Parameters and attributes are those of :class:`LayeredEstimator`; ``score`` is R².

    Raises:
        InvalidInput: for a parameter outside its range (it is a ``ValueError``).
    """

    _labels = False
    _targets: StandardScaler | None

    def __sklearn_tags__(self) -> object:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train on features X (N, n) and targets y, (N,) or (N, m).

        Raises:
            InvalidInput: for a parameter outside its range.
            ValueError: for data that scikit-learn's checks refuse.
        """
        x, target = validate_data(
            self, X, y, accept_sparse="csr", dtype=np.float64, multi_output=True, y_numeric=True
        )
        self._flat = target.ndim == 1
        columns = target.reshape(len(target), -1).astype(np.float64)
        self._targets = _scaler(self.scale, columns)
        scaled = columns if self._targets is None else self._targets.transform(columns)
        return self._fit(x, torch.from_numpy(scaled), columns.shape[1], None)

    def predict(self, X: ArrayLike) -> Array:
        """Targets of new samples, of the shape that ``fit`` was given."""
        found = self._outputs(X).numpy()
        if self._targets is not None:
            found = self._targets.inverse_transform(found)
        return found[:, 0] if self._flat else found

    def _loss(self, made: Scheme) -> Loss:
        return SquaredError()

    def _held_out(self, x: Features, y: Tensor) -> Callable[[nn.Sequential], float]:
        def score(network: nn.Sequential) -> float:
            return -float((self._said(network, x) - y).square().mean())

        return score
