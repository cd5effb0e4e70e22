r"""The points of a sweep with extrapolation: w, y = w + βΔ where it begins, z = w + (β/m)Δ.

y is computed as the optimiser computes it, w ← w + β·Δ, and so to the same bits; m = 1 − β.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.samt import SAMT


def extrapolation(optimiser: SAMT) -> float:
    """β.

    Raises:
        InvalidInput: if blocks have different ones.
    """
    found = {float(group["extrapolation"]) for group in optimiser.param_groups}
    if len(found) > 1:
        raise InvalidInput(
            f"replays: one extrapolation for all blocks is needed, got {sorted(found)}"
        )
    return found.pop()


def displacements(optimiser: SAMT) -> dict[Tensor, Tensor]:
    """Δ of every trained parameter that has one, as the next sweep uses it."""
    moved = {w: own.get("displacement") for w, own in optimiser.state.items()}
    return {w: delta for w, delta in moved.items() if delta is not None}


def length(optimiser: SAMT) -> float:
    """‖Δ‖²."""
    return math.fsum(float(d.square().sum()) for d in displacements(optimiser).values())


@contextmanager
def ahead(optimiser: SAMT, share: float) -> Iterator[None]:
    """The weights at w + share·Δ, and back at w to the last bit afterwards."""
    moved = displacements(optimiser) if share else {}
    kept = {w: w.detach().clone() for w in moved}
    try:
        with torch.no_grad():
            for w, delta in moved.items():
                w.add_(delta.mul(share))
        yield
    finally:
        with torch.no_grad():
            for w, old in kept.items():
                w.copy_(old)
