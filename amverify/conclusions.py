"""One conclusion of a theorem on all instances that a run has of it, and its conditions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amverify.deciding import MOST_EXACT, Exact, again, known, margin_of
from amverify.margins import sides, slack
from amverify.theorems import Theorem
from amverify.theorems.base import Conclusion, Context, Inequality, Instances
from amverify.verdict import Checked, Counts, Slack, Witness
from amverify.witnessing import exact_witness, where, witness_of


@dataclass(frozen=True)
class Tested:
    """One conclusion on all its instances."""

    instances: Instances
    conditions: tuple[Checked, ...]
    counts: Counts
    witness: Witness | None
    slack: Slack
    notes: tuple[str, ...]


def tested(ctx: Context, theorem: Theorem, part: Conclusion, exact: Exact | None) -> Tested:
    """Decide a conclusion wherever it can be; ``Missing`` if the trace lacks what it needs."""
    instances = part.view(ctx)
    if not len(instances):
        return Tested(instances, (), Counts(), None, Slack(), instances.notes)
    conditions = tuple(checked(instances, c) for c in part.conditions)
    lhs, rhs, margin = sides(instances, part.inequality)
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
        witness = witness_of(theorem, part.inequality, instances, row, lhs, rhs, margin)
    elif failures:
        worst = min(failures, key=lambda failure: failure.margin.high + failure.margin.room)
        witness = exact_witness(theorem, part.inequality, instances, worst)
    counts = Counts(
        decided=int(good.sum() + bad.sum()),
        exact=redecided,
        floor=len(open_) - redecided,
        failed=len(failed) + len(failures),
    )
    notes = instances.notes
    if exact is not None and len(open_) > MOST_EXACT:
        notes += (
            f"{MOST_EXACT} of {len(open_)} instances at the rounding floor were looked at exactly",
        )
    return Tested(instances, conditions, counts, witness, slack(instances, lhs, rhs, margin), notes)


def checked(instances: Instances, condition: Inequality) -> Checked:
    """A hypothesis on every instance; what rounding leaves open counts as met.

    A strict one whose symbols are known exactly (parameters of a method) is decided exactly.
    """
    lhs, rhs, margin = sides(instances, condition)
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
            f"{where(instances, row)}: {lhs.mid[row]:.6g} against {rhs.mid[row]:.6g} "
            f"({len(failed)} of {len(instances)} instances)"
        )
        return Checked(condition.name, text, False, detail)
    if unknown == len(instances):
        return Checked(condition.name, text, None, "its rounding error is not bounded")
    return Checked(condition.name, text, True, f"{len(instances)} instances")
