r"""What a run is judged by where its author claims nothing: all that it can be judged by as it is.

**descent** is always among it. Of the other theorems those are taken that are *usable*
(``amverify.judge.usable``) and leave no constant open. Nobody claimed them, so a hypothesis that
fails, a block that never moved, or margins that drown in rounding are no failure: such a theorem
says nothing of this run, and a note says why. What is left holds or fails.

**Nothing is guessed.** A theorem that lacks L alone is looked at with the least L that the run
allows, less all rounding: max_k 2(f(x^k) − f(x^{k−1}) − ⟨∇f(x^{k−1}), e⟩)/‖e‖², which is no more
than the true one. Where its hypotheses fail with this L they fail with the true one; where its
conclusion holds with it nothing is shown, for L is *fitted*: that is a note, with the constant to
declare.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from amverify.judge.usable import Use, uses
from amverify.theorems import CATALOGUE, Theorem
from amverify.theorems.base import Context, Missing, declare
from amverify.theorems.classical import DESCENT
from amverify.theorems.parameters import SMOOTH
from amverify.theorems.views.columns import pairs, step_rows
from amverify.trace.trace import Trace
from amverify.verdict import Finding, Verdict

Judge = Callable[[Theorem, Mapping[str, Any]], Finding]
DECIDED = (Verdict.HOLDS, Verdict.VIOLATED)
UNCLAIMED = "nothing was claimed: judged is all that this run can be judged by without a constant"


def judged_unasked(
    trace: Trace, constants: Mapping[str, Any], judge: Judge
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Findings on what can be judged as it is, and notes on what is close to it.

    Args:
        trace: the run.
        constants: that are declared beside its own.
        judge: a theorem, with further constants, on this run.
    """
    found = [judge(DESCENT, {})]
    notes = [UNCLAIMED]
    known = uses(trace, constants)
    for use in known:
        theorem = CATALOGUE[use.name]
        if use.status == "usable" and theorem is not DESCENT and not theorem.fitted:
            finding = judge(theorem, {})
            if finding.verdict in DECIDED:
                found.append(finding)
            else:
                notes.append(f"{use.name} ({use.title}) says nothing of this run: {finding.reason}")
    notes += _with_the_least_modulus(trace, known, judge)
    return tuple(found), tuple(notes)


def _with_the_least_modulus(trace: Trace, known: Iterable[Use], judge: Judge) -> list[str]:
    """What theorems that lack L alone come to with the least L that the run allows."""
    lacking = [use for use in known if use.constants == (SMOOTH.name,) and not use.arguments]
    lacking = lacking[:1]  # G1, or of momentum G4: without momentum they say the same
    least = least_modulus(trace) if lacking else None
    return [] if least is None else [_told(use, least, judge) for use in lacking]


def _told(use: Use, least: tuple[float, float], judge: Judge) -> str:
    """What a theorem comes to, in a sentence."""
    low, high = (
        judge(CATALOGUE[use.name], {SMOOTH.name: {"value": value, "origin": "fitted"}})
        for value in least
    )
    head = f"{use.name} ({use.title})"
    if low.verdict is Verdict.NOT_APPLICABLE:
        return f"{head} does not apply: {low.reason}; L ≥ {least[0]:g} on this run"
    if high.verdict is Verdict.VACUOUS:
        return (
            f"{head} is not contradicted with L = {least[1]:g}, fitted to this run and so no "
            f"verdict; declare L: {declare(SMOOTH.name)}"
        )
    return f"{head} lacks L alone, {declare(SMOOTH.name)}; L ≥ {least[0]:g} on this run"


def least_modulus(trace: Trace) -> tuple[float, float] | None:
    """The least L with which f lies below its quadratic bounds along the run, from both sides.

    The first number is no more than the true L. Nothing where gradients are not known.
    """
    ctx = Context(trace)
    try:
        rows = step_rows(ctx, "df", "e2")
        slope = ctx.ball("sweeps", "slope").take(pairs(ctx)[1])
    except Missing:
        return None
    with np.errstate(all="ignore"):
        bent = (rows.values["df"] - slope) + (rows.values["df"] - slope)
        least = bent / rows.values["e2"]
        known = np.isfinite(least.rad) & np.isfinite(least.mid)
        low = float((least.mid - least.rad)[known].max(initial=0.0))
        high = float((least.mid + least.rad)[known].max(initial=0.0))
    if not (low > 0 and np.isfinite(high)):
        return None
    return _digits(low, decimal.ROUND_FLOOR), _digits(high, decimal.ROUND_CEILING)


def _digits(x: float, rounding: str) -> float:
    """Five digits of a number, rounded down or up."""
    return float(decimal.Context(prec=5, rounding=rounding).create_decimal_from_float(x))
