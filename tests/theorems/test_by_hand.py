"""What is proved of SAMT by hand alone: B2, B3, D2 in fractions, and where D2 is false."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

import pytest

from tests.controls import sweeps_by_hand as by_hand
from tests.controls.sweeps_by_hand import CLAIMS, F, Quadratic, decided


@pytest.mark.parametrize("name", CLAIMS)
def test_no_instance_is_violated(name: str) -> None:
    assert decided(name, range(200))["violated"] == 0


def _scaled(
    name: str, left: Fraction, right: Fraction
) -> Callable[[Random], tuple[Fraction, Fraction]]:
    """A false variant: both terms of the bound with other factors."""
    claim = CLAIMS[name]

    def changed(draw: Random) -> tuple[Fraction, Fraction]:
        first, second = claim(draw)
        return first * left, second * right

    return changed


@pytest.mark.parametrize(
    ("name", "right"), [("B2", F(11, 10)), ("B3", F(9, 10)), ("B3", F(11, 10))]
)
def test_a_bound_that_is_scaled_is_broken(
    name: str, right: Fraction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(by_hand.CLAIMS, name, _scaled(name, F(1), right))
    assert decided(name, range(600))["violated"]


def test_step_sizes_for_each_element_are_not_trapped() -> None:
    """f = (x² + y²)/2 + 0.9xy, here ten times: α_xL = 19/1000, and g_x changes its sign."""
    f = Quadratic([[10, 9], [9, 10]], [0, 0])
    w, alpha = [F(-1, 2), F(1)], [F(1, 100), F(1)]
    slope = [g / 10 for g in f.gradient(w)]
    after = [
        g / 10 for g in f.gradient([x - a * g for x, a, g in zip(w, alpha, slope, strict=True)])
    ]
    assert (slope[0], after[0]) == (F(2, 5), F(-99, 1000))
    assert alpha[0] * f.modulus() / 10 == F(19, 1000)


@pytest.mark.parametrize("alpha", [F(1, 10), F(1, 1000), F(1)])
def test_noise_turns_the_hypergradient_down_at_every_step_size(alpha: Fraction) -> None:
    """w⁺ = (1 − α)w − αξ: E w² = α/(2 − α) is stationary, and E⟨w⁺, w + ξ⟩ is its negative."""
    level = alpha / (2 - alpha)
    assert (1 - alpha) ** 2 * level + alpha**2 == level
    assert (1 - alpha) * level - alpha == -level
