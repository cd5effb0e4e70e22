r"""Exact lower bounds: functions of one variable that attain a value.

Δ = 1, e = κ, u = 0, so û = p2 and H'(û) = s(p1 − κ/t).

* quadratic H with curvature h ∈ {0, 1}:  ΔH = H'(û)κ + h(κ²/2 − p2κ);
* H straight from u to û and curved (h = 1) beyond it, which needs 0 ≤ p2 ≤ κ:
  ΔH = H'(û)κ + ½(κ − p2)².

Each gives (ΔH + (δ/2)(κ² − 1))/(κ² + 1) exactly for rational κ.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from proofs.pep.interpolation import HALF, Step


@dataclass(frozen=True)
class Attained:
    """A value, the step κ and which function has it: h of a quadratic, or a bend at û."""

    value: Fraction
    kappa: Fraction
    shape: str


def value(step: Step, delta: Fraction, kappa: Fraction, shape: str) -> Fraction | None:
    """The value at one κ; None where the shape does not exist."""
    slope = step.s * (step.p1 - kappa / step.t)
    match shape:
        case "flat":
            change = slope * kappa
        case "quadratic":
            change = slope * kappa + kappa**2 / 2 - step.p2 * kappa
        case "bent at û" if 0 <= step.p2 <= kappa:
            change = slope * kappa + HALF * (kappa - step.p2) ** 2
        case _:
            return None
    return (change + delta / 2 * (kappa**2 - 1)) / (kappa**2 + 1)


SHAPES = ("flat", "quadratic", "bent at û")
GRID = tuple(float(x) for x in np.tan(np.linspace(-1.54, 1.54, 2001)))


def attained(step: Step, delta: Fraction) -> Attained:
    """The largest value found: κ by a search in floating point, then exactly."""
    found = [Attained(v, Fraction(k), shape) for shape in SHAPES for k in (-1, 0, 1)
             if (v := value(step, delta, Fraction(k), shape)) is not None]  # fmt: skip
    for shape in SHAPES:
        values = [
            (float(v), x)
            for x in GRID
            if (v := value(step, delta, Fraction(x).limit_denominator(1000), shape)) is not None
        ]
        centre = max(values, default=(0.0, 0.0))[1]
        for x in np.linspace(centre - 0.01, centre + 0.01, 41):
            kappa = Fraction(float(x)).limit_denominator(10_000)
            exact = value(step, delta, kappa, shape)
            if exact is not None:
                found.append(Attained(exact, kappa, shape))
    return max(found, key=lambda a: a.value)
