"""The verdict on a theorem, from all that was found of it on a run.

In this order: a hypothesis fails (NOT_APPLICABLE); one is open everywhere (UNDECIDED); an instance
fails, or the run became infinite or NaN where the claim bounds its value (VIOLATED); instances fail
unless rounding in the method's own steps explains it, and that is unknown (UNDECIDED); nothing was
tested (VACUOUS); too few instances were decided (UNDECIDED); HOLDS.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import floor, inf, nan

import sympy as sp

from amverify.judge.conclusion import Tested
from amverify.judge.liveness import lifeless
from amverify.judge.witness import by_how_much
from amverify.theorems import Theorem
from amverify.theorems.base import Context, Inequality, Instances
from amverify.theorems.parameters import CHANGE, UPDATE_CHANGE, UPDATED, VALUE
from amverify.theorems.standing import standing
from amverify.trace.trace import Trace
from amverify.verdict import Checked, Evidence, Finding, Verdict, Witness

LEAST_SHARE = 0.05
"""HOLDS asks for this share of a conclusion's instances to be decided.

A run that has converged sits at its rounding floor for as long as one lets it, so the share says as
much of patience as of truth, and the limit is low: it does not turn a converged run away. Below it
those that were decided are no sample of what is claimed: nineteen in twenty may break the claim by
what their bounds allow, and the report would say HOLDS. The share itself stands beside every HOLDS.
"""

PROVED = (Evidence.PROVED, Evidence.KERNEL)
_CHANGES = ("df", CHANGE, UPDATE_CHANGE)
_RISING = (*_CHANGES, "f1", VALUE, UPDATED)
"""Symbols of a value and its change, of theorems and of written claims."""


def without_data(finding: Finding, lack: str) -> Finding:
    """Where a column or a constant is missing."""
    broken = [f for f in finding.hypotheses if f.holds is False]
    if broken:
        return _inapplicable(finding, broken)
    return replace(finding, reason=f"the trace lacks {lack}")


def untrue(finding: Finding, lie: str) -> Finding:
    """Where the trace's header says what no run can have."""
    said = Checked("settings", "the settings are those of a run", False, lie)
    finding = replace(finding, hypotheses=(*finding.hypotheses, said))
    return _inapplicable(finding, [c for c in finding.hypotheses if c.holds is False])


def ruled(
    ctx: Context,
    theorem: Theorem,
    tests: Sequence[Tested],
    finding: Finding,
    fitted: tuple[str, ...],
) -> Finding:
    """The finding with its verdict and the reason for it."""
    broken = [c for c in finding.hypotheses if c.holds is False]
    if broken:
        return _inapplicable(finding, broken)
    unseen = [c for c in finding.hypotheses if c.holds is None]
    if unseen:
        names = "; ".join(f"{c.name}: {c.detail}" for c in unseen)
        return _undecided(finding, f"hypothesis not checked: {names}")
    finding = _broken_down(ctx.trace, theorem, tests, finding)
    if finding.witness is not None:
        return _violated(finding, finding.witness, ctx.trace.iteration)
    excused = sum(test.excused for test in tests)
    if excused:
        return _undecided(finding, _unexplained(excused, finding.counts.total))
    return _unrefuted(ctx, theorem, tests, finding, fitted)


def _unrefuted(
    ctx: Context,
    theorem: Theorem,
    tests: Sequence[Tested],
    finding: Finding,
    fitted: tuple[str, ...],
) -> Finding:
    """No instance fails: was anything tested, and enough of it?"""
    if fitted or theorem.fitted:
        what = f"constant {', '.join(fitted)}" if fitted else "the claim's constant"
        finding = replace(finding, evidence=(*standing(theorem), Evidence.FITTED))
        said = f"{what} was fitted to this run: finite data cannot contradict it"
        return replace(finding, verdict=Verdict.VACUOUS, reason=said)
    ended = ctx.trace.header.get("stopped")
    if ended is not None and _end(ctx.trace) is None:
        return _undecided(finding, f"the record ended before the run did: {ended}")
    if not finding.counts.total:
        said = "no instance of it in this trace"
        return replace(finding, verdict=Verdict.VACUOUS, reason=said)
    dead = lifeless(ctx, theorem)
    if dead:
        said = f"never tested: {'; '.join(dead)}"
        return replace(finding, verdict=Verdict.VACUOUS, reason=said)
    few = _too_few(theorem, tests)
    if few:
        return _undecided(finding, few)
    end = _end(ctx.trace)
    if end is not None:
        said = "what the claim asks was not seen there"
        return _undecided(
            finding, f"at {ctx.trace.iteration} {end[0]} {end[1]} is not finite, and {said}"
        )
    return replace(finding, verdict=Verdict.HOLDS, reason=_held(finding))


def _held(finding: Finding) -> str:
    counts = finding.counts
    said = f"all {counts.settled} instances that could be decided satisfy it"
    if counts.settled < counts.total:
        said += f", {percent(counts.share)} of {counts.total}"
    if counts.floor:
        said += f"; {counts.floor} lie at the rounding floor"
    return said + (f"; in {counts.open} a hypothesis is open" if counts.open else "")


