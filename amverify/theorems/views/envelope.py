"""T6's bounds of the gaps to come, as plain floats: for the eye, not for a verdict."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def envelope(gap: Vector, known: Mapping[str, float], kappa: int) -> Vector:
    """T6's bound of r_k, k = 0, 1, …, from r_0 and (κ = 2) r_1 alone; (n,) as ``gap``.

    Args:
        gap: r_k.
        known: theta, c, a, b.
        kappa: 1 for one-step methods, 2 else.
    """
    theta = known["theta"]
    constant = kappa * known["b"] ** 2 * known["c"] ** 2 / known["a"]
    found = np.full(len(gap), np.nan)
    for first in range(min(kappa, len(gap))):
        steps = len(range(first, len(gap), kappa))
        found[first::kappa] = _bounds(float(gap[first]), theta, constant, steps)
    return found


def _bounds(start: float, theta: float, constant: float, steps: int) -> Vector:
    """s_0, s_1, … at most."""
    j = np.arange(steps, dtype=np.float64)
    if theta == 0.5:
        found: Vector = start * (constant / (1 + constant)) ** j
        return found
    if theta > 0.5:
        p = 2 * theta - 1
        if start <= 0:
            return np.zeros(steps)
        gain = min(p / (2 * constant), (2 ** (p / (1 + p)) - 1) * start**-p)
        found = (start**-p + j * gain) ** (-1 / p)
        return found
    if theta == 0:
        return np.maximum(start - j / constant, 0.0)
    out = [start]
    for _ in range(steps - 1):
        out.append(min((constant * out[-1]) ** (1 / (2 * theta)), out[-1]))
    return np.array(out)
