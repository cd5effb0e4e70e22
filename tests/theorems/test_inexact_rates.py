"""T5e and T6e: random sequences with errors; what is false of them; summable is not enough."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
import sympy as sp

from amverify.judge.audit import audit
from amverify.theorems import theorem
from amverify.theorems.base import Inequality
from amverify.theorems.inexact import LENGTH, T5E, drift
from amverify.theorems.inexact_rates import T6E, omega
from amverify.verdict import Verdict
from tests.controls.inexact_lengths import judged, sharp
from tests.theorems.test_inexact import KNOWN, quarters, run

SEEDS = range(4)


def altered(claim, rhs: sp.Expr):
    """The first conclusion with another right-hand side."""
    part = claim.conclusions[0]
    said = Inequality("variant", part.inequality.lhs, rhs)
    return replace(claim, id="mine", conclusions=(replace(part, inequality=said),))


@pytest.mark.parametrize("claim", [T5E, sharp()], ids=["T5e", "T6e"])
def test_random_sequences_with_errors_keep_the_bounds(claim):
    counts = Counter[str]()
    for seed in SEEDS:
        found, reason = judged(claim, seed)
        assert not reason
        counts.update(found)
    assert counts["decided"] > 400
    assert not counts["failed"]


@pytest.mark.parametrize(
    "variant",
    [
        altered(T5E, LENGTH - drift / 2),
        altered(sharp(), T6E.conclusions[0].inequality.rhs - omega / 2),
        altered(sharp(), T6E.conclusions[0].inequality.rhs * sp.Rational(9, 10)),
    ],
    ids=["T5e without errors", "T6e, half of ω", "T6e × 0.9"],
)
def test_random_sequences_refute_what_is_false(variant):
    assert sum(judged(variant, seed)[0]["failed"] for seed in SEEDS)


def test_a_level_of_errors_is_held_to():
    """d_k = −4^{−k}/2 from x⁰ = 1: within ω = 8 all the way, not within 10^{−3}."""
    made = run(lambda k: -quarters(k))
    for level, verdict in ((8.0, Verdict.HOLDS), (1e-3, Verdict.NOT_APPLICABLE)):
        found = audit(made, ["T6e"], {**KNOWN, "omega": level}).findings[0]
        assert found.verdict is verdict, found.reason
        assert ("the bound says little" in " ".join(found.notes)) == (level == 8.0)
    found = audit(made, ["T6e"], KNOWN).findings[0]
    assert found.verdict is Verdict.UNDECIDED
    assert "constant omega" in found.reason


def test_errors_that_are_only_summable_leave_no_length():
    """x^k = (−1)^k/k on ½x²: H1 up to ε_k ≤ 4a/k², H2 and KL exactly; Σ‖e_k‖ ≥ Σ2/(k+1) = ∞.

    Nor any rate: r_k = 1/(2k²), where without errors it is linear.
    """
    a = Fraction(3, 2)
    points = [Fraction((-1) ** k, k) for k in range(1, 400)]
    for k, (x, y) in enumerate(pairwise(points), 1):
        step = abs(y - x)
        assert (y * y - x * x) / 2 + a * step**2 <= 4 * a / k**2
        assert abs(y) <= step
        assert step >= Fraction(2, k + 1)


def test_the_theorem_of_the_catalogue_is_the_one_that_is_proved():
    assert theorem("T6e") is T6E
