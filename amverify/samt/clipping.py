r"""Limits on the length of directions: of a block's, and of all blocks' together.

    d_i = min(1, clip/‖g_i‖) g_i        a block's own
    d_i = min(c, r_i/‖g_i‖) g_i         with clip_total C

c = min(1, C/‖g‖) is of the whole gradient g where the sweep starts, so that all blocks are scaled
alike; r_i² = C² − Σ_{j before i} ‖d_j‖² is what the blocks before left, for g_i is taken at another
point. So ‖(d_1 … d_L)‖ ≤ C whatever the gradients do within the sweep.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor


def clip_factor(gradients: Iterable[Tensor | None], clip: float) -> Tensor | None:
    """By which the block's gradient is scaled, so that it is no longer than ``clip``."""
    length = squared(gradients)
    if length is None:
        return None
    tiny = torch.finfo(length.dtype).tiny
    return (clip / length.clamp(min=tiny).sqrt()).clamp(max=1.0)


def squared(gradients: Iterable[Tensor | None]) -> Tensor | None:
    """‖g‖²; None if there is no gradient."""
    present = [g.square().sum() for g in gradients if g is not None]
    return torch.stack(present).sum() if present else None


class Budget:
    """What is left of the limit on a sweep's directions.

    Args:
        limit: C.
        gradients: of all parameters, where the sweep starts.
    """

    def __init__(self, limit: float, gradients: Iterable[Tensor | None]) -> None:
        length = squared(gradients)
        whole = 0.0 if length is None else math.sqrt(length.item())
        self._share = min(1.0, limit / whole) if whole else 1.0
        self._left = limit * limit

    def spent(self, gradients: list[Tensor | None], factor: Tensor | None) -> Tensor | None:
        """The factor of the next block, at most ``factor``; its direction is paid for."""
        length = squared(gradients)
        if length is None:
            return factor
        size = math.sqrt(length.item())
        own = 1.0 if factor is None else factor.item()
        allowed = math.sqrt(self._left) / size if size else 1.0
        found = min(own, self._share, allowed)
        self._left = max(0.0, self._left - (found * size) ** 2)
        return length.new_tensor(found)
