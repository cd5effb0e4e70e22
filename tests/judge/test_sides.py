"""What a pass over the rows finds is what sorting them would; a run is judged as its parts are."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from amverify.judge import hypothesis
from amverify.judge.hypothesis import judged
from amverify.judge.sides import _least
from amverify.numbers.balls import PART, Ball
from amverify.theorems.base import VIOLATION, Inequality, Instances, symbols


def by_sorting(values, groups):
    order = np.lexsort((values, groups))
    return order[np.unique(groups[order], return_index=True)[1]]


@pytest.mark.parametrize(
    "choices", [(0.0, -0.0, 1.0), (np.nan, 1.0), (np.nan, np.inf, -np.inf, 2.0)]
)
@pytest.mark.parametrize("sort", [False, True])
def test_the_least_of_each_group(choices, sort):
    rng = np.random.default_rng(0)
    for count in (0, 1, 7, 300):
        groups = rng.integers(0, 40, count)
        groups = np.sort(groups) if sort else groups
        values = rng.choice(np.array(choices), count)
        assert _least(values, groups).tolist() == by_sorting(values, groups).tolist()


def test_signs_of_a_long_column_are_those_of_each_entry():
    rng = np.random.default_rng(1)
    n = 2 * PART + 3
    mid, rad = rng.choice([-1.0, -0.5, 0.0, 0.5, 1.0], n), rng.choice([0.0, 0.5, np.inf], n)
    ball = Ball(mid, rad)
    assert np.array_equal(ball.surely_nonnegative, mid - rad >= 0)
    assert np.array_equal(ball.surely_negative, mid + rad < 0)


def test_costs_of_many_open_rows_are_those_of_each(monkeypatch):
    y, h = symbols("y h")
    condition = Inequality("h", sp.Integer(0), h, costs=(2 * VIOLATION + y, 3 * VIOLATION))
    n = 11
    values = {
        "y": Ball.of(np.linspace(-1, 1, n)),
        "h": Ball.of(np.linspace(-0.1, 0.2, n), np.where(np.arange(n) % 4, 0.15, np.inf)),
    }
    rows = Instances(values, np.arange(n), np.zeros(n, dtype=np.int64))
    whole = judged(rows, condition).cost
    monkeypatch.setattr(hypothesis, "CHUNK", 3)
    assert 0 < np.isfinite(whole).sum() < n
    assert np.array_equal(judged(rows, condition).cost, whole)
    assert [judged(rows.only(i), condition).cost[0] for i in range(n)] == whole.tolist()
