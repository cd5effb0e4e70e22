"""Theorems that have lost a hypothesis, on our own methods."""

from __future__ import annotations

import pytest

from amverify.errors import InvalidInput
from amverify.falsification import falsify, replayed
from amverify.falsification.audited import weakened
from amverify.theorems import theorem


def test_t1_with_nine_tenths_of_l_is_false_and_with_l_survives(tmp_path):
    asked = {"family": "quadratic", "steps": 4}
    found = falsify("T1", "blocks", parameters={"modulus": 0.9}, without="modulus", examples=30,
                    **asked)  # fmt: skip
    assert found.counterexample.found.decided == "bounds"
    assert found.counterexample.found.margin < 0
    assert "T1 without “modulus”" in str(found)
    found.save(tmp_path / "c.json")
    assert replayed(tmp_path / "c.json").falsified
    assert not falsify("T1", "blocks", parameters={"p1": "0..0.9"}, examples=15, **asked).falsified


def test_t4_fails_under_the_band():
    found = falsify("T4", "palm_band", "band_edge", without="separable", examples=10, steps=16)
    assert found.falsified
    with pytest.raises(InvalidInput, match="tested it"):
        falsify("T4", "palm_band", "band_edge", examples=2, steps=4)


def test_same_batch_step_sizes_increase_the_expectation():
    found = falsify("expected", "same_batch", "same_batch", parameters={"low": "0.001..0.01"},
                    examples=5, steps=2)  # fmt: skip
    assert found.falsified


def test_a_theorem_without_a_hypothesis_is_another_object():
    whole = theorem("T1")
    lean = weakened(whole, ["modulus"])
    assert lean.id != whole.id
    assert {c.name for c in lean.conclusions[0].conditions} == {"s > 0", "p3 ≥ 0"}
    assert weakened(whole, ()) is whole
    with pytest.raises(InvalidInput, match="T1 has no such hypothesis; it has nonsmooth part"):
        weakened(whole, ["convexity"])


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"claim": "T99"}, "unknown theorem"),
        ({"method": "heavy_ball"}, "that one is for claims as text"),
        ({"method": lambda x, grad, state: x}, "a method of your own takes a claim as text"),
        ({"parameters": {"p9": 1}}, "parameter p9: blocks has none of this name"),
        ({"constants": {"mu": 1}}, "constant mu: T1 has none"),
        ({"given": "L <= 1"}, "its own hypotheses"),
        ({"claim": "value[k] <= value[k-1]", "without": "modulus"}, "only a theorem"),
        ({"family": "least_squares", "method": "tiam_band"}, "needs a layered problem"),
    ],
)
def test_what_does_not_fit_is_refused(changed, told):
    asked = {"claim": "T1", "method": "blocks", "family": "quadratic", "examples": 2} | changed
    with pytest.raises(InvalidInput, match=told) as error:
        falsify(asked.pop("claim"), asked.pop("method"), asked.pop("family"), **asked)
    assert "\n" not in str(error.value)
