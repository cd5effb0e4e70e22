"""The unit roundoff u of float64, its smallest positive number η, and γ_n."""

from __future__ import annotations

U = 2.0**-53
ETA = 2.0**-1074


def gamma(n: int | float, unit: float = U) -> float:
    """γ_n = nu/(1 − nu): the relative error of n roundings in a row (Higham, ch. 3).

    Raises:
        ValueError: if nu ≥ 1: nothing can be said.
    """
    x = n * unit
    if not 0 <= x < 1:
        raise ValueError(f"γ_n says nothing for n = {n} at unit roundoff {unit}")
    return x / (1 - x) * (1 + 4 * U)
