r"""T2z and T3z: a family of descent inequalities, and the larger region.

**(D_z)**, L-Lipschitz and convex H, k = z(2 − z), g = ∇H(u), ĝ = ∇H(û), g₊ = ∇H(u^{k+1}), and the
interpolation inequalities Q_ij = 2L(H_i − H_j − ⟨g_j, x_i − x_j⟩) − ‖g_i − g_j‖² ≥ 0:

    2kL⟨ĝ, e⟩ − 2kL·ΔH + L²‖e − z p2Δ‖²
        = k(z Q_{u,û} + (1 − z) Q_{u,+} + z Q_{û,+})
        + k‖g − zĝ − (1 − z)g₊‖² + ‖k(g₊ − ĝ) − L(e − z p2Δ)‖².

Times 1/2kL, with the proximal step's part from T1's proof: T1's inequality of z. The rest is T2's
and T3's algebra with c_z for c. (``pep.region`` found it; there L = 1.)
"""

from __future__ import annotations

from collections.abc import Sequence

from amverify.theorems.blockwise import AHEAD, PAST, STEP
from amverify.theorems.properties import ORIGIN, gradient
from amverify.theorems.tiam import HALF, L, dF, p2
from amverify.theorems.wide import BOUND, COUPLING_Z, INVERSE, SPARE_NEW_Z, z
from proofs.kernel import checker
from proofs.kernel.checker import Proved
from proofs.script.facts import INDICATOR, INTERPOLATION
from proofs.script.ledger import Plus, Proof, Start
from proofs.script.lemmas import absolute_pair, square_of, squared, strictly_inverted, x, y
from proofs.script.translate import polynomial
from proofs.script.vectors import inner, value
from proofs.theorems.regions import (
    QUARTER,
    SETTLED,
    goal_of,
    necessary,
    proximal_blocks,
    settled,
)
from proofs.theorems.tiam import ALONE, NAMES, VARIANTS, boxed_inner, convex_inner, parts, unit

NOW, HAT, NEXT = (gradient("H", x) for x in (ORIGIN, AHEAD, STEP))
MOVE = STEP - z * (p2 * PAST)
"""e − z p2Δ."""
K = z * (2 - z)


def family(proof: Proof) -> tuple[Proved, list[Proved]]:
    """⟨ĝ, e⟩ − ΔH + (L/2k)‖e − z p2Δ‖² ≥ 0, and 1/z·z = 1, 1/(2 − z)·(2 − z) = 1."""
    low, high = proof.condition("z > 0"), proof.condition("z ≤ 1")
    modulus = proof.condition("L > 0")
    more = proof.certificate("2 − z > 0", 2 - z, [Plus(1, (high,))], kind=">", slack=1)
    pairs = (("u", ORIGIN, AHEAD, "û"), ("u", ORIGIN, STEP, "+"), ("û", AHEAD, STEP, "+"))
    known = [proof.fact(INTERPOLATION, "H", x, y, name=f"Q_{i},{j}") for i, x, y, j in pairs]
    mix = square_of(proof, "‖g − zĝ − (1 − z)g₊‖²", NOW - z * HAT - (1 - z) * NEXT)
    turn = square_of(proof, "‖k(g₊ − ĝ) − L(e − z p2Δ)‖²", K * (NEXT - HAT) - L * MOVE)
    gap = inner(HAT, STEP) - value("H", STEP) + value("H", ORIGIN)
    length = inner(MOVE, MOVE)
    goal = polynomial(2 * K * L) * gap + polynomial(L**2) * length
    terms = [
        Plus(1, (low, low, more, known[0])),
        Plus(1, (low, more, high, known[1])),
        Plus(1, (low, low, more, known[2])),
        Plus(1, (low, more, mix)),
        Plus(1, (turn,)),
    ]
    scaled = proof.certificate("2kL·(D_z)", goal, terms)
    inverted = [strictly_inverted(proof, x) for x in (low, more, modulus)]
    equations, over = [pair[0] for pair in inverted], tuple(pair[1] for pair in inverted)
    share = polynomial(L * INVERSE / 2)
    found = proof.certificate(
        "(D_z)", gap + share * length, [Plus(HALF, (*over, scaled))], equations
    )
    return found, equations[:2]


def descent(proof: Proof, convex: bool) -> Proved:
    """T1's inequality of z, for a box; for a convex g with t = 1, if that is meant."""
    found, equations = family(proof)
    equations = [*equations, *(proof.symbol(n) for n in NAMES[:4]), *parts(proof)]
    if convex:
        one = proof.hypothesis(ALONE)
        own = convex_inner(proof, one)
        equations.append(unit(proof, one))
    else:
        own = boxed_inner(proof)
        equations += [proof.fact(INDICATOR, "g", x, name=f"g = 0 at {x}") for x in (ORIGIN, STEP)]
    terms = [Plus(1, (found,)), Plus(1, (own,))]
    return proof.certificate("descent of z", BOUND - dF, terms, equations)


def sufficient(start: Start, variant: str) -> Proof:
    """With the object's own weight, a decrease by its margin."""
    proof = start.proof(1, variant)
    falls = descent(proof, bool(variant))
    modulus, c = proof.hypothesis("L ≥ 0"), polynomial(COUPLING_Z)
    plus, minus = squared(proof, "‖e + Δ‖²", 1, 1), squared(proof, "‖e − Δ‖²", 1, -1)
    less, more = absolute_pair(proof, c, "c_z")
    terms = [
        Plus(1, (falls,)),
        Plus(QUARTER, (modulus, more, minus)),
        Plus(QUARTER, (modulus, less, plus)),
    ]
    return proof.conclude(proof.certificate("decrease", goal_of(proof).poly, terms))


def t2z(start: Start) -> Sequence[Proof]:
    """Necessity for the bound of z (conclusion 0) and sufficiency (conclusion 1)."""
    region = necessary(start, polynomial(COUPLING_Z))
    return region, *(sufficient(start, variant) for variant in VARIANTS)


def gradient_blocks(start: Start, variant: str) -> Proof:
    """T3z's first conclusion."""
    proof = start.proof(0, variant)
    falls, cross = descent(proof, bool(variant)), L * COUPLING_Z
    every = squared(proof, "‖xe + yΔ‖²", x, y)
    chosen = {x.name: polynomial(SPARE_NEW_Z), y.name: polynomial(-cross)}
    square = proof.record(SETTLED, checker.substitute(every, chosen), "substitution", [every])
    return settled(proof, falls, square, cross)


def t3z(start: Start) -> Sequence[Proof]:
    """Both kinds of blocks; the proximal ones are T3's."""
    return *(gradient_blocks(start, v) for v in VARIANTS), proximal_blocks(start)


GROUP = {"T2z": t2z, "T3z": t3z}
