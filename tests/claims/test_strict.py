"""2 < 2 is false of values without an error, unless the rounding of a step can have made it so."""

from __future__ import annotations

import numpy as np
import pytest

from amverify.claims import claim
from amverify.judge.audit import audit
from amverify.numbers.balls import Ball, difference
from amverify.trace.trace import Trace
from amverify.verdict import Verdict

WRITTEN = ("value[k] < value[k-1]", "value[k+1] < value[k]", "value[k] - value[k-1] < 0")


def run(values: list[float], execution: float, error: float = 0.0) -> Trace:
    """Values of a run, what a step's rounding can do to each, and their error."""
    count = len(values)
    sweeps = {
        "sweep": np.arange(count),
        "replicate": np.zeros(count, dtype=np.int64),
        "value": np.array(values),
        "value_error": np.full(count, error),
        "execution": np.full(count, execution),
        "step": np.ones(count),
        "step_error": np.zeros(count),
    }
    return Trace({"subject": "by hand", "iteration": "step"}, {}, sweeps)


@pytest.mark.parametrize("text", WRITTEN)
def test_equal_values_without_an_error_break_a_strict_claim(text: str) -> None:
    (finding,) = audit(run([5.0, 4.0, 3.0, 2.0, 2.0, 1.0], 0.0), claim(text)).findings
    assert finding.verdict is Verdict.VIOLATED
    assert "with equality, where it is strict: decided exactly" in finding.reason
    assert finding.counts.floor == 0


@pytest.mark.parametrize("execution", [1e-9, np.inf])
@pytest.mark.parametrize("text", WRITTEN)
def test_a_run_that_stands_still_by_its_rounding_is_not_accused(
    text: str, execution: float
) -> None:
    (finding,) = audit(run([5.0, 4.0, 3.0, 2.0, 2.0, 1.0], execution), claim(text)).findings
    assert finding.verdict is not Verdict.VIOLATED
    assert finding.counts.floor == 1
    assert "1 lie at the rounding floor" in finding.reason


@pytest.mark.parametrize("text", WRITTEN)
def test_equal_values_with_an_error_are_undecided(text: str) -> None:
    (finding,) = audit(run([5.0, 4.0, 3.0, 2.0, 2.0, 1.0], 0.0, 1e-12), claim(text)).findings
    assert finding.verdict is Verdict.HOLDS
    assert finding.counts.floor == 1


def test_a_strict_claim_is_not_broken_by_less_than_the_room() -> None:
    """It was, whatever the steps' rounding, where the values had no error."""
    for text in ("value[k] < 2", "value[k] <= 2"):
        (finding,) = audit(run([1.0, 1.5, 2.5, 1.0], 1.0), claim(text)).findings
        assert finding.verdict is not Verdict.VIOLATED


def test_a_difference_is_exact_where_it_is_a_float() -> None:
    x = Ball.of([2.0, 1.0, 0.3, 2.0, 1e308], [0.0, 0.0, 0.0, 0.1, 0.0])
    y = Ball.of([2.0, 2.0**-60, 1e-3, 2.0, -1e308])
    found, plain = difference(x, y), x - y
    assert (found.rad == 0).tolist() == [True, False, False, False, False]
    assert np.array_equal(found.mid, plain.mid)
    assert np.array_equal(found.rad[1:], plain.rad[1:])
