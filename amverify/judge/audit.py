r"""Theorem + trace → finding.

For each theorem, in this order:

1. *facts*, its hypotheses on the whole trace; then its views bind symbols to columns, and the
   *conditions* are evaluated on every instance. One that fails beyond rounding: NOT_APPLICABLE;
   so is a setting that no run can have (ρ < 0).
   A column or constant that is missing: UNDECIDED, by name.
   One that rounding leaves open leaves its instance open (``hypotheses``).
2. *conclusions*: rhs − lhs as a ball. Below zero with its whole ball, by more than rounding in the
   method's own steps can do: VIOLATED, with the worst instance as witness. Where that is unknown,
   UNDECIDED, with what to record. A run that became infinite or NaN refutes a decrease.
3. instances whose ball holds 0 are decided exactly where the caller can (``exact``, see
   ``deciding``), else counted.
4. *liveness*: what never moved was not tested: VACUOUS. So is a constant fitted to the run.
   Inertia that cancels is no motion: a note names the blocks, and it is VACUOUS where it cancels in
   all of them.
5. HOLDS asks for ``LEAST_SHARE`` of the instances to be decided.

    report = audit(trace, ["T1", "T3"])     # audit(trace): what it can be judged by (``picked``)
    report.verdict, report["T1"].witness
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import NoneType
from typing import Any

from amverify import report as _renderers  # noqa: F401 - so that a report can show itself
from amverify.errors import InvalidInput, expect, of_kinds
from amverify.judge.conclusion import Tested, tested
from amverify.judge.constants import refuse_misspelt, refuse_unknown, unread
from amverify.judge.curves import curves
from amverify.judge.liveness import cancelled
from amverify.judge.picked import judged_unasked
from amverify.judge.ruling import ruled, untrue, without_data
from amverify.judge.sides import over
from amverify.judge.witness import with_state
from amverify.numbers.exact import Exact
from amverify.theorems import CATALOGUE, Theorem, theorems
from amverify.theorems.base import Context, Impossible, Known, Missing
from amverify.theorems.standing import standing
from amverify.trace.columns import KEYS, check_once
from amverify.trace.trace import HOW_TO_GET_ONE, Trace
from amverify.verdict import Constant, Counts, Evidence, Finding, Report, Slack, Verdict


def audit(
    trace: Trace,
    claims: str | Theorem | Iterable[str | Theorem] | None = None,
    constants: Mapping[str, Any] | None = None,
    exact: Exact | None = None,
) -> Report:
    """Judge theorems on a run.

    Args:
        trace: what the run left behind.
        claims: theorems, or their ids: one of them, or several. Without any the run is judged by
            all that it can be judged by as it is, descent at least (``amverify.judge.picked``).
        constants: constants declared for these claims, by name; they win over those of the trace.
            A number of any kind (1/2 as a fraction, numpy's scalars, a tensor without
            dimensions), or ``{"value": …, "error": …, "origin": …}``.
        exact: gives an instance's symbols exactly, on problems small enough
            (``traced_exactly`` returns it with a layered run).

    Raises:
        InvalidInput: for an unknown theorem, what is no trace, a trace without rows, a constant
            that none of the theorems has (of the run: if its name is nearly that of one that is
            wanted), or one that contradicts its theorem.
    """
    expect("trace", trace, Trace, HOW_TO_GET_ONE)
    of_kinds(locals(), {"constants": (Mapping, NoneType)})
    check_once(trace.sweeps)
    ctx = Context(trace, constants or {})
    report = audited(ctx, claims, exact)
    return replace(report, curves=curves(ctx, report.findings))


def audited(
    ctx: Context,
    claims: str | Theorem | Iterable[str | Theorem] | None = None,
    exact: Exact | None = None,
) -> Report:
    """``audit`` without curves, of a trace whose views may have been made for other claims."""
    trace, constants = ctx.trace, ctx.constants
    claimed = theorems(CATALOGUE if claims is None else claims)
    refuse_unknown(constants, claimed)
    if not any(trace.rows(name) for name in KEYS):
        cut = "" if trace.complete else "the file was cut off before its first whole chunk: "
        raise InvalidInput(f"trace: {cut}no rows; there is nothing to audit")
    if claims is not None:
        refuse_misspelt(trace.constants, constants, claimed)
    notes: list[str] = []
    if claims is None:
        findings, said = judged_unasked(trace, ctx.constants, _judge_with(ctx, exact))
        notes += said
    else:
        findings = tuple(judge(ctx, theorem, exact) for theorem in claimed)
    if not trace.complete:
        notes.append("the trace file was cut off: only its whole rows count")
    if "stopped" in trace.header:
        notes.append(f"the run stopped: {trace.header['stopped']}")
    notes += (*trace.header.get("notes", ()), *unread(trace.constants, claimed))
    subject = str(trace.header.get("subject", "a run"))
    return Report(subject, trace.header, findings, tuple(notes))


def _judge_with(ctx: Context, exact: Exact | None) -> Callable[..., Finding]:
    def with_(theorem: Theorem, more: Mapping[str, Any]) -> Finding:
        here = ctx.given({**ctx.constants, **more}) if more else ctx
        return judge(here, theorem, exact)

    return with_


def judge(ctx: Context, theorem: Theorem, exact: Exact | None = None) -> Finding:
    """One theorem on one run."""
    facts = tuple(ctx.checked(fact) for fact in theorem.facts)
    known = _declared(ctx, theorem)
    finding = Finding(
        theorem.id,
        theorem.title,
        theorem.statement,
        theorem.latex,
        theorem.source,
        Verdict.UNDECIDED,
        "",
        hypotheses=facts,
        constants=_numbers(known),
        unmonitored=tuple(said.text for said in theorem.unmonitored),
    )
    try:
        tests = [tested(ctx, theorem, part, exact) for part in theorem.conclusions]
    except Impossible as lie:
        return untrue(finding, str(lie))
    except Missing as lack:
        return without_data(finding, str(lack))
    finding = replace(
        finding,
        hypotheses=facts + tuple(c for test in tests for c in test.conditions),
        constants=_numbers(known) + _formulas(theorem, tests),
        counts=_total([test.counts for test in tests]),
        slack=next((test.slack for test in tests if test.slack.sweeps), Slack()),
        witness=with_state(next((test.witness for test in tests if test.witness), None), ctx.trace),
        notes=tuple(dict.fromkeys(n for test in tests for n in test.notes))
        + cancelled(ctx, theorem)
        + _remarks(ctx, theorem),
        evidence=standing(theorem) + _evidence(ctx, tests),
    )
    fitted = tuple(name for name, constant in known.items() if constant.origin == "fitted")
    return ruled(ctx, theorem, tests, finding, fitted)


def _remarks(ctx: Context, theorem: Theorem) -> tuple[str, ...]:
    try:
        return theorem.remarks(ctx) if theorem.remarks else ()
    except Missing:
        return ()


def _evidence(ctx: Context, tests: list[Tested]) -> tuple[Evidence, ...]:
    """How the instances were decided: exactly, in floating point, by a confidence sequence.

    A measured allowance is no evidence where no instance needs one.
    """
    found = []
    if any(t.counts.exact or (t.witness and t.witness.decided == "exact") for t in tests):
        found.append(Evidence.EXACT)
    decided = {t.instances.statistical for t in tests if t.counts.decided}
    probed = ctx.trace.header.get("execution") == "measured" and any(t.leaning for t in tests)
    if False in decided:
        found.append(Evidence.MEASURED if probed else Evidence.FLOAT)
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
                (ball,) = over(test.instances, formula)
                low, high = float(ball.mid.min()), float(ball.mid.max())
                found.append(Constant(name, str(formula), low, high, "computed"))
                break
    return tuple(found)


def _total(counts: list[Counts]) -> Counts:
    return Counts(*(sum(getattr(c, n) for c in counts) for n in
                    ("decided", "exact", "floor", "failed", "open")))  # fmt: skip
