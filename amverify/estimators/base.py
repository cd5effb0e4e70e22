"""What the classifier and the regressor share: parameters, scaling, fitting, the audit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn

from amverify.compiled.threads import limited
from amverify.errors import InvalidInput, of_kinds
from amverify.estimators.choice import (
    SWEEPS_OF_A_FOLD,
    Candidate,
    Samples,
    automatic,
    candidates,
    chosen,
)
from amverify.estimators.inputs import Features, outputs, tensor, threads
from amverify.estimators.settings import Scheme, scheme
from amverify.estimators.training import Stopping, Trained, begun, check_widths, train
from amverify.judge.audit import audit
from amverify.network.activations import activation
from amverify.network.initial import torch_default
from amverify.network.layered import LayeredProblem
from amverify.network.losses import Loss
from amverify.record.layered.run import Tracer
from amverify.verdict import Report

Array = NDArray[Any]
DTYPES = {"float64": torch.float64, "float32": torch.float32}


class LayeredEstimator(BaseEstimator):  # type: ignore[misc]
    """A network of fully connected layers, trained by alternating minimisation.

    Args:
        hidden: widths of the hidden layers; a number is one layer, () a linear model; ``auto``
            takes one layer of 32 or none, by the cross-validation that chooses the ridge.
        method: ``joint`` (JointTIAM: provably convergent), ``tiam`` (as published), ``mdlam``,
            ``dladmm`` or ``bcd``.
        activation: of the hidden layers; see ``amverify.activation``. ``joint`` takes the piecewise
            linear ones.
        sweeps: at most so many sweeps.
        rho: ρ, the weight of each layer's least squares beside the loss of one sample.
        ridge: μ/ρ: the weight of ‖W_l‖² beside each layer's sum of squares, as ``alpha`` in
            ``sklearn.linear_model.Ridge``; ``auto`` chooses it from 0.3, 1, 3, 10 by three-fold
            cross-validation of at most 60 sweeps each, and trains again on all.
        epsilon: ε of the band.
        scale: bring the features (in regression the targets too) to mean 0 and variance 1.
        tol: end when F fell by less than this, relatively, over ten sweeps; 0: never.
        early_stopping: hold ``validation_fraction`` of the samples out, end when their score did
            not rise for ``patience`` sweeps, and keep the best network.
        validation_fraction: see there.
        patience: see there.
        warm_start: go on from the network of the last ``fit``.
        audit: theorems that the run is held to, or True for those of the method: the report is in
            ``report_``. (What the run leaves behind costs memory and about as much time again.)
        dtype: ``float64`` or ``float32``.
        callback: called with the sweep and F after every sweep; it ends the run by returning True.
        random_state: of the initial weights and of what is held out.
        verbose: print F after every so many sweeps.

    Fitted: ``network_`` (an ``nn.Sequential`` on scaled features), ``n_iter_``, ``hidden_``,
    ``ridge_``, ``objective_`` (F by sweep), ``validation_scores_`` and ``report_`` where they were
    asked for.
    """

    def __init__(
        self,
        hidden: int | Sequence[int] | Literal["auto"] = "auto",
        *,
        method: str = "joint",
        activation: str = "relu",
        sweeps: int = 200,
        rho: float = 0.1,
        ridge: float | Literal["auto"] = "auto",
        epsilon: float = 1e-3,
        scale: bool = True,
        tol: float = 1e-5,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 20,
        warm_start: bool = False,
        audit: bool | str | Sequence[str] = False,
        dtype: str = "float64",
        callback: Callable[[int, float], object] | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.hidden = hidden
        self.method = method
        self.activation = activation
        self.sweeps = sweeps
        self.rho = rho
        self.ridge = ridge
        self.epsilon = epsilon
        self.scale = scale
        self.tol = tol
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.warm_start = warm_start
        self.audit = audit
        self.dtype = dtype
        self.callback = callback
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _fit(self, x: Array, y: Tensor, outputs: int, groups: Array | None) -> Self:
        """Scale, and fit what is scaled. ``groups``: classes, by which samples are held out."""
        _check(self)
        self._scaler = _scaler(self.scale, x)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        samples = Samples(self._scaled(x), y, outputs, groups, seed)
        hidden = self.hidden_ if self._going_on and automatic(self.hidden) else self.hidden
        offered = candidates(hidden, self.ridge, len(y))
        widths = samples.widths(max((c.hidden for c in offered), key=sum))
        if self._going_on:
            check_widths(self.network_, widths)
        with limited(threads(samples.inputs, widths, keeps=self._keeps(self.audit))):
            return self._fitted(samples, offered)

    def _fitted(self, samples: Samples, offered: Sequence[Candidate]) -> Self:
        """Choose, train."""
        best = chosen(offered, samples, self._score)
        kept, score = samples, None
        if self.early_stopping:
            kept, held = samples.held_out(self.validation_fraction)
            score = self._held_out(held.inputs, held.y)
        stopping = Stopping(
            self.sweeps, self.tol, score, self.patience, self.callback, self.verbose
        )
        trained, self.report_ = self._train(kept, best, stopping, self.audit)
        self.hidden_, self.ridge_ = best.hidden, best.ridge
        self.network_, self.objective_ = trained.network, trained.objective
        self.validation_scores_, self.n_iter_ = trained.scores, len(trained.objective)
        return self

    def _score(self, candidate: Candidate, kept: Samples, held: Samples) -> float:
        """Of a short training on what a fold keeps, on what it holds out."""
        short = Stopping(min(self.sweeps, SWEEPS_OF_A_FOLD), self.tol, keeps=False)
        trained, _ = self._train(kept, candidate, short)
        return self._held_out(held.inputs, held.y)(trained.network)

    @property
    def _going_on(self) -> bool:
        return self.warm_start and hasattr(self, "network_")

    def _train(
        self,
        samples: Samples,
        candidate: Candidate,
        stopping: Stopping,
        audited: bool | str | Sequence[str] = False,
    ) -> tuple[Trained, Report | None]:
        """The network and, where it is audited, the report."""
        made = scheme(self.method)
        x = tensor(samples.inputs, DTYPES[self.dtype], keeps=self._keeps(audited))
        widths = samples.widths(candidate.hidden)
        problem = self._problem(made, x, samples.y, widths, candidate.ridge)
        method = made.make(self._labels)
        start = self.network_ if self._going_on else torch_default(widths, samples.seed)
        if not audited:
            return train(method, problem, start, stopping), None
        theorems = made.audited(candidate.hidden) if audited is True else audited
        return _audited(method, problem, start, stopping, theorems)

    def _problem(
        self, made: Scheme, x: Tensor, y: Tensor, widths: tuple[int, ...], ridge: float
    ) -> LayeredProblem:
        return LayeredProblem(
            x,
            y,
            widths,
            rho=float(self.rho),
            mu=ridge * float(self.rho),
            mu_bias=ridge * float(self.rho) if made.biases else 0.0,
            coupling=made.coupling(self.epsilon),
            activation=activation(self.activation),
            loss=self._loss(made),
            dtype=DTYPES[self.dtype],
        )

    def _keeps(self, audited: object) -> bool:
        """Whether sparse features stay sparse: products are enough, and nothing is recorded."""
        return scheme(self.method).sparse and not audited

    def _scaled(self, x: Features) -> Features:
        return x if self._scaler is None else self._scaler.transform(x)

    def _said(self, network: nn.Sequential, x: Features) -> Tensor:
        """What a network says of scaled features, (N, n_L) in float64."""
        return outputs(network, x, DTYPES[self.dtype])

    def _outputs(self, x: ArrayLike) -> Tensor:
        """What the network says of new samples, (N, n_L).

        Raises:
            InvalidInput: if that is not finite: no class and no value follows from NaN or ∞.
        """
        check_is_fitted(self, "network_")
        checked = validate_data(self, x, reset=False, accept_sparse="csr", dtype=np.float64)
        found = self._said(self.network_, self._scaled(checked))
        wrong = len(found) - int(found.isfinite().all(1).sum())
        if wrong:
            raise InvalidInput(
                f"X: the network's outputs are not finite for {wrong} of {len(found)} samples; "
                "its weights or these features are too large"
            )
        return found

    network_: nn.Sequential
    hidden_: tuple[int, ...]
    _labels: bool
    """Whether z_L starts at the labels' ±1."""

    def _loss(self, made: Scheme) -> Loss:
        raise NotImplementedError

    def _held_out(self, x: Features, y: Tensor) -> Callable[[nn.Sequential], float]:
        """The score of a network on samples that were held out."""
        raise NotImplementedError


