r"""T2, T2n and T3: which weights make T1 a Lyapunov decrease.

**T2.** With δ = L(s/t − ½ + p2²/2) and q = s/t − ½ − p2²/2, what T1 leaves is minus

    (L/2)[q(‖e‖² + ‖Δ‖²) − 2c⟨Δ,e⟩] = (L/2)(q − |c|)(‖e‖² + ‖Δ‖²) + (L/4)(|c| ± c)‖e ∓ Δ‖² terms.

The region is necessary: with any weight, e = 1 and Δ = ±1 leave −L(q ∓ c) < 0.

**T2n.** H(u^{k+1}) ≤ H(u^k) + ⟨∇H(u^k), e⟩ + (L/2)‖e‖² and, for G = ∇H(û) − ∇H(u^k),
−⟨G, e⟩ ≤ (L|p2|/2)(‖e‖² + ‖Δ‖²) are conditions on the run. Both follow where ∇H is L-Lipschitz: the
second from ‖G‖ ≤ κ‖Δ‖, κ = L|p2|, by Cauchy–Schwarz and 2‖e‖‖Δ‖ ≤ ‖e‖² + ‖Δ‖².

**T3.** X = δ − Lp2², Y = 2(1−ϑ)L(s/t − ½) − δ': what is left is ½[Y‖e‖² + X‖Δ‖² − 2Lc⟨Δ,e⟩], and Y
times it is ‖Ye − LcΔ‖² + (XY − L²c²)‖Δ‖². Where Y = 0, c = 0 or L = 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from amverify.theorems.tiam import (
    COUPLING,
    HALF,
    L,
    d2,
    de,
    delta1,
    e2,
    p1,
    s,
    t,
    theta,
)
from proofs.kernel import checker
from proofs.kernel.atoms import atom
from proofs.kernel.checker import Proved, Relation
from proofs.kernel.polynomial import Poly, const
from proofs.script.facts import FALLS
from proofs.script.ledger import Plus, Proof, Start
from proofs.script.lemmas import (
    absolute_pair,
    between,
    size_below,
    squared,
    strictly_inverted,
)
from proofs.script.translate import polynomial, relation
from proofs.theorems.tiam import NAMES, VARIANTS, convex_inner, either, least, parts

QUARTER, EIGHTH = sp.Rational(1, 4), sp.Rational(1, 8)
C = polynomial(COUPLING)
HALF_POLY = polynomial(HALF)


def goal_of(proof: Proof) -> Relation:
    """The relation that the object's conclusion is."""
    return relation(proof.theorem.conclusions[proof.part].inequality)


def positive_modulus(proof: Proof, falls: Proved) -> Proved:
    """L > 0, because with L = 0 nothing falls."""
    sign, own = proof.hypothesis("L ≥ 0"), polynomial(L)
    goal = Relation(own, ">")
    flat = checker.assume(Relation(own, "="))
    nothing = proof.certificate("L = 0 is absurd", 0, [Plus(1, (falls,))], [flat], ">")
    below = checker.assume(Relation(-own, ">"))
    less = proof.certificate("L < 0 is absurd", 0, [Plus(1, (below,)), Plus(1, (sign,))], kind=">")
    branches = {
        ">": checker.assume(goal),
        "=": checker.absurd(nothing, goal),
        "<": checker.absurd(less, goal),
    }
    return proof.record("L > 0", checker.cases(own, branches), "cases", [falls, sign])


def necessary(start: Start, c: Poly = C) -> Proof:
    """From any weight that makes T1 a decrease, at (e, Δ) = (1, 1) and (1, −1)."""
    proof = start.proof(0)
    goal, size = goal_of(proof), atom("|{}|", c)
    signs = ((">=", 1), ("<=", -1))
    falls = {kind: proof.fact(FALLS, 1, sign, name=f"e = 1, Δ = {sign}") for kind, sign in signs}
    modulus = positive_modulus(proof, falls[">="])
    inverse, over = strictly_inverted(proof, modulus)
    branches: dict[str, Proved] = {}
    for kind, sign in signs:
        own = const(sign) * c
        assumed = checker.assume(Relation(own, ">="))
        below = size_below(proof, own, size, assumed, f"c {kind} 0")
        times = [Plus(2, (falls[kind],)), Plus(2, (modulus, below))]
        strict = proof.certificate(
            f"L·region, c {kind} 0", polynomial(L) * goal.poly, times, kind=">"
        )
        branches[kind] = proof.certificate(
            f"region, c {kind} 0", goal.poly, [Plus(1, (over, strict))], [inverse], ">"
        )
    found = checker.cases(c, branches)
    return proof.conclude(proof.record("region", found, "cases", list(branches.values())))


def sufficient(start: Start, variant: str) -> Proof:
    """With the object's own weight, a decrease by its margin times L/4, positive in the region."""
    proof = start.proof(1, variant)
    falls = either(proof, bool(variant))
    region, modulus = proof.condition("region"), proof.hypothesis("L ≥ 0")
    plus, minus = squared(proof, "‖e + Δ‖²", 1, 1), squared(proof, "‖e − Δ‖²", 1, -1)
    less, more = absolute_pair(proof, C, "c")
    margin = polynomial(L * (e2 + d2) / 4) * region.conclusion.poly
    terms = [
        Plus(1, (falls,)),
        Plus(QUARTER, (modulus, more, minus)),
        Plus(QUARTER, (modulus, less, plus)),
    ]
    goal = goal_of(proof).poly
    strict = proof.certificate("decrease by the margin", goal - margin, terms)
    last = [
        Plus(1, (strict,)),
        Plus(EIGHTH, (modulus, region, plus)),
        Plus(EIGHTH, (modulus, region, minus)),
    ]
    return proof.conclude(proof.certificate("decrease", goal, last))


