r"""The rows of exact minimisers (T1p), with the arithmetic of ``record.py``.

A block whose part Q of F(·) + (γ/2)‖· − ũ‖² is convex ends at a point u' where ∇Q(u') = q is
not 0 but rounding, so Q(u') ≤ Q(u) + ‖q‖‖e‖. For a system solved by a Cholesky factor of
ρmᵀm + κ, of n rows, ‖q‖ is at most γ times the sizes of its right-hand side and of
(ρ‖m‖_F² + nκ)‖u'‖; solved through the other Gram matrix it is larger by ρ‖m‖²/κ.

z_l under a penalty has the part (ρ/2)‖z − pre‖² + (ν/2)‖a − h(z)‖², which is not convex. With
r = z − pre, g = a − h(z) and v = h(z + e) − h(z) its change is

    ρ(⟨r, e⟩ + ½‖e‖²) + ν(½‖v‖² − ⟨g, v⟩).
"""

from __future__ import annotations

import math

from torch import Tensor

from amverify.methods.rows.bounds import Facts, Products, bending, difference, gathered, norm_bound
from amverify.methods.rows.gradient import Taken, measured
from amverify.methods.rows.record import (
    BlockRecord,
    Near,
    Sizes,
    entries,
    moved,
    smallest,
    unit,
)
from amverify.methods.step import Stepped
from amverify.network.blocks import Block
from amverify.network.coupling import Penalty
from amverify.network.layered import LayeredProblem
from amverify.network.scalars import Scalar, absolute, dot, root, wide
from amverify.numbers.roundoff import U, gamma


def minimiser_record(
    problem: LayeredProblem,
    block: Block,
    new: Tensor,
    sizes: Sizes,
    *,
    weight: float,
    left: Scalar,
) -> BlockRecord:
    """A convex block minimised exactly, near its old value with weight γ ≥ 0.

    Args:
        weight: γ.
        left: a bound on ‖∇Q‖ at ``new``.
    """
    e = new - block.u
    modulus = block.weight * sizes.operator * sizes.operator + block.ridge
    stepped = Stepped(new, e, block.apply(e), modulus, 0.0, 0.0, 1.0, 0.0)
    products = Products._make(measured([Taken(block, None, stepped)])[0])
    facts = Facts.of(problem, block, sizes.terms, 1.0)
    n = gathered(facts, products, sizes)
    change, error = difference(n)
    bend, bend_error, _ = bending(n)
    execution = left * n.e + gamma(16, n.unit) * weight * n.moved.step
    return BlockRecord(
        block.kind,
        block.layer,
        "proximal",
        change,
        error,
        execution,
        *n.moved,
        bend,
        bend_error,
        norm_bound(facts, products.norm),
        modulus,
        gamma=weight,
    )


def solved(
    shape: tuple[int, int],
    factor: Scalar,
    rho: float,
    ridge: float,
    right: Scalar,
    new: Scalar,
    few: float,
) -> Scalar:
    """A bound on ‖x(ρmᵀm + κI) − right‖ for the x computed by Cholesky factors.

    Args:
        shape: that of m.
        factor: ‖m‖_F.
        ridge: κ.
        right: the right-hand side's formula in norms; ``new``: ‖x‖.
        few: the unit roundoff.
    """
    rows, columns = shape
    trace = rho * factor * factor + min(rows, columns) * ridge
    g = gamma(rows + columns + 4 * min(rows, columns) + 40, few)
    if columns <= rows:
        return g * (right + trace * new)
    inside = trace / (2 * math.sqrt(rho * ridge)) + factor
    return g * right * (1 + rho * factor / ridge * inside + 2 * trace / ridge)


def auxiliary_record(
    problem: LayeredProblem,
    layer: int,
    z: Tensor,
    new: Tensor,
    a: Tensor,
    pre: Tensor,
    sizes: Sizes,
    near: Near,
) -> BlockRecord:
    """z_l, l < L, minimised exactly under a penalty, from ``z`` to ``new``."""
    coupling, h = problem.coupling, problem.activation
    assert isinstance(coupling, Penalty)
    nu, rho, few = coupling.nu, problem.rho, unit(z.dtype)
    weight, e = near.weight, new - z
    m = moved(e, near.displacement, sizes.moved, sizes.inertia, few)
    old_value, residual = h(z), z - pre
    gap, turn = a - old_value, h(new) - old_value
    en, r, g, v = root(m.step), root(dot(residual, residual)), root(dot(gap, gap)), dot(turn, turn)
    change = rho * (dot(residual, e) + 0.5 * m.step) + nu * (0.5 * v - dot(gap, turn))
    v = root(v)
    value = root(dot(a, a)) + g  # ‖h(z)‖ at most
    bent = 0.0 if h.exact else gamma(2, few)
    off_gap, off_turn = gamma(1, few) * g + bent * value, gamma(2, few) * v + bent * (2 * value + v)
    summed, off_r = gamma(entries(z) + 4, U), gamma(sizes.terms, few) * sizes.residual
    error = rho * (off_r * en + (r + en) * gamma(2, few) * en + summed * (r + en) * en)
    error = error + nu * (off_turn * (g + v + off_gap) + off_gap * v + summed * (g + v) * v)
    error = error + 4 * U * absolute(change) + smallest(z.dtype) * (1 + rho + nu)
    # the step: T1p compares the minimiser with z alone
    total, steepest = rho + weight, h.lipschitz
    d = absolute(wide(near.p1)) * sizes.moved
    about = (rho * (sizes.block + r) + weight * (sizes.block + d)) / total
    off = rho * off_r / total + gamma(8, few) * about
    level = value + h.largest_intercept * math.sqrt(entries(z))
    pieces = gamma(10, few) * (about + sizes.block + en + 0.5 * math.sqrt(nu / total) * level)
    reach = (rho * (r + en) + weight * (en + d)) / total + off
    left = g + v
    compared = total * reach * reach + nu * left * left + (0 if h.exact else nu * left * level)
    execution = total * en * off + (total + nu * steepest * steepest) * pieces * pieces
    execution = execution + gamma(20, few) * compared
    held, leaves = wide(near.delta), wide(near.delta_next)
    carried = held * sizes.inertia + (leaves + weight) * m.step + weight * en * d
    return BlockRecord(
        "z",
        layer,
        "proximal",
        change,
        error,
        execution + gamma(16, few) * carried,
        *m,
        # H is not convex here, and T1p has no use for its curvature
        rho * m.step,
        rho * m.step_error + 2 * U * rho * m.step,
        dot(new, new) * (1 + gamma(entries(z) + 4, U)),
        rho,
        near.s,
        1.0,
        wide(near.p1),
        0.0,
        held,
        leaves,
        weight,
    )
