r"""Replays and probes of stochastic methods: what the theorems S1–S3 ask of a run at scale.

**Predictability probe.** Step sizes are predictable if those used with batch k depend on batches
before k alone. Run twice from the same start and seed, the second time with other batches from
some k on: the step sizes used up to and *including* step k must be the same, to the last bit.

**Replays.** At a saved state w, draw fresh batches, make the step from w each time, and record
f(w⁺) − f(w), f the full objective: rows of the table ``replays``. Bounds on the change that are
known before the draw come with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from amverify.errors import InvalidInput
from amverify.trace.columns import Column


def replays(
    change: Callable[[int], float],
    bounds: tuple[float, float],
    count: int,
    where: tuple[int, int, str, int],
    error: float = 0.0,
) -> dict[str, Column]:
    """Rows of the table ``replays`` for one state.

    Args:
        change: f(w⁺) − f(w) with the fresh batch of a draw, by the draw's number.
        bounds: known before any draw.
        count: how many draws.
        where: sweep, replicate, the block's kind (``*`` for a whole sweep) and layer.
        error: bound on the rounding of each change.

    Raises:
        InvalidInput: for no draws, bounds that are no interval, a change that is not finite or
            lies outside its bounds by more than its error.
    """
    low, high = bounds
    if count < 1 or not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InvalidInput(f"replays: {count} draws in [{low}, {high}]")
    found = np.array([float(change(i)) for i in range(count)])
    wrong = np.flatnonzero(~((found >= low - error) & (found <= high + error)))
    if len(wrong):
        i = int(wrong[0])
        raise InvalidInput(f"replays: draw {i} changed f by {found[i]}, outside [{low}, {high}]")
    keys: dict[str, Any] = {"sweep": where[0], "replicate": where[1], "layer": where[3]}
    table: dict[str, Column] = {k: np.full(count, v, dtype=np.int64) for k, v in keys.items()}
    return table | {
        "kind": np.full(count, where[2].encode(), dtype="S4"),
        "draw": np.arange(count),
        "change": found,
        "change_error": np.full(count, error),
        "low": np.full(count, low - error),
        "high": np.full(count, high + error),
    }
