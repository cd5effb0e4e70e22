"""What a stranger's run is made of: a loop, what is true of it, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from amverify.trace.trace import Trace

CLEAR = 2.0**-20
"""A declared constant is this much on the safe side of the exact one, relatively."""


@dataclass(frozen=True)
class Run:
    """A recorded run and what is claimed of it.

    Args:
        trace: the record.
        claims: ids of theorems.
        constants: declared for them.
    """

    trace: Trace
    claims: tuple[str, ...]
    constants: Mapping[str, Any]


@dataclass(frozen=True)
class Stranger:
    """A loop.

    Args:
        name: of the loop.
        because: the theorem by which its claims are true.
        run: from a seed and a format (``float32`` or ``float64``).
        formats: in which it makes sense.
    """

    name: str
    because: str
    run: Callable[[int, str], Run]
    formats: tuple[str, ...] = ("float32", "float64")


def least_modulus(matrix: Any) -> float:
    """A bound from above on λ_max of MᵀM, by its trace norm's safe side: σ_max² (1 + CLEAR)."""
    return float(np.linalg.norm(np.asarray(matrix, dtype=np.float64), 2) ** 2) * (1 + CLEAR)


def sufficient(eta: float, modulus: float) -> float:
    """The a of H1 for a gradient step: 1/η − L/2, on the safe side."""
    return (1 / eta - modulus / 2) * (1 - 2 * CLEAR)
