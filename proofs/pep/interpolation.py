r"""What is known of H at u, û and u⁺, as polynomials for the kernel.

For H convex with 1-Lipschitz gradient (Nesterov 2004, Theorem 2.1.5), for points x_i, x_j,

    Q_ij = H_i − H_j − ⟨g_j, x_i − x_j⟩ − ½‖g_i − g_j‖² ≥ 0.

A vector is its coordinate, a polynomial in Δ_j, e_j and the coordinates of two gradients; its
inner products are the kernel's sums Σ_j(·).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations

from amverify.errors import InvalidInput
from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Poly, const, var

HALF = Fraction(1, 2)
COORDINATES = ("Delta_j", "e_j", "gu_j", "gp_j", "gh_j")
D, E, GU, GP, GH = (var(name) for name in COORDINATES)
HU, HH, HP = (var(name) for name in ("H_u", "H_hat", "H_next"))


@dataclass(frozen=True, order=True)
class Step:
    """Parameters of one step, L = 1.

    Raises:
        InvalidInput: unless s > 0 and t ≥ 1.
    """

    p1: Fraction
    p2: Fraction
    t: Fraction
    s: Fraction

    def __post_init__(self) -> None:
        if self.s <= 0 or self.t < 1:
            raise InvalidInput(f"s > 0 and t ≥ 1 are needed, not s = {self.s}, t = {self.t}")

    @property
    def coupling(self) -> Fraction:
        """c = p1 s − p2."""
        return self.p1 * self.s - self.p2

    @property
    def weight(self) -> Fraction:
        """δ of T2."""
        return self.s / self.t - HALF + self.p2**2 / 2

    @property
    def bound(self) -> Fraction:
        """T2's bound: ΔH + (δ/2)(‖e‖² − ‖Δ‖²) ≤ bound·(‖e‖² + ‖Δ‖²)."""
        return -(self.s / self.t - HALF - self.p2**2 / 2 - abs(self.coupling)) / 2


@dataclass(frozen=True)
class Point:
    """Where H is known: x − u, the gradient there, and H's value."""

    x: Poly
    g: Poly
    value: Poly


def points(step: Step) -> dict[str, Point]:
    """U, û and u⁺; where p2 = 0, û is u."""
    hat = const(step.s) * (const(step.p1) * D - const(1 / step.t) * E)
    if not step.p2:
        return {"u": Point(const(0), hat, HU), "+": Point(E, GP, HP)}
    return {
        "u": Point(const(0), GU, HU),
        "^": Point(const(step.p2) * D, hat, HH),
        "+": Point(E, GP, HP),
    }


def basis(step: Step) -> tuple[Poly, ...]:
    """The vectors of the Gram matrix."""
    return (D, E, GU, GP) if step.p2 else (D, E, GP)


def vector_part(i: Point, j: Point) -> Poly:
    """−g_j·(x_i − x_j) − ½(g_i − g_j)², for one coordinate."""
    gap = i.g - j.g
    return -j.g * (i.x - j.x) - const(HALF) * gap * gap


def inequalities(step: Step) -> Iterator[tuple[str, Relation, Poly, Poly]]:
    """Each Q_ij: its name, the relation, the coordinate's part, the values' part."""
    found = points(step)
    for a, b in permutations(found, 2):
        own, values = vector_part(found[a], found[b]), found[a].value - found[b].value
        yield a + b, Relation(values + summed(own), ">="), own, values


def summed(coordinate: Poly) -> Poly:
    """Σ_j of a coordinate's polynomial, in the kernel's symbols."""
    total = const(0)
    for m, c in coordinate.terms.items():
        own = Poly({tuple(f for f in m if f[0] in COORDINATES): Fraction(1)})
        shared = Poly({tuple(f for f in m if f[0] not in COORDINATES): c})
        total += shared * var(f"Σ_j({own})")
    return total


def claim(step: Step, delta: Fraction, omega: Fraction) -> tuple[Relation, Poly]:
    """ω(‖e‖² + ‖Δ‖²) − ΔH − (δ/2)(‖e‖² − ‖Δ‖²) ≥ 0, and its coordinate's part."""
    own = const(omega) * (E * E + D * D) - const(delta / 2) * (E * E - D * D)
    return Relation(summed(own) - (HP - HU), ">="), own
