"""Confidence sequences: they cover the mean at all times at once, and they shrink."""

from __future__ import annotations

import math

import numpy as np
import pytest

from amverify.errors import InvalidInput
from amverify.numbers.confidence import betting, capital, stakes

SEQUENCES, LENGTH, ALPHA = 1000, 400, 0.1


def _sources():
    """Draws in [−1, 3] with their means: coins, a skewed coin, uniforms, a constant."""
    rng = np.random.default_rng(7)
    shape = (SEQUENCES, LENGTH)
    return {
        "coins": (np.where(rng.random(shape) < 0.5, -1.0, 3.0), 1.0),
        "rare": (np.where(rng.random(shape) < 0.02, 3.0, -1.0), -0.92),
        "uniform": (rng.uniform(-1, 3, shape), 1.0),
        "narrow": (rng.uniform(0.9, 1.1, shape), 1.0),
        "depends on the past": _martingale(rng, shape),
    }


def _martingale(rng, shape):
    """Spread grows after a success: not independent, the mean given the past is always 1."""
    found, spread = np.empty(shape), np.full(shape[0], 0.1)
    for t in range(shape[1]):
        side = rng.choice([-1.0, 1.0], shape[0])
        found[:, t] = 1 + spread * side
        spread = np.clip(np.where(side > 0, 1.5, 0.7) * spread, 0.05, 2.0)
    return found, 1.0


def _most_misses():
    """Ville allows a share α; so many more are as likely as 10⁻⁶ (Hoeffding's bound)."""
    return ALPHA * SEQUENCES + math.sqrt(SEQUENCES * math.log(1e6) / 2)


@pytest.mark.parametrize("source", list(_sources()))
def test_the_mean_is_ever_missed_with_probability_alpha_at_most(source):
    draws, mean = _sources()[source]
    bets = 0
    for row in draws:
        x = (row + 1) / 4
        m = (mean + 1) / 4
        limit = math.log(2 / ALPHA)
        up = capital(x, stakes(x, ALPHA), m) >= limit
        down = capital(1 - x, stakes(1 - x, ALPHA), 1 - m) >= limit
        bets += up or down
    assert bets <= _most_misses(), f"betting missed in {bets} of {SEQUENCES}"


def test_the_interval_is_where_neither_bettor_has_won():
    rng = np.random.default_rng(3)
    draws = rng.beta(2, 5, 300)
    found = betting(draws, 0.0, 1.0, 0.05)
    limit, bets = math.log(2 / 0.05), stakes(draws, 0.05)
    assert found.low < draws.mean() < found.high
    assert capital(draws, bets, found.low) >= limit
    assert capital(draws, bets, found.low + 1e-9) < limit
    assert found.high - found.low < 0.15


def test_stakes_never_look_ahead():
    draws = np.random.default_rng(1).random(50)
    other = draws.copy()
    other[20:] = 1 - other[20:]
    assert (stakes(draws, 0.05)[:21] == stakes(other, 0.05)[:21]).all()
    assert (stakes(draws, 0.05)[21:] != stakes(other, 0.05)[21:]).all()


@pytest.mark.parametrize(
    ("draws", "low", "high", "alpha", "message"),
    [
        ([0.5], 0.0, 1.0, 0.0, "alpha must lie between 0 and 1"),
        ([0.5], 1.0, 1.0, 0.1, "no interval"),
        ([0.5, 2.0], 0.0, 1.0, 0.1, "draw 1 is 2.0, outside"),
        ([math.nan], 0.0, 1.0, 0.1, "draw 0 is nan"),
    ],
)
def test_bad_input_is_named(draws, low, high, alpha, message):
    with pytest.raises(InvalidInput, match=message):
        betting(np.array(draws), low, high, alpha)


def test_no_draws_say_nothing():
    found = betting(np.empty(0), -1.0, 3.0, 0.1)
    assert (found.low, found.high) == (-1.0, 3.0)
