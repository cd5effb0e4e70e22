"""What M1 says of the α_k that it leaves open: their least, and where they tend."""

from __future__ import annotations

import numpy as np
import pytest

from amverify.theorems.published import _trend


@pytest.mark.parametrize(
    ("alpha", "factor"),
    [
        ([4.0, 2.0, 1.0], "7.89e-31"),
        ([1.0, 1e-9, 1e-18], "1e-900"),
        ([1e-18, 1e-9, 1.0], "1e+900"),
    ],
)
def test_a_trend_beyond_every_double_is_told(alpha: list[float], factor: str) -> None:
    said = _trend("α", "W", np.arange(3), np.array(alpha))
    assert said.endswith(f"per 100 sweeps it changes by a factor of {factor}")


def test_of_two_sweeps_no_trend_is_told() -> None:
    said = _trend("α", "W", np.arange(2), np.array([1.0, 0.5]))
    assert said == "W: inf α_k = 0.5 (sweep 1), fitted to this run"
