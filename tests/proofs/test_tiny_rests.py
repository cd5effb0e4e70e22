"""A square and a rest that floating point does not see: certified exactly, or refused."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import const, var
from proofs.script.multipliers import Undecided
from proofs.search import quadratic, scaling, sos
from proofs.search.formulas import parse

pytest.importorskip("cvxpy", reason="the search needs cvxpy and Clarabel (extra proofs)")

TINY = Fraction(1, 10**20)
SQUARES = ["x**2 - x + 1/4", "(x**2 - 2)**2", "(x**2 + y**2 - 1)**2", "(x - 123/1000)**2"]


@pytest.mark.parametrize("kind", [">=", ">"])
@pytest.mark.parametrize("square", SQUARES)
def test_a_tiny_rest_is_a_slack(square: str, kind: Any) -> None:
    claim = Relation(parse(square) + const(TINY), kind)
    found = scaling.find(claim, [], [])
    assert found.check().conclusion == claim
    assert found.slack == TINY


@pytest.mark.parametrize("square", SQUARES)
def test_what_is_negative_by_a_tiny_bit_is_not_certified(square: str) -> None:
    with pytest.raises(Undecided):
        scaling.find(Relation(parse(square) - const(TINY), ">="), [], [])


def test_a_tiny_rest_beside_a_hypothesis() -> None:
    goal = Relation(parse("x*y - 2*x + 1/10**20"), ">=")
    found = scaling.find(goal, [parse("x"), parse("y - 2")], [])
    assert found.check().conclusion == goal


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(*[st.fractions(-3, 3, max_denominator=900)] * 3), min_size=1, max_size=3),
    st.fractions(-TINY, TINY),
)
def test_quadratics_are_decided_exactly(
    rows: list[tuple[Fraction, Fraction, Fraction]], rest: Fraction
) -> None:
    x, y = var("x"), var("y")
    total = const(rest)
    for a, b, c in rows[:2]:  # through one point where the lines meet: the least value is rest
        q = const(a) * (x - const(c)) + const(b) * (y + const(c / 7))
        total += q * q if (c == rows[0][2]) else const(0)
    if sos.degree(total) != 2:
        return
    for kind, true in ((">=", rest >= 0), (">", rest > 0)):
        found = quadratic.find(Relation(total, kind))  # type: ignore[arg-type]
        assert (found is not None) == true
        assert found is None or (found.slack == rest and found.check().conclusion.kind == kind)
