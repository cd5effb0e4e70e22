"""Scalars of a state: numbers, or one number per replicate.

On a CPU without replicates they are Python floats, which are the cheapest there. Elsewhere
they are tensors of the replicates' shape *R, never read: reading one from an accelerator would
cost a synchronisation.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

Scalar = float | Tensor


def plain(u: Tensor) -> bool:
    """Whether the scalars of this block are numbers: on a CPU, without replicates."""
    return u.ndim == 2 and u.is_cpu


def dot(u: Tensor, v: Tensor) -> Scalar:
    """⟨u, v⟩ of two blocks, accumulated in float64, where products of float32 are exact."""
    if plain(u):
        return float(torch.dot(u.double().reshape(-1), v.double().reshape(-1)))
    return (u.double() * v.double()).sum((-2, -1))


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
