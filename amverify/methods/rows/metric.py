r"""The rows of blocks that step in a metric of their own, from what their sweep measured.

| block | Q | M | lines ℓ(u) with their weights in Q, in M |
|---|---|---|---|
| V_l = [W, b] | ρ[A 1]ᵀ[A 1] + diag(μ, μ_b) | Q | W: μ, μ · b: μ_b, μ_b · AWᵀ + 1b: ρ, ρ |
| y_l = (z, a) | ρ for z, ρWᵀW for a | diag(ρ, κ) | z: ρ, ρ · a: 0, κ · aWᵀ: ρ, 0 |
| z_L | ρ | ρ | z: ρ, ρ |

With s = 1 for V and z_L, u⁺ = u + e/t and t = 1 elsewhere, the step's own model falls by

    gap = m(u) − m(u⁺) = −[⟨∇H(u), e⟩ + p2⟨Δ, Qe⟩ + (s/2t)‖e‖²_M − sp1⟨Δ, e⟩_M + R's change]/t.

**Execution**, by how much rounding of the step can make its theorem fail in exact arithmetic.

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

**Residuals** are those of w = ∇_iH(x^{k+1}) − ∇_iH(û_i) − sM(u⁺ − ũ), ∇_iH(û_i) with the others as
they were when i moved; for V the gradient at x^{k+1}. w ∈ ∂F(x^{k+1}) for the exact step; what
z_L's q adds is in the bound, and so is what (z, a) lacks of a minimiser. There an entry is off by
rounding of its formula, which costs s(ρδc + κδd + (ρ + κ)(1 + Lip²)γ·size). One that stayed because
its model would not fall, as computed, may yet be above the least model by

    η ≤ γ[2m + √(2m)(√ρ|z| + √κ|a|)],   m its model;

on a piece of h the model's curvature is at most K = (ρ + κ)(1 + Lip²), so what is left of a
gradient is at most s√(2Kη): a square root of the roundoff, the floor of w.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

from amverify.methods.rows.bounds import prox_error, rest_error
from amverify.methods.rows.metric_record import MetricRecord
from amverify.methods.rows.quadratic import Line, Measured, form, lesser, positive, total
from amverify.methods.rows.record import smallest
from amverify.network.layered import LayeredProblem
from amverify.network.scalars import Scalar, absolute, root
from amverify.numbers.roundoff import U, gamma


class MetricFacts(NamedTuple):
    """What the rows of a block have in common from sweep to sweep.

    ``counts`` are the entries of its lines, ``columns`` and ``rows`` the lengths of the sums that
    the last line and its adjoint take, ``weight`` is δ.
    """

    kind: str
    layer: int
    s: float
    weight: float
    counts: tuple[int, int, int]
    columns: int
    rows: int
    unit: float
    problem: LayeredProblem


class Part(NamedTuple):
    """What is summed of one part, u_1 or u_2: ‖e‖², ⟨Δ, e⟩, ‖Δ‖², ⟨r, e⟩, ‖r‖² and ‖u^{k+1}‖²."""

    step: Scalar = 0.0
    cross: Scalar = 0.0
    inertia: Scalar = 0.0
    along: Scalar = 0.0
    slope: Scalar = 0.0
    norm: Scalar = 0.0


class Image(NamedTuple):
    """The same of ℓ_3(e), ℓ_3(Δ) and the residual there."""

    step: Scalar = 0.0
    cross: Scalar = 0.0
    inertia: Scalar = 0.0
    along: Scalar = 0.0
    slope: Scalar = 0.0


class Around(NamedTuple):
    """Norms around the block, from which bounds are made.

    ``operator`` is ‖ℓ_3‖ as a Frobenius norm (without V's column of ones), ``first`` and ``third``
    are S of the residuals in lines 1 and 3, ``old_one`` and ``old_two`` are ‖u^k‖ of the parts.
    """

    operator: Scalar = 0.0
    first: Scalar = 0.0
    third: Scalar = 0.0
    old_one: Scalar = 0.0
    old_two: Scalar = 0.0


class Used(NamedTuple):
    """What the step was made with, and what else was measured of it.

    ``last_image``, ``last_operator`` and ``last_kappa`` are the last step's ‖ℓ_3(e)‖², ‖ℓ_3‖ and κ.
    ``compared`` is Σ model(u) over the entries that moved, ``stayed`` over the others, ``left``
    ‖q‖ of z_L, ``steep`` a bound on the error of the gradient in a, over ρ; ``rest`` R's change.
    """

    kappa: Scalar = 0.0
    p1: Scalar = 0.0
    p2: Scalar = 0.0
    t: Scalar = 1.0
    last_image: Scalar = 0.0
    last_operator: Scalar = 0.0
    last_kappa: Scalar = 0.0
    compared: Scalar = 0.0
    stayed: Scalar = 0.0
    left: Scalar = 0.0
    steep: Scalar = 0.0
    rest: Scalar = 0.0


class Ended(NamedTuple):
    """‖w‖² of the parts, and bounds on the errors of the computed w in norm."""

    first: Scalar = 0.0
    second: Scalar = 0.0
    off_first: Scalar = 0.0
    off_second: Scalar = 0.0


class Numbers(NamedTuple):
    """All that differs from row to row."""

    one: Part
    two: Part
    image: Image
    around: Around
    used: Used
    ended: Ended

    def flat(self) -> tuple[Scalar, ...]:
        """One after the other."""
        return tuple(chain.from_iterable(self))

    @staticmethod
    def restored(numbers: Sequence[Scalar]) -> Numbers:
        """The same of numbers, or of stacks of them."""
        left = iter(numbers)
        kinds = (Part, Part, Image, Around, Used, Ended)
        parts: list[Any] = [kind._make(islice(left, len(kind._fields))) for kind in kinds]
        return Numbers(*parts)


class Row(NamedTuple):
    """One block's step, measured but not yet bounded; see ``written.Written``."""

    facts: MetricFacts
    values: tuple[Scalar, ...]

    @property
    def kind(self) -> str:
        """V, y or z."""
        return self.facts.kind

    @property
    def layer(self) -> int:
        """Its layer."""
        return self.facts.layer

    @property
    def step(self) -> Scalar:
        """‖e‖²."""
        return self.values[0] + self.values[6]

    @property
    def norm(self) -> Scalar:
        """‖u^{k+1}‖²."""
        return self.values[5] + self.values[11]

    @property
    def key(self) -> tuple[object, ...]:
        """Rows with equal keys may be stacked."""
        return self.facts[:-1]

    def numbers(self) -> tuple[Scalar, ...]:
        """What differs from row to row."""
        return self.values

    def restored(self, numbers: Sequence[Scalar]) -> Row:
        """A row of the same facts with other numbers, each perhaps a stack of many rows'."""
        return Row(self.facts, tuple(numbers))

    def finished(self) -> MetricRecord:
        """The record, with its bounds."""
        return _Finished(self.facts, Numbers.restored(self.values)).record()


class _Finished:
    """The forms of a row, as its bounds are made."""

    def __init__(self, facts: MetricFacts, numbers: Numbers) -> None:
        self.facts, self.n = facts, numbers
        problem, kind = facts.problem, facts.kind
        rho, used = problem.rho, numbers.used
        self.hessian: tuple[Scalar, ...] = (problem.mu, problem.mu_bias, rho)
        self.metric: tuple[Scalar, ...] = self.hessian
        if kind == "y":
            self.hessian, self.metric = (rho, 0.0, rho), (rho, used.kappa, 0.0)
        elif kind == "z":
            self.hessian = self.metric = (rho, 0.0, 0.0)
        self.lines = self._lines(numbers.around.operator)
        self.step, self.cross, self.inertia = (
            (form(self.hessian, terms), form(self.metric, terms))
            for terms in (
                [line.squared() for line in self.lines],
                [line.crossed() for line in self.lines],
                [line.before() for line in self.lines],
            )
        )
        self.slope = form(self.hessian, [line.sloped() for line in self.lines])
        self.rest = self._rest()

    def _lines(self, operator: Scalar) -> tuple[Line, Line, Line]:
        """ℓ_1, ℓ_2, ℓ_3 of this step."""
        f, (one, two, image, around, _, _) = self.facts, self.n
        u, tiny = f.unit, smallest(f.problem.dtype) * (1 + operator)
        off_r = gamma(f.columns, u) * around.first if f.kind != "V" else 0.0
        first = Line(one.step, one.along, one.cross, one.inertia, root(one.slope),
                     gamma(2, u) * root(one.step), off_r, 0.0, f.counts[0], tiny)  # fmt: skip
        second = Line(two.step, two.along, two.cross, two.inertia, root(two.slope),
                      gamma(2, u) * root(two.step), 0.0, 0.0, f.counts[1], tiny)  # fmt: skip
        slope = root(image.slope) * (1 + gamma(f.counts[2] + 4, u))
        third = Line(image.step, image.along, image.cross, image.inertia, slope,
                     self._reach(operator, root(one.step), root(two.step)),
                     gamma(f.columns, u) * around.third,
                     self._reach(operator, root(one.inertia), root(two.inertia)),
                     f.counts[2], tiny)  # fmt: skip
        return first, second, third

    def _reach(self, operator: Scalar, one: Scalar, two: Scalar) -> Scalar:
        """A bound on the error of ℓ_3 of a step whose parts have these norms."""
        across = math.sqrt(self.facts.problem.samples)
        size = operator * two if self.facts.kind == "y" else operator * one + across * two
        return gamma(self.facts.columns, self.facts.unit) * size

    def _rest(self) -> Measured:
        """R's change."""
        f, around = self.facts, self.n.around
        if f.kind != "z":
            return Measured(0.0)
        size, moved = around.old_one, root(self.n.one.step)
        return Measured(self.n.used.rest, rest_error(f.problem, size, size + moved, U))

    def change(self) -> Measured:
        """ΔF by the difference form."""
        return total((self.slope, self.step[0].times(0.5), self.rest))

    def before(self) -> Measured:
        """‖Δ‖² in the metric of the step that made it."""
        used = self.n.used
        one, two, third = self.lines
        metric = self.metric
        if self.facts.kind == "y":
            metric = (metric[0], used.last_kappa, metric[2])
        off = self._reach(used.last_operator, root(one.past), root(two.past))
        earlier = third._replace(past=used.last_image, off_d=off)
        return form(metric, [one.before(), two.before(), earlier.before()])

    def bend(self) -> Measured:
        """⟨d, Qd⟩, d = e − p2Δ."""
        p2 = self.n.used.p2
        return total((self.step[0], self.cross[0].times(-2 * p2), self.inertia[0].times(p2 * p2)))

    def gap(self) -> Measured:
        """By how much the step's model falls."""
        used, s = self.n.used, self.facts.s
        fall = total(
            (
                self.slope,
                self.cross[0].times(used.p2),
                self.step[1].times(0.5 * s / used.t),
                self.cross[1].times(-s * used.p1),
                self.rest,
            )
        )
        return fall.times(-1 / used.t)

    def execution(self) -> Scalar:
        """What rounding of the step can add to its theorem's left-hand side."""
        kind = self.facts.kind
        if kind == "V":
            return self._solved()
        return self._compared() if kind == "y" else self._mapped()

    def _solved(self) -> Scalar:
        """|⟨q, e⟩| of V."""
        f, used = self.facts, self.n.used
        parts = (self.slope, self.step[1].times(1 / used.t), self.cross[1].times(-used.p1))
        found = total(parts)
        one, two = self.n.one, self.n.two
        e, d = root(one.step + two.step), root(one.inertia + two.inertia)
        about = e / used.t + absolute(used.p1) * d
        u = f.unit
        size = root(self.n.around.old_one**2 + self.n.around.old_two**2)
        end = gamma(8, u) * (size + e + about)
        left = self._slope_error() + self._factor_error() * (about + end) + self.ceiling() * end
        return lesser(absolute(found.value) + found.error, left * e)

    def _slope_error(self) -> Scalar:
        """ε_g: that of V's computed gradient."""
        f, third, around = self.facts, self.lines[2], self.n.around
        across = around.operator + math.sqrt(f.problem.samples)
        summed = gamma(f.rows, f.unit) * (third.slope + third.off_r) + third.off_r
        ridges = f.problem.mu * around.old_one + f.problem.mu_bias * around.old_two
        return f.problem.rho * across * summed + gamma(6, f.unit) * ridges

    def _factor_error(self) -> Scalar:
        """ε_Q: that of V's Gram matrix and of its factor."""
        f, problem, n = self.facts, self.facts.problem, self.facts.columns
        trace = self.ceiling() + n * problem.mu + problem.mu_bias
        return (gamma(f.rows, f.unit) + gamma(4 * n + 40, f.unit)) * trace

    def _compared(self) -> Scalar:
        """−gap of y, where it is positive, but no more than rounding can make it."""
        f, (one, two, _, _, used, _), rho = self.facts, self.n, self.facts.problem.rho
        s, u, p2 = f.s, f.unit, used.p2
        off_c, off_d = self._centres()
        paid = s * (rho * root(one.step) * off_c + used.kappa * root(two.step) * off_d)
        paid = paid + 2 * s * gamma(12, u) * (1 + gamma(f.counts[0] + 4, u)) * used.compared
        rounded = 4 * U * p2 * root(self.inertia[1].most * self.step[1].most)
        gap = self.gap()
        return lesser(positive(gap.error - gap.value), paid) + rounded

    def _centres(self) -> tuple[Scalar, Scalar]:
        """δc and δd: how far the computed centres of y's entries are off."""
        f, (one, two, _, around, used, _), few = self.facts, self.n, gamma(12, self.facts.unit)
        z, a = (root(part.inertia) for part in (one, two))
        size = around.old_one + 2 * used.p2 * z + root(one.slope)
        steep = f.problem.rho * used.steep / (f.s * used.kappa)
        return few * size + self.lines[0].off_r / f.s, few * (around.old_two + used.p2 * a) + steep

    def _missed(self) -> Scalar:
        """How far w of y can be from ∂F(x^{k+1}), its entries being minimisers to rounding only."""
        f, (one, two, _, around, used, _), rho = self.facts, self.n, self.facts.problem.rho
        few, kappa, off = gamma(12, f.unit), used.kappa, self._centres()
        z, a = around.old_one + root(one.step), around.old_two + root(two.step)
        steep = (rho + kappa) * (1 + f.problem.activation.lipschitz**2)
        total = used.compared + used.stayed
        size = z + a + root(2 * total / rho) + root(2 * total / kappa)
        slack = 2 * used.stayed + root(2 * used.stayed) * (math.sqrt(rho) * z + root(kappa) * a)
        moved = rho * off[0] + kappa * off[1] + steep * few * size
        return f.s * (moved + root(2 * steep * few * slack))

    def _mapped(self) -> Scalar:
        """‖q‖‖e‖ of z_L."""
        f, problem, one = self.facts, self.facts.problem, self.n.one
        e = root(one.step)
        size = self.n.around.old_one + e + self.n.around.first
        moved = absolute(self.n.used.p1) * root(one.inertia)
        off = prox_error(problem, size + moved, problem.rho)
        most = (problem.loss.gradient_lipschitz + problem.rho) * off
        most = most + problem.rho * (self.lines[0].off_r + gamma(8, f.unit) * (size + moved))
        return lesser(self._left(), most) * e

    def _left(self) -> Scalar:
        """A bound on z_L's ‖q‖, which was measured in float64 but for what pre is off."""
        f, (one, _, _, around, used, _) = self.facts, self.n
        n, outputs = f.problem.target.shape
        summed = gamma(8 * outputs + 40, U) * (4 * (around.old_one + root(one.step)) + n * outputs)
        return used.left + f.problem.rho * self.lines[0].off_r + summed

    def ceiling(self) -> Scalar:
        """Λ: M ⪯ ΛI."""
        f, problem, operator = self.facts, self.facts.problem, self.n.around.operator
        if f.kind == "V":
            gram = problem.rho * (operator * operator + problem.samples)
            return (gram + max(problem.mu, problem.mu_bias)) * (1 + gamma(f.counts[2] + 20, U))
        if f.kind == "z":
            return problem.rho
        return -lesser(-problem.rho, -self.n.used.kappa)

    def floor(self) -> Scalar:
        """λ: M ⪰ λI."""
        problem = self.facts.problem
        if self.facts.kind == "V":
            return min(problem.mu, problem.mu_bias)
        return problem.rho if self.facts.kind == "z" else lesser(problem.rho, self.n.used.kappa)

    def residuals(self) -> tuple[Measured, Measured]:
        """‖w‖² of the parts."""
        f, ended, used = self.facts, self.n.ended, self.n.used
        first: Scalar = ended.first
        off: Scalar = ended.off_first
        size: Scalar
        if f.kind == "y":  # w_z = −ρ(s − 1)e_z, up to the rounding of p1
            size = f.problem.rho * (f.s - 1)
            first = size * size * self.n.one.step
            off = gamma(6, f.unit) * root(first)
            off = off + 4 * U * f.problem.rho * used.p2 * root(self.n.one.inertia)
            off = off + self._missed()
        elif f.kind == "z":  # w = ρcΔ, and the residual of the map
            size = f.problem.rho * used.p1
            first = size * size * self.n.one.inertia
            off = self._left() + gamma(4, f.unit) * root(first)
        behind = ended.off_second + (self._missed() if f.kind == "y" else 0.0)
        return _squared(first, off, f.counts[0]), _squared(ended.second, behind, f.counts[1])

    def record(self) -> MetricRecord:
        """All columns."""
        f, (one, two, _, _, used, _) = self.facts, self.n
        first, second = self.lines[:2]
        squares, crosses, pasts = (
            (getattr(first, name)(), getattr(second, name)())
            for name in ("squared", "crossed", "before")
        )
        norm = Measured(one.norm + two.norm)
        summed = gamma(max(f.counts) + 4, f.unit)
        measured = {
            "change": self.change(),
            "step": total(squares),
            "cross": total(crosses),
            "inertia": total(pasts),
            "bend": self.bend(),
            "norm": Measured(norm.value * (1 + summed), 2 * summed * norm.value),
            "metric_step": self.step[1],
            "metric_cross": self.cross[1],
            "metric_inertia": self.inertia[1],
            "metric_before": self.before(),
            "hessian_step": self.step[0],
            "hessian_cross": self.cross[0],
            "model_gap": self.gap(),
            "second_step": squares[1],
            "second_inertia": pasts[1],
            "second_norm": Measured(two.norm, summed * two.norm),
            "residual": self.residuals()[0],
            "second_residual": self.residuals()[1],
        }
        columns: dict[str, Any] = {name: number.value for name, number in measured.items()}
        columns |= {f"{name}_error": number.error for name, number in measured.items()}
        return MetricRecord(
            f.kind,
            f.layer,
            "joint" if f.kind == "y" else "metric",
            **columns,
            execution=self.execution(),
            s=f.s,
            t=used.t,
            p1=used.p1,
            p2=used.p2,
            delta=f.weight,
            delta_next=f.weight,
            floor=self.floor(),
            ceiling=self.ceiling(),
        )


def _squared(square: Scalar, off: Scalar, count: int) -> Measured:
    """‖w‖² from the sum over a ŵ that is off by so much."""
    return Measured(square, (2 * root(square) + off) * off + gamma(count + 4, U) * square)
