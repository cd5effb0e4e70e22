r"""The quadratic forms of a step in a block's own metric: ΔF, lengths, the model's fall.

| block | Q | M | lines ℓ(u) with their weights in Q, in M |
|---|---|---|---|
| V_l = [W, b] | ρ[A 1]ᵀ[A 1] + diag(μ, μ_b) | Q | W: μ, μ · b: μ_b, μ_b · AWᵀ + 1b: ρ, ρ |
| y_l = (z, a) | ρ for z, ρWᵀW for a | diag(ρ, κ) | z: ρ, ρ · a: 0, κ · aWᵀ: ρ, 0 |
| z_L | ρ | ρ | z: ρ, ρ |

With s = 1 for V and z_L, u⁺ = u + e/t and t = 1 elsewhere, the step's own model falls by

    gap = m(u) − m(u⁺) = −[⟨∇H(u), e⟩ + p2⟨Δ, Qe⟩ + (s/2t)‖e‖²_M − sp1⟨Δ, e⟩_M + R's change]/t.
"""

from __future__ import annotations

import math

from amverify.methods.rows.bounds import rest_error
from amverify.methods.rows.metric.numbers import MetricFacts, Numbers
from amverify.methods.rows.metric.quadratic import Line, Measured, form, lesser, total
from amverify.methods.rows.record import smallest
from amverify.network.scalars import Scalar, root
from amverify.numbers.roundoff import U, gamma


class Forms:
    """The forms of one row.

    ``hessian`` and ``metric`` weigh the ``lines`` in Q and in M; ``step``, ``cross`` and
    ``inertia`` are ‖e‖², ⟨Δ, e⟩ and ‖Δ‖² in both, ``slope`` is ⟨∇H(u), e⟩.
    """

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
