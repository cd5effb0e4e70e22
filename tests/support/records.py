"""A recorded sweep against exact rational arithmetic: every number of every row, and T1, T1p.

Every float is a fraction, so the change of F, ‖e‖², ⟨Δ, e⟩, ‖Δ‖² and ⟨d, ∇²H d⟩ between stored
points are known exactly; R's change (cross-entropy and the logistic loss) to fifty digits.
"""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath

from amverify.methods.rows.record import BlockRecord
from amverify.methods.tiam import TIAMState
from amverify.network.coupling import Penalty
from amverify.network.layered import LayeredProblem, Point
from support.exact import Matrix, exact_objective, fractions
from support.problems import group, replicate

mpmath.mp.dps = 50


def inner(u: Matrix, v: Matrix) -> Fraction:
    return sum(
        (x * y for a, b in zip(u, v, strict=True) for x, y in zip(a, b, strict=True)), Fraction(0)
    )


def combined(u: Matrix, factor: Fraction, v: Matrix) -> Matrix:
    """u + factor·v."""
    return [[x + factor * y for x, y in zip(a, b, strict=True)] for a, b in zip(u, v, strict=True)]


def product(u: Matrix, v: Matrix) -> Matrix:
    """u·vᵀ."""
    return [[sum(x * y for x, y in zip(a, b, strict=True)) for b in v] for a in u]


def number(x: object, index: tuple[int, ...]) -> Fraction:
    """A recorded number, of one replicate."""
    value = x[index] if index and hasattr(x, "ndim") and x.ndim else x  # type: ignore[index]
    assert math.isfinite(value), f"{float(value)} on record"  # type: ignore[arg-type]
    return Fraction(float(value))  # type: ignore[arg-type]


def exact_loss(p: LayeredProblem, z: Matrix) -> Fraction:
    """R, exactly (squared error) or to fifty digits."""
    total = mpmath.mpf(0)
    for row, target in zip(z, fractions(p.target), strict=True):
        if p.loss.name == "squared_error":
            total += _real(sum((x - y) ** 2 for x, y in zip(row, target, strict=True)) / 2)
            continue
        logits = [_real(x) for x in row]
        if p.loss.name == "logistic":
            total += sum(
                mpmath.log1p(mpmath.exp(x)) - _real(y) * x
                for x, y in zip(logits, target, strict=True)
            )
            continue
        top = max(logits)
        spread = top + mpmath.log(sum(mpmath.exp(x - top) for x in logits))
        total += sum(_real(y) * (spread - x) for x, y in zip(logits, target, strict=True))
    sign, mantissa, exponent, _ = total._mpf_
    return Fraction((-1) ** sign * int(mantissa)) * Fraction(2) ** exponent


def _real(x: Fraction) -> mpmath.mpf:
    return mpmath.mpf(x.numerator) / x.denominator


class Exact:
    """One row once more: the exact change, ‖e‖², ⟨Δ, e⟩, ‖Δ‖² and ⟨d, ∇²H d⟩."""

    def __init__(
        self, p: LayeredProblem, at: Point, row: BlockRecord, new: Matrix, d: Matrix, p2: Fraction
    ) -> None:
        place = row.layer - 1
        blocks = {k: [fractions(u) for u in group(at, k)] for k in "Wbza"}
        old = blocks[row.kind][place]
        before = exact_objective(p, blocks)
        blocks[row.kind][place] = new
        self.change = exact_objective(p, blocks) - before
        if row.kind == "z" and row.layer == p.layers:
            self.change += exact_loss(p, new) - exact_loss(p, old)
        e = combined(new, Fraction(-1), old)
        self.step, self.cross, self.inertia = inner(e, e), inner(d, e), inner(d, d)
        self.bend = self._bend(p, row, blocks, combined(e, -p2, d))

    @staticmethod
    def _bend(p: LayeredProblem, row: BlockRecord, blocks: dict, d: Matrix) -> Fraction:
        rho, square = Fraction(p.rho), inner(d, d)
        if row.kind == "W":
            x = fractions(p.space.inputs) if row.layer == 1 else blocks["a"][row.layer - 2]
            image = product(x, d)
            return rho * inner(image, image) + Fraction(p.mu) * square
        if row.kind == "b":
            return rho * p.samples * square
        if row.kind == "a":
            image = product(d, blocks["W"][row.layer])
            nu = Fraction(p.coupling.nu) if isinstance(p.coupling, Penalty) else 0
            return rho * inner(image, image) + nu * square
        return rho * square


MEASURED = ("change", "step", "cross", "inertia", "bend")


def check_records(
    p: LayeredProblem, before: TIAMState, after: TIAMState, index: tuple[int, ...] = ()
) -> None:
    """Every measured number within its bound; T1 and T1p with ``execution`` alone."""
    at, moved, ended = (
        replicate(x, index) if index else x.copy()
        for x in (before.point, before.displacement, after.point)
    )
    for row in after.records:
        place = row.layer - 1
        new, d = group(ended, row.kind)[place], group(moved, row.kind)[place]
        assert new.isfinite().all(), f"{row.kind}_{row.layer} is not finite"
        check_row(p, at, row, fractions(new), fractions(d), index)
        group(at, row.kind)[place] = new


def check_row(
    p: LayeredProblem,
    at: Point,
    row: BlockRecord,
    new: Matrix,
    d: Matrix,
    index: tuple[int, ...] = (),
) -> None:
    """One row, ``at`` being the point before it."""
    exact = Exact(p, at, row, new, d, number(row.p2, index))
    where = f"{row.kind}_{row.layer}"
    for name in MEASURED:
        computed, bound = (number(getattr(row, n), index) for n in (name, f"{name}_error"))
        off = abs(computed - getattr(exact, name))
        assert off <= bound, f"{name} of {where}: off by {float(off):.3e} > {float(bound):.3e}"
    largest = number(row.norm, index)
    assert inner(new, new) <= largest, f"norm of {where}: {float(largest):.3e} is no bound"
    excess = exact.change - promised(row, exact, index)
    allowed = number(row.execution, index)
    assert excess <= allowed, f"T1 at {where}: {float(excess):.3e} > {float(allowed):.3e}"


def promised(row: BlockRecord, exact: Exact, index: tuple[int, ...] = ()) -> Fraction:
    """T1's (or T1p's) upper bound on the block's change of F, exactly."""
    p1, p2, t = (number(x, index) for x in (row.p1, row.p2, row.t))
    modulus, s, gamma = number(row.modulus, index), Fraction(row.s), Fraction(row.gamma)
    if row.update == "proximal":
        return -gamma / 2 * exact.step + gamma * p1 * exact.cross
    c = p1 * s - p2
    bracket = (s / t - Fraction(1, 2)) * exact.step - c * exact.cross
    return -modulus * (bracket - p2**2 / 2 * exact.inertia)
