"""Names of theorems and constants as people write them: resolved, or refused by name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from amverify.errors import InvalidInput
from amverify.judge.audit import audit
from amverify.numbers.given import given, plain
from amverify.theorems import CATALOGUE, theorems
from amverify.verdict import Verdict
from tests.support.hand import HALVING, descent

TRACE = descent(HALVING)
HALVES = [
    0.5,
    Fraction(1, 2),
    Decimal("0.5"),
    "1/2",
    " 0.5 ",
    np.float16(0.5),
    np.float32(0.5),
    np.float64(0.5),
    np.longdouble(0.5),
    np.array(0.5),
    torch.tensor(0.5),
    torch.tensor(0.5, dtype=torch.bfloat16),
]
NO_NUMBERS = [True, np.True_, torch.tensor(True), "half", "1/0", "", None, [0.5], np.ones(1), 1j]


def test_one_name_stands_for_itself():
    assert audit(TRACE, "descent") == audit(TRACE, ["descent"])
    assert theorems("T1") == theorems(CATALOGUE["T1"]) == (CATALOGUE["T1"],)


@pytest.mark.parametrize("name", ["descnt", "Descent", "finite length", "d"])
def test_a_name_that_is_none_is_refused_with_the_nearest(name):
    with pytest.raises(InvalidInput, match=r"nearest: .*(descent|T5)"):
        audit(TRACE, name)


def test_an_unknown_constant_is_refused_by_name():
    with pytest.raises(InvalidInput, match=r"constant 'A': H1 has no .*did you mean 'a'"):
        audit(TRACE, "H1", {"A": 0.5})
    with pytest.raises(InvalidInput, match=r"constant 'a': descent .*there is none"):
        audit(TRACE, "descent", {"a": 0.5})
    with pytest.raises(InvalidInput, match=r"constant 'Lipschitz': H1, H2 .*it has a, b"):
        audit(TRACE, ["H1", "H2"], {"a": 0.5, "Lipschitz": 1})


def test_a_runs_own_constant_that_no_theorem_has_is_named():
    """It came with the trace, perhaps for somebody's own theorem: said, not refused."""
    header = {**TRACE.header, "constants": {"A": 0.5, "L": 1.0}}
    (note,) = audit(replace(TRACE, header=header), "descent").notes
    assert "constant 'A'" in note
    assert "did you mean 'a'" in note


def test_a_constant_of_one_of_several_theorems_is_known():
    report = audit(TRACE, ["H1", "descent"], {"a": 0.5})
    assert [finding.verdict.name for finding in report.findings] == ["HOLDS", "HOLDS"]


@pytest.mark.parametrize("half", HALVES, ids=lambda x: f"{type(x).__name__} {x}")
def test_numbers_of_every_kind(half):
    assert given("a", half) == (0.5, 0.0)
    assert audit(TRACE, "H1", {"a": half}) == audit(TRACE, "H1", {"a": 0.5})


@pytest.mark.parametrize("wrong", NO_NUMBERS, ids=repr)
def test_what_is_no_number_is_refused(wrong):
    with pytest.raises(InvalidInput, match="constant a: expected a number, got"):
        audit(TRACE, "H1", {"a": {"value": wrong}})


@pytest.mark.parametrize("value", [Fraction(1, 3), "1/3", Decimal("0.1"), 2**53 + 1, 10**40])
def test_what_no_double_is_lies_in_its_ball(value):
    nearest, gap = given("a", value)
    exact = Fraction(value)
    assert 0 < gap <= np.spacing(nearest)
    assert abs(exact - Fraction(nearest)) <= Fraction(gap)


def test_a_third_keeps_its_distance_from_the_double():
    known = audit(TRACE, "H1", {"a": Fraction(1, 3)})["H1"].constants[0]
    assert known.low == 1 / 3
    entry = plain("a", Fraction(1, 3))
    assert entry["error"] > 0
    assert audit(TRACE, "H1", {"a": entry}) == audit(TRACE, "H1", {"a": "1/3"})


def test_too_large_for_a_double_is_refused():
    with pytest.raises(InvalidInput, match="to be finite, positive"):
        audit(TRACE, "H1", {"a": 10**400})


@pytest.mark.parametrize("error", [0.5, 1.0])
def test_a_constant_whose_sign_is_open_decides_nothing(error):
    """a of H1 is positive; 0.5 ± 0.5 may be 0."""
    constant = {"value": 0.5, "error": error, "origin": "computed"}
    finding = audit(TRACE, "H1", {"a": constant})["H1"]
    assert finding.verdict is Verdict.UNDECIDED
    assert "its sign is open" in finding.reason
    near = {"value": 0.5, "error": 0.25, "origin": "computed"}
    assert audit(TRACE, "H1", {"a": near})["H1"].verdict is not Verdict.UNDECIDED
