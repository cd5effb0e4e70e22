"""One conclusion of a theorem on all instances that a run has of it, and its conditions.

The margin rhs − lhs of an instance is a ball. What hypotheses that rounding leaves open may cost
widens it on both sides; what rounding in the method's own steps can do (``allowance``) only ever
excuses a failure: what holds beyond the error of measuring needs no allowance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amverify.judge.floor import MOST_EXACT, again
from amverify.judge.hypothesis import judged, looked_at_exactly, total_cost
from amverify.judge.sides import sides, slack
from amverify.judge.witness import exact_witness, witness_of
from amverify.numbers.balls import Ball
from amverify.numbers.exact import Exact
from amverify.theorems import Theorem
from amverify.theorems.base import Conclusion, Context, Inequality, Instances
from amverify.verdict import Checked, Counts, Slack, Witness


@dataclass(frozen=True)
class Tested:
    """One conclusion on all its instances.

    ``excused`` instances fail by more than the error of measuring, and what rounding in the
    method's own steps can do to them is unknown. ``leaning`` instances fail, or are not said to, by
    what that rounding can do: the others need no allowance.
    """

    instances: Instances
    conditions: tuple[Checked, ...]
    counts: Counts
    witness: Witness | None
    slack: Slack
    notes: tuple[str, ...]
    excused: int = 0
    leaning: int = 0


@dataclass(frozen=True)
class _Decided:
    """Which instances hold, which fail, which an open hypothesis leaves undecided (``unpaid``)."""

    good: NDArray[np.bool_]
    bad: NDArray[np.bool_]
    unpaid: NDArray[np.bool_]
    excused: NDArray[np.bool_]
    leaning: NDArray[np.bool_]
    widened: Ball

    @property
    def floor(self) -> NDArray[np.int64]:
        """Rows that rounding leaves open."""
        return np.flatnonzero(~self.good & ~self.bad & ~self.unpaid)


def _decided(
    inequality: Inequality, instances: Instances, margin: Ball, cost: NDArray[np.float64]
) -> _Decided:
    unpaid = ~np.isfinite(cost)
    if cost.any():
        plain, margin = margin, margin.widened(cost)
        told = plain.surely_nonnegative | plain.widened(instances.allowance).surely_negative
        unpaid |= told & ~margin.surely_nonnegative & ~margin.surely_negative
    good = margin.surely_nonnegative
    if inequality.strict:
        good = good & (margin.mid - margin.rad > 0)
    wide = margin.widened(instances.allowance) if np.any(instances.allowance) else margin
    bad = wide.surely_negative
    unknown = ~np.isfinite(np.broadcast_to(instances.allowance, cost.shape))
    leaning = np.asarray(margin.surely_negative)
    return _Decided(good, bad, unpaid, leaning & unknown, leaning, wide)


def tested(ctx: Context, theorem: Theorem, part: Conclusion, exact: Exact | None) -> Tested:
    """Decide a conclusion wherever it can be; ``Missing`` if the trace lacks what it needs."""
    instances = part.view(ctx)
    if not len(instances):
        return Tested(instances, (), Counts(), None, Slack(), instances.notes)
    hypotheses = [judged(instances, c, ctx.trace.iteration) for c in part.conditions]
    cost = total_cost(hypotheses, len(instances))
    lhs, rhs, margin = sides(instances, part.inequality)
    found = _decided(part.inequality, instances, margin, cost)
    floor = found.floor
    looked = floor[:MOST_EXACT]
    if exact is not None and cost[looked].any():
        pairs = zip(part.conditions, hypotheses, strict=True)
        cost = looked_at_exactly(instances, pairs, looked, exact)
    redecided, failures = again(part.inequality, instances, looked, exact, cost)
    failed = np.flatnonzero(found.bad)
    witness = None
    if len(failed):
        wide = found.widened
        row = int(failed[np.argmax(-wide.mid[failed] - wide.rad[failed])])
        witness = witness_of(theorem, part.inequality, instances, row, lhs, rhs, wide)
    elif failures:
        worst = min(failures, key=lambda failure: failure.margin.high + failure.margin.excuse)
        witness = exact_witness(theorem, part.inequality, instances, worst)
    counts = Counts(
        decided=int(found.good.sum() + found.bad.sum()),
        exact=redecided,
        floor=len(floor) - redecided,
        failed=len(failed) + len(failures),
        open=int(found.unpaid.sum()),
    )
    notes = instances.notes
    if exact is not None and len(floor) > MOST_EXACT:
        notes += (
            f"{MOST_EXACT} of {len(floor)} instances at the rounding floor were looked at exactly",
        )
    return Tested(
        instances,
        tuple(one.checked for one in hypotheses),
        counts,
        witness,
        slack(instances, lhs, rhs, found.widened),
        notes,
        int(found.excused.sum()),
        int(found.leaning.sum()),
    )
