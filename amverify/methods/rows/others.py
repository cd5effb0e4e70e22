r"""The rows of updates that no theorem on block steps speaks of: a dual step, an optimiser's step.

An optimiser's row, "x", is that of the whole network: its change of R is a difference of
two values. The rounding of a value is that of R's own sums and what reaches it through the
layers: with ε_0 = 0 and k = n_{l−1} + 10 for the affine map and the activation,

    ε_l = γ_k(‖a_{l−1}‖‖W_l‖ + √N(‖b_l‖ + √n_l|h(0)|))·(1 + Lip(h)) + ‖W_l‖ Lip(h) ε_{l−1}

bounds the error of z_l, and γ_{N+4C+20}·size(R) + ‖∇R‖ε_L that of R. (‖a_l‖ ≤ Lip(h)‖z_l‖ +
√(Nn_l)|h(0)|; norms of products are bounded by products of norms, so no layer is looked at.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from amverify.methods.rows.record import (
    BlockRecord,
    Sizes,
    entries,
    moved,
    smallest,
    unit,
)
from amverify.network.layered import LayeredProblem
from amverify.network.scalars import Scalar, dot, root
from amverify.numbers.roundoff import U, gamma


def dual_record(
    problem: LayeredProblem, old: Tensor, new: Tensor, gap: Tensor, sizes: Sizes
) -> BlockRecord:
    """u ← u + ρ(z_L − pre_L): the Lagrangian rises by ⟨u⁺ − u, z_L − pre_L⟩ = ‖u⁺ − u‖²/ρ."""
    e, few = new - old, unit(problem.dtype)
    m = moved(e, None, 0.0, 0.0, few)
    change, reach = dot(e, gap), root(m.step)
    off = gamma(sizes.terms, few) * sizes.residual
    summed = gamma(entries(e) + 4, U) + gamma(2, few)
    error = reach * (off + summed * root(dot(gap, gap)))
    norm = dot(new, new)
    return BlockRecord("u", problem.layers, "other", change, error, 0.0, *m, 0.0, 0.0, norm, 0.0)


def optimiser_record(
    problem: LayeredProblem,
    before: Sequence[Tensor],
    after: Sequence[Tensor],
    moved: Sequence[Tensor],
    last: Sequence[Tensor],
    change: Tensor,
) -> BlockRecord:
    """The row of one step; ``last`` is the step before, empty in the first sweep."""
    u, count = unit(problem.dtype), sum(entries(e) for e in moved)
    step, inertia = _summed(moved, moved), _summed(last, last)
    cross = _summed(moved, last) if last else 0.0 * step
    relative, tiny = gamma(count + 2, U), smallest(problem.dtype)
    error = _value_error(problem, before) + _value_error(problem, after)
    return BlockRecord(
        "x",
        0,
        "other",
        change if change.ndim else float(change),
        error + gamma(2, U) * (change.abs() if change.ndim else abs(float(change))),
        0.0,
        step,
        (relative + 3 * u) * step + tiny,
        cross,
        (relative + 4 * u) * root(step * inertia) + tiny,
        inertia,
        (relative + 3 * u) * inertia + tiny,
        0.0,
        0.0,
        _summed(after, after),
        0.0,
    )


def _summed(ours: Sequence[Tensor], theirs: Sequence[Tensor]) -> Scalar:
    total: Scalar = 0.0
    for x, y in zip(ours, theirs, strict=True):
        total = total + dot(x.detach(), y.detach())
    return total


def _value_error(problem: LayeredProblem, parameters: Sequence[Tensor]) -> Scalar:
    """A bound on the rounding error of R at these parameters (see the module)."""
    h, u, n = problem.activation, unit(problem.dtype), problem.samples
    a: Scalar = float(torch.linalg.matrix_norm(problem.x.double()))
    off: Scalar = u * a  # x may be rounded to the dtype
    z: Scalar = a
    steepest = 1.0
    for w, b in zip(parameters[: problem.layers], parameters[problem.layers :], strict=True):
        width, k = w.shape[-2], w.shape[-1] + 10
        norm = root(dot(w.detach(), w.detach()))
        spread = math.sqrt(n) * (root(dot(b.detach(), b.detach())) + math.sqrt(width) * h.at_zero)
        z = a * norm + spread
        off = gamma(k, u) * z * (1 + h.lipschitz) + norm * steepest * off
        a, steepest = h.lipschitz * z + math.sqrt(n * width) * h.at_zero, h.lipschitz
    loss, outputs = problem.loss, problem.target.shape[-1]
    summed = gamma(n + 4 * outputs + 20, u) * loss.size(z + off, problem.target)
    return summed + loss.steepness(z + off, problem.target) * off
