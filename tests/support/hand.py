"""Small hand-made traces of gradient descent on f(x) = x²/2·L in one dimension, exact in binary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from amverify.trace.trace import Trace


def descent(points: Sequence[float], error: float = 0.0, **constants: Any) -> Trace:
    """A trace of points x⁰, x¹, … on f(x) = x², L = 2, η = ¼; ``error`` bounds what is measured.

    The steps are exact in binary: their own rounding is 0.
    """
    x = np.array(points, dtype=np.float64)
    e = np.diff(x, prepend=x[:1])
    d = np.concatenate((e[:1], e[:-1]))
    g = 2 * x
    before = np.concatenate((g[:1], g[:-1]))
    departure = np.abs(e + 0.25 * before)
    departure[0] = 0
    columns = {
        "value": x**2,
        "step": e**2,
        "cross": d * e,
        "inertia": d**2,
        "gradient": g**2,
        "departure": departure,
        "norm": x**2,
    }
    rows = len(x)
    sweeps: dict[str, Any] = {"sweep": np.arange(rows), "replicate": np.zeros(rows, dtype=np.int64)}
    for name, column in columns.items():
        sweeps |= {name: column, f"{name}_error": np.full(rows, error)}
    sweeps["departure_error"] = np.zeros(rows)
    sweeps |= {"eta": np.full(rows, 0.25), "momentum": np.zeros(rows)}
    sweeps["execution"] = np.zeros(rows)
    header = {
        "subject": "by hand",
        "settings": {"dtype": "float64"},
        "constants": {"L": 2.0, **constants},
    }
    return Trace(header, sweeps=sweeps)


HALVING = (1.0, 0.5, 0.25, 0.125)
"""x^{k+1} = x^k − ¼·2x^k."""
RISING = (1.0, 0.5, 0.75, 0.375)


def without(trace: Trace, *names: str) -> Trace:
    """The trace without some columns of its sweeps."""
    kept = {name: column for name, column in trace.sweeps.items() if name not in names}
    return Trace(trace.header, sweeps=kept)
