"""A recorded sweep of the joint method once more, in exact rational arithmetic.

Every column of every row, and what its theorem says with ``execution`` alone: TM-Q (V), TM with R
convex (z_L) and TJ (y), each between the points as they are stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import flint

from amverify.methods.joint import JointState, JointTIAM
from amverify.methods.rows.metric.record import MetricRecord
from amverify.network.layered import LayeredProblem, Point
from amverify.record.exact.matrices import column, fraction, inner, matrix, rational
from support.problems import group, replicate
from support.records import exact_loss, number

Matrix = flint.fmpq_mat
Blocks = dict[tuple[str, int], Matrix]
HALF = Fraction(1, 2)
MEASURED = (
    "change", "step", "cross", "inertia", "metric_step", "metric_cross", "metric_inertia",
    "metric_before", "hessian_step", "hessian_cross", "bend", "model_gap", "second_step",
    "second_inertia", "second_norm", "residual", "second_residual", "norm",
)  # fmt: skip


def blocks(at: Point) -> Blocks:
    """All blocks of a point, exactly."""
    return {(k, i): matrix(u) for k in "Wbza" for i, u in enumerate(group(at, k), start=1)}


@dataclass
class Exactly:
    """The problem, and what is between two states of one replicate."""

    p: LayeredProblem
    method: JointTIAM

    def given(self, at: Blocks, layer: int) -> Matrix:
        return matrix(self.p.space.inputs) if layer == 1 else at["a", layer - 1]

    def gap(self, at: Blocks, layer: int) -> Matrix:
        """pre_l − z_l."""
        ones = column(self.p.samples)
        pre = self.given(at, layer) * at["W", layer].transpose() + ones * at["b", layer]
        return pre - at["z", layer]

    def parts(self, kind: str, layer: int) -> list[tuple[str, int]]:
        names = {"V": "Wb", "y": "za", "z": "z"}[kind]
        return [(name, layer) for name in names]

    def gradient(self, at: Blocks, kind: str, layer: int) -> list[Matrix]:
        """∇H in the block's parts."""
        rho = rational(self.p.rho)
        residual = self.gap(at, layer)
        if kind == "V":
            mu, mu_bias = rational(self.p.mu), rational(self.p.mu_bias)
            ones = column(self.p.samples)
            return [
                rho * residual.transpose() * self.given(at, layer) + mu * at["W", layer],
                rho * ones.transpose() * residual + mu_bias * at["b", layer],
            ]
        if kind == "z":
            return [-rho * residual]
        return [-rho * residual, rho * self.gap(at, layer + 1) * at["W", layer + 1]]

    def hessian(self, at: Blocks, kind: str, layer: int, d: list[Matrix]) -> list[Matrix]:
        """Qd."""
        rho = rational(self.p.rho)
        if kind == "V":
            ones, a = column(self.p.samples), self.given(at, layer)
            image = a * d[0].transpose() + ones * d[1]
            mu, mu_bias = rational(self.p.mu), rational(self.p.mu_bias)
            return [
                rho * image.transpose() * a + mu * d[0],
                rho * ones.transpose() * image + mu_bias * d[1],
            ]
        if kind == "z":
            return [rho * d[0]]
        w = at["W", layer + 1]
        return [rho * d[0], rho * d[1] * w.transpose() * w]


def dot(x: list[Matrix], y: list[Matrix]) -> Fraction:
    return sum((fraction(inner(u, v)) for u, v in zip(x, y, strict=True)), Fraction(0))


def plus(x: list[Matrix], factor: Fraction, y: list[Matrix]) -> list[Matrix]:
    scale = flint.fmpq(factor.numerator, factor.denominator)
    return [u + scale * v for u, v in zip(x, y, strict=True)]


