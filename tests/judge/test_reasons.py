"""Findings on instances written down by hand: reasons, notes, evidence, counts and constants."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp

from amverify.judge import ruling
from amverify.judge.audit import judge
from amverify.numbers.balls import Ball
from amverify.theorems.base import (
    Conclusion,
    Context,
    Fact,
    Hypothesis,
    Inequality,
    Instances,
    Parameter,
    Theorem,
    symbols,
)
from amverify.trace.trace import Trace
from amverify.verdict import Checked, Constant, Counts, Evidence, Finding, Verdict

x, y, h = symbols("x y h")
FREE = Inequality("h ≥ 0", sp.Integer(0), h, "h is not negative")
ORDER = Inequality("order", x, y)
HOLDS, FAILS, FLOOR = (1.0, 0.0), (-1.0, 0.0), (0.0, 0.5)
MET, OPEN, BROKEN = (1.0, 0.0), (0.0, 0.5), (-1.0, 0.0)


def rows(*margins: tuple[float, float], hyp: Any = MET, first: int = 1, **more: Any) -> Instances:
    """y − x of each instance and its error; h of all, or of each."""
    n = len(margins)
    mid, rad = np.array(margins).reshape(n, 2).T
    own = np.array(hyp, dtype=float).reshape(-1, 2)
    met = Ball.of(*(np.broadcast_to(part, (n,)).copy() for part in own.T))
    values = {"x": Ball.of(np.ones(n)), "y": Ball.of(1 + mid, rad), "h": met}
    return Instances(values, np.arange(first, first + n), np.zeros(n, dtype=np.int64), **more)


def claim(*found: Instances, conditions: tuple[Inequality, ...] = (FREE,), **more: Any) -> Theorem:
    parts = tuple(
        Conclusion(replace(ORDER, name=f"order {i}" if len(found) > 1 else "order"),
                   lambda ctx, own=own: own, conditions)
        for i, own in enumerate(found, 1)
    )  # fmt: skip
    words = {"x": "x", "y": "y", "h": "h"}
    return Theorem("X", "x below y", "x ≤ y.", "l", "s", words, parts, liveness=(), **more)


def said(theorem: Theorem, exact: Any = None, **header: Any) -> Finding:
    return judge(Context(Trace(header)), theorem, exact)


FACT = Fact("fact", "a fact", lambda ctx: Checked("fact", "a fact", True))
A = Parameter("a", "a number")
FITTED = {"a": {"value": 2.0, "origin": "fitted"}}
AGAIN = ": finite data cannot contradict it"
FEW = "1 of 25 instances{} could be decided, and HOLDS asks for 5 %: "
NONE = "none of 3 instances{} could be decided, and HOLDS asks for 5 %: "
END = {"nonfinite": {"sweep": 3, "what": "value"}}
CASES: dict[str, tuple[Theorem, dict[str, Any], Verdict, str]] = {
    "all hold": (claim(rows(HOLDS, HOLDS)), {}, Verdict.HOLDS,
        "all 2 instances that could be decided satisfy it"),
    "some lie at the floor": (claim(rows(HOLDS, FLOOR, HOLDS)), {}, Verdict.HOLDS,
        "all 2 instances that could be decided satisfy it, 66.6 % of 3; 1 lie at the rounding "
        "floor"),
    "some are open": (claim(rows(HOLDS, HOLDS, hyp=[MET, OPEN])), {}, Verdict.HOLDS,
        "all 1 instances that could be decided satisfy it, 50 % of 2; in 1 a hypothesis is open"),
    "some are both": (claim(rows(HOLDS, HOLDS, FLOOR, hyp=[MET, OPEN, MET])), {}, Verdict.HOLDS,
        "all 1 instances that could be decided satisfy it, 33.3 % of 3; 1 lie at the rounding "
        "floor; in 1 a hypothesis is open"),
    "a fitted constant": (claim(rows(HOLDS), parameters=(A,)), {"constants": FITTED},
        Verdict.VACUOUS, f"constant a was fitted to this run{AGAIN}"),
    "a claim that is fitted": (claim(rows(HOLDS), fitted=True), {}, Verdict.VACUOUS,
        f"the claim's constant was fitted to this run{AGAIN}"),
    "an early end": (claim(rows(HOLDS)), {"stopped": "no memory"}, Verdict.UNDECIDED,
        "the record ended before the run did: no memory"),
    "an end that is not finite": (claim(rows(HOLDS)), END, Verdict.UNDECIDED,
        "at sweep 3 value is not finite, and what the claim asks was not seen there"),
    "both": (claim(rows(HOLDS)), {**END, "stopped": "nan", "iteration": "step"}, Verdict.UNDECIDED,
        "at step 3 value is not finite, and what the claim asks was not seen there"),
    "no instance": (claim(rows()), {}, Verdict.VACUOUS, "no instance of it in this trace"),
    "all at the floor": (claim(rows(FLOOR, FLOOR)), {}, Verdict.UNDECIDED,
        "every margin lies under the rounding floor"),
    "all unseen": (claim(rows(FLOOR, FLOOR, unseen="dark")), {}, Verdict.UNDECIDED, "dark"),
    "too few": (claim(rows(HOLDS, *[FLOOR] * 24)), {}, Verdict.UNDECIDED,
        FEW.format("") + "24 lie at the rounding floor, in 0 a hypothesis is open"),
    "too few of the second": (claim(rows(HOLDS), rows(HOLDS, *[FLOOR] * 24)), {},
        Verdict.UNDECIDED,
        FEW.format(" of “order 2”") + "24 lie at the rounding floor, in 0 a hypothesis is open"),
    "none": (claim(rows(HOLDS), rows(FLOOR, HOLDS, HOLDS, hyp=[MET, OPEN, OPEN])), {},
        Verdict.UNDECIDED,
        NONE.format(" of “order 2”") + "1 lie at the rounding floor, in 2 a hypothesis is open"),
    "a hypothesis open everywhere": (claim(rows(HOLDS, FAILS, hyp=OPEN)), {}, Verdict.UNDECIDED,
        "hypothesis not checked: h ≥ 0: inside its rounding, or unknown, in all 2 instances"),
    "one fails": (claim(rows(HOLDS, FAILS)), {}, Verdict.VIOLATED,
        "order: x <= y fails at sweep 2 by 1, rounding accounts for 2.2e-16 at most "
        "(1 of 2 instances fail)"),
    "one fails, of steps": (claim(rows(HOLDS, FAILS)), {"iteration": "step"}, Verdict.VIOLATED,
        "order: x <= y fails at step 2 by 1, rounding accounts for 2.2e-16 at most "
        "(1 of 2 instances fail)"),
    "the worst of three": (claim(rows(FAILS, (-3.0, 1.0), (-2.5, 0.25))), {}, Verdict.VIOLATED,
        "order: x <= y fails at sweep 3 by 2.5, rounding accounts for 0.25 at most "
        "(3 of 3 instances fail)"),
    "one fails, or what nothing checks": (
        claim(rows(FAILS), hypotheses=(Hypothesis("a", "f is b"), Hypothesis("c", "f is d"))), {},
        Verdict.VIOLATED,
        "order: x <= y fails at sweep 1 by 1, rounding accounts for 2.2e-16 at most "
        "(1 of 1 instances fail); either a hypothesis that nothing checks fails (f is b; f is d), "
        "or the theorem is wrong"),
    "a failure before a hypothesis that nothing fits": (
        claim(rows(FAILS), parameters=(A,)), {"constants": FITTED}, Verdict.VIOLATED,
        "order: x <= y fails at sweep 1 by 1, rounding accounts for 2.2e-16 at most "
        "(1 of 1 instances fail)"),
    "a broken hypothesis": (claim(rows(HOLDS, HOLDS, hyp=[MET, BROKEN])), {},
        Verdict.NOT_APPLICABLE,
        "hypothesis “h is not negative” fails: sweep 2: 0 against -1 (1 of 2 instances fail; met "
        "in 1 instances)"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_reason_says_what_was_found(case: str) -> None:
    theorem, header, verdict, reason = CASES[case]
    finding = said(theorem, **header)
    assert (finding.verdict, finding.reason) == (verdict, reason)
    assert (finding.witness is None) == (verdict is not Verdict.VIOLATED)


def test_a_failure_of_what_is_proved_blames_the_hypotheses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amverify.judge.audit.standing", lambda theorem: ruling.PROVED)
    finding = said(claim(rows(FAILS)))
    assert finding.reason.endswith(
        "; its proof was checked, so either what the monitors see is not all that its hypotheses "
        "say, or the theorem is wrong"
    )
    assert finding.evidence == (Evidence.FLOAT,)
    finding = said(claim(rows(FAILS), hypotheses=(Hypothesis("a", "f is b"),)))
    assert "; its proof was checked, so either a hypothesis that nothing" in finding.reason
    assert said(claim(rows(HOLDS))).evidence == (*ruling.PROVED, Evidence.FLOAT)


@pytest.mark.parametrize(
    ("margins", "notes"),
    [
        ((HOLDS, FAILS, FAILS), ("its conclusion fails in 2 of 3 instances",)),
        ((HOLDS, HOLDS, FLOOR), ("its conclusion holds in the 2 instances that were decided",)),
        ((FLOOR, FLOOR, FLOOR), ()),
    ],
)
def test_what_a_conclusion_does_beside_a_broken_hypothesis_is_a_note(
    margins: tuple[tuple[float, float], ...], notes: tuple[str, ...]
) -> None:
    broken = replace(FACT, check=lambda ctx: Checked("fact", "a fact", False, "no"))
    own = rows(*margins, notes=("a note", "a note"))
    finding = said(claim(own, own, facts=(broken, broken)))
    twice = tuple(n.replace("2 of 3", "4 of 6").replace(" 2 ", " 4 ") for n in notes)
    assert (finding.verdict, finding.notes) == (Verdict.NOT_APPLICABLE, ("a note", *twice))
    assert finding.reason == "hypothesis “a fact” fails: no"


def test_several_conclusions_are_one_finding() -> None:
    """The first has no instance here, the second holds, the third fails twice."""
    own = rows(), rows(HOLDS, HOLDS, FLOOR), rows((-0.5, 0.0), HOLDS, FAILS, first=7)
    terms = {"C": y + h, "D": sp.Symbol("z", real=True) + 1}
    theorem = claim(*own, facts=(FACT,), constants=terms, remarks=lambda ctx: ("remark",))
    finding = said(replace(theorem, symbols={**theorem.symbols, "z": "z"}))
    assert finding.counts == Counts(decided=5, exact=0, floor=1, failed=2, open=0)
    assert (finding.slack.sweeps, finding.slack.margin) == ((1, 2, 3), (1 / 3, 1 / 3, 0.0))
    assert finding.slack.floor == pytest.approx((0.0, 0.0, 0.25), abs=1e-15)
    assert finding.witness is not None
    assert (finding.witness.sweep, finding.witness.margin) == (9, -1.0)
    assert finding.witness.inequality == "order 3: x <= y"
    assert finding.constants == (Constant("C", "h + y", 2.0, 3.0, "computed"),)
    assert [c.name for c in finding.hypotheses] == ["fact", "h ≥ 0", "h ≥ 0"]
    assert finding.notes == ("remark",)
    assert finding.evidence == (Evidence.FLOAT,)


def values(sweep: int, block: str, replicate: int) -> dict[str, Fraction]:
    assert (block, replicate) == ("", 0)
    return {"y": Fraction(3 - sweep)}


def test_evidence_is_of_what_was_decided() -> None:
    assert said(claim(rows(FLOOR))).evidence == ()
    assert said(claim(rows(HOLDS))).evidence == (Evidence.FLOAT,)
    assert said(claim(rows(HOLDS), rows(FLOOR))).evidence == (Evidence.FLOAT,)
    confident = rows(HOLDS, statistical=True)
    assert said(claim(confident)).evidence == (Evidence.STATISTICAL,)
    both = (Evidence.FLOAT, Evidence.STATISTICAL)
    assert said(claim(confident, rows(HOLDS))).evidence == both
    assert said(claim(rows(FLOOR, FLOOR)), values).evidence == (Evidence.EXACT,)
    assert said(claim(rows(FLOOR, HOLDS)), values).evidence == (Evidence.EXACT, Evidence.FLOAT)
    third = rows(FLOOR, FLOOR, FLOOR)
    finding = said(claim(third), values)
    assert finding.evidence == (Evidence.EXACT,)
    assert finding.counts == Counts(exact=3, failed=1)
    assert finding.witness is not None
    assert (finding.witness.decided, finding.witness.sweep) == ("exact", 3)


def test_a_probed_step_is_evidence_where_an_instance_leans_on_it() -> None:
    leaning = rows((-0.5, 0.0), HOLDS, allowance=np.array([1.0, 0.0]))
    for theorem, kind in (
        (claim(leaning), Evidence.MEASURED),
        (claim(rows(HOLDS), leaning), Evidence.MEASURED),
        (claim(rows(HOLDS)), Evidence.FLOAT),
    ):
        assert said(theorem, execution="measured").evidence == (kind,)
        assert said(theorem, execution="bounded").evidence == (Evidence.FLOAT,)


def test_excused_failures_are_counted_over_all_conclusions() -> None:
    unknown = rows(FAILS, FAILS, HOLDS, allowance=np.array([np.inf, np.nan, np.inf]))
    finding = said(claim(unknown, rows(HOLDS), unknown))
    assert finding.verdict is Verdict.UNDECIDED
    assert finding.reason.startswith("4 of 7 instances fail by more than the error of measuring")
    for word in ("the gradient with a bound", "f to probe", 'computed_in="float32"'):
        assert word in finding.reason
