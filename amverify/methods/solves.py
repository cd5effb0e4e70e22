r"""The step of V = [W, b] in its own metric Q, for the joint method.

    V' = V + t(cΔ − Q⁻¹∇H(V)),   ∇H(V) = ρ(pre − z)ᵀ[A 1] + [μW, μ_b bᵀ]

in residual form: the solution V* itself would lose digits with Q's condition. In the host's memory
and without replicates compiled loops do what stands around product and solution, where numba is
installed: a dozen operations of torch on matrices of order 100 take as long as the solution.
"""

from __future__ import annotations

from array import array
from types import ModuleType
from typing import NamedTuple

import torch
from torch import Tensor

from amverify.compiled.available import compiled
from amverify.methods.metric import Metric, onto, solved
from amverify.network.blocks import axpy
from amverify.network.scalars import Scalar, plain


class SolveTask(NamedTuple):
    """V_l at its present point; ``residual`` is pre − z, ``ridges`` are μ and μ_b."""

    w: Tensor
    b: Tensor
    moved_w: Tensor
    moved_b: Tensor
    residual: Tensor
    metric: Metric
    rho: float
    ridges: tuple[float, float]
    t: float
    c: Scalar


class SolveStep(NamedTuple):
    """Where it goes, and by how much."""

    w: Tensor
    b: Tensor
    e_w: Tensor
    e_b: Tensor


def solve_step(task: SolveTask) -> SolveStep:
    """V + t(cΔ − Q⁻¹∇H(V)), and what that is away from V as it is stored."""
    loops = compiled() if plain(task.w) else None
    return by_operations(task) if loops is None else _in_passes(task, loops)


def by_operations(task: SolveTask) -> SolveStep:
    """The same by torch's operations, one by one."""
    w, b, moved_w, moved_b, residual, (wide, factor), rho, (mu, mu_bias), t, c = task
    ridges = torch.cat((mu * w, mu_bias * b.mT), -1)
    step = -solved(factor, onto(ridges, residual.mT, wide, rho))
    e_w = axpy(step[..., :-1], c, moved_w)
    e_b = axpy(step[..., -1:].mT, c, moved_b)
    new_w, new_b = torch.add(w, e_w, alpha=t), torch.add(b, e_b, alpha=t)
    return SolveStep(new_w, new_b, new_w - w, new_b - b)


def _in_passes(task: SolveTask, loops: ModuleType) -> SolveStep:
    w, b, moved_w, moved_b, residual, (wide, factor), rho, (mu, mu_bias), t, c = task
    w, b, moved_w, moved_b = (u.contiguous() for u in (w, b, moved_w, moved_b))
    shape = (*w.shape, w.dtype is torch.float32)
    right = w.new_empty((w.shape[0], w.shape[1] + 1))
    operands = array("q", (w.data_ptr(), b.data_ptr(), right.data_ptr()))
    loops.ridged(operands.buffer_info()[0], *shape, mu, mu_bias)
    found = solved(factor, right.addmm_(residual.mT, wide, alpha=rho))
    made = [torch.empty_like(u) for u in (w, w, b, b)]
    operands = array("q", [u.data_ptr() for u in (found, w, moved_w, b, moved_b, *made)])
    loops.solves(operands.buffer_info()[0], *shape, t, float(c))
    new_w, e_w, new_b, e_b = made
    return SolveStep(new_w, new_b, e_w, e_b)
