"""T2's region is exact: rational counterexamples outside, equality on the border."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from proofs.theorems.necessity import border, counterexample, grid, sample

ONE, HALF = Fraction(1), Fraction(1, 2)


def test_outside_the_region_a_counterexample_is_positive_and_on_the_border_zero() -> None:
    outside, on = sample()
    assert len(outside) >= 100
    assert len(on) >= 100
    assert all(found.bound > 0 for found in outside)
    assert all(found.bound == 0 for found in on)
    assert all(found.e**2 == found.Delta**2 for found in (*outside, *on))


def test_every_border_of_the_grid_is_met() -> None:
    assert all(
        counterexample(p1, p2, t, s) is not None for p1, p2, t in grid() for s in border(p1, p2, t)
    )


parameters = st.fractions(-1, 1, max_denominator=20)


@given(parameters, parameters, st.fractions(1, 2, max_denominator=10),
       st.fractions(HALF, 4, max_denominator=10))  # fmt: skip
def test_there_is_one_exactly_outside(p1: Fraction, p2: Fraction, t: Fraction, s: Fraction) -> None:
    inside = 2 * s / t - 1 - p2**2 > 2 * abs(p1 * s - p2)
    found = counterexample(p1, p2, t, s)
    assert (found is None) == inside
    if found is not None:
        c = p1 * s - p2
        e, d = found.e, found.Delta
        assert found.bound == -((s / t - HALF) * e * e - c * d * e - p2 * p2 / 2 * d * d)


def test_the_specification_s_parameters_lie_inside() -> None:
    assert counterexample(HALF, HALF, ONE, ONE) is None
    assert counterexample(Fraction(9, 10), Fraction(9, 10), ONE, ONE) is None
    assert counterexample(ONE, ONE, ONE, ONE) is not None
