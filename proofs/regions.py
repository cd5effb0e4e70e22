r"""T2, T2n and T3: which weights make T1 a Lyapunov decrease.

**T2.** With δ = L(s/t − ½ + p2²/2) and q = s/t − ½ − p2²/2, what T1 leaves is minus

    (L/2)[q(‖e‖² + ‖Δ‖²) − 2c⟨Δ,e⟩] = (L/2)(q − |c|)(‖e‖² + ‖Δ‖²) + (L/4)(|c| ± c)‖e ∓ Δ‖² terms.

The region is necessary: with any weight, e = 1 and Δ = ±1 leave −L(q ∓ c) < 0.

**T3.** X = δ − Lp2², Y = 2(1−ϑ)L(s/t − ½) − δ': what is left is ½[Y‖e‖² + X‖Δ‖² − 2Lc⟨Δ,e⟩], and Y
times it is ‖Ye − LcΔ‖² + (XY − L²c²)‖Δ‖². Where Y = 0, c = 0 or L = 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from amverify.theorems.base import symbols
from amverify.theorems.tiam import (
    COUPLING,
    HALF,
    L,
    d2,
    de,
    delta1,
    dF,
    e2,
    gamma,
    p1,
    p2,
    s,
    t,
    theta,
)
from proofs import checker
from proofs.analysis import LIPSCHITZ, MINIMAL, PROXIMAL, SEGMENT
from proofs.atoms import atom
from proofs.checker import Proved, Relation
from proofs.ledger import Plus, Proof, Start
from proofs.lemmas import absolute_pair, size_below, squared, strictly_inverted
from proofs.polynomial import const
from proofs.tiam import descent
from proofs.translate import polynomial, relation

QUARTER, EIGHTH = sp.Rational(1, 4), sp.Rational(1, 8)
C = polynomial(COUPLING)


def goal_of(proof: Proof) -> Relation:
    """The relation that the object's conclusion is."""
    return relation(proof.theorem.conclusions[proof.part].inequality)


def necessary(start: Start) -> Proof:
    """From any weight that makes T1 a decrease, at (e, Δ) = (1, 1) and (1, −1)."""
    proof, weight = start.proof(0), sp.Symbol("delta_any", real=True)
    words = "There is a Lyapunov weight that makes T1 a decrease for all e, Δ"
    modulus = proof.premise("L > 0", L, ">", "the block's modulus")
    inverse, over = strictly_inverted(proof, modulus)
    goal, size = goal_of(proof), atom("|{}|", C)
    branches: dict[str, Proved] = {}
    for kind, sign in ((">=", 1), ("<=", -1)):
        left = -L * (s / t - HALF - sign * COUPLING - p2**2 / 2) + weight / 2 * (1 - sign**2)
        falls = proof.premise(f"decrease at e = 1, Δ = {sign}", -left, ">", words)
        own = const(sign) * C
        assumed = checker.assume(Relation(own, ">="))
        below = size_below(proof, own, size, assumed, f"c {kind} 0")
        times = [Plus(2, (falls,)), Plus(2, (modulus, below))]
        strict = proof.certificate(
            f"L·region, c {kind} 0", polynomial(L) * goal.poly, times, kind=">"
        )
        branches[kind] = proof.certificate(
            f"region, c {kind} 0", goal.poly, [Plus(1, (over, strict))], [inverse], ">"
        )
    found = checker.cases(C, branches)
    return proof.conclude(proof.record("region", found, "cases", list(branches.values())))


def sufficient(start: Start) -> Proof:
    """In the region, the object's own weight does."""
    proof = start.proof(1)
    falls = descent(proof)
    region, modulus = proof.earlier(0), proof.premise("L ≥ 0", L, ">=", "the block's modulus")
    plus, minus = squared(proof, "‖e + Δ‖²", 1, 1), squared(proof, "‖e − Δ‖²", 1, -1)
    less, more = absolute_pair(proof, C, "c")
    terms = [
        Plus(1, (falls,)),
        Plus(EIGHTH, (modulus, region, plus)),
        Plus(EIGHTH, (modulus, region, minus)),
        Plus(QUARTER, (modulus, more, minus)),
        Plus(QUARTER, (modulus, less, plus)),
    ]
    return proof.conclude(proof.certificate("decrease", goal_of(proof).poly, terms))


def t2(start: Start) -> Sequence[Proof]:
    """Necessity (conclusion 0) and sufficiency (conclusion 1)."""
    return necessary(start), sufficient(start)