class ExactRow:
    """One row: the columns, and the three theorems' excess."""

    def __init__(
        self, ex: Exactly, row: MetricRecord, at: Blocks, new: Blocks, moved: Blocks,
        end: Blocks, before: tuple[Blocks, Fraction] | None, kappa: Fraction, index: tuple[int, ...]
    ) -> None:  # fmt: skip
        self.ex, self.row, self.kappa = ex, row, kappa
        kind, layer = row.kind, row.layer
        names = ex.parts(kind, layer)
        u, v, d = ([x[name] for name in names] for x in (at, new, moved))
        e = plus(v, Fraction(-1), u)
        s, t, p1, p2 = (number(x, index) for x in (row.s, row.t, row.p1, row.p2))
        g, qe = ex.gradient(at, kind, layer), self.q(at, e)
        me, md = self.m(at, e), self.m(at, d)
        rest = Fraction(0)
        if kind == "z":
            rest = exact_loss(ex.p, _fractions(v[0])) - exact_loss(ex.p, _fractions(u[0]))
        self.step, self.cross, self.inertia = dot(e, e), dot(d, e), dot(d, d)
        self.metric_step, self.metric_cross = dot(e, me), dot(d, me)
        self.metric_inertia = dot(d, md)
        self.hessian_step, self.hessian_cross = dot(e, qe), dot(d, qe)
        bent = plus(e, -p2, d)
        self.bend = dot(bent, self.q(at, bent))
        self.change = dot(g, e) + HALF * self.hessian_step + rest
        fall = dot(g, e) + p2 * self.hessian_cross + s / (2 * t) * self.metric_step
        self.model_gap = -(fall - s * p1 * self.metric_cross + rest) / t
        self.metric_before = Fraction(0)
        if before is not None:
            earlier = ExactRow.__new__(ExactRow)
            earlier.ex, earlier.row, earlier.kappa = ex, row, before[1]
            self.metric_before = dot(d, earlier.m(before[0], d))
        second = [[w[1]] if len(w) > 1 else [] for w in (e, d, v)]
        self.second_step, self.second_inertia, self.second_norm = (dot(x, x) for x in second)
        self.norm = dot(v, v)
        w = self.w(at, end, e, d, s, t, p1, p2)
        self.residual = dot(w[:1], w[:1])
        self.second_residual = dot(w[1:], w[1:])
        c = p1 * s - p2
        alpha = (s - 1) / 2 if kind == "y" else s / t - HALF
        bound = alpha * self.metric_step - c * self.metric_cross
        self.excess = self.change + bound - HALF * p2**2 * self.metric_inertia
        self.without_c = self.excess + c * self.metric_cross

    def q(self, at: Blocks, d: list[Matrix]) -> list[Matrix]:
        return self.ex.hessian(at, self.row.kind, self.row.layer, d)

    def m(self, at: Blocks, d: list[Matrix]) -> list[Matrix]:
        if self.row.kind != "y":
            return self.q(at, d)
        kappa = flint.fmpq(self.kappa.numerator, self.kappa.denominator)
        return [rational(self.ex.p.rho) * d[0], kappa * d[1]]

    def w(self, at, end, e, d, s, t, p1, p2) -> list[Matrix]:
        kind, layer = self.row.kind, self.row.layer
        last = self.ex.gradient(end, kind, layer)
        if kind == "V":
            return last
        moved = plus(plus([0 * x for x in e], 1 / t, e), -p1, d)
        w = plus(last, Fraction(-1), self.ex.gradient(at, kind, layer))
        return plus(plus(w, -p2, self.q(at, d)), -s, self.m(at, moved))


def _fractions(u: Matrix) -> list[list[Fraction]]:
    return [[fraction(x) for x in row] for row in u.tolist()]


@dataclass
class Watch:
    """Follows a run, sweep by sweep, and checks every row."""

    p: LayeredProblem
    method: JointTIAM
    index: tuple[int, ...] = ()
    last: dict[tuple[str, int], tuple[Blocks, Fraction]] | None = None
    tightest: dict[str, list[float]] | None = None

    def sweep(self, before: JointState, after: JointState) -> None:
        """Every measured number within its bound; the theorems with ``execution`` alone.

        A first sweep that is not the run's own is not checked: it gives the next one its metric.
        """
        start, moved, end = (
            blocks(replicate(x, self.index) if self.index else x)
            for x in (before.point, before.displacement, after.point)
        )
        at, kept = dict(start), {}
        ex = Exactly(self.p, self.method)
        shrunk = before.sweep > 0 and self.p.coupling.at(before.sweep) != self.p.coupling.at(
            before.sweep + 1
        )
        for row in after.records:
            key = row.kind, row.layer
            new = dict(at)
            for name in ex.parts(*key):
                new[name] = end[name]
            kappa = self.kappa(row)
            if self.last is not None or not before.sweep:
                earlier = None if self.last is None else self.last[key]
                exact = ExactRow(ex, row, at, new, moved, end, earlier, kappa, self.index)
                self.check(row, exact, shrunk and row.kind == "y")
            kept[key] = (dict(at), kappa)
            at = new
        self.last = kept

    def kappa(self, row: MetricRecord) -> Fraction:
        """κ, which floor and ceiling tell: min and max of it and ρ."""
        if row.kind != "y":
            return Fraction(0)
        low, high = number(row.floor, self.index), number(row.ceiling, self.index)
        return low if low != Fraction(self.p.rho) else high

    def check(self, row: MetricRecord, exact: ExactRow, shrunk: bool) -> None:
        where = f"{row.kind}_{row.layer}"
        for name in MEASURED:
            computed, bound = (number(getattr(row, n), self.index) for n in (name, f"{name}_error"))
            off = abs(computed - getattr(exact, name))
            assert off <= bound, f"{name} of {where}: off by {float(off):.3e} > {float(bound):.3e}"
            if self.tightest is not None and bound:
                self.tightest.setdefault(f"{row.kind} {name}", []).append(float(off / bound))
        assert exact.norm <= number(row.norm, self.index)
        if shrunk:
            return
        allowed = number(row.execution, self.index)
        for excess in (exact.excess, exact.without_c) if row.kind == "y" else (exact.excess,):
            assert excess <= allowed, f"{where}: {float(excess):.3e} > {float(allowed):.3e}"
            if self.tightest is not None and allowed:
                self.tightest.setdefault(f"{row.kind} execution", []).append(
                    float(excess / allowed)
                )
        if row.kind == "V":
            assert abs(exact.excess) <= allowed, f"{where}: TM-Q {float(exact.excess):.3e}"
