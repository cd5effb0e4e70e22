"""S1 and S3 on enumerated finite sums, every instance decided exactly: none may be violated.

An *instance* is one block update (S1), or one sweep (S3, two inequalities, and a bias a block): a
point, step sizes and a batch distribution, with all expectations in rational arithmetic.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from amverify.families import draw
from amverify.families.loops.sums import (
    SumRule,
    draw_batches,
    exact_symbols,
    sum_path,
    sum_trace,
)
from amverify.families.sums import FiniteSum
from amverify.judge.audit import audit

FAMILIES = ("finite_sum", "finite_sum_3")
RULES: tuple[tuple[str, SumRule], ...] = (
    ("S1", SumRule()),
    ("S1", SumRule(low=0.25, high=2.5)),
    ("S1", SumRule(size=2)),
    ("S3", SumRule(fresh=False)),
    ("S3", SumRule(fresh=False, low=2.0**-9, high=2.0**-5)),
    ("S3", SumRule(fresh=False, low=2.0**-6, high=2.0**-6 + 2.0**-12)),
)
SWEEPS = 4


@dataclass
class Enumerated:
    """How many instances were decided, by theorem, and what failed."""

    instances: Counter[str] = field(default_factory=Counter)
    floor: int = 0
    failures: list[str] = field(default_factory=list)
    tightest: dict[str, float] = field(default_factory=dict)

    def add(self, other: Enumerated) -> None:
        """Take in another count."""
        self.instances.update(other.instances)
        self.floor += other.floor
        self.failures += other.failures
        for name, margin in other.tightest.items():
            self.tightest[name] = min(margin, self.tightest.get(name, 1.0))


def of_seed(seed: int) -> Enumerated:
    """Both families under every rule, from one seed."""
    found = Enumerated()
    for family, (claim, rule) in itertools.product(FAMILIES, RULES):
        problem = draw(family, seed)
        assert isinstance(problem, FiniteSum)
        rng = np.random.default_rng([seed, 40])
        path = sum_path(problem, SWEEPS, rule, draw_batches(problem, SWEEPS, rule, rng))
        finding = audit(sum_trace(problem, path), [claim], exact=exact_symbols(problem, path))[
            claim
        ]
        found.instances[claim] += finding.counts.decided + finding.counts.exact
        found.floor += finding.counts.floor
        found.tightest[claim] = min(
            found.tightest.get(claim, 1.0), *(abs(m) for m in finding.slack.margin)
        )
        if finding.counts.failed or str(finding.verdict) in ("VIOLATED", "NOT_APPLICABLE"):
            found.failures.append(f"{problem.name}, {rule}: {finding.reason}")
    return found


def until(instances: int) -> Iterator[Enumerated]:
    """Seed after seed, until each theorem was decided on so many instances."""
    total: Counter[str] = Counter()
    for seed in itertools.count():
        if min(total["S1"], total["S3"]) >= instances:
            return
        found = of_seed(seed)
        total.update(found.instances)
        yield found
