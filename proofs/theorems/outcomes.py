"""What holds given the past, over all outcomes of the past."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from proofs.kernel import checker
from proofs.kernel.checker import Proved, Relation
from proofs.kernel.squares import Term
from proofs.script import means
from proofs.script.links import Bench
from proofs.script.vectors import OUTCOMES


def over_outcomes(bench: Bench, one: Proved, names: Sequence[sp.Symbol]) -> Proved:
    """p ≥ 0 times what holds for each outcome, summed over the outcomes.

    Args:
        bench: where the theorem's chains are joined.
        one: what holds given the past.
        names: of what the past determines.
    """
    weight = bench.fact(means.CHANCE)
    goal = Relation(weight.conclusion.poly * one.conclusion.poly, ">=")
    times = checker.certificate([weight, bench.every(one)], goal, [Term((0, 1))])
    return checker.summation(times, [x.name for x in (means.WEIGHT, *names)], OUTCOMES)
