"""The penalty at a kink of h: what T4 and TRp ask of its subdifferential, in exact arithmetic.

Φ(z, a) = (ν/2)(a − h(z))² at one entry; h has slopes k₋ and k₊ at z, r = a − h(z).
"""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
import torch
from support.problems import problem as layered

from amverify.network.coupling import Penalty
from amverify.network.layered import Point
from amverify.network.residual import residual

NUMBERS = tuple(Fraction(n, 2) for n in range(-4, 5))
SHARES = tuple(Fraction(n, 4) for n in range(5))


def regular(r: Fraction, left: Fraction, right: Fraction, nu: Fraction) -> tuple[Fraction, ...]:
    """Some of ∂̂_zΦ: p with pξ ≤ −νr·h'(z; ξ) for both signs of ξ."""
    between = (left + share * (right - left) for share in SHARES)
    return tuple(
        -nu * r * k for k in between if -nu * r * left <= -nu * r * k <= -nu * r * right
    )  # fmt: skip


def limiting(r: Fraction, left: Fraction, right: Fraction, nu: Fraction) -> tuple[Fraction, ...]:
    """Some of ∂_zΦ: what is regular there, and the limits from either side."""
    return (-nu * r * left, -nu * r * right, *regular(r, left, right, nu))


@pytest.mark.parametrize(("left", "right"), [(0, 1), (1, 0), (1, 1), (0, 0), (-1, 1), (2, 1)])
def test_some_subgradient_at_the_new_a_is_near(left: int, right: int) -> None:
    """ν·Lip(h)|e_a| away at most, wherever a goes."""
    one, two, nu, seen = Fraction(left), Fraction(right), Fraction(3, 2), 0
    lip = max(abs(one), abs(two))
    for r, e in itertools.product(NUMBERS, NUMBERS):
        for v in regular(r, one, two, nu):
            near = min(abs(v - w) for w in limiting(r + e, one, two, nu))
            assert near <= nu * lip * abs(e)
            seen += 1
    assert seen > 80


def test_the_same_slope_does_not_serve_where_the_sign_changes() -> None:
    """ReLU at 0: ξ = ½ is regular at r = −1; at r' = 1 it is Clarke's, and no limit."""
    half, nu = Fraction(1, 2), Fraction(1)
    assert half in regular(Fraction(-1), Fraction(0), Fraction(1), nu)
    assert -half not in limiting(Fraction(1), Fraction(0), Fraction(1), nu)
    assert not regular(Fraction(1), Fraction(0), Fraction(1), nu)


def _at_the_corner(pull: float, a: float) -> float:
    """The residual of z_1 = 0 with ∇_zH = ``pull``, under ν = 1 and ReLU."""
    p = layered((1, 1, 2), 1, rho=1.0, mu=0.1, coupling=Penalty(1.0))
    one = torch.ones(1, 1, dtype=torch.float64)
    at = Point(
        [0 * one, torch.cat((one, one))], [-pull * one, torch.cat((one, one), -1)],
        [0 * one, torch.cat((one, one), -1)], [a * one],
    )  # fmt: skip
    return float(residual(p, at).blocks["z", 1])


def test_the_measured_residual_knows_it() -> None:
    """Pull ½: balanced at a = −1 (½ of ν|r|), and ½ away from the nearest limit at a = 1."""
    assert _at_the_corner(-0.5, -1.0) == 0
    assert _at_the_corner(0.5, 1.0) == 0.5
    assert _at_the_corner(1.0, 1.0) == 0


def test_the_difference_quotients_are_the_product_s() -> None:
    """Φ(z+ξ, a+η) − Φ(z, a) is at least pξ + νrη − O(|(ξ, η)|²) for a regular p, exactly."""
    nu, r, a = Fraction(1), Fraction(-1), Fraction(-1)
    for p in regular(r, Fraction(0), Fraction(1), nu):
        for xi, eta in itertools.product(NUMBERS, NUMBERS):
            for k in (1, 10, 100):
                x, y = xi / k, eta / k
                rise = nu / 2 * ((a + y - max(x, Fraction(0))) ** 2 - a**2)
                assert rise - p * x - nu * r * y >= -2 * (x * x + y * y)
