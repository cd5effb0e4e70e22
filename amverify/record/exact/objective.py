r"""F's terms around one block of the layered objective, in rational arithmetic.

    φ_l       = (ρ/2)‖z_l − a_{l−1}W_lᵀ − 1b_lᵀ‖²
    block     terms of F that it stands in
    W_l       φ_l + (μ/2)‖W_l‖²
    b_l       φ_l
    z_l       φ_l + (ν/2)‖a_l − h(z_l)‖²        (l < L; z_L: φ_L + R)
    a_l       φ_{l+1} + (ν/2)‖a_l − h(z_l)‖²

(ν with a penalty only.) A block's change of F is the difference of these terms at its new and its
old value: nothing cancels in exact arithmetic, so no difference form is needed, and none of
those that the sweep uses is used here. A penalty's h is piecewise linear: on each piece
h(z) = kz + m, with the floats k and m that the activation has.

**R.** Squared error is rational. Softmax cross-entropy Σ_n (⟨1, y_n⟩ logsumexp(z_n) − ⟨y_n, z_n⟩)
and the logistic loss Σ log(1 + eᶻ) − yz have a rational part and one of exp and log, which is
enclosed by Arb. Targets are the floats that the problem holds, their sum perhaps not quite 1.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import flint

from amverify.errors import InvalidInput
from amverify.network.coupling import Penalty
from amverify.network.layered import LayeredProblem
from amverify.numbers.exact import Real, added
from amverify.record.exact.matrices import column, fraction, inner, matrix, rational, square, total

HALF = flint.fmpq(1, 2)


Blocks = Callable[[str, int], flint.fmpq_mat]
"""A point: (kind, layer) → the block as an exact matrix."""


class Objective:
    """F of a problem, exactly, as it looks from each block.

    Raises:
        InvalidInput: for a loss of which no exact value is known.
    """

    def __init__(self, problem: LayeredProblem) -> None:
        self.problem, self.layers = problem, problem.layers
        self.rho, self.mu = rational(problem.rho), rational(problem.mu)
        coupling = problem.coupling
        self.nu = rational(coupling.nu) if isinstance(coupling, Penalty) else flint.fmpq(0)
        self.inputs = matrix(problem.space.inputs)
        self.target = matrix(problem.target)
        self.ones = column(problem.samples)
        if problem.loss.name not in _CHANGES:
            raise InvalidInput(
                f"loss {problem.loss.name}: exact values are known of {', '.join(_CHANGES)}"
            )

    def change(self, kind: str, layer: int, at: Blocks, new: flint.fmpq_mat) -> Real:
        """F's change when one block of a point becomes ``new``."""

        def moved(other: str, place: int) -> flint.fmpq_mat:
            return new if (other, place) == (kind, layer) else at(other, place)

        smooth = fraction(self._terms(kind, layer, moved) - self._terms(kind, layer, at))
        if (kind, layer) != ("z", self.layers):
            return smooth
        old = at(kind, layer)
        if old == new:
            return smooth
        return added(smooth, _CHANGES[self.problem.loss.name](old, new, self.target))

    def bend(self, kind: str, layer: int, at: Blocks, d: flint.fmpq_mat) -> Fraction:
        """⟨d, ∇²H d⟩ = w‖Ad‖² + m‖d‖² (for z_l under a penalty ρ‖d‖², φ's part alone)."""
        if kind == "W":
            image = self._given(layer, at) * d.transpose()
            return fraction(self.rho * square(image) + self.mu * square(d))
        if kind == "a":
            image = d * at("W", layer + 1).transpose()
            return fraction(self.rho * square(image) + self.nu * square(d))
        weight = self.rho * (self.problem.samples if kind == "b" else 1)
        return fraction(weight * square(d))

    def _terms(self, kind: str, layer: int, at: Blocks) -> flint.fmpq:
        """The terms that a block stands in, R excepted."""
        value = self._fit(layer + 1 if kind == "a" else layer, at)
        if kind == "W":
            value += HALF * self.mu * square(at("W", layer))
        if self.nu and kind in "za" and layer < self.layers:
            value += HALF * self.nu * self._gap(layer, at)
        return value

    def _given(self, layer: int, at: Blocks) -> flint.fmpq_mat:
        """a_{l−1}."""
        return self.inputs if layer == 1 else at("a", layer - 1)

    def _fit(self, layer: int, at: Blocks) -> flint.fmpq:
        """φ_l."""
        affine = self._given(layer, at) * at("W", layer).transpose() + self.ones * at("b", layer)
        return HALF * self.rho * square(at("z", layer) - affine)

    def _gap(self, layer: int, at: Blocks) -> flint.fmpq:
        """‖a_l − h(z_l)‖²."""
        pairs = zip(at("a", layer).entries(), at("z", layer).entries(), strict=True)
        return total((a - self._activated(z)) ** 2 for a, z in pairs)

    def _activated(self, z: flint.fmpq) -> flint.fmpq:
        """h(z)."""
        for piece in self.problem.activation.pieces:
            if piece.upper == float("inf") or z <= rational(piece.upper):
                return rational(piece.slope) * z + rational(piece.intercept)
        raise AssertionError("the pieces of an activation cover the line")


Change = Callable[[flint.fmpq_mat, flint.fmpq_mat, flint.fmpq_mat], Real]


def _squared_error(old: flint.fmpq_mat, new: flint.fmpq_mat, target: flint.fmpq_mat) -> Real:
    return fraction(HALF * (square(new - target) - square(old - target)))


def _cross_entropy(old: flint.fmpq_mat, new: flint.fmpq_mat, target: flint.fmpq_mat) -> Real:
    masses = [total(row) for row in target.tolist()]

    def spread(z: flint.fmpq_mat) -> flint.arb:
        found = flint.arb(0)
        for mass, row in zip(masses, z.tolist(), strict=True):
            top = max(row)
            terms = (flint.arb(x - top).exp() for x in row)
            found += mass * (top + sum(terms, flint.arb(0)).log())
        return found

    linear = -fraction(inner(target, new - old))
    return added(linear, lambda: spread(new) - spread(old))


def _logistic(old: flint.fmpq_mat, new: flint.fmpq_mat, target: flint.fmpq_mat) -> Real:
    def softplus(z: flint.fmpq_mat) -> flint.arb:
        terms = (max(x, flint.fmpq(0)) + flint.arb(-abs(x)).exp().log1p() for x in z.entries())
        return sum(terms, flint.arb(0))

    linear = -fraction(inner(target, new - old))
    return added(linear, lambda: softplus(new) - softplus(old))


_CHANGES: dict[str, Change] = {
    "squared_error": _squared_error,
    "cross_entropy": _cross_entropy,
    "logistic": _logistic,
}
