"""Scalars of a state: numbers, or one number per replicate.

On a CPU without replicates they are Python floats, which are the cheapest there. Elsewhere
they are tensors of the replicates' shape *R, never read: reading one from an accelerator would
cost a synchronisation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import Any

import torch
from torch import Tensor

Scalar = float | Tensor
PART = 2**16
"""Entries of a large block that are summed at a time."""


def finite(value: Any) -> bool:
    """Whether it is a finite real number as Python knows them, and no text."""
    return isinstance(value, Real) and math.isfinite(value)


def on_host(u: Tensor) -> bool:
    """Whether values can be looked at for nothing: on an accelerator that is a synchronisation."""
    return u.is_cpu


def plain(u: Tensor) -> bool:
    """Whether the scalars of this block are numbers: on a CPU, without replicates."""
    return u.ndim == 2 and u.is_cpu


def flat(u: Tensor) -> Tensor:
    """A block's entries in float64, where products of float32 are exact; in a row if ``plain``."""
    wide = u if u.dtype is torch.float64 else u.double()
    return wide.reshape(-1) if plain(u) else wide


def product(u: Tensor) -> Callable[[Tensor, Tensor], Scalar]:
    """⟨·, ·⟩ of what ``flat`` makes of blocks such as this."""
    return _numbers if plain(u) else _of_each


def _numbers(u: Tensor, v: Tensor) -> Scalar:
    return torch.dot(u, v).item()


def _of_each(u: Tensor, v: Tensor) -> Tensor:
    """Replicate by replicate. (A product of a row with a column, in batches, is slower.)"""
    return (u * v).sum((-2, -1))


def dot(u: Tensor, v: Tensor) -> Scalar:
    """⟨u, v⟩ of two blocks, accumulated in float64: of large ones a part at a time, so that
    no copies of them in that format are made.
    """
    if plain(u) and u.numel() > PART and u.dtype is not torch.float64:
        x, y = u.reshape(-1), v.reshape(-1)
        cuts = [slice(i, i + PART) for i in range(0, len(x), PART)]
        return sum(torch.dot(x[at].double(), y[at].double()).item() for at in cuts)
    return product(u)(flat(u), flat(v))


def square(u: Tensor) -> Scalar:
    """‖u‖² of a block, accumulated in its own format: cheaper than ``dot(u, u)``."""
    if plain(u):
        norm = float(torch.linalg.vector_norm(u))
        return norm * norm
    norms: Tensor = torch.linalg.vector_norm(u, dim=(-2, -1)).double()
    return norms * norms


def root(x: Scalar) -> Scalar:
    """√x."""
    return x.sqrt() if isinstance(x, Tensor) else math.sqrt(x)


def absolute(x: Scalar) -> Scalar:
    """|x|."""
    return x.abs() if isinstance(x, Tensor) else abs(x)


def wide(x: Scalar) -> Scalar:
    """The same number in float64."""
    return x.double() if isinstance(x, Tensor) else x
