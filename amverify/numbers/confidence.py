r"""Confidence sequences for the mean of bounded draws, valid at every stopping time.

Draws X_1, X_2, … ∈ [low, high] have E[X_t | the past] = μ. After x = (X − low)/(high − low), a
bettor who starts with capital 1 and stakes a predictable share λ_t on "x is larger than m" has

    K⁺_t(m) = Π_{s≤t} (1 + min(λ_s, c/m)(x_s − m)),      K⁻_t(m) likewise on "smaller" with 1 − m.

Under μ = m both are nonnegative martingales, so by Ville's inequality either ever reaches 2/α with
probability α/2 at most: the values m at which neither has reached it form an interval (K⁺ falls in
m, K⁻ rises) that holds μ at all times at once with probability 1 − α. One may look after every
draw, and stop whenever one likes. The stakes are those of Waudby-Smith & Ramdas (2024), which
adapt to the variance seen so far:

    λ_t = √(2 log(2/α) / (σ̂²_{t−1} t log(1 + t))),   c = ½.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amverify.errors import InvalidInput

Draws = NDArray[np.float64]
TRUNCATED = 0.5
"""c: no bet risks more than this share of the capital."""
BISECTIONS = 60


@dataclass(frozen=True)
class Interval:
    """[low, high] holds the mean, with probability 1 − α at all times at once."""

    low: float
    high: float


def _checked(draws: Draws, low: float, high: float, alpha: float) -> Draws:
    """The draws on [0, 1].

    Raises:
        InvalidInput: for α outside (0, 1), bounds that are no interval, or a draw outside them.
    """
    if not 0 < alpha < 1:
        raise InvalidInput(f"confidence: alpha must lie between 0 and 1, got {alpha}")
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InvalidInput(f"confidence: [{low}, {high}] is no interval of positive length")
    x = np.asarray(draws, dtype=np.float64)
    outside = ~((x >= low) & (x <= high))
    if outside.any():
        i = int(np.flatnonzero(outside)[0])
        raise InvalidInput(f"confidence: draw {i} is {x[i]}, outside [{low}, {high}]")
    scaled: Draws = np.clip((x - low) / (high - low), 0.0, 1.0)
    return scaled


def _moments(x: Draws) -> tuple[Draws, Draws]:
    """μ̂_t and σ̂²_t of the draws up to t, each begun with one draw's worth of ½ and ¼."""
    t = np.arange(1, len(x) + 1)
    mean = (0.5 + np.cumsum(x)) / (t + 1)
    variance = (0.25 + np.cumsum((x - mean) ** 2)) / (t + 1)
    return mean, variance


def stakes(x: Draws, alpha: float) -> Draws:
    """λ_t for draws on [0, 1]; λ_t depends on x_1, …, x_{t−1} alone."""
    _, variance = _moments(x)
    before = np.concatenate(([0.25], variance[:-1]))
    t = np.arange(1, len(x) + 1)
    found: Draws = np.sqrt(2 * math.log(2 / alpha) / (before * t * np.log1p(t)))
    return found


def capital(x: Draws, bets: Draws, mean: float) -> float:
    """The largest log K⁺_t(m) over all t, for draws on [0, 1]."""
    if not len(x):
        return 0.0
    share = np.minimum(bets, TRUNCATED / mean) if mean > 0 else bets
    return max(float(np.cumsum(np.log1p(share * (x - mean))).max()), 0.0)


def _lower(x: Draws, bets: Draws, alpha: float) -> float:
    """The largest m that K⁺ has refuted; 0 if none."""
    limit = math.log(2 / alpha)
    if capital(x, bets, 0.0) < limit:
        return 0.0
    refuted, kept = 0.0, 1.0
    for _ in range(BISECTIONS):
        middle = (refuted + kept) / 2
        if capital(x, bets, middle) >= limit:
            refuted = middle
        else:
            kept = middle
    return refuted


def betting(draws: Draws, low: float, high: float, alpha: float) -> Interval:
    """The betting confidence sequence after all these draws.

    Args:
        draws: in the order in which they were made; none left out.
        low: a lower bound of every draw, known before it is made.
        high: an upper bound.
        alpha: the probability with which the mean may ever be missed.

    Raises:
        InvalidInput: for α outside (0, 1), bounds that are no interval, or a draw outside them.
    """
    x = _checked(draws, low, high, alpha)
    bets = stakes(x, alpha)
    below, above = _lower(x, bets, alpha), 1 - _lower(1 - x, stakes(1 - x, alpha), alpha)
    return Interval(low + (high - low) * below, low + (high - low) * above)
