"""A random small run of JointTIAM: data, network, constants, parameters, starts.

``inside``: everything within the theorems' range, degenerate data included (columns that are zero,
constant or twice there, equal samples, X = 0, one sample), both formats, every representation of
the first layer, ε constant or shrinking, a ridge that is 0 now and then, inertia wanted far beyond
what can be certified, starts at 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from support.problems import PIECEWISE_LINEAR

from amverify.methods.joint import JointTIAM
from amverify.network.activations import activation
from amverify.network.coupling import Band
from amverify.network.initial import Parameters, gaussian, replicated
from amverify.network.layered import LayeredProblem
from amverify.network.losses import LOSSES
from amverify.record.layered.run import traced
from amverify.trace.trace import Trace

Numbers = np.random.Generator
Values = NDArray[np.float64]
FORMATS = {"float32": torch.float32, "float64": torch.float64}
STARTS = (0, 3, 8, 16)
"""Replicates of a run: starts of their own on shared data; 0 is one start without replicates."""


@dataclass(frozen=True)
class Drawn:
    """A run to be made, whatever a constructor may refuse of it.

    ``facts`` go to ``LayeredProblem`` (``band`` to its ``Band``), ``asked`` to the method;
    ``std`` scales the starts, of which there are ``starts``.
    """

    index: int
    x: torch.Tensor
    y: torch.Tensor
    widths: tuple[int, ...]
    facts: dict[str, Any]
    band: dict[str, Any]
    asked: dict[str, Any]
    std: float
    starts: int
    sweeps: int
    method: type[JointTIAM] = JointTIAM

    @property
    def networks(self) -> int:
        """How many networks are trained."""
        return max(self.starts, 1)

    def parameters(self) -> Parameters:
        """The starts."""
        if not self.starts:
            return gaussian(self.widths, self.index, self.std)
        seeds = range(self.index, self.index + self.starts)
        return replicated(lambda seed: gaussian(self.widths, seed, self.std), seeds)

    def trace(self) -> Trace:
        """The run, recorded.

        Raises:
            InvalidInput: for what is refused.
        """
        facts = dict(self.facts)
        problem = LayeredProblem(
            self.x,
            self.y,
            self.widths,
            coupling=Band(**self.band),
            activation=activation(facts.pop("act")),
            loss=LOSSES[facts.pop("loss")],
            **facts,
        )
        return traced(self.method(**self.asked), problem, self.parameters(), self.sweeps)

    def __str__(self) -> str:
        parts = {**self.facts, **self.band, **self.asked, "std": self.std, "starts": self.starts}
        told = " ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}"
                        for k, v in parts.items())  # fmt: skip
        return f"draw {self.index}: widths {self.widths}, N = {len(self.x)}, {told}"


def power(rng: Numbers, low: float, high: float) -> float:
    """Ten to a uniform exponent."""
    return float(10.0 ** rng.uniform(low, high))


def _sometimes(rng: Numbers, share: float, value: float, other: float = 0.0) -> float:
    return value if rng.random() < share else other


def inputs(rng: Numbers, samples: int, features: int) -> Values:
    """Normal numbers, degenerate in one way or another in half of the draws."""
    x = rng.normal(size=(samples, features)) * power(rng, -2, 2)
    one, other = rng.integers(features, size=2)
    fault = rng.integers(12)
    if fault == 0:
        x[:, one] = 0
    elif fault == 1:
        x[:, one] = x[:, other]
    elif fault == 2:
        x[:, one] = power(rng, -2, 2)
    elif fault == 3:
        x[samples // 2 :] = x[0]
    elif fault == 4:
        x[:] = 0
    elif fault == 5:
        x = np.round(np.sign(x))
    return x


def targets(rng: Numbers, loss: str, samples: int, outputs: int) -> torch.Tensor:
    """Class numbers, at least two classes where there are two samples, or real numbers."""
    if loss == "squared_error":
        return torch.from_numpy(rng.normal(size=(samples, outputs)) * power(rng, -2, 2))
    if loss == "logistic":
        return torch.from_numpy(rng.random(size=(samples, outputs)))
    y = rng.integers(outputs, size=samples)
    y[: min(samples, 2)] = np.arange(min(samples, 2))
    return torch.from_numpy(y)


def band(rng: Numbers) -> dict[str, Any]:
    """ε constant, or shrinking to a floor in a few sweeps."""
    eps = power(rng, -4, 0.5)
    if rng.random() < 0.8:
        return {"eps": eps}
    return {"eps": eps, "factor": float(rng.uniform(0.3, 0.9)), "floor": eps * power(rng, -1.5, 0)}


def asked(rng: Numbers) -> dict[str, Any]:
    """Parameters of the method that it accepts; inertia is cut to what can be certified."""
    return {
        "scale": 1 + power(rng, -3, 0.5),
        "relaxation": _sometimes(rng, 0.6, float(rng.uniform(0, 0.99))),
        "momentum": _sometimes(rng, 0.6, float(rng.uniform(-1.5, 1.5))),
        "inertia": _sometimes(rng, 0.6, float(rng.uniform(0, 0.99))),
        "margin": float(rng.uniform(0.01, 0.99)),
        "floor": power(rng, -6, 0),
        "label_output": bool(rng.random() < 0.5),
    }


def inside(seed: int, index: int) -> Drawn:
    """Draw ``index`` of a seed, within the theorems' range."""
    rng = np.random.default_rng([seed, index])
    layers, samples = int(rng.integers(1, 5)), int(rng.integers(1, 21))
    loss = str(rng.choice(sorted(LOSSES)))
    widths = tuple(int(n) for n in rng.integers(1, 7, size=layers + 1))
    widths = (*widths[:-1], max(widths[-1], 2 if loss == "cross_entropy" else 1))
    facts = {
        "rho": power(rng, -3, 2),
        "mu": _sometimes(rng, 0.05, 0.0, power(rng, -6, 0.5)),
        "mu_bias": _sometimes(rng, 0.05, 0.0, power(rng, -6, 0.5)),
        "act": str(rng.choice(PIECEWISE_LINEAR)),
        "loss": loss,
        "dtype": FORMATS[str(rng.choice(sorted(FORMATS)))],
        "representation": str(rng.choice(("auto", "dense", "spanned"))),
    }
    return Drawn(
        index,
        torch.from_numpy(inputs(rng, samples, widths[0])),
        targets(rng, loss, samples, widths[-1]),
        widths,
        facts,
        band(rng),
        asked(rng),
        _sometimes(rng, 0.95, power(rng, -3, 0.5)),
        int(rng.choice(STARTS)),
        int(rng.integers(5, 41)),
    )
