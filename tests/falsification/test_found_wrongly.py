"""What was falsified though it is true, or survived though it is false at every instance."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest

from amverify.falsification import falsify
from amverify.falsification.exactly import Exactly
from amverify.falsification.parameters import parameter
from amverify.families import quadratics
from amverify.families.draws import Picked

GD = ("gradient_descent", quadratics())


@pytest.mark.parametrize("sign", ["<", "<="])
def test_a_power_hardly_above_one_is_not_taken_for_one(sign: str) -> None:
    """(2 + t)^(1 + 2⁻⁶⁰) > 2 + t for every t ≥ 0; 1 + 2⁻⁶⁰ is 1 in float64."""
    claim = f"norm2[k] + 2 {sign} (norm2[k] + 2)**(1 + 1/2**60)"
    assert not falsify(claim, *GD, parameters={"eta": "1/L"}, examples=10).falsified


@pytest.mark.parametrize("power", [Fraction(1, 3), Fraction(7, 2), 0.5, np.float64(-1.5)])
def test_powers_that_are_no_integers_are_enclosed(power: float | Fraction) -> None:
    flint.ctx.prec = 256
    n, d = Fraction(float(power)).as_integer_ratio() if power != Fraction(1, 3) else (1, 3)
    low, high = (Exactly(Fraction(9, 4)) ** power).ends
    assert 0 < low <= high
    assert low**d <= Fraction(9, 4) ** n <= high**d
    assert high - low < Fraction(1, 2**200)


def test_a_large_odd_power_keeps_its_parity() -> None:
    """2⁵³ + 1 is odd; the float nearest to it is not."""
    low, high = (Exactly(-1) ** Fraction(2**53 + 1)).ends
    assert low <= -1 <= high < 0


@pytest.mark.parametrize("ends", [("0.1", "0.5"), ("-0.5", "-0.1"), ("1/3", "2/3"), ("0.1", "0.1")])
def test_a_range_is_not_left_by_rounding(ends: tuple[str, str]) -> None:
    low, high = (Fraction(e) for e in ends)
    one = parameter("eta", "..".join(ends))
    problem = quadratics().make(Picked(lambda a, b: a))
    for share in (0, 1, 128, 255, 256):
        value = one.drawn(problem, Picked(lambda a, b, share=share: min(share, b)))
        if low < high:
            assert low <= Fraction(value) <= high
        assert abs(Fraction(value) - (low + (high - low) * Fraction(share, 256))) < 1e-7


def test_a_claim_of_an_end_of_the_range_survives() -> None:
    """‖x^k − x^{k−1}‖² = η²‖∇f‖² ≥ 0.01‖∇f‖² where η ≥ 0.1 — by hand, at every instance."""

    def step(x, grad, state, *, eta):
        assert Fraction(float(eta) if isinstance(eta, float) else eta) >= Fraction(1, 10)
        return x - eta * grad(x)

    claim = "100*step2[k] >= grad2[k-1]"
    found = falsify(claim, step, quadratics(), parameters={"eta": "0.1..0.5"}, examples=40)
    assert not found.falsified


def test_that_some_row_has_an_equality_is_refuted_at_all_rows() -> None:
    """Descent: f(x^k) ≤ f(x^{k−1}), so f(x^k) = f(x^{k−1}) + 1 at no k."""
    claim = "exists k <= 3: value[k] == value[k-1] + 1"
    found = falsify(claim, *GD, parameters={"eta": "1/L"}, examples=10).counterexample
    assert found is not None
    problem, eta = found.problem, Fraction(found.parameters["eta"])
    x = [Fraction(float(v)) for v in problem.x0]
    for _ in range(3):
        slope = problem.exact_gradient(x)
        new = [a - eta * g for a, g in zip(x, slope, strict=True)]
        assert problem.exact_value(new) != problem.exact_value(x) + 1
        x = new
    stays = lambda x, grad, state: x  # noqa: E731
    true = "exists k <= 3: value[k] == value[k-1]"
    assert not falsify(true, stays, quadratics(), examples=10).falsified