def _audited(
    method: Any, problem: LayeredProblem, start: Any, stopping: Stopping, theorems: Any
) -> tuple[Trained, Report]:
    """Train with a record of every block, and hold the run to the theorems."""
    recorded = replace(method, record=True)
    tracer = Tracer(recorded, problem, begun(recorded, problem, start))
    trained = train(
        recorded,
        problem,
        start,
        stopping,
        lambda k, before, state: tracer.after(k, before, state, k in (2, stopping.sweeps)),
    )
    return trained, audit(tracer.trace({"subject": recorded.name}), theorems)


def _scaler(wanted: bool, x: Array) -> StandardScaler | None:
    """Zeros of sparse features stay zeros: they are divided, not centred."""
    return StandardScaler(with_mean=not sparse.issparse(x)).fit(x) if wanted else None


def _check(estimator: LayeredEstimator) -> None:
    """Refuse what no later check refuses by its name here."""
    numbers = dict.fromkeys(("rho", "epsilon", "tol", "validation_fraction"), Real)
    flags = dict.fromkeys(("scale", "early_stopping", "warm_start", "verbose"), (bool, Real))
    audited = {"audit": (bool, str, Sequence)}
    of_kinds(vars(estimator), {"dtype": str, "method": str, **numbers, **flags, **audited})
    if estimator.dtype not in DTYPES:
        raise InvalidInput(f"dtype: {' or '.join(DTYPES)}, got {estimator.dtype!r}")
    for name in ("sweeps", "patience"):
        value: Any = getattr(estimator, name)
        if not (isinstance(value, Integral) and int(value) >= 1):
            raise InvalidInput(f"{name}: a whole number, at least 1, got {value!r}")
    ridge: Any = estimator.ridge
    if not automatic(ridge) and not (isinstance(ridge, Real) and 0 <= float(ridge) < np.inf):
        raise InvalidInput(f"ridge: 'auto' or a number, at least 0, got {ridge!r}")
    if not (estimator.callback is None or callable(estimator.callback)):
        raise InvalidInput(
            f"callback: a function of the sweep and F, got {type(estimator.callback).__name__}"
        )
    if not 0 < estimator.validation_fraction < 1:
        raise InvalidInput(
            f"validation_fraction: between 0 and 1, got {estimator.validation_fraction!r}"
        )
