"""S7 and S8 on enumerated finite sums, every instance decided exactly: none may be violated.

An *instance* is one sweep with one batch, expectations over the batch in rational arithmetic, and
one inequality. With small steps all conclusions are asked; with q up to 0.9 the general ones alone.

    python tests/controls/finite_sweeps.py [INSTANCES]
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from amverify.families import draw
from amverify.families.loops.ahead import AheadRule, ahead_trace
from amverify.families.sums import FiniteSum
from amverify.judge.audit import audit
from amverify.theorems import theorem
from amverify.theorems.base import Theorem

FAMILIES = ("finite_sum", "finite_sum_3")


def general(name: str) -> Theorem:
    """A theorem with its first conclusion alone, which asks for q < 1 and no more."""
    whole = theorem(name)
    return replace(whole, conclusions=whole.conclusions[:1])


RULES: tuple[tuple[Theorem, AheadRule], ...] = (
    (theorem("S7"), AheadRule(most=0.08)),
    (general("S7"), AheadRule(most=0.5, size=2)),
    (general("S7"), AheadRule(most=0.63, least=0.9)),
    (theorem("S8"), AheadRule(beta=0.5, most=0.06)),
    (theorem("S8"), AheadRule(beta=0.9, most=0.0024, rate=0.5, least=0.01)),
    (general("S8"), AheadRule(beta=0.25, most=0.6, size=2)),
    (general("S8"), AheadRule(beta=0.9, most=0.3)),
)
SWEEPS = 4


def of_seed(seed: int) -> tuple[Counter[str], Counter[str], list[str]]:
    """Instances decided and left open by theorem, and what failed, of one seed."""
    decided, floor, failures = Counter[str](), Counter[str](), []
    for family, (claim, rule) in itertools.product(FAMILIES, RULES):
        problem = draw(family, seed)
        assert isinstance(problem, FiniteSum)
        trace, rows = ahead_trace(problem, SWEEPS, rule, seed)
        most = trace.sweeps["alpha_max"]

        def exact(
            sweep: int,
            _: str,
            __: int,
            rows: list[dict[str, Fraction]] = rows,
            rule: AheadRule = rule,
            modulus: Fraction = problem.sample_modulus,
            plain: bool = claim.id == "S7",
            most: Mapping[int, float] = dict(enumerate(most.tolist())),
        ) -> Mapping[str, Fraction]:
            row, beta = rows[sweep - 1], Fraction(rule.beta)
            weight = Fraction(most[sweep]) * modulus**2 * beta**4 / (2 * (1 - beta) ** 4)
            moved = row["displacement_next"] - row["displacement"]
            change = row["expected_change"] if plain else row["ahead_change"] + weight * moved
            return {"dE": change, "pull": row["pull"], "noise": row["noise"]}

        finding = audit(trace, [claim], exact=exact)[claim.id]
        decided[claim.id] += finding.counts.decided + finding.counts.exact
        floor[claim.id] += finding.counts.floor
        if finding.counts.failed or str(finding.verdict) in ("VIOLATED", "NOT_APPLICABLE"):
            failures.append(f"{problem.name}, {rule}: {finding.reason}")
    return decided, floor, failures


def main() -> int:
    """Seed after seed until both theorems were decided often enough; 1 if one is violated."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    decided, floor, failures = Counter[str](), Counter[str](), list[str]()
    for seed in itertools.count():
        found = of_seed(seed)
        decided.update(found[0])
        floor.update(found[1])
        failures += found[2]
        if min(decided["S7"], decided["S8"]) >= wanted:
            break
    print(*failures[:20], sep="\n")
    print(
        f"Finite sums, one batch a sweep, expectations enumerated: S7 on {decided['S7']}, S8 on "
        f"{decided['S8']} instances decided, {floor.total()} open, {len(failures)} violated"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