def percent(share: float) -> str:
    """A share in words, rounded down: all of them is 100 %, and nothing less is."""
    return f"{floor(1000 * share) / 10:g} %"


def _too_few(theorem: Theorem, tests: Sequence[Tested]) -> str:
    """Why the instances of some conclusion do not suffice; empty where they do."""
    worst = min((t for t in tests if t.counts.total), key=lambda t: t.counts.share)
    counts = worst.counts
    if counts.share >= LEAST_SHARE:
        return ""
    if counts.floor == counts.total:
        return worst.instances.unseen or "every margin lies under the rounding floor"
    name = theorem.conclusions[tests.index(worst)].inequality.name
    of = f" of “{name}”" if len(tests) > 1 else ""
    many = counts.settled or "none"
    return (
        f"{many} of {counts.total} instances{of} could be decided, and HOLDS asks for "
        f"{percent(LEAST_SHARE)}: {counts.floor} lie at the rounding floor, in {counts.open} a "
        "hypothesis is open"
    )


def _unexplained(excused: int, total: int) -> str:
    """What to record, where the allowance for a method's own rounding is unknown."""
    return (
        f"{excused} of {total} instances fail by more than the error of measuring, but what "
        f"rounding in the method's own steps can do is unknown: record "
        "the gradient with a bound on its error, or give the recorder f to probe; and name the "
        'format of the steps if it is coarser than the arrays (computed_in="float32")'
    )


def _undecided(finding: Finding, reason: str) -> Finding:
    return replace(finding, verdict=Verdict.UNDECIDED, reason=reason, witness=None)


def _violated(finding: Finding, witness: Witness, iteration: str) -> Finding:
    """A failure, and who else than the claim may be at fault."""
    counts, proved = finding.counts, Evidence.PROVED in finding.evidence
    reason = (
        f"{witness.inequality} fails at {witness.where(iteration)} {by_how_much(witness)} "
        f"({counts.failed} of {counts.total} instances fail)"
    )
    listed = "; ".join(finding.unmonitored)
    if proved or listed:
        said = "its proof was checked, so " if proved else ""
        whose = f"a hypothesis that nothing checks fails ({listed})" if listed else (
            "what the monitors see is not all that its hypotheses say")  # fmt: skip
        reason += f"; {said}either {whose}, or the theorem is wrong"
    evidence = tuple(kind for kind in finding.evidence if kind not in PROVED)
    return replace(finding, verdict=Verdict.VIOLATED, reason=reason, evidence=evidence)


def _inapplicable(finding: Finding, broken: list[Checked]) -> Finding:
    held = finding.counts.settled
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


def _end(trace: Trace) -> tuple[int, str] | None:
    """The sweep at which something became infinite or NaN, and what it was."""
    found = trace.header.get("nonfinite")
    return None if found is None else (int(found["sweep"]), str(found["what"]))


def _bounds_from_above(inequality: Inequality, names: Sequence[str]) -> bool:
    """Whether lhs ≤ rhs is one of these ≤ …: lhs − rhs is a positive multiple of it, and a rest."""
    difference = sp.expand(inequality.lhs - inequality.rhs)
    for name in names:
        weight = difference.coeff(sp.Symbol(name, real=True), 1)
        rest = difference - weight * sp.Symbol(name, real=True)
        if weight.is_positive and name not in {x.name for x in rest.free_symbols}:
            return True
    return False


def _risen(trace: Trace, instances: Instances, end: tuple[int, str]) -> tuple[str, ...]:
    """Symbols of what was not finite there, as far as a bound from above speaks of that index.

    −∞ is below any number: it breaks a decrease, whose next step nobody can make, and no bound.
    """
    sweep, what = end
    if instances.until is not None and instances.until < sweep:
        return ()
    lowest = trace.header["nonfinite"].get("number") == "-inf"
    if what in ("value", "parameter"):
        return _CHANGES if lowest else _RISING
    return (instances.named[what],) if what in instances.named and not lowest else ()


def _broken_down(
    trace: Trace, theorem: Theorem, tests: Sequence[Tested], finding: Finding
) -> Finding:
    """A value that is not finite, after finite ones, refutes a bound that asks nothing else."""
    end = _end(trace)
    if end is None or finding.witness is not None or theorem.unmonitored:
        return finding
    for part, test in zip(theorem.conclusions, tests, strict=True):
        names = _risen(trace, test.instances, end)
        if _bounds_from_above(part.inequality, names) and not part.conditions:
            said = f"{part.inequality.name}: {part.inequality}"
            witness = Witness(
                theorem.id, said, end[0], "", 0, inf, nan, -inf, 0.0, "float", {}
            )  # fmt: skip
            counts = finding.counts
            counts = replace(counts, decided=counts.decided + 1, failed=counts.failed + 1)
            return replace(finding, witness=witness, counts=counts)
    return finding
