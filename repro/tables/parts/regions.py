"""Where inertia is admissible."""

from __future__ import annotations


def region(p1: float, p2: float, p3: float, s: float = 1.0) -> float:
    """2s/t − 1 − p2² − 2|p1 s − p2|, t = 1 + p3: positive inside 𝓡."""
    return 2 * s / (1 + p3) - 1 - p2 * p2 - 2 * abs(p1 * s - p2)
