"""The unit roundoff u of every format, float64's smallest positive number η, and γ_n."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

UNITS: Mapping[str, float] = {
    "tf32": 2.0**-11,
    "float16": 2.0**-11,
    "bfloat16": 2.0**-8,
    "float32": 2.0**-24,
    "float64": 2.0**-53,
}
"""u by format: half the distance from 1 to the next number."""
U = UNITS["float64"]
ETA = 2.0**-1074


@lru_cache(maxsize=4096)
def gamma(n: int | float, unit: float = U) -> float:
    """γ_n = nu/(1 − nu), rounded up: the relative error of n roundings in a row (Higham, ch. 3).

    Infinite if nu ≥ 1: nothing can be said.
    """
    x = n * unit
    return x / (1 - x) * (1 + 4 * U) if x < 1 else math.inf
