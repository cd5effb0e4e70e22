"""Confidence sequences: they cover the mean at all times at once, they shrink, and tests stop."""

from __future__ import annotations

import math

import numpy as np
import pytest

from amverify.errors import InvalidInput
from amverify.numbers.confidence import betting, capital, decide, empirical_bernstein, stakes

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
    bets = closed = 0
    for row in draws:
        x = (row + 1) / 4
        m = (mean + 1) / 4
        limit = math.log(2 / ALPHA)
        up = capital(x, stakes(x, ALPHA), m) >= limit
        down = capital(1 - x, stakes(1 - x, ALPHA), 1 - m) >= limit
        bets += up or down
        low, high = empirical_bernstein(row, -1.0, 3.0, ALPHA)
        closed += bool(((low > mean) | (high < mean)).any())
    assert bets <= _most_misses(), f"betting missed in {bets} of {SEQUENCES}"
    assert closed <= _most_misses(), f"empirical Bernstein missed in {closed} of {SEQUENCES}"


def test_the_interval_is_where_neither_bettor_has_won():
    rng = np.random.default_rng(3)
    draws = rng.beta(2, 5, 300)
    found = betting(draws, 0.0, 1.0, 0.05)
    limit, bets = math.log(2 / 0.05), stakes(draws, 0.05)
    assert found.low < draws.mean() < found.high
    assert capital(draws, bets, found.low) >= limit
    assert capital(draws, bets, found.low + 1e-9) < limit
    low, high = empirical_bernstein(draws, 0.0, 1.0, 0.05)
    assert found.high - found.low < high[-1] - low[-1]
    assert found.high - found.low < 0.15


def test_stakes_never_look_ahead():
    draws = np.random.default_rng(1).random(50)
    other = draws.copy()
    other[20:] = 1 - other[20:]
    assert (stakes(draws, 0.05)[:21] == stakes(other, 0.05)[:21]).all()
    assert (stakes(draws, 0.05)[21:] != stakes(other, 0.05)[21:]).all()


def test_early_stopping_both_ways():
    rng = np.random.default_rng(5)
    said = decide(lambda: rng.uniform(-1, 0.5), -1.0, 1.0, 0.0, 0.01, 5000)
    assert said.said == "at most"
    assert said.draws < 500
    said = decide(lambda: rng.uniform(-0.5, 1), -1.0, 1.0, 0.0, 0.01, 5000)
    assert said.said == "above"
    assert said.draws < 500
    assert decide(lambda: rng.uniform(-1, 1), -1.0, 1.0, 0.0, 0.01, 200).said == "open"
    assert decide(lambda: 0.0, -1.0, 1.0, 2.0, 0.01, 200).draws == 0


def test_decisions_agree_with_the_sequence():
    rng = np.random.default_rng(11)
    for _ in range(50):
        draws = rng.beta(2, 5, 400)
        queue = iter(draws)
        said = decide(lambda q=queue: next(q), 0.0, 1.0, 0.25, 0.05, 400)
        found = betting(draws[: said.draws], 0.0, 1.0, 0.05)
        if said.said == "above":
            assert found.low >= 0.25
        else:
            assert found.low <= 0.25 + 1e-12


def test_wrong_answers_are_rare():
    rng = np.random.default_rng(13)
    wrong = sum(
        decide(lambda: float(rng.random() < 0.5), 0.0, 1.0, 0.5, ALPHA, 300).said != "open"
        for _ in range(500)
    )
    assert wrong <= ALPHA * 500 + math.sqrt(500 * math.log(1e6) / 2)


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
    for function in (betting, empirical_bernstein):
        with pytest.raises(InvalidInput, match=message):
            function(np.array(draws), low, high, alpha)
    with pytest.raises(InvalidInput, match="at least 1 draw"):
        decide(lambda: 0.0, 0.0, 1.0, 0.5, 0.1, 0)


def test_no_draws_say_nothing():
    found = betting(np.empty(0), -1.0, 3.0, 0.1)
    assert (found.low, found.high) == (-1.0, 3.0)
    assert len(empirical_bernstein(np.empty(0), -1.0, 3.0, 0.1)[0]) == 0
