r"""The step of y = (z, a) in the metric diag(ρ, κ), for the joint method.

With û = u + p2Δ, ũ = u + (p2/s)Δ and the slopes of H at û, its model is

    s·[(ρ/2)(z − c)² + (κ/2)(a − d)²] + const,   c = z̃ − (ẑ − pre)/s,   d = ã − ρ·slope/(sκ)

entry by entry, over |a − h(z)| ≤ ε (:mod:`amverify.network.entries`). An entry whose model would
not fall, and which is feasible, stays. In the host's memory and without replicates a compiled loop
does it all in one pass where numba is installed (the extra ``fast``): twenty operations of torch
take longer than the matrix products around them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from amverify.compiled.available import compiled
from amverify.network.activations import Activation
from amverify.network.blocks import axpy, blockwise
from amverify.network.entries import SLACK, feasible, joint_minimiser, model
from amverify.network.scalars import Scalar, plain


class PairTask(NamedTuple):
    """y_l at its present point; ``slope`` is ∇_aH(û)/ρ.

    ``compared`` says whether the sums of the models are wanted.
    """

    h: Activation
    z: Tensor
    a: Tensor
    moved_z: Tensor
    moved_a: Tensor
    pre: Tensor
    slope: Tensor
    rho: float
    kappa: Scalar
    s: float
    p2: Scalar
    eps: float
    compared: bool = True


class PairStep(NamedTuple):
    """Where it goes, by how much, and Σ model(u) of what moved, of what stayed."""

    z: Tensor
    a: Tensor
    e_z: Tensor
    e_a: Tensor
    compared: Callable[[], tuple[Scalar, Scalar]]


def pair_step(task: PairTask) -> PairStep:
    """A global minimiser of the model, or the present point, entry by entry."""
    loops = compiled() if plain(task.z) else None
    return by_operations(task) if loops is None else _in_one_pass(task, loops.pairs)


def by_operations(task: PairTask) -> PairStep:
    """The same by torch's operations, one by one."""
    h, z, a, moved_z, moved_a, pre, slope, rho, kappa, s, p2, eps = task[:12]
    curve = blockwise(kappa).to(z.dtype) if isinstance(kappa, Tensor) else kappa
    c = axpy(z, p2 / s, moved_z) - (axpy(z, p2, moved_z) - pre) / s
    d = axpy(a, p2 / s, moved_a) - slope * (rho / s) / curve
    new_z, new_a = joint_minimiser(h, c, d, rho, curve, eps)
    before = model(z, a, c, d, rho, curve)
    kept = before <= model(new_z, new_a, c, d, rho, curve)
    kept &= feasible(h, z, a, eps)
    new_z, new_a = torch.where(kept, z, new_z), torch.where(kept, a, new_a)
    e_z, e_a = new_z - z, new_a - a

    def compared() -> tuple[Scalar, Scalar]:
        moved, stayed = (
            torch.where(here, before, 0.0).sum((-2, -1), dtype=torch.float64)
            for here in (~kept, kept)
        )
        return (float(moved), float(stayed)) if plain(z) else (moved, stayed)

    return PairStep(new_z, new_a, e_z, e_a, compared)


def _in_one_pass(task: PairTask, run: Callable[..., tuple[float, float]]) -> PairStep:
    blocks = (task.z, task.a, task.moved_z, task.moved_a, task.pre, task.slope)
    given = [u.contiguous() for u in blocks]
    made = [torch.empty_like(given[0]) for _ in range(4)]
    operands = array("q", [u.data_ptr() for u in (*given, *made)])
    pieces = array(
        "d", [x for q in task.h.pieces for x in (q.lower, q.upper, q.slope, q.intercept)]
    )
    slack = SLACK * torch.finfo(task.z.dtype).eps
    numbers = (task.rho, task.kappa, task.s, task.p2, task.eps, slack)
    places = (operands.buffer_info()[0], pieces.buffer_info()[0], task.z.numel(), len(pieces) // 4)
    single = task.z.dtype is torch.float32
    sums = run(*places, single, tuple(map(float, numbers)), task.compared)
    z, a, e_z, e_a = made
    return PairStep(z, a, e_z, e_a, lambda: sums)
