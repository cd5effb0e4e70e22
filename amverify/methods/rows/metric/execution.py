r"""By how much rounding of a step can make its theorem fail in exact arithmetic.

*V.* With q = ∇H(u) + (1/t)Qe − cQΔ, the residual of the step's equation, ΔF is
−(1/t − ½)‖e‖²_Q + c⟨Δ, e⟩_Q + ⟨q, e⟩ *exactly* (TM-Q). ⟨q, e⟩ is measured. Nor can rounding make it
exceed ‖q‖‖e‖, whatever is measured:

    ‖q‖ ≤ ε_g + ε_Q(‖e‖/t + |c|‖Δ‖ + D) + ‖Q‖D,     D = γ(‖u‖ + ‖e‖ + |c|‖Δ‖),

ε_g the error of the computed gradient, ε_Q that of the Gram matrix (in the state's format) and of
the Cholesky factor and its solves (Higham, theorem 10.4). The smaller of the two is on record, so
what is measured excuses no more than what rounding can do: a wrong step is not excused by its size.

*y.* TJ needs m(u⁺) ≤ m(u) alone, so the excess is −gap where that is positive. Entries whose
model would not fall keep their values (a point that is feasible up to the rounding of h(z) ± ε
counts as feasible, as it does in TIAM's boxes); in the others two computed values were compared,
at centres that are off by δc, δd:

    m(u⁺) − m(u) ≤ s[γ Σ 2·model(u) + ρ‖e_z‖δc + κ‖e_a‖δd] + |fl(p2/s)s − p2||⟨Δ, e⟩_M|.

p1 on record is fl(p2/s); the last term pays for it, so that TJ may be read with c = 0. Where ε
has just shrunk u may be infeasible, and TJ says nothing of that step.

*z_L.* With q = ρ(z⁺ − pre − cΔ) + ∇R(z⁺), which vanishes at the exact proximal point, R's
convexity gives ΔF ≤ −½‖e‖²_M + c⟨Δ, e⟩_M + ⟨q, e⟩. ‖q‖ is measured in float64, and it is at most
(Lip ∇R + ρ) times the error of the proximal map.
"""

from __future__ import annotations

import math

from amverify.methods.rows.bounds import prox_error
from amverify.methods.rows.metric.forms import Forms
from amverify.methods.rows.metric.quadratic import lesser, positive, total
from amverify.network.scalars import Scalar, absolute, root
from amverify.numbers.roundoff import U, gamma


def execution(row: Forms) -> Scalar:
    """What rounding of the step can add to its theorem's left-hand side."""
    kind = row.facts.kind
    if kind == "V":
        return _solved(row)
    return _compared(row) if kind == "y" else _mapped(row)


def _solved(row: Forms) -> Scalar:
    """|⟨q, e⟩| of V."""
    f, used = row.facts, row.n.used
    parts = (row.slope, row.step[1].times(1 / used.t), row.cross[1].times(-used.p1))
    found = total(parts)
    one, two = row.n.one, row.n.two
    e, d = root(one.step + two.step), root(one.inertia + two.inertia)
    about = e / used.t + absolute(used.p1) * d
    u = f.unit
    size = root(row.n.around.old_one**2 + row.n.around.old_two**2)
    end = gamma(8, u) * (size + e + about)
    left = _slope_error(row) + _factor_error(row) * (about + end) + row.ceiling() * end
    return lesser(absolute(found.value) + found.error, left * e)


def _slope_error(row: Forms) -> Scalar:
    """ε_g: that of V's computed gradient."""
    f, third, around = row.facts, row.lines[2], row.n.around
    across = around.operator + math.sqrt(f.problem.samples)
    summed = gamma(f.rows, f.unit) * (third.slope + third.off_r) + third.off_r
    ridges = f.problem.mu * around.old_one + f.problem.mu_bias * around.old_two
    return f.problem.rho * across * summed + gamma(6, f.unit) * ridges


def _factor_error(row: Forms) -> Scalar:
    """ε_Q: that of V's Gram matrix and of its factor."""
    f, problem, n = row.facts, row.facts.problem, row.facts.columns
    trace = row.ceiling() + n * problem.mu + problem.mu_bias
    return (gamma(f.rows, f.unit) + gamma(4 * n + 40, f.unit)) * trace


def _compared(row: Forms) -> Scalar:
    """−gap of y, where it is positive, but no more than rounding can make it."""
    f, (one, two, _, _, used, _), rho = row.facts, row.n, row.facts.problem.rho
    s, u, p2 = f.s, f.unit, used.p2
    off_c, off_d = centres(row)
    paid = s * (rho * root(one.step) * off_c + used.kappa * root(two.step) * off_d)
    paid = paid + 2 * s * gamma(12, u) * (1 + gamma(f.counts[0] + 4, u)) * used.compared
    rounded = 4 * U * p2 * root(row.inertia[1].most * row.step[1].most)
    gap = row.gap()
    return lesser(positive(gap.error - gap.value), paid) + rounded


def _mapped(row: Forms) -> Scalar:
    """‖q‖‖e‖ of z_L."""
    f, problem, one = row.facts, row.facts.problem, row.n.one
    e = root(one.step)
    size = row.n.around.old_one + e + row.n.around.first
    moved = absolute(row.n.used.p1) * root(one.inertia)
    off = prox_error(problem, size + moved, problem.rho)
    most = (problem.loss.gradient_lipschitz + problem.rho) * off
    most = most + problem.rho * (row.lines[0].off_r + gamma(8, f.unit) * (size + moved))
    return lesser(left(row), most) * e


def centres(row: Forms) -> tuple[Scalar, Scalar]:
    """δc and δd: how far the computed centres of y's entries are off."""
    f, (one, two, _, around, used, _), few = row.facts, row.n, gamma(12, row.facts.unit)
    z, a = (root(part.inertia) for part in (one, two))
    size = around.old_one + 2 * used.p2 * z + root(one.slope)
    steep = f.problem.rho * used.steep / (f.s * used.kappa)
    return few * size + row.lines[0].off_r / f.s, few * (around.old_two + used.p2 * a) + steep


def left(row: Forms) -> Scalar:
    """A bound on z_L's ‖q‖, which was measured in float64 but for what pre is off."""
    f, (one, _, _, around, used, _) = row.facts, row.n
    n, outputs = f.problem.target.shape
    summed = gamma(8 * outputs + 40, U) * (4 * (around.old_one + root(one.step)) + n * outputs)
    return used.left + f.problem.rho * row.lines[0].off_r + summed
