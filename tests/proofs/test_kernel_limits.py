"""The kernel's limits: the last polynomial that it takes, the first that it refuses."""

from __future__ import annotations

from fractions import Fraction

import pytest

from proofs.kernel import checker, polynomial
from proofs.kernel.polynomial import Poly, Refused, var

ONE = Fraction(1)


def powers(first: int, last: int) -> Poly:
    return Poly({(("x", k),): ONE for k in range(first, last + 1)})


def test_a_power_of_64_is_the_last() -> None:
    assert powers(1, 32) * powers(32, 32) == powers(33, 64)
    with pytest.raises(Refused, match="power 65"):
        powers(1, 33) * powers(32, 32)


def test_as_many_terms_as_are_allowed_are_taken() -> None:
    most = polynomial.LARGEST
    assert len(Poly({((f"x{i}", 1),): ONE for i in range(most)}).terms) == 20_000


def test_a_product_is_refused_before_it_is_worked_out() -> None:
    many = Poly({((f"x{i}", 1),): ONE for i in range(1_500)})
    with pytest.raises(Refused, match="a product of polynomials is too large"):
        many * many


@pytest.mark.parametrize(
    ("terms", "why"), [(100, "of 5050 terms is too large"), (101, "a product of polynomials")]
)
def test_a_product_of_a_hundred_times_the_limit_is_the_last(
    terms: int, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """100·100 pairs are worked out, and are too many terms then; 101·100 are not."""
    one, other = (Poly({((f"x{i}", 1),): ONE for i in range(n)}) for n in (terms, 100))
    monkeypatch.setattr(polynomial, "LARGEST", 100)
    with pytest.raises(Refused, match=why):
        one * other


def test_a_polynomial_is_equal_to_polynomials_alone() -> None:
    assert var("x") == Poly({(("x", 1),): ONE})
    for other in ("x", 1, None, {(("x", 1),): ONE}):
        assert var("x") != other


def test_no_other_class_is_a_relation() -> None:
    for mine in (checker.Relation, checker.Proved, Poly):
        with pytest.raises(Refused):
            type("Mine", (mine,), {"__slots__": ()})


def test_a_coefficient_that_cancels_is_no_term() -> None:
    assert (var("x") - var("x")).terms == {}
    assert len((var("x") + var("y") - var("x")).terms) == 1


class Text(str):
    """A text that may compare as it likes."""


@pytest.mark.parametrize("name", [1, None, ("x",), Text("x")])
def test_a_name_is_a_text_and_nothing_like_one(name: object) -> None:
    with pytest.raises(Refused, match="not part of a monomial"):
        Poly({((name, 1),): ONE})  # type: ignore[dict-item]


@pytest.mark.parametrize("power", [0, -1, True, 2.0])
def test_a_power_is_a_whole_number_from_1(power: object) -> None:
    with pytest.raises(Refused, match="not part of a monomial"):
        Poly({(("x", power),): ONE})  # type: ignore[dict-item]
