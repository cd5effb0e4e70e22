"""Strict conclusions in floats, what NOT_APPLICABLE adds, which conclusion is replayed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from amverify.judge.audit import audit, judge
from amverify.judge.witness import replay, where
from amverify.theorems import CATALOGUE
from amverify.theorems.base import Context, Instances, Theorem
from amverify.verdict import Verdict, Witness
from tests.support.hand import HALVING, RISING, descent


def strictly() -> Theorem:
    """descent, with < for ≤."""
    theorem = CATALOGUE["descent"]
    (part,) = theorem.conclusions
    own = replace(part, inequality=replace(part.inequality, strict=True))
    return replace(theorem, id="strictly", conclusions=(own,), liveness=())


def test_what_falls_strictly_holds_and_is_counted_in_floating_point() -> None:
    finding = judge(Context(descent(HALVING)), strictly())
    assert finding.verdict is Verdict.HOLDS
    assert (finding.counts.decided, finding.counts.exact, finding.counts.floor) == (3, 0, 0)


def test_what_stays_is_not_said_to_fall_strictly() -> None:
    """A change of 0: it fails where the values have no error, and is open where they have."""
    for error, expected in ((0.0, (1, 0, 1)), (1e-9, (1, 1, 0))):
        counts = judge(Context(descent((1.0, 0.5, 0.5), error=error)), strictly()).counts
        assert (counts.decided, counts.floor, counts.failed) == expected


def test_where_a_hypothesis_fails_it_is_said_what_the_conclusion_did() -> None:
    """G1 asks for gradient steps; these are shorter, or rise, or nothing of them is known."""
    finding = audit(descent((1.0, 0.75)), ["G1"])["G1"]
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert finding.notes == ("its conclusion holds in the 1 instances that were decided",)
    finding = audit(descent(RISING), ["G1"])["G1"]
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert finding.notes == ("its conclusion fails in 1 of 3 instances",)
    finding = audit(descent((1.0, 0.25), error=100.0), ["G1"])["G1"]
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert finding.notes == ()


@pytest.mark.parametrize("second", [False, True])
def test_of_conclusions_with_one_name_the_written_one_is_replayed(second: bool) -> None:
    theorem = CATALOGUE["descent"]
    (part,) = theorem.conclusions
    inequality = part.inequality
    other = replace(part, inequality=replace(inequality, rhs=inequality.rhs - 1))
    both = replace(theorem, conclusions=(part, other))
    chosen = (part, other)[second].inequality
    values = {symbol.name: (-0.5, 0.0) for symbol in inequality.lhs.free_symbols}
    said = f"{chosen.name}: {chosen}"
    witness = Witness(theorem.id, said, 1, "", 0, -0.5, -1.0, -0.5, 0.0, "float", values)
    margin = replay(witness, both)[2]
    assert float(margin.mid()) == (-0.5 if second else 0.5)


def test_a_cut_off_file_is_said_beside_the_verdicts() -> None:
    whole = descent(HALVING)
    said = "the trace file was cut off: only its whole rows count"
    assert said in audit(replace(whole, complete=False), ["descent"]).notes
    assert said not in audit(whole, ["descent"]).notes


def test_an_instance_s_replicate_is_named_where_there_are_several() -> None:
    rows = Instances({}, np.array([3, 3]), np.array([0, 1]))
    assert [where(rows, row, "sweep") for row in (0, 1)] == ["sweep 3", "sweep 3, replicate 1"]
