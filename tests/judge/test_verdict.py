"""Each verdict and its reason, on small traces made by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from support.problems import parameters, problem

from amverify.errors import InvalidInput
from amverify.judge.audit import audit
from amverify.judge.witness import replay
from amverify.methods.inertia import Inertia
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.record.layered.run import traced
from amverify.theorems.tiam import T2
from amverify.trace.trace import Trace
from amverify.verdict import Evidence, Verdict, combine
from tests.support.hand import HALVING, RISING, descent, without

TRUE_A, TRUE_B = 3.0, 2.0
"""On f = x² with x halved, f falls by exactly 3e², and |∇f| is exactly 2|e|."""


def judged(trace, theorem, exact=None, **constants):
    return audit(trace, [theorem], constants, exact)[theorem]


def test_holds_counts_what_was_decided():
    finding = judged(descent(HALVING), "descent")
    assert finding.verdict is Verdict.HOLDS
    assert (finding.counts.decided, finding.counts.floor, finding.counts.failed) == (3, 0, 0)
    assert finding.evidence == (Evidence.FLOAT,)
    assert "all 3 instances" in finding.reason
    assert finding.witness is None
    assert len(finding.slack.sweeps) == 3


def test_violated_has_the_worst_instance_as_witness():
    finding = judged(descent(RISING), "descent")
    assert finding.verdict is Verdict.VIOLATED
    witness = finding.witness
    assert witness is not None
    assert (witness.sweep, witness.lhs, witness.rhs) == (2, 0.3125, 0.0)
    assert witness.margin == -0.3125
    assert witness.margin < -witness.bound
    assert "sweep 2" in finding.reason


def test_not_applicable_names_the_hypothesis():
    finding = judged(descent(RISING), "G1")
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert "the step is e" in finding.reason
    assert "sweep 2" in finding.reason
    assert finding.witness is None


def test_a_step_size_beyond_the_border_is_outside():
    finding = judged(descent(HALVING), "G1", L=8.5)
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert "η < 2/L" in finding.reason


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("departure", "recorder.step(x, value, gradient)"),
        ("step_error", "recorder.step(x, value), at every step"),
        ("eta", "Recorder(eta=…)"),
    ],
)
def test_what_is_missing_is_named_by_its_argument(name, argument):
    finding = judged(without(descent(HALVING), name), "G1")
    assert finding.verdict is Verdict.UNDECIDED
    assert argument in finding.reason


def test_a_missing_constant_is_named():
    finding = judged(descent(HALVING), "H1")
    assert finding.verdict is Verdict.UNDECIDED
    assert "constant a" in finding.reason


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf"), True, "half"])
def test_a_contradictory_constant_is_bad_input(value):
    with pytest.raises(InvalidInput, match="constant a"):
        judged(descent(HALVING), "H1", a=value)


def test_an_unknown_origin_is_bad_input():
    with pytest.raises(InvalidInput, match="origin"):
        judged(descent(HALVING, a={"value": 1.0, "origin": "guessed"}), "H1")


@pytest.mark.parametrize("rows", [{}, {"sweep": np.empty(0, dtype=np.int64)}])
def test_no_rows_are_bad_input(rows):
    if rows:
        rows["replicate"] = rows["sweep"]
    with pytest.raises(InvalidInput, match="no rows"):
        audit(Trace({"subject": "empty"}, sweeps=rows), ["descent"])


def test_a_row_that_is_not_finite_is_bad_input():
    with pytest.raises(InvalidInput, match="row 2"):
        descent((1.0, 0.5, float("nan"), 0.125))


def test_a_start_alone_tests_nothing():
    finding = judged(descent((1.0,)), "descent")
    assert finding.verdict is Verdict.VACUOUS
    assert "no instance" in finding.reason


def test_a_point_that_never_moves_tests_nothing():
    finding = judged(descent((1.0, 1.0, 1.0)), "descent")
    assert finding.verdict is Verdict.VACUOUS
    assert "never moved" in finding.reason


def test_everything_at_the_floor_is_undecided():
    finding = judged(descent(HALVING, error=10.0), "descent")
    assert finding.verdict is Verdict.UNDECIDED
    assert finding.counts.floor == 3
    assert "rounding floor" in finding.reason


def exact_changes(points):
    def values(sweep, block, replicate):
        assert (block, replicate) == ("", 0)
        new, old = Fraction(points[sweep]), Fraction(points[sweep - 1])
        return {"df": new**2 - old**2, "e2": (new - old) ** 2}

    return values


def test_exact_values_decide_what_lies_at_the_floor():
    trace = descent(HALVING, error=10.0)
    finding = judged(trace, "H1", exact_changes(HALVING), a=TRUE_A)
    assert finding.verdict is Verdict.HOLDS
    assert (finding.counts.decided, finding.counts.exact, finding.counts.floor) == (0, 3, 0)
    assert finding.evidence == (Evidence.EXACT,)


def test_exact_values_refute_what_lies_at_the_floor():
    trace = descent(HALVING, error=10.0)
    finding = judged(trace, "H1", exact_changes(HALVING), a=TRUE_A * (1 + 2.0**-40))
    assert finding.verdict is Verdict.VIOLATED
    assert finding.witness is not None
    assert finding.witness.decided == "exact"
    assert finding.witness.margin < -finding.witness.bound
    assert replay(finding.witness)[2] < 0
    assert Evidence.EXACT in finding.evidence


def test_what_cannot_be_given_exactly_stays_at_the_floor():
    finding = judged(descent(HALVING, error=10.0), "descent", lambda *_: None)
    assert finding.verdict is Verdict.UNDECIDED
    assert finding.counts.exact == 0


def test_a_fitted_constant_supports_nothing():
    trace = descent(HALVING, a={"value": 1.0, "origin": "fitted"})
    finding = judged(trace, "H1")
    assert finding.verdict is Verdict.VACUOUS
    assert finding.evidence == (Evidence.FITTED,)
    assert "fitted" in finding.reason


def test_a_fitted_constant_can_still_be_refuted():
    trace = descent(HALVING, a={"value": 4.0, "origin": "fitted"})
    assert judged(trace, "H1").verdict is Verdict.VIOLATED


@pytest.mark.parametrize(("theorem", "name", "true"), [("H1", "a", TRUE_A), ("H2", "b", TRUE_B)])
def test_ten_per_cent_make_the_difference(theorem, name, true):
    worse, better = (1.1, 0.9) if name == "a" else (0.9, 1.1)
    right = judged(descent(HALVING), theorem, **{name: true * better})
    wrong = judged(descent(HALVING), theorem, **{name: true * worse})
    assert (right.verdict, wrong.verdict) == (Verdict.HOLDS, Verdict.VIOLATED)


def test_the_weakest_verdict_wins():
    order = (
        Verdict.VIOLATED,
        Verdict.NOT_APPLICABLE,
        Verdict.UNDECIDED,
        Verdict.VACUOUS,
        Verdict.HOLDS,
    )
    for i, weaker in enumerate(order):
        for stronger in order[i:]:
            assert combine([stronger, weaker]) is weaker
    assert combine([]) is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("verdict", "status"),
    list(zip(Verdict, (0, 1, 3, 3, 3), strict=True)),
)
def test_exit_statuses(verdict, status):
    assert verdict.exit_status == status


def test_a_report_finds_its_theorems():
    report = audit(descent(RISING), ["descent", "G1"])
    assert report.verdict is Verdict.VIOLATED
    assert report.exit_status == 1
    assert report["G1"].theorem == "G1"
    with pytest.raises(KeyError):
        report["T1"]


def test_unknown_theorems_are_offered_their_neighbours():
    with pytest.raises(InvalidInput, match=r"unknown theorem 'T9'; nearest: .*T1"):
        audit(descent(HALVING), ["T9"])
    with pytest.raises(InvalidInput, match="no theorem named"):
        audit(descent(HALVING), [])
    for no_claim in (3, [3]):
        with pytest.raises(InvalidInput, match="claims: expected theorems or their ids, got int"):
            audit(descent(HALVING), no_claim)


def test_equality_where_a_claim_is_strict_is_said():
    """p1 = ½ lies on the border of T2's region, which is open."""
    p = problem((3, 3, 2), 4)
    rule = StepRule(Inertia(0.5), safeguard="none")
    region = replace(T2.conclusions[0], conditions=())
    claim = replace(T2, conclusions=(region,), hypotheses=())
    (finding,) = audit(traced(TIAM(rule), p, parameters(p, 1), 5), [claim]).findings
    assert finding.verdict is Verdict.VIOLATED
    assert "with equality, where it is strict: decided exactly" in finding.reason