def t2n(start: Start) -> Sequence[Proof]:
    """The region is the theorem's hypothesis; in it, iPALM's weight decreases."""
    asked = start.proof(0)
    region = relation(asked.theorem.conclusions[0].inequality)
    words = "a Lyapunov weight exists if 2s − 1 > 2(|p1| s + |p2|)"
    asked.conclude(asked.premise("the region, asked of the run", region.poly, ">", words))
    proof = start.proof(1)
    region_, scale = proof.earlier(0), proof.condition("s > 0")
    modulus = proof.premise("L ≥ 0", L, ">=", "the block's modulus")
    one = proof.premise("t = 1", t - 1, "=", "no third inertia")
    over = proof.certificate("t > 0", t, zero=[one], kind=">", slack=1)
    inverse, _ = strictly_inverted(proof, over)
    unit = proof.certificate("1/t = 1", 1 / t - 1, zero=[one, inverse], kind="=")
    H0, H1, g0, g1, gi, ge, gu, bent = symbols("H0 H1 G0 G1 g_sub g_e g_u bend_e")
    sub = proof.assume(PROXIMAL, {"gx": g0, "gy": g1, "inner": gi}, "proximal point")
    is_ = proof.meaning(
        "its subgradient",
        gi,
        s * L * (e2 / t - p1 * de) / t + ge / t,
        "⟨sL(ũ − u⁺) − ∇H(û), u^k − u⁺⟩, u⁺ = u^k + e/t",
    )
    curved = proof.assume(SEGMENT, {"fx": H1, "fy": H0, "slope": gu, "bend": bent}, "from u^k")
    bends = proof.premise("curvature along e", L * e2 - bent, ">=", "H with modulus L")
    values = {"modulus": L * sp.Abs(p2), "gx": gu, "gy": ge, "a": e2, "b": d2}
    near = proof.assume(LIPSCHITZ, values, "∇H(u^k) against ∇H(û)")
    change = proof.meaning("ΔF", dF, H1 + g1 - H0 - g0, "F = H + g")
    plus, minus = squared(proof, "‖e + Δ‖²", 1, 1), squared(proof, "‖e − Δ‖²", 1, -1)
    less, more = absolute_pair(proof, polynomial(p1), "p1")
    terms = [
        *(Plus(1, (x,)) for x in (sub, curved, near)),
        Plus(HALF, (bends,)),
        Plus(EIGHTH, (modulus, region_, plus)),
        Plus(EIGHTH, (modulus, region_, minus)),
        Plus(QUARTER, (modulus, scale, more, minus)),
        Plus(QUARTER, (modulus, scale, less, plus)),
    ]
    last = proof.certificate("decrease", goal_of(proof).poly, terms, [change, is_, unit])
    return asked, proof.conclude(last)


def gradient_blocks(start: Start) -> Proof:
    """T3's first conclusion."""
    proof = start.proof(0)
    falls = descent(proof)
    old, new = proof.condition("δ covers p2"), proof.condition("δ' is affordable")
    paid = proof.condition("c is paid")
    X, Y, z = old.conclusion.poly, new.conclusion.poly, polynomial(L * COUPLING)
    form = Y * polynomial(e2) + X * polynomial(d2) - const(2) * z * polynomial(de)
    goal = Relation(form, ">=")
    spare = 2 * (1 - theta) * L * (s / t - HALF) - delta1
    square = squared(proof, "‖Ye − LcΔ‖²", spare, -L * COUPLING)
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
    F0, F1 = symbols("F0 F1")
    near, far = F1 + gamma / 2 * (e2 - 2 * p1 * de + p1**2 * d2), F0 + gamma / 2 * p1**2 * d2
    least = proof.assume(MINIMAL, {"fx": far, "fy": near}, "u⁺ against u^k")
    change = proof.meaning("ΔF", dF, F1 - F0, "ΔF = F(u^{k+1}) − F(u^k)")
    weight = proof.premise("γ ≥ 0", gamma, ">=", "γ, the proximal weight")
    small, old = proof.condition("p1 < ½"), proof.condition("δ ≥ γ/2")
    new = proof.condition("δ' ≤ γ/2")
    plus, minus = squared(proof, "‖e + Δ‖²", 1, 1), squared(proof, "‖e − Δ‖²", 1, -1)
    step, past = squared(proof, "‖e‖² ≥ 0", 1, 0), squared(proof, "‖Δ‖² ≥ 0", 0, 1)
    less, more = absolute_pair(proof, polynomial(p1), "p1")
    terms = [
        *(Plus(c, f) for c, f in (
            (1, (least,)), (HALF, (old,)), (HALF, (new, step)),
            (QUARTER, (weight, small, past)),
            (QUARTER, (weight, more, minus)), (QUARTER, (weight, less, plus)),
        ))
    ]  # fmt: skip
    return proof.conclude(proof.certificate("decrease", goal_of(proof).poly, terms, [change]))


def t3(start: Start) -> Sequence[Proof]:
    """Both kinds of blocks."""
    return gradient_blocks(start), proximal_blocks(start)


GROUP = {"T2": t2, "T2n": t2n, "T3": t3}
