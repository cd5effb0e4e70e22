r"""Numbers with bounds on their errors, and the products of one step that a quadratic is made of.

A block's part of F, and its metric, are sums of terms (w/2)‖ℓ(u) + …‖² with linear ℓ. Along a step
e from u, with Δ and the slope r of the term at u, all that either needs of a term are

    ‖x‖², ⟨r, x⟩, ⟨d, x⟩, ‖d‖²        x = ℓ(e),  d = ℓ(Δ)

which are accumulated in float64 from tensors x̂, r̂, d̂ that are off by ``off_x``, ``off_r``,
``off_d`` in norm. By Cauchy and Schwarz, γ for sums of ``entries`` products in float64,

    |⟨r̂, x̂⟩ − ⟨r, x⟩| ≤ ‖r̂‖·off_x + off_r(‖x̂‖ + off_x) + γ‖r̂‖‖x̂‖

and so on; ‖r̂‖ may be a bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from amverify.network.scalars import Scalar, absolute, root
from amverify.numbers.roundoff import U, gamma


class Measured(NamedTuple):
    """A number, and a bound on its error."""

    value: Scalar
    error: Scalar = 0.0

    def times(self, factor: Scalar) -> Measured:
        """By an exact factor."""
        return Measured(factor * self.value, absolute(factor) * self.error)

    @property
    def most(self) -> Scalar:
        """What it is at most."""
        return self.value + self.error


def total(terms: Iterable[Measured]) -> Measured:
    """Σ, with the rounding of the sum and of the products that its terms are."""
    value: Scalar = 0.0
    error: Scalar = 0.0
    spread: Scalar = 0.0
    for term in terms:
        value, error = value + term.value, error + term.error
        spread = spread + absolute(term.value)
    return Measured(value, error + gamma(16, U) * spread)


def lesser(x: Scalar, y: Scalar) -> Scalar:
    """The smaller one, replicate by replicate."""
    if isinstance(x, Tensor) or isinstance(y, Tensor):
        one, other = (torch.as_tensor(v, dtype=torch.float64) for v in (x, y))
        return torch.minimum(one, other.to(one.device))
    return min(x, y)


def positive(x: Scalar) -> Scalar:
    """max(x, 0)."""
    return x.clamp(min=0) if isinstance(x, Tensor) else max(x, 0.0)


class Line(NamedTuple):
    """One term of a quadratic along a step: see the module."""

    square: Scalar
    along: Scalar
    cross: Scalar
    past: Scalar
    slope: Scalar
    off_x: Scalar
    off_r: Scalar
    off_d: Scalar
    entries: int
    tiny: Scalar

    def squared(self) -> Measured:
        """‖x‖²."""
        return self._of(self.square, root(self.square), self.off_x)

    def before(self) -> Measured:
        """‖d‖²."""
        return self._of(self.past, root(self.past), self.off_d)

    def crossed(self) -> Measured:
        """⟨d, x⟩."""
        return self._product(self.cross, root(self.past), self.off_d)

    def sloped(self) -> Measured:
        """⟨r, x⟩."""
        return self._product(self.along, self.slope, self.off_r)

    def _of(self, square: Scalar, norm: Scalar, off: Scalar) -> Measured:
        summed = gamma(self.entries + 4, U) * square
        return Measured(square, (2 * norm + off) * off + summed + self.tiny)

    def _product(self, value: Scalar, other: Scalar, off: Scalar) -> Measured:
        x = root(self.square)
        error = other * self.off_x + off * (x + self.off_x)
        return Measured(value, error + gamma(self.entries + 4, U) * other * x + self.tiny)


def form(weights: Sequence[Scalar], terms: Iterable[Measured]) -> Measured:
    """Σ w_j·term_j; what has no weight is not looked at."""
    kept = ((w, term) for w, term in zip(weights, terms, strict=True) if isinstance(w, Tensor) or w)
    return total(term.times(w) for w, term in kept)
