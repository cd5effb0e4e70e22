"""From a run's settings to a method, a problem and a start.

| method | settings | start |
|---|---|---|
| gd, adagrad, adadelta, rmsprop, adam | lr | nn.Linear's own |
| dladmm | rho, trial, mu | mDLAM's: N(0, 0.1²), z_L = ±1 |
| mdlam | rho, mu, epsilon; trial or steps = "exact"; inertia = "none" | mDLAM's |
| tiam | rho, mu, mu_bias, epsilon or nu, p1, p2, p3, s, steps, safeguard | mDLAM's |
| joint_tiam | rho, mu (μ_b = μ), epsilon, s, p3, c (of V and z_L), p2 (of (z, a)) | mDLAM's |
| mdlam_released | none (the authors' script as it is), or rho; biases = "every" | its own |
| bcd | rho, nu, alpha, mu; start = "released" | N(0, 0.1²); W: N(0, 0.01²), b: 0.1 |

mDLAM's ε halves after each sweep down to 10⁻³; the same schedule serves TIAM (from 10⁻³ it is
constant, as JointTIAM's theorems ask). mDLAM's trial
modulus is where its doubling starts in every sweep (1 in the released code).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import torch

from amverify.errors import InvalidInput
from amverify.methods.base import Method
from amverify.methods.bcd import BCD
from amverify.methods.dladmm import DlADMM
from amverify.methods.gradient import gradient_method
from amverify.methods.inertia import Inertia, Safeguard, nesterov
from amverify.methods.joint import JointTIAM
from amverify.methods.step import StepRule, Steps
from amverify.methods.tiam import TIAM
from amverify.network.activations import activation
from amverify.network.coupling import Band, Coupling, Penalty
from amverify.network.initial import Parameters, gaussian, torch_default
from amverify.network.layered import LayeredProblem
from amverify.network.losses import SquaredError
from amverify.network.weights import Representation
from repro.data.dataset import Dataset
from repro.full_batch.names import GRADIENT_METHODS, KNOWN_METHODS
from repro.full_batch.released import BAND, MU, RHO, Released
from repro.spec import RunSpec, Settings

EPS_FACTOR, EPS_FLOOR = 0.5, 1e-3
DTYPES = {"float32": torch.float32, "float64": torch.float64}


def prepare(spec: RunSpec, dataset: Dataset) -> tuple[Method[Any], LayeredProblem, Parameters]:
    """The method, the problem and the initial weights of a run.

    Raises:
        InvalidInput: for an unknown method, dtype or setting.
    """
    if spec.dtype not in DTYPES:
        raise InvalidInput(f"dtype: {' or '.join(DTYPES)}, got {spec.dtype!r}")
    settings = Settings(spec)
    if spec.method in GRADIENT_METHODS:
        made: tuple[Method[Any], dict[str, Any]] = (
            gradient_method(spec.method, settings.number("lr")),
            {"rho": 1.0},
        )
    else:
        made = _builder(spec.method)(settings)
    settings.close()
    method, options = made
    gradient = spec.method in GRADIENT_METHODS
    draw = options.pop("draw", torch_default if gradient else gaussian)
    representation: Representation = "dense" if gradient else "auto"
    options = {"representation": representation, **options}
    x = torch.from_numpy(dataset.train.x)
    problem = LayeredProblem(
        x,
        torch.from_numpy(dataset.train.y),
        (x.shape[1], *spec.hidden, dataset.classes),
        activation=activation(spec.activation),
        dtype=DTYPES[spec.dtype],
        **options,
    )
    return method, problem, draw(problem.widths, spec.seed)


def released_start(widths: Sequence[int], seed: int) -> Parameters:
    """That of BCD's released notebook: weights N(0, 0.01²), every bias 0.1.

    The notebook draws on a GPU: its numbers of the same seed are others.
    """
    weights, biases = gaussian(widths, seed, std=0.01)
    return weights, [torch.full_like(b, 0.1) for b in biases]


Builder = Callable[[Settings], tuple[Method[Any], dict[str, Any]]]


def _builder(name: str) -> Builder:
    builders: dict[str, Builder] = {
        "dladmm": _dladmm,
        "bcd": _bcd,
        "mdlam": _mdlam,
        "mdlam_released": _released,
        "tiam": _tiam,
        "joint_tiam": _joint_tiam,
    }
    if name not in builders:
        raise InvalidInput(f"unknown method {name!r}: one of {', '.join(KNOWN_METHODS)}")
    return builders[name]


def _constants(settings: Settings, coupling: Coupling) -> dict[str, Any]:
    return {
        "rho": settings.number("rho"),
        "mu": settings.number("mu", 0.0),
        "coupling": coupling,
    }


def _band(settings: Settings) -> Band:
    eps = settings.number("epsilon")
    return Band(eps, EPS_FACTOR, min(EPS_FLOOR, eps))


def _dladmm(settings: Settings) -> tuple[Method[Any], dict[str, Any]]:
    return DlADMM(trial=settings.number("trial")), _constants(settings, Penalty(1.0))


def _bcd(settings: Settings) -> tuple[Method[Any], dict[str, Any]]:
    options = _constants(settings, Penalty(settings.number("nu")))
    start = settings.word("start", "gaussian")
    if start not in ("gaussian", "released"):
        raise InvalidInput(f"bcd: start is 'gaussian' or 'released', got {start!r}")
    draw = released_start if start == "released" else gaussian
    return BCD(settings.number("alpha")), {**options, "loss": SquaredError(), "draw": draw}


def _mdlam(settings: Settings) -> tuple[Method[Any], dict[str, Any]]:
    momentum = settings.word("inertia", "nesterov")
    if momentum not in ("nesterov", "none"):
        raise InvalidInput(f"mdlam: inertia is 'nesterov' or 'none', got {momentum!r}")
    inertia = Inertia(nesterov, nesterov) if momentum == "nesterov" else Inertia()
    if settings.word("steps", "backtracking") == "exact":
        rule = StepRule(inertia, steps="exact", safeguard="monotone")
    else:
        rule = StepRule(
            inertia,
            steps="backtracking",
            safeguard="monotone",
            trial=settings.number("trial"),
            restart=True,
        )
    return TIAM(rule, name="mdlam"), _constants(settings, _band(settings))


def _tiam(settings: Settings) -> tuple[Method[Any], dict[str, Any]]:
    rule = StepRule(
        Inertia(*(settings.number(name) for name in ("p1", "p2", "p3"))),
        scale=settings.number("s"),
        steps=cast(Steps, settings.word("steps", "exact")),
        safeguard=cast(Safeguard, settings.word("safeguard", "certified")),
    )
    coupling = Penalty(settings.number("nu")) if "nu" in settings.left else _band(settings)
    constants = _constants(settings, coupling)
    return TIAM(rule), {**constants, "mu_bias": settings.number("mu_bias", 0.0)}


def _joint_tiam(settings: Settings) -> tuple[Method[Any], dict[str, Any]]:
    method = JointTIAM(
        scale=settings.number("s"),
        relaxation=settings.number("p3"),
        momentum=settings.number("c"),
        inertia=settings.number("p2"),
    )
    constants = _constants(settings, _band(settings))
    return method, {**constants, "mu_bias": constants["mu"]}


def _released(settings: Settings) -> tuple[Method[Any], dict[str, Any]]:
    biases = settings.word("biases", "released")
    if biases not in ("released", "every"):
        raise InvalidInput(f"mdlam_released: biases is 'released' or 'every', got {biases!r}")
    rho = settings.number("rho", RHO)
    options = {"rho": rho, "mu": MU, "coupling": BAND, "representation": "dense"}
    return Released(every_bias=biases == "every"), options
