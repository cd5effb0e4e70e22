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
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from amverify.deciding import MOST_EXACT, Exact, Failure, again, known, margin_of, rounded
from amverify.errors import InvalidInput
from amverify.rounding import Ball, evaluate
from amverify.theorems import Theorem, theorems
from amverify.theorems.base import (
    Blocks,
    Conclusion,
    Context,
    Inequality,
    Instances,
    Known,
    Missing,
)
from amverify.theorems.standing import standing
from amverify.trace import KEYS, Trace
from amverify.verdict import (
    Checked,
    Constant,
    Counts,
    Evidence,
    Finding,
    Report,
    Slack,
    Verdict,
    Witness,
)

CHUNK = 1 << 15
"""Instances evaluated at a time: few enough that their balls stay in the cache."""


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
        raise InvalidInput("trace: no rows; there is nothing to audit")
    ctx = Context(trace, constants or {})
    findings = tuple(judge(ctx, theorem, exact) for theorem in theorems(claims))
    notes = []
    if not trace.complete:
        notes.append("the trace file was cut off: only its whole rows count")
    if "stopped" in trace.header:
        notes.append(f"the run stopped: {trace.header['stopped']}")
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
        tested = [_test(ctx, theorem, part, exact) for part in theorem.conclusions]
    except Missing as lack:
        finding = replace(empty, hypotheses=facts, constants=_numbers(known))
        if broken:
            return _inapplicable(finding, broken)
        return replace(finding, reason=f"the trace lacks {lack}")
    finding = replace(
        empty,
        hypotheses=facts + tuple(c for test in tested for c in test.conditions),
        constants=_numbers(known) + _formulas(theorem, tested),
        counts=_total([test.counts for test in tested]),
        slack=next((test.slack for test in tested if test.slack.sweeps), Slack()),
        witness=_with_state(
            next((test.witness for test in tested if test.witness), None), ctx.trace
        ),
        notes=tuple(dict.fromkeys(n for test in tested for n in test.notes)),
        evidence=standing(theorem) + _evidence(tested),
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
            reason=f"{witness.inequality} fails at {witness.where} {_by_how_much(witness)} "
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


def _by_how_much(witness: Witness) -> str:
    if witness.decided == "exact" and witness.margin == 0:
        return "with equality, where it is strict: decided exactly"
    known = "exactly, " if witness.decided == "exact" else ""
    return f"by {-witness.margin:.4g}, {known}rounding accounts for {witness.bound:.2g} at most"


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


def _evidence(tested: list[_Test]) -> tuple[Evidence, ...]:
    """How the instances were decided: exactly, in floating point, by a confidence sequence."""
    found = []
    if any(t.counts.exact or (t.witness and t.witness.decided == "exact") for t in tested):
        found.append(Evidence.EXACT)
    decided = {t.instances.statistical for t in tested if t.counts.decided}
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


@dataclass(frozen=True)
class _Test:
    """One conclusion on all its instances."""

    instances: Instances
    conditions: tuple[Checked, ...]
    counts: Counts
    witness: Witness | None
    slack: Slack
    notes: tuple[str, ...]


def _test(ctx: Context, theorem: Theorem, part: Conclusion, exact: Exact | None) -> _Test:
    instances = part.view(ctx)
    if not len(instances):
        return _Test(instances, (), Counts(), None, Slack(), instances.notes)
    conditions = tuple(_condition(instances, c) for c in part.conditions)
    lhs, rhs, margin = _sides(instances, part.inequality)
    if not part.inequality.strict:
        margin = margin.widened(instances.allowance)
    good = margin.surely_nonnegative
    if part.inequality.strict:
        good = good & (margin.mid - margin.rad > 0)
    bad = margin.surely_negative
    open_ = np.flatnonzero(~good & ~bad)
    redecided, failures = again(part.inequality, instances, open_[:MOST_EXACT], exact)
    failed = np.flatnonzero(bad)
    witness = None
    if len(failed):
        row = int(failed[np.argmax(-margin.mid[failed] - margin.rad[failed])])
        witness = _witness(theorem, part.inequality, instances, row, lhs, rhs, margin)
    elif failures:
        worst = min(failures, key=lambda failure: failure.margin.high + failure.margin.room)
        witness = _exact_witness(theorem, part.inequality, instances, worst)
    counts = Counts(
        decided=int(good.sum() + bad.sum()),
        exact=redecided,
        floor=len(open_) - redecided,
        failed=len(failed) + len(failures),
    )
    slack = _slack(instances, lhs, rhs, margin)
    notes = instances.notes
    if exact is not None and len(open_) > MOST_EXACT:
        notes += (
            f"{MOST_EXACT} of {len(open_)} instances at the rounding floor were looked at exactly",
        )
    return _Test(instances, conditions, counts, witness, slack, notes)


def _sides(instances: Instances, inequality: Inequality) -> tuple[Ball, Ball, Ball]:
    """lhs, rhs and rhs − lhs on all instances, a chunk at a time."""
    n = len(instances)
    names = {x.name for x in (inequality.lhs.free_symbols | inequality.rhs.free_symbols)}
    used = {name: instances.values[name] for name in names}
    difference = inequality.rhs - inequality.lhs
    parts: list[list[Ball]] = [[], [], []]
    for start in range(0, n, CHUNK):
        rows = slice(start, min(start + CHUNK, n))
        here = {name: ball.take(rows) for name, ball in used.items()}
        for found, formula in zip(parts, (inequality.lhs, inequality.rhs, difference), strict=True):
            found.append(_spread(evaluate(formula, here), rows.stop - rows.start))
    lhs, rhs, margin = (
        Ball(np.concatenate([b.mid for b in found]), np.concatenate([b.rad for b in found]))
        for found in parts
    )
    return lhs, rhs, margin


def _spread(ball: Ball, n: int) -> Ball:
    """A ball that does not depend on the instance, once for each."""
    return Ball(np.broadcast_to(ball.mid, (n,)), np.broadcast_to(ball.rad, (n,)))


def _condition(instances: Instances, condition: Inequality) -> Checked:
    """A hypothesis on every instance; what rounding leaves open counts as met.

    A strict one whose symbols are known exactly (parameters of a method) is decided exactly.
    """
    lhs, rhs, margin = _sides(instances, condition)
    bad = np.array(margin.surely_negative)
    if condition.strict:
        for row in np.flatnonzero(~bad & (margin.mid <= margin.rad))[:MOST_EXACT].tolist():
            values = known(condition, instances, row, None)
            exactly = None if values is None else margin_of(condition, values)
            bad[row] = exactly is not None and exactly.bad
    text = condition.text or str(condition)
    unknown = int((~np.isfinite(margin.rad)).sum())
    if bad.any():
        failed = np.flatnonzero(bad)
        row = int(failed[np.argmin(margin.mid[failed])])
        detail = (
            f"{_where(instances, row)}: {lhs.mid[row]:.6g} against {rhs.mid[row]:.6g} "
            f"({len(failed)} of {len(instances)} instances)"
        )
        return Checked(condition.name, text, False, detail)
    if unknown == len(instances):
        return Checked(condition.name, text, None, "its rounding error is not bounded")
    return Checked(condition.name, text, True, f"{len(instances)} instances")


def _where(instances: Instances, row: int) -> str:
    words = [f"sweep {instances.sweep[row]}"]
    if instances.blocks is not None:
        words.append(f"block {instances.block(row)}")
    if instances.replicate[row]:
        words.append(f"replicate {instances.replicate[row]}")
    return ", ".join(words)


def _witness(
    theorem: Theorem,
    inequality: Inequality,
    instances: Instances,
    row: int,
    lhs: Ball,
    rhs: Ball,
    margin: Ball,
) -> Witness:
    values = {
        name: (float(ball.take(row).mid), float(ball.take(row).rad))
        for name, ball in instances.values.items()
    }
    return Witness(
        theorem=theorem.id,
        inequality=f"{inequality.name}: {inequality}",
        sweep=int(instances.sweep[row]),
        block=instances.block(row),
        replicate=int(instances.replicate[row]),
        lhs=float(lhs.mid[row]),
        rhs=float(rhs.mid[row]),
        margin=float(margin.mid[row]),
        bound=float(margin.rad[row]),
        decided="float",
        values=values,
    )


def _exact_witness(
    theorem: Theorem, inequality: Inequality, instances: Instances, failure: Failure
) -> Witness:
    """The witness with the values that decided it; its bound is what the step's rounding may do."""
    row = slice(failure.row, failure.row + 1)
    here = {name: ball.take(row) for name, ball in instances.values.items()}
    for name, value in failure.values.items():
        exactly = rounded(value)
        here[name] = Ball.of(exactly.mid.reshape(1), exactly.rad.reshape(1))
    blocks = instances.blocks
    alone = Instances(
        here,
        instances.sweep[row],
        instances.replicate[row],
        None if blocks is None else Blocks(blocks.kind[row], blocks.layer[row]),
    )
    found = _witness(theorem, inequality, alone, 0, *_sides(alone, inequality))
    margin = failure.margin
    return replace(found, margin=float(margin.high), bound=float(margin.room), decided="exact")


def _with_state(witness: Witness | None, trace: Trace) -> Witness | None:
    """The witness with the iterates around it that the run kept: uᵏ⁻², uᵏ⁻¹, uᵏ."""
    if witness is None:
        return None
    near = range(witness.sweep - 2, witness.sweep + 1)
    state = {f"sweep {k}": dict(trace.iterates[k]) for k in near if k in trace.iterates}
    return replace(witness, state=state or None)


def _slack(instances: Instances, lhs: Ball, rhs: Ball, margin: Ball) -> Slack:
    """The least relative margin of each sweep."""
    with np.errstate(all="ignore"):
        size = np.abs(lhs.mid) + np.abs(rhs.mid)
        relative = np.where(size > 0, margin.mid / size, 0.0)
        floor = np.where(size > 0, np.minimum(margin.rad / size, 1e300), 0.0)
    order = np.lexsort((relative, instances.sweep))
    sweeps, first = np.unique(instances.sweep[order], return_index=True)
    worst = order[first]
    return Slack(
        tuple(sweeps.tolist()), tuple(relative[worst].tolist()), tuple(floor[worst].tolist())
    )


def _formulas(theorem: Theorem, tested: list[_Test]) -> tuple[Constant, ...]:
    """The theorem's named constants and their ranges over the run."""
    found = []
    for name, formula in theorem.constants.items():
        needed = {x.name for x in formula.free_symbols}
        for test in tested:
            if len(test.instances) and needed <= set(test.instances.values):
                _, ball, _ = _sides(test.instances, Inequality(name, sp.Integer(0), formula))
                low, high = float(ball.mid.min()), float(ball.mid.max())
                found.append(Constant(name, str(formula), low, high, "computed"))
                break
    return tuple(found)


def _total(counts: list[Counts]) -> Counts:
    return Counts(*(sum(getattr(c, n) for c in counts) for n in
                    ("decided", "exact", "floor", "failed")))  # fmt: skip


def lifeless(ctx: Context, theorem: Theorem) -> list[str]:
    """What the theorem is about and never moved, in words."""
    trace, dead = ctx.trace, []
    if "motion" in theorem.liveness:
        dead += _motionless(trace)
    if "inertia" in theorem.liveness and trace.settings.get("inertia"):
        dead += _inertialess(trace)
    return dead


def _motionless(trace: Trace) -> list[str]:
    """Blocks whose every step is zero; for a run without blocks, the point itself."""
    if "step" not in trace.blocks:
        moved = "step" not in trace.sweeps or bool((trace.sweeps["step"] > 0).any())
        return [] if moved else ["the point never moved"]
    blocks = Blocks(trace.blocks["kind"], trace.blocks["layer"])
    codes, first = np.unique(blocks.codes, return_index=True)
    alive = np.unique(blocks.codes[trace.blocks["step"] > 0])
    still = first[~np.isin(codes, alive)]
    return [f"block {blocks.name(int(row))} never changed" for row in np.sort(still)]


def _inertialess(trace: Trace) -> list[str]:
    """The inertia that the settings announce, where every displacement is zero."""
    if "inertia" not in trace.blocks:
        return []
    size = np.zeros(len(trace.blocks["inertia"]))
    for name in ("p1", "p2"):
        if name in trace.blocks:
            size = size + np.abs(trace.blocks[name])
    moved = (size > 0) & (trace.blocks["inertia"] > 0)
    if "t" in trace.blocks:
        moved = moved | ((trace.blocks["t"] > 1) & (trace.blocks["step"] > 0))
    return [] if moved.any() else ["no block was ever extrapolated: the inertia is identically 0"]
