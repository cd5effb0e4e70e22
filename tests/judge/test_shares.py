"""The share that HOLDS asks for, at its edge; sides in chunks; the slack of each sweep."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from amverify.judge import sides
from amverify.judge.audit import audit
from amverify.numbers.balls import Ball
from amverify.theorems.base import Inequality, Instances, symbols
from amverify.trace.trace import Trace
from amverify.verdict import Verdict
from tests.support.hand import descent

x, y = symbols("x y")


def decided_once(steps: int) -> Trace:
    """Descent of which the first step alone lies outside its rounding."""
    trace = descent([2.0**-k for k in range(steps + 1)])
    error = np.where(np.arange(steps + 1) < 2, 0.0, 10.0)
    return Trace(trace.header, sweeps={**trace.sweeps, "value_error": error})


def test_one_instance_in_twenty_is_enough() -> None:
    finding = audit(decided_once(20), ["descent"])["descent"]
    assert finding.verdict is Verdict.HOLDS
    assert finding.counts.share == 0.05
    assert finding.reason.startswith(
        "all 1 instances that could be decided satisfy it, 5 % of 20; 19 lie at the rounding floor"
    )


def test_one_in_twenty_one_is_not() -> None:
    finding = audit(decided_once(21), ["descent"])["descent"]
    assert finding.verdict is Verdict.UNDECIDED
    assert finding.reason == (
        "1 of 21 instances could be decided, and HOLDS asks for 5 %: 20 lie at the rounding floor, "
        "in 0 a hypothesis is open"
    )


def balls(rows: int, seed: int) -> Ball:
    rng = np.random.default_rng(seed)
    return Ball.of(rng.normal(size=rows), rng.random(rows))


def instances(rows: int, sweep: list[int] | None = None) -> Instances:
    number = np.arange(rows) if sweep is None else np.array(sweep)
    values = {"x": balls(rows, 1), "y": balls(rows, 2)}
    return Instances(values, number, np.zeros(rows, dtype=np.int64))


@pytest.mark.parametrize("chunk", [1, 3, 4, 7, 8, 9])
def test_chunks_of_any_size_give_the_same(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    formulas = (x - y, x * y + 1, sp.Integer(3))
    whole = sides.over(instances(8), *formulas)
    monkeypatch.setattr(sides, "CHUNK", chunk)
    for one, other in zip(sides.over(instances(8), *formulas), whole, strict=True):
        assert one.mid.shape == one.rad.shape == (8,)
        np.testing.assert_array_equal(one.mid, other.mid)
        np.testing.assert_array_equal(one.rad, other.rad)
    np.testing.assert_array_equal(whole[2].mid, np.full(8, 3.0))


def test_the_slack_of_a_sweep_is_its_least_relative_margin() -> None:
    rows = instances(6, [2, 1, 2, 1, 4, 2])
    lhs, rhs, margin = sides.sides(rows, Inequality("claim", x, y))
    found = sides.slack(rows, lhs, rhs, margin)
    assert found.sweeps == (1, 2, 4)
    for sweep, least, floor in zip(found.sweeps, found.margin, found.floor, strict=True):
        size = np.abs(lhs.mid) + np.abs(rhs.mid)
        own = [k for k in range(6) if rows.sweep[k] == sweep]
        worst = min(own, key=lambda k: margin.mid[k] / size[k])
        assert least == margin.mid[worst] / size[worst]
        assert floor == margin.rad[worst] / size[worst]


def test_of_nothing_against_nothing_the_slack_is_zero() -> None:
    zero = Ball.of(np.zeros(1), np.zeros(1))
    rows = Instances({"x": zero, "y": zero}, np.array([1]), np.array([0]))
    found = sides.slack(rows, *sides.sides(rows, Inequality("claim", x, y)))
    assert (found.margin, found.floor) == ((0.0,), (0.0,))
