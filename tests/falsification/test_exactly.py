"""Numbers without rounding, against fractions and Arb; a claim's two readers against each other."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amverify.claims import claim
from amverify.falsification.exactly import Exactly, Inexact, Undecided, points
from amverify.falsification.measured import trace_of
from amverify.falsification.methods import OURS
from amverify.falsification.parameters import parameter, short
from amverify.falsification.question import Question
from amverify.families import quadratics
from amverify.families.draws import Picked
from amverify.judge.audit import audit
from amverify.verdict import Verdict

NUMBERS = st.fractions(min_value=-100, max_value=100, max_denominator=64)


@given(NUMBERS, NUMBERS, st.integers(0, 5))
def test_they_compute_like_fractions(x, y, n):
    a, b = Exactly(x), Exactly(y)
    assert (a + b).held == x + y
    assert (a - b).held == x - y
    assert (a * b).held == x * y
    assert (a**n).held == x**n
    assert (3 - a).held == 3 - x
    assert (0.5 * a).held == Fraction(1, 2) * x
    assert abs(a).held == abs(x)
    assert (a < b, a <= b, a == b, a != b) == (x < y, x <= y, x == y, x != y)
    if y:
        assert (a / b).held == x / y
        assert (1 / b).held == 1 / y


@given(NUMBERS)
def test_a_root_is_a_fraction_or_a_ball_around_it(x):
    root = Exactly(x * x).sqrt()
    assert root.held == abs(x)
    low, high = Exactly(abs(x) + Fraction(1, 3)).sqrt().ends
    assert low**2 <= abs(x) + Fraction(1, 3) <= high**2


def test_numpy_carries_them():
    x = points([0.5, -0.25])
    found = np.maximum(2 * x - np.array([1.0, 1.0]), 0) + np.sqrt(x * x)
    assert [v.held for v in found] == [Fraction(1, 2), Fraction(1, 4)]
    assert (x @ x).held == Fraction(5, 16)


def test_what_a_ball_leaves_open_is_not_guessed():
    two = Exactly(2).sqrt()
    assert two > 1
    with pytest.raises(Undecided):
        _ = two * two > 2
    with pytest.raises(Undecided):
        np.maximum(points([two * two]), points([2]))
    with flint.ctx.workprec(2000):
        assert Exactly(2).sqrt() ** 2 + Fraction(1, 2**100) > 2


@pytest.mark.parametrize("how", [float, int, lambda x: np.array([x], dtype=float)])
def test_nobody_makes_floats_of_them(how):
    with pytest.raises(Inexact):
        how(Exactly(Fraction(1, 3)))
    with pytest.raises(Inexact):
        Exactly(float("nan"))


@settings(deadline=None)
@given(st.fractions(min_value=Fraction(1, 10**6), max_value=10**6))
def test_a_parameter_is_rounded_toward_zero(x):
    kept = Fraction(short(x))
    assert x * (1 - Fraction(1, 2**22)) <= kept <= x
    assert short(-x) == -short(x)


CLAIMS = (
    "value[k] <= value[k-1]",
    "value[k] - fstar <= L*D**2/(2*k)",
    "step2[k] <= step2[k-1]",
    "for k >= 3: grad[k] <= min(grad[:k])",
    "sum(step2[1:k+1]) <= norm2[0]",
    "exists k <= 4: grad2[k] <= 1/8",
    "value[k] >= mean(value[:k])",
    "dist2[k] <= dist2[0]",
)


@settings(deadline=None, max_examples=40)
@given(quadratics().strategy(), st.sampled_from(CLAIMS), st.integers(1, 100))
def test_the_audit_and_the_search_read_a_claim_alike(problem, text, share):
    """Where the audit decides against a claim, exact numbers do, at the same points; and back."""
    said = claim(text)
    eta = parameter("eta", f"{share / 40}/L").drawn(problem, Picked(lambda low, high: low))
    question = Question(said, "gd", OURS["gradient_descent"], quadratics(), steps=6)
    run = question.run(problem, {"eta": eta})
    found = run.at(run.stored, "floats")
    verdict = audit(trace_of(problem, run.x, {"eta": eta}), said).verdict
    if verdict is Verdict.VIOLATED:
        assert found is not None
        assert run.margin < 0
    if verdict is Verdict.HOLDS:
        assert found is None


@pytest.mark.parametrize("power", [4097, -4097, 10**12])
def test_a_high_power_is_a_ball_that_holds_it(power: int) -> None:
    """It is not multiplied out; 1 and 2 stay what they are."""
    low, high = (Exactly(1) ** power).ends
    assert low <= 1 <= high
    if abs(power) < 10**5:
        low, high = (Exactly(2) ** power).ends
        assert low <= Fraction(2) ** power <= high
