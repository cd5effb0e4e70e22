"""``scipy.optimize.minimize`` through its callback: methods whose accepted iterates descend."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from amverify.record.recorder import Recorder
from strangers.subject import Run, Stranger

Vector = NDArray[np.float64]
METHODS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "BFGS": ("Wolfe's conditions", ("jac",)),
    "CG": ("Wolfe's conditions", ("jac",)),
    "L-BFGS-B": ("Wolfe's conditions", ("jac",)),
    "Newton-CG": ("Wolfe's conditions", ("jac",)),
    "trust-exact": ("steps are accepted if f falls", ("jac", "hess")),
    "trust-ncg": ("steps are accepted if f falls", ("jac", "hess")),
    "dogleg": ("steps are accepted if f falls", ("jac", "hess")),
    "Nelder-Mead": ("the best vertex is kept", ()),
    "Powell": ("line searches from the best point", ()),
}


def _problem(
    seed: int,
) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any], Vector]:
    """f, its gradient and Hessian, and a start: Rosenbrock, or a convex sum with a ridge."""
    random = np.random.default_rng(seed)
    if seed % 2:
        return optimize.rosen, optimize.rosen_der, optimize.rosen_hess, random.normal(size=3)
    a = random.normal(size=(12, 3))

    def f(x: Vector) -> float:
        return float(np.sum(np.logaddexp(0, a @ x)) + 0.5 * x @ x - 3)

    def slope(x: Vector) -> Vector:
        return a.T @ (1 / (1 + np.exp(-(a @ x)))) + x

    def bend(x: Vector) -> Vector:
        share = 1 / (1 + np.exp(-(a @ x)))
        found: Vector = a.T @ ((share * (1 - share))[:, None] * a) + np.eye(3)
        return found

    return f, slope, bend, random.normal(size=3)


def _minimised(method: str, seed: int, dtype: str) -> Run:
    f, slope, bend, start = _problem(seed)
    wanted = {"jac": slope, "hess": bend}
    _, names = METHODS[method]
    if method == "dogleg" and seed % 2:
        f, slope, bend, start = _problem(seed + 1)
        wanted = {"jac": slope, "hess": bend}
    recorder = Recorder(method, value_error=2.0**-42 * (1 + abs(float(f(start)))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        optimize.minimize(
            f, start, method=method, callback=recorder.scipy(f, x0=start),
            **{name: wanted[name] for name in names},
        )  # fmt: skip
    return Run(recorder.trace(), ("descent",), {})


MINIMISERS = tuple(
    Stranger(f"scipy, {method}", because, partial(_minimised, method), ("float64",))
    for method, (because, _) in METHODS.items()
)
