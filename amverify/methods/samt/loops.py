r"""An inner step, and the training of θ, in compiled loops where numba is installed (``fast``).

    reduce(g ⊙ d), reduce(g²);   w ← w − α ⊙ g;   Δ ← Δ − α ⊙ g;        θ ← clamp(θ + βc)

torch takes a pass for each, and each pass reads g, w or d from memory again: in a matrix that no
cache holds, they are what a step costs. The loop goes row by row, all four in turn, so that a row
stays in the nearest cache. It runs on one core; large parameters are left to torch, which has all.
What is small costs torch its calls, not its arithmetic; a loop is one call.

The sums differ from torch's by rounding: a run with numba and one without agree to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import prod
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import increment_version

from amverify.methods.fused import compiled, empty

FORMATS = (torch.float32, torch.float64)
MOST = 2**20
"""Entries from which on torch's many cores are worth more than one pass."""


class Sides(NamedTuple):
    """A parameter as a matrix: its rows and columns, and whether α has those."""

    rows: int
    columns: int
    by_row: bool
    by_column: bool


@cache
def sides(whole: tuple[int, ...], alpha: tuple[int, ...]) -> Sides | None:
    """How step sizes of shape ``alpha`` lie over a parameter; None if not by rows and columns.

    The first dimensions are the rows, the others the columns, at whatever cut makes α one number,
    a column, a row or a whole matrix of them.
    """
    for cut in (*range(1, len(whole)), 0):
        rows, columns = prod(whole[:cut]), prod(whole[cut:])
        mine = prod(alpha[:cut]), prod(alpha[cut:])
        if mine[0] in (1, rows) and mine[1] in (1, columns):
            return Sides(rows, columns, mine[0] > 1, mine[1] > 1)
    return None


def one_pass(
    tensors: tuple[Tensor, Tensor, Tensor | None, Tensor, Tensor | None], squares: bool
) -> tuple[Tensor | None, Tensor | None] | None:
    """The inner step w ← w − α ⊙ g, Δ with it; and what was measured on the way.

    Nothing is done where the loop cannot serve: no numba, another device or format, tensors that
    are not contiguous, step sizes not by rows and columns, a large parameter.

    Args:
        tensors: w, g, d, α, Δ, the last of each None where there is none.
        squares: whether reduce(g²) is wanted.

    Returns:
        reduce(g ⊙ d), if there is a d, and reduce(g²), of α's shape; None if nothing was done.
    """
    w, _, d, alpha, _ = tensors
    loops = compiled()
    if loops is None or w.numel() >= MOST or not _served(tensors):
        return None
    lie = sides(w.shape, alpha.shape)
    if lie is None:
        return None
    inner = None if d is None else torch.empty_like(alpha)
    own = torch.empty_like(alpha) if squares else None
    loops.step(empty(w.dtype), *_addresses((*tensors, inner, own)), *lie)
    increment_version(w)
    return inner, own


def climb(rows: Sequence[tuple[tuple[Tensor, ...], float, tuple[float, float]]]) -> int | None:
    """θ ← clamp(θ + βc) for each row: the tensors, β, and between what θ is kept.

    The tensors are θ, its hypergradient, and the one bound on its size or the two numbers whose
    roots' product that is. c is their quotient; where it is not finite θ stays.

    Returns:
        How many entries of hypergradients were not finite; None if nothing was done.
    """
    loops = compiled()
    if loops is None or not all(_served(tensors) for tensors, _, _ in rows):
        return None
    bad = 0
    for tensors, beta, limits in rows:
        theta, last = tensors[0], (None,) * (4 - len(tensors))
        tiny = torch.finfo(theta.dtype).tiny
        at, size = _addresses((*tensors, *last)), theta.numel()
        bad += loops.climb(empty(theta.dtype), *at, size, beta, *limits, tiny)
        increment_version(theta)
    return bad


def _served(tensors: Sequence[Tensor | None]) -> bool:
    """Whether they are in the host's memory, contiguous, and of one format."""
    first = tensors[0]
    assert first is not None
    dtype = first.dtype
    if dtype not in FORMATS:
        return False
    for u in tensors:
        if u is not None and not (u.is_cpu and u.dtype is dtype and u.is_contiguous()):
            return False
    return True


def _addresses(tensors: Sequence[Tensor | None]) -> list[int]:
    return [0 if u is None else u.data_ptr() for u in tensors]