def t2(start: Start) -> Sequence[Proof]:
    """Necessity (conclusion 0) and sufficiency (conclusion 1)."""
    return necessary(start), *(sufficient(start, variant) for variant in VARIANTS)


def t2n(start: Start) -> Sequence[Proof]:
    """In the region that is asked of the run, iPALM's weight decreases."""
    proof = start.proof(0)
    region, scale = proof.condition("region"), proof.condition("s > 0")
    modulus = proof.hypothesis("L ≥ 0")
    one = between(proof, proof.hypothesis("p3 ≥ 0"), proof.condition("p3 = 0"), "t = 1")
    own, above = convex_inner(proof, one), proof.condition("modulus along e")
    turned = proof.condition("modulus from û")
    plus, minus = squared(proof, "‖e + Δ‖²", 1, 1), squared(proof, "‖e − Δ‖²", 1, -1)
    less, more = absolute_pair(proof, polynomial(p1), "p1")
    terms = [
        *(Plus(1, (x,)) for x in (own, above, turned)),
        Plus(EIGHTH, (modulus, region, plus)),
        Plus(EIGHTH, (modulus, region, minus)),
        Plus(QUARTER, (modulus, scale, more, minus)),
        Plus(QUARTER, (modulus, scale, less, plus)),
    ]
    symbols = (*NAMES[:4], "rise", "turn")
    equations = [*(proof.symbol(n) for n in symbols), *parts(proof)]
    return [proof.conclude(proof.certificate("decrease", goal_of(proof).poly, terms, equations))]


def gradient_blocks(start: Start, variant: str) -> Proof:
    """T3's first conclusion."""
    proof = start.proof(0, variant)
    spare = 2 * (1 - theta) * L * (s / t - HALF) - delta1
    falls = either(proof, bool(variant))
    return settled(proof, falls, squared(proof, SETTLED, spare, -L * COUPLING), L * COUPLING)


SETTLED = "‖Ye − LcΔ‖²"


def settled(proof: Proof, falls: Proved, square: Proved, cross: sp.Expr) -> Proof:
    """What ``falls`` leaves of ⟨Δ,e⟩ is paid for by the weights; ``square``: ‖Ye − crossΔ‖² ≥ 0."""
    old, new = proof.condition("δ covers p2"), proof.condition("δ' is affordable")
    paid = proof.condition("c is paid")
    X, Y, z = old.conclusion.poly, new.conclusion.poly, polynomial(cross)
    form = Y * polynomial(e2) + X * polynomial(d2) - const(2) * z * polynomial(de)
    goal = Relation(form, ">=")
    old_square = squared(proof, "‖Δ‖² ≥ 0", 0, 1)
    positive = checker.assume(Relation(Y, ">"))
    inverse, over = strictly_inverted(proof, positive)
    times = proof.certificate("Y·form", Y * form, [Plus(1, (square,)), Plus(1, (paid, old_square))])
    some = proof.certificate("form, Y > 0", form, [Plus(1, (over, times))], [inverse])
    none = checker.assume(Relation(Y, "="))
    branches = {}
    for kind, sign in ((">", 1), ("<", -1)):
        away = checker.assume(Relation(const(sign) * z, ">"))
        nothing = proof.certificate(
            f"Lc {kind} 0 is absurd", 0, [Plus(1, (away, away)), Plus(1, (paid,))], [none], ">"
        )
        branches[kind] = checker.absurd(nothing, goal)
    zero = checker.assume(Relation(z, "="))
    branches["="] = proof.certificate(
        "form, Y = 0", form, [Plus(1, (old, old_square))], [none, zero]
    )
    flat = proof.record("Y = 0", checker.cases(z, branches), "cases", list(branches.values()))
    below = checker.assume(Relation(-Y, ">"))
    nothing = proof.certificate(
        "Y < 0 is absurd", 0, [Plus(1, (below,)), Plus(1, (new,))], kind=">"
    )
    signs = {">": some, "=": flat, "<": checker.absurd(nothing, goal)}
    whole = proof.record("form ≥ 0", checker.cases(Y, signs), "cases", [some, flat])
    terms = [Plus(1, (falls,)), Plus(HALF, (whole,))]
    return proof.conclude(proof.certificate("decrease", goal_of(proof).poly, terms))


def proximal_blocks(start: Start) -> Proof:
    """T3's second conclusion, from T1p."""
    proof = start.proof(1)
    weight = proof.hypothesis("γ ≥ 0")
    small, old = proof.condition("p1 < ½"), proof.condition("δ ≥ γ/2")
    new = proof.condition("δ' ≤ γ/2")
    plus, minus = squared(proof, "‖e + Δ‖²", 1, 1), squared(proof, "‖e − Δ‖²", 1, -1)
    step, past = squared(proof, "‖e‖² ≥ 0", 1, 0), squared(proof, "‖Δ‖² ≥ 0", 0, 1)
    less, more = absolute_pair(proof, polynomial(p1), "p1")
    terms = [
        *(Plus(c, f) for c, f in (
            (1, (least(proof),)), (HALF, (old,)), (HALF, (new, step)),
            (QUARTER, (weight, small, past)),
            (QUARTER, (weight, more, minus)), (QUARTER, (weight, less, plus)),
        ))
    ]  # fmt: skip
    equations = [proof.symbol(n) for n in NAMES[:4]]
    return proof.conclude(proof.certificate("decrease", goal_of(proof).poly, terms, equations))


def t3(start: Start) -> Sequence[Proof]:
    """Both kinds of blocks."""
    return *(gradient_blocks(start, v) for v in VARIANTS), proximal_blocks(start)


GROUP = {"T2": t2, "T2n": t2n, "T3": t3}
