r"""Theorem + trace → finding.

For each theorem, in this order:

1. *facts*, its hypotheses on the whole trace; then its views bind symbols to columns, and the
   *conditions* are evaluated on every instance. One that fails beyond rounding: NOT_APPLICABLE.
   A column or constant that is missing: UNDECIDED, by name.
2. *conclusions*: rhs − lhs as a ball, enlarged by what rounding in the method's own steps can do.
   Below zero with its whole ball: VIOLATED, with the worst instance as witness.
3. instances whose ball holds 0 are decided exactly where the caller can (``exact``, see
   ``deciding``), else counted.
4. *liveness*: what never moved was not tested: VACUOUS. So is a constant fitted to the run.

    report = audit(trace, ["T1", "T3"])
    report.verdict, report["T1"].witness
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import sympy as sp

from amverify.conclusions import Tested, tested
from amverify.deciding import Exact
from amverify.errors import InvalidInput
from amverify.liveness import lifeless
from amverify.margins import sides
from amverify.theorems import Theorem, theorems
from amverify.theorems.base import Context, Inequality, Known, Missing
from amverify.theorems.standing import standing
from amverify.trace import KEYS, Trace
from amverify.verdict import Checked, Constant, Counts, Evidence, Finding, Report, Slack, Verdict
from amverify.witnessing import by_how_much, with_state


def audit(
    trace: Trace,
    claims: Iterable[str | Theorem],
    constants: Mapping[str, Any] | None = None,
    exact: Exact | None = None,
) -> Report:
    """Judge theorems on a run.

    Args:
        trace: what the run left behind.
        claims: theorems, or their ids.
        constants: constants declared for these claims; they win over those of the trace.
        exact: gives an instance's symbols exactly, on problems small enough
            (``traced_exactly`` returns it with a layered run).

    Raises:
        InvalidInput: for an unknown theorem, a trace without rows, or a constant that
            contradicts its theorem.
    """
    if not any(trace.rows(name) for name in KEYS):
        cut = "" if trace.complete else "the file was cut off before its first whole chunk: "
        raise InvalidInput(f"trace: {cut}no rows; there is nothing to audit")
    ctx = Context(trace, constants or {})
    findings = tuple(judge(ctx, theorem, exact) for theorem in theorems(claims))
    notes = []
    if not trace.complete:
        notes.append("the trace file was cut off: only its whole rows count")
    if "stopped" in trace.header:
        notes.append(f"the run stopped: {trace.header['stopped']}")
    notes += trace.header.get("notes", ())
    subject = str(trace.header.get("subject", "a run"))
    return Report(subject, trace.header, findings, tuple(notes))


def judge(ctx: Context, theorem: Theorem, exact: Exact | None = None) -> Finding:
    """One theorem on one run."""
    facts = tuple(fact.check(ctx) for fact in theorem.facts)
    empty = Finding(
        theorem.id,
        theorem.title,
        theorem.statement,
        theorem.latex,
        theorem.source,
        Verdict.UNDECIDED,
        "",
    )
    known = _declared(ctx, theorem)
    broken = [f for f in facts if f.holds is False]
    try:
        tests = [tested(ctx, theorem, part, exact) for part in theorem.conclusions]
    except Missing as lack:
        finding = replace(empty, hypotheses=facts, constants=_numbers(known))
        if broken:
            return _inapplicable(finding, broken)
        return replace(finding, reason=f"the trace lacks {lack}")
    finding = replace(
        empty,
        hypotheses=facts + tuple(c for test in tests for c in test.conditions),
        constants=_numbers(known) + _formulas(theorem, tests),
        counts=_total([test.counts for test in tests]),
        slack=next((test.slack for test in tests if test.slack.sweeps), Slack()),
        witness=with_state(next((test.witness for test in tests if test.witness), None), ctx.trace),
        notes=tuple(dict.fromkeys(n for test in tests for n in test.notes)),
        evidence=standing(theorem) + _evidence(tests),
    )
    return _decide(ctx, theorem, finding, known)


def _decide(
    ctx: Context, theorem: Theorem, finding: Finding, known: Mapping[str, Known]
) -> Finding:
    """The verdict from everything that was found."""
    counts, witness = finding.counts, finding.witness
    try:
        remarks = theorem.remarks(ctx) if theorem.remarks else ()
    except Missing:
        remarks = ()
    finding = replace(finding, notes=finding.notes + remarks)
    broken = [c for c in finding.hypotheses if c.holds is False]
    if broken:
        return _inapplicable(finding, broken)
    unseen = [c for c in finding.hypotheses if c.holds is None]
    if unseen:
        names = "; ".join(f"{c.name}: {c.detail}" for c in unseen)
        return replace(
            finding, verdict=Verdict.UNDECIDED, reason=f"hypothesis not checked: {names}",
            witness=None,
        )  # fmt: skip
    if witness is not None:
        return replace(
            finding,
            verdict=Verdict.VIOLATED,
            reason=f"{witness.inequality} fails at {witness.where} {by_how_much(witness)} "
            f"({counts.failed} of {counts.total} instances fail)",
        )
    fitted = [name for name, constant in known.items() if constant.origin == "fitted"]
    if fitted or theorem.fitted:
        what = f"constant {', '.join(fitted)}" if fitted else "the claim's constant"
        return replace(
            finding,
            verdict=Verdict.VACUOUS,
            evidence=(*standing(theorem), Evidence.FITTED),
            reason=f"{what} was fitted to this run: finite data cannot contradict it",
        )
    if not counts.total:
        return replace(finding, verdict=Verdict.VACUOUS, reason="no instance of it in this trace")
    dead = lifeless(ctx, theorem)
    if dead:
        return replace(finding, verdict=Verdict.VACUOUS, reason=f"never tested: {'; '.join(dead)}")
    if counts.floor == counts.total:
        return replace(
            finding, verdict=Verdict.UNDECIDED, reason="every margin lies under the rounding floor"
        )
    return replace(
        finding,
        verdict=Verdict.HOLDS,
        reason=f"all {counts.decided + counts.exact} instances that could be decided satisfy it"
        + (f"; {counts.floor} lie at the rounding floor" if counts.floor else ""),
    )


def _inapplicable(finding: Finding, broken: list[Checked]) -> Finding:
    held = finding.counts.decided + finding.counts.exact
    note = (
        (f"its conclusion fails in {finding.counts.failed} of {finding.counts.total} instances",)
        if finding.counts.failed
        else ((f"its conclusion holds in the {held} instances that were decided",) if held else ())
    )
    each = dict.fromkeys(f"hypothesis “{b.text}” fails: {b.detail}" for b in broken)
    reason = "; ".join(each)
    return replace(
        finding, verdict=Verdict.NOT_APPLICABLE, reason=reason, notes=finding.notes + note,
        witness=None,
    )  # fmt: skip


def _evidence(tests: list[Tested]) -> tuple[Evidence, ...]:
    """How the instances were decided: exactly, in floating point, by a confidence sequence."""
    found = []
    if any(t.counts.exact or (t.witness and t.witness.decided == "exact") for t in tests):
        found.append(Evidence.EXACT)
    decided = {t.instances.statistical for t in tests if t.counts.decided}
    if False in decided:
        found.append(Evidence.FLOAT)
    if True in decided:
        found.append(Evidence.STATISTICAL)
    return tuple(found)


def _declared(ctx: Context, theorem: Theorem) -> dict[str, Known]:
    """The declared constants that there are; a contradictory one raises."""
    found = {}
    for parameter in theorem.parameters:
        try:
            found[parameter.name] = ctx.known(parameter)
        except Missing:
            continue
    return found


def _numbers(known: Mapping[str, Known]) -> tuple[Constant, ...]:
    return tuple(
        Constant(name, name, float(k.value.mid), float(k.value.mid), k.origin)
        for name, k in known.items()
    )


def _formulas(theorem: Theorem, tests: list[Tested]) -> tuple[Constant, ...]:
    """The theorem's named constants and their ranges over the run."""
    found = []
    for name, formula in theorem.constants.items():
        needed = {x.name for x in formula.free_symbols}
        for test in tests:
            if len(test.instances) and needed <= set(test.instances.values):
                _, ball, _ = sides(test.instances, Inequality(name, sp.Integer(0), formula))
                low, high = float(ball.mid.min()), float(ball.mid.max())
                found.append(Constant(name, str(formula), low, high, "computed"))
                break
    return tuple(found)


def _total(counts: list[Counts]) -> Counts:
    return Counts(*(sum(getattr(c, n) for c in counts) for n in
                    ("decided", "exact", "floor", "failed")))  # fmt: skip
