"""What is tried for each method, on which data sets: the candidates and the budgets.

*On training accuracy.* Every compared method has five values on each data set for which nothing
is published. dlADMM's ρ is published, its trial modulus is not: five values on Cora and on
Citeseer; what is best on both together serves the published data sets that are not at hand. TIAM
gets *one* configuration for all data sets: three values of ρ by five inertias, the sum of the
scores over the tuning data sets; fifteen runs on three data sets is again five configurations a
data set. Its ridge and its ε are mDLAM's, s = 1, and its moduli are found by backtracking, as in
the papers.

*By cross-validation*, every method, five candidates each: on each data set, and from the same
runs one for all. The compared methods' are those above; TIAM's are mDLAM's five values of ρ;
JointTIAM's are ρ and μ at two levels each and a fifth with live inertia, at a constant ε (its
theorems ask for that), the last of mDLAM's.

Not hidden: TIAM's grid was first run with exact moduli (the same inertia and ρ won) and again with
backtracking, which is cheaper, and the learning rates' grid was widened when its edge won; test
curves of some settings had been seen by then. An earlier cross-validation of TIAM, thirty
candidates for one configuration, was no better on the test sets. JointTIAM's candidates were
written down before any of them was run, and none was moved since; but test curves of a prototype
had been seen (ρ from 3e-3 to 3e-2, μ from 0.005 to 0.05), so their range is not innocent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from repro.chosen import Settings
from repro.full_batch.configurations import ANY_DATASET, MDLAM_COMPLETED, MDLAM_EPSILON, MDLAM_MU
from repro.spec import Setting

TUNING_DATASETS = ("cora", "citeseer", "digits")
WITHOUT_PUBLISHED = ("digits", "synthetic_graph")
RATES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
GD_RATES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)  # of the summed loss
TRIALS = (1e-6, 1e-4, 1e-2, 1e-1, 1.0)
RHOS = (1e-4, 1e-3, 5e-3, 1e-2, 1e-1)
TIAM_RHOS = (1e-4, 1e-3, 1e-2)
TIAM_INERTIAS = (
    (0.0, 0.0, 0.0),
    (0.5, 0.5, 0.3),
    (0.65, 0.65, 0.2),
    (0.8, 0.8, 0.1),
    (0.9, 0.9, 0.0),
)
TIAM_INERTIA = TIAM_INERTIAS[2]  # what the fifteen choose
JOINT_EPSILON = 1e-3  # the floor of mDLAM's ε


@dataclass(frozen=True)
class Choice:
    """What is to be chosen for ``method``: one of ``grid``, by its sum over ``datasets``.

    ``fixed`` are settings that the chosen ones are run with but which are published. ``crossed``
    says that the criterion is cross-validation.
    """

    method: str
    section: str
    datasets: tuple[str, ...]
    grid: tuple[Settings, ...]
    fixed: Settings = ()
    crossed: bool = False


def _settings(**values: Setting) -> Settings:
    return tuple(sorted(values.items()))


def _tiam(rho: float, inertia: tuple[float, float, float]) -> Settings:
    p1, p2, p3 = inertia
    return _settings(
        rho=rho,
        mu=MDLAM_MU,
        epsilon=MDLAM_EPSILON,
        p1=p1,
        p2=p2,
        p3=p3,
        s=1.0,
        steps="backtracking",
    )


def _joint(
    rho: float, mu: float, s: float = 1.05, p3: float = 0.2, c: float = 0.0, p2: float = 0.0
) -> Settings:
    return _settings(rho=rho, mu=mu, epsilon=JOINT_EPSILON, s=s, p3=p3, c=c, p2=p2)


TIAM_GRID = tuple(_tiam(rho, p) for rho, p in product(TIAM_RHOS, TIAM_INERTIAS))
RATE_GRIDS = {
    method: tuple(_settings(lr=lr) for lr in (GD_RATES if method == "gd" else RATES))
    for method in ("gd", "adadelta", "adagrad", "adam")
}
MDLAM_GRID = tuple(_settings(rho=rho, epsilon=MDLAM_EPSILON, **MDLAM_COMPLETED) for rho in RHOS)
DLADMM_GRID = tuple(_settings(rho=1e-6, trial=trial) for trial in TRIALS)
CROSSED_GRIDS = {
    **RATE_GRIDS,
    "dladmm": DLADMM_GRID,
    "mdlam": MDLAM_GRID,
    "tiam": tuple(_tiam(rho, TIAM_INERTIA) for rho in RHOS),
    "joint_tiam": (
        _joint(1e-2, 0.05),
        _joint(1e-2, 0.005),
        _joint(1e-3, 0.05),
        _joint(1e-3, 0.005),
        _joint(1e-2, 0.02, s=1.5, p3=0.0, c=0.4, p2=0.4),
    ),
}


def choices() -> Iterator[Choice]:
    """Everything that is tuned on training accuracy."""
    for dataset in WITHOUT_PUBLISHED:
        for method, grid in RATE_GRIDS.items():
            yield Choice(method, dataset, (dataset,), grid)
        yield Choice("mdlam", dataset, (dataset,), MDLAM_GRID)
        yield Choice("dladmm", dataset, (dataset,), DLADMM_GRID)
    grid = tuple(_settings(trial=trial) for trial in TRIALS)
    for dataset in ("cora", "citeseer"):
        yield Choice("dladmm", dataset, (dataset,), grid, _settings(rho=1e-6))
    yield Choice("dladmm", ANY_DATASET, ("cora", "citeseer"), grid, _settings(rho=1e-6))
    yield Choice("tiam", ANY_DATASET, TUNING_DATASETS, TIAM_GRID)


def crossed_choices() -> Iterator[Choice]:
    """What is chosen by cross-validation."""
    for method, grid in CROSSED_GRIDS.items():
        for dataset in TUNING_DATASETS:
            yield Choice(method, dataset, (dataset,), grid, crossed=True)
        yield Choice(method, ANY_DATASET, TUNING_DATASETS, grid, crossed=True)
