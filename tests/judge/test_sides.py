"""What a pass over the rows finds is what sorting them would; a run is judged as its parts are."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pytest
import sympy as sp

from amverify.judge import floor, hypothesis
from amverify.judge import sides as of
from amverify.judge.hypothesis import judged
from amverify.judge.sides import _least, slack
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


def rows(groups, **values) -> Instances:
    return Instances(values, groups, np.zeros(len(groups), dtype=np.int64))


@pytest.mark.parametrize("sort", [False, True])
def test_the_slack_of_stretches_is_that_of_all_rows_at_once(sort, monkeypatch):
    rng = np.random.default_rng(2)
    monkeypatch.setattr(of, "CHUNK", 5)
    for count in (0, 1, 7, 300):
        groups = rng.integers(0, 40, count)
        groups = np.sort(groups) if sort else groups
        lhs, rhs = (Ball.of(rng.choice([-1.0, 0.0, 0.5, 3.0], count)) for _ in range(2))
        margin = Ball(rng.choice([np.nan, np.inf, 1.0, -0.5], count), rng.choice([0.1, 0.2], count))
        with np.errstate(all="ignore"):
            size = np.abs(lhs.mid) + np.abs(rhs.mid)
            relative = np.where(size > 0, margin.mid / size, 0.0)
            worst = by_sorting(relative, groups) if count else np.empty(0, dtype=int)
            floors = np.where(size > 0, margin.rad / size, 0.0)[worst]
        found = slack(rows(groups), lhs, rhs, margin)
        assert found.sweeps == tuple(groups[worst].tolist())
        assert np.array_equal(found.margin, relative[worst], equal_nan=True)
        assert np.array_equal(found.floor, floors, equal_nan=True)


SHAPES = {
    "as drawn": lambda groups: groups,
    "sorted": np.sort,
    "backwards": lambda groups: np.sort(groups)[::-1],
    "the least first": lambda groups: np.concatenate((groups[:1] * 0, groups[1:])),
    "two turned": lambda groups: np.concatenate((np.sort(groups)[1:], np.sort(groups)[:1])),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("chunk", [1, 5, 30, 31])
def test_stretches_are_whole_groups_in_order(shape, chunk, monkeypatch):
    monkeypatch.setattr(of, "CHUNK", chunk)
    for count, most in ((0, 3), (1, 3), (30, 3), (30, 12), (31, 40)):
        groups = SHAPES[shape](np.random.default_rng(count + most).integers(0, most, count))
        parts = [np.arange(count)[part] for part in islice(of._stretches(groups), count + 1)]
        numbers = [set(groups[part].tolist()) for part in parts]
        assert sorted(np.concatenate([*parts, np.arange(0)]).tolist()) == list(range(count))
        assert sum(map(len, numbers)) == len(set(groups.tolist())), "a group is in two stretches"
        assert all(max(a) < min(b) for a, b in pairwise(numbers))
        assert all(len(part) - chunk < np.bincount(groups).max() for part in parts)
        for part, following in pairwise(parts):
            assert len(part) >= chunk or not len(following)


def test_only_rows_that_are_known_exactly_are_looked_at_again():
    y, h = symbols("y h")
    claim = Inequality("h", y, h)
    mid, rad = np.arange(12.0), np.where(np.arange(12) % 3, 0.0, 0.1)
    own = rows(np.arange(12), y=Ball.of(mid, np.roll(rad, 1)), h=Ball.of(6.0))
    whole = rows(np.arange(12), y=Ball.of(mid, rad), h=Ball.of(np.full(12, 6.0)))
    for found in (own, whole):
        each = [i for i in range(12) if floor.known(claim, found, i, None) is not None]
        decided, failures = floor.again(claim, found, np.arange(12), None)
        assert decided == len(each) == 8
        assert [f.row for f in failures] == [i for i in each if mid[i] > 6]


def test_a_condition_is_decided_exactly_only_where_all_its_symbols_are():
    """y ≤ h with y = h = 1: met where both are exact, open where either is not; < fails or is."""
    y, h = symbols("y h")
    values = {"y": Ball.of(np.ones(4), [0.0, 0.1, 0.0, 0.1])}
    values["h"] = Ball.of(np.ones(4), [0.0, 0.0, 0.1, 0.1])
    for strict in (False, True):
        found = judged(rows(np.arange(4), **values), Inequality("", y, h, strict=strict))
        assert found.cost.tolist() == [0.0, np.inf, np.inf, np.inf]


def test_a_condition_without_symbols_may_stay_open():
    one = sp.Integer(1)
    found = judged(rows(np.arange(3), y=Ball.of(np.ones(3))), Inequality("", one, one, strict=True))
    assert found.cost.tolist() == [np.inf] * 3
