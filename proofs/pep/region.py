r"""A family of descent inequalities, and a region larger than T2's where p1 s < p2.

For H convex with 1-Lipschitz gradient, 0 < z ≤ 1 and k = z(2 − z),

    ΔH ≤ ⟨∇H(û), e⟩ + (1/2k)‖e − z p2 Δ‖².                                   (D_z)

z = 1 is T1's inequality. *Proof*: with g = ∇H(u), ĝ = ∇H(û), g₊ = ∇H(u⁺) and the interpolation
inequalities of ``interpolation.py``,

    2k·(right − left) = 2k(z Q_{u,û} + (1 − z) Q_{u,+} + z Q_{û,+})
                        + k‖g − zĝ − (1 − z)g₊‖² + ‖k(g₊ − ĝ) − (e − z p2 Δ)‖².

With ⟨ĝ, e⟩ ≤ −(s/t)‖e‖² + s p1⟨Δ, e⟩, as in T1, the weight δ_z = s/t − 1/2k + z²p2²/2k leaves

    ΔF + (δ_z/2)(‖e‖² − ‖Δ‖²) ≤ −½(q_z − |c_z|)(‖e‖² + ‖Δ‖²),
    q_z = s/t − (1 + z²p2²)/2k,    c_z = p1 s − z p2/k,

a decrease if q_z > |c_z|. For p2 ≥ 0 and c = p1 s − p2 ≤ −p2²/(1 + 2p2), z = 1/(1 + p2) gives
q_z − |c_z| = s/t − ½ − |c|: the term p2² of T2's region is not needed there, and no weight does
better: H = ½‖·‖², e = −Δ. Unlike T1, (D_z) needs H smooth in the whole space, not on the segment.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from proofs.kernel import checker
from proofs.kernel.atoms import atom
from proofs.kernel.checker import Proved, Relation
from proofs.kernel.polynomial import const, var
from proofs.kernel.squares import Term
from proofs.pep.interpolation import (
    COORDINATES,
    GH,
    GP,
    GU,
    HALF,
    HH,
    HP,
    HU,
    D,
    E,
    Point,
    Step,
    summed,
    vector_part,
)
from proofs.script import magnitude

ONE, TWO = Fraction(1), Fraction(2)
Z, P1, P2, S, INV_T, INV_K = (var(x) for x in ("z", "p1", "p2", "s", "t_inverse", "k_inverse"))
K = Z * (const(2) - Z)
POINTS = {"u": Point(const(0), GU, HU), "^": Point(P2 * D, GH, HH), "+": Point(E, GP, HP)}


def _known(pair: str) -> Proved:
    """An interpolation inequality, assumed."""
    i, j = POINTS[pair[0]], POINTS[pair[1]]
    return checker.assume(Relation(i.value - j.value + summed(vector_part(i, j)), ">="))


def _range() -> tuple[Proved, Proved, Proved]:
    """Z ≥ 0, 1 − z ≥ 0 and so 2 − z ≥ 0."""
    low = checker.assume(Relation(Z, ">="))
    high = checker.assume(Relation(const(1) - Z, ">="))
    more = checker.certificate([high], Relation(const(2) - Z, ">="), [Term((0,))], slack=1)
    return low, high, more


def descent() -> Proved:
    """(D_z), times 2k: 2k(⟨ĝ, e⟩ − ΔH) + ‖e − z p2 Δ‖² ≥ 0."""
    low, high, more = _range()
    move = E - Z * P2 * D
    mix = GU - Z * GH - (const(1) - Z) * GP
    form = K * mix * mix + (K * (GP - GH) - move) * (K * (GP - GH) - move)
    squares = [
        Term((0, 1), ((ONE, mix),)),
        Term((), ((ONE, K * (GP - GH) - move),)),
    ]
    one = checker.certificate([low, more], Relation(form, ">="), squares)
    rest = checker.summation(one, COORDINATES, "j")
    goal = const(2) * K * (summed(GH * E) - (HP - HU)) + summed(move * move)
    premises = [low, high, more, _known("u^"), _known("u+"), _known("^+"), rest]
    terms = [
        Term((0, 0, 2, 3), ((TWO, const(1)),)),
        Term((0, 1, 2, 4), ((TWO, const(1)),)),
        Term((0, 0, 2, 5), ((TWO, const(1)),)),
        Term((6,)),
    ]
    return checker.certificate(premises, Relation(goal, ">="), terms)


def decrease() -> Proved:
    """With 1/k > 0: −½(q_z − |c_z|)(‖e‖² + ‖Δ‖²) − ΔH − (δ_z/2)(‖e‖² − ‖Δ‖²) ≥ 0."""
    falls = descent()
    e2, de, d2 = summed(E * E), summed(D * E), summed(D * D)
    inverse = checker.assume(Relation(INV_K * K - const(1), "="))
    over = checker.assume(Relation(INV_K, ">="))
    inner = checker.assume(Relation(S * P1 * de - S * INV_T * e2 - summed(GH * E), ">="))
    c = P1 * S - Z * P2 * INV_K
    less, greater = magnitude.above(c), magnitude.above(c, -1)
    plus, minus = (_square(sign) for sign in (1, -1))
    size = atom("|{}|", c)
    share = const(HALF) * INV_K
    q = S * INV_T - share - share * Z * Z * P2 * P2
    weight = S * INV_T - share + share * Z * Z * P2 * P2
    goal = -const(HALF) * (q - size) * (e2 + d2) - (HP - HU) - const(HALF) * weight * (e2 - d2)
    premises = [falls, over, inner, less, greater, plus, minus, inverse]
    quarter = Fraction(1, 4)
    terms = [
        Term((1, 0), ((HALF, const(1)),)),
        Term((2,)),
        Term((3, 5), ((quarter, const(1)),)),
        Term((4, 6), ((quarter, const(1)),)),
    ]
    left = summed(GH * E) - (HP - HU)
    return checker.certificate(premises, Relation(goal, ">="), terms, [(7, -left)])


def _square(sign: int) -> Proved:
    """‖e ± Δ‖² ≥ 0."""
    one = checker.certificate(
        [], Relation((E + const(sign) * D) * (E + const(sign) * D), ">="),
        [Term((), ((ONE, E + const(sign) * D),))],
    )  # fmt: skip
    return checker.summation(one, ["Delta_j", "e_j"], "j")


@dataclass(frozen=True)
class Member:
    """One z: its weight, and the bound −½(q_z − |c_z|)."""

    z: Fraction
    delta: Fraction
    bound: Fraction


def member(step: Step, z: Fraction) -> Member:
    """The bound of (D_z) at given parameters."""
    k = z * (2 - z)
    quadratic = z**2 * step.p2**2 / (2 * k)
    q = step.s / step.t - 1 / (2 * k) - quadratic
    c = step.p1 * step.s - z * step.p2 / k
    return Member(z, step.s / step.t - 1 / (2 * k) + quadratic, -(q - abs(c)) / 2)


def best(step: Step) -> Member:
    """The member with the least bound, over rational z (T1's, z = 1, among them)."""
    tried = {Fraction(1), *(Fraction(i, 200) for i in range(20, 200))}
    if step.p2 > -1:
        tried.add(min(Fraction(1), 1 / (1 + step.p2)))
    rough = min((member(step, z) for z in tried), key=lambda m: m.bound)
    near = np.linspace(-0.005, 0.005, 101)
    fine = {rough.z + Fraction(float(x)).limit_denominator(10**5) for x in near}
    return min((member(step, z) for z in (*tried, *fine) if 0 < z <= 1), key=lambda m: m.bound)
