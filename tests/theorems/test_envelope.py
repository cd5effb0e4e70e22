"""The envelope of the gaps against the slowest sequence that its inequality allows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from amverify.theorems.views.envelope import envelope

KNOWN = {"a": 0.5, "b": 1.5, "c": 0.8}
START = 0.7


def constant(kappa: int) -> float:
    """kappa·b²c²/a, by which s_j^{2θ} ≤ constant·(s_{j−1} − s_j)."""
    return kappa * 1.5**2 * 0.8**2 / 0.5


def slowest(theta: float, scale: float, steps: int) -> list[float]:
    """The sequence with equality in every step, until it is 0."""
    found = [START]
    for _ in range(steps - 1):
        old = found[-1]
        if theta == 0:
            found.append(max(old - 1 / scale, 0.0))
        else:
            found.append(brentq(lambda s, r=old: s ** (2 * theta) - scale * (r - s), 0.0, old))
    return found


@pytest.mark.parametrize("theta", [0.0, 0.1, 0.4, 0.5, 0.6, 0.75, 0.9])
@pytest.mark.parametrize("kappa", [1, 2])
def test_the_slowest_sequence_stays_below(theta: float, kappa: int) -> None:
    worst = slowest(theta, constant(kappa), 8)
    gap = np.repeat(worst, kappa)
    bound = envelope(gap, {**KNOWN, "theta": theta}, kappa)
    assert (gap <= bound * (1 + 1e-12)).all()
    assert bound[:kappa] == pytest.approx(START)
    assert (np.diff(bound[::kappa]) <= 0).all()
    assert bound[kappa] < START or theta < 0.5


@pytest.mark.parametrize("theta", [0.0, 0.5])
def test_where_the_recursion_can_be_solved_the_envelope_is_it(theta: float) -> None:
    worst = np.array(slowest(theta, constant(1), 8))
    found = envelope(worst, {**KNOWN, "theta": theta}, 1)
    np.testing.assert_allclose(found, worst, rtol=1e-12, atol=1e-15)


def test_a_sublinear_envelope_has_the_exponent_of_theory() -> None:
    """Θ(j^{−1/(2θ−1)}): a hundred times as many steps, at θ = 3/4, are 10⁻⁴ of the gap."""
    bound = envelope(np.full(10_001, START), {**KNOWN, "theta": 0.75}, 1)
    assert bound[10_000] / bound[100] == pytest.approx(1e-4, rel=0.4)


def test_of_no_gap_nothing_is_left() -> None:
    assert (envelope(np.zeros(4), {**KNOWN, "theta": 0.75}, 1) == 0).all()
