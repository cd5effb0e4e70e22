r"""G1–G4: gradient descent, Polyak–Łojasiewicz, proximal gradient, heavy ball.

f(x^k) ≤ f(x^{k−1}) + σ + (L/2)‖e‖² with σ = ⟨∇f(x^{k−1}), e⟩. The condition “formula” says that
v = e + η∇f − βΔ has no length; its inner product with e is then 0: ησ = −‖e‖² + β⟨Δ,e⟩.
**G4**: what is left is (β/2η)‖e − Δ‖² ≥ 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from amverify.theorems.properties import ORIGIN, Vector
from amverify.theorems.stepwise import PAST, SLOPE, STEP, beta, e2, eta
from amverify.theorems.tiam import HALF, p1, p2
from proofs.kernel.checker import Proved
from proofs.kernel.polynomial import Poly
from proofs.script.facts import DESCENT, NORM, SQUARE
from proofs.script.ledger import Plus, Proof, Start
from proofs.script.lemmas import absolute_pair, between, square_of, strictly_inverted, vanishing
from proofs.script.translate import polynomial, relation
from proofs.script.vectors import inner
from proofs.theorems.tiam import convex_descent, unit

OFF = STEP + eta * SLOPE - beta * PAST
"""e + η∇f − βΔ."""


def goal_of(proof: Proof) -> Poly:
    """What is to be reached."""
    return relation(proof.theorem.conclusions[proof.part].inequality).poly


def exact_step(proof: Proof) -> Proved:
    """−‖v‖² ≥ 0 for v = e + η∇f − βΔ, from the condition that ‖v‖ ≤ 0."""
    short, own = proof.condition("formula"), proof.symbol("off")
    length, square = proof.fact(NORM, OFF), proof.fact(SQUARE, OFF)
    size = -inner(OFF, OFF)
    off = length.conclusion.poly
    below = proof.certificate("‖v‖ ≤ 0", -off, [Plus(1, (short,))], [own])
    return proof.certificate("‖v‖ = 0", size, [Plus(1, (below, length))], [square])


def along(proof: Proof, none: Proved, w: Vector, name: str) -> Proved:
    """⟨v, w⟩ = 0."""
    return vanishing(proof, OFF, none, w, f"⟨v, {name}⟩ = 0")


def smooth(proof: Proof) -> Proved:
    """F(x^k) ≤ f(x^{k−1}) + σ + (L/2)‖e‖²."""
    return proof.fact(DESCENT, "f", STEP, ORIGIN, name="from x^{k−1} to x^k")


def slope_of(proof: Proof, equations: Sequence[Proved], right: sp.Expr) -> Proved:
    """σ = right/η, from ησ = right."""
    inverse, _ = strictly_inverted(proof, proof.condition("0 < η"))
    goal = inner(SLOPE, STEP) - polynomial(right / eta)
    return proof.certificate("σ", goal, zero=[*equations, inverse], kind="=")


def g1(start: Start) -> Sequence[Proof]:
    """G1: e = −η∇f."""
    proof = start.proof(0)
    step = along(proof, exact_step(proof), STEP, "e")
    plain, square = proof.hypothesis("β = 0"), proof.symbol("e2")
    direct = slope_of(proof, [step, plain, square], -e2)
    equations = [proof.symbol("df"), square, direct]
    last = proof.certificate("add up", goal_of(proof), [Plus(1, (smooth(proof),))], equations)
    return [proof.conclude(last)]


def g2(start: Start) -> Sequence[Proof]:
    """G2: the Polyak–Łojasiewicz inequality in G1; σ = −η‖∇f‖², ‖e‖² = η²‖∇f‖²."""
    proof = start.proof(0)
    none, plain = exact_step(proof), proof.hypothesis("β = 0")
    slope, length = along(proof, none, SLOPE, "∇f"), along(proof, none, STEP, "e")
    sums = [proof.symbol("df"), proof.symbol("e2"), proof.symbol("g0")]
    step, short = proof.condition("0 < η"), proof.condition("η < 2/L")
    terms = [Plus(1, (smooth(proof),)), Plus(HALF, (step, short, proof.condition("PL")))]
    equations = [*sums, slope, length, plain]
    return [proof.conclude(proof.certificate("add up", goal_of(proof), terms, equations))]


def nought(proof: Proof, c: sp.Symbol, name: str) -> Proved:
    """C = 0 from the condition |c| ≤ 0."""
    small = proof.condition(name)
    less, more = absolute_pair(proof, polynomial(c), str(c))
    low = proof.certificate(f"{c} ≥ 0", c, [Plus(1, (more,)), Plus(1, (small,))])
    high = proof.certificate(f"{c} ≤ 0", -c, [Plus(1, (less,)), Plus(1, (small,))])
    return between(proof, low, high, f"{c} is 0")


def g3(start: Start) -> Sequence[Proof]:
    """G3: convex g, no inertia."""
    proof = start.proof(0)
    first, second = nought(proof, p1, "p1 = 0"), nought(proof, p2, "p2 = 0")
    one = between(proof, proof.hypothesis("p3 ≥ 0"), proof.condition("p3 = 0"), "t = 1")
    falls = convex_descent(proof, one)
    equations = [first, second, unit(proof, one)]
    last = proof.certificate("no inertia", goal_of(proof), [Plus(1, (falls,))], equations)
    return [proof.conclude(last)]


def g4(start: Start) -> Sequence[Proof]:
    """G4: heavy ball."""
    proof = start.proof(0)
    step = along(proof, exact_step(proof), STEP, "e")
    inverse, over = strictly_inverted(proof, proof.condition("0 < η"))
    square, past = proof.symbol("e2"), proof.symbol("d2")
    cross = polynomial(beta) * inner(PAST, STEP)
    slope = inner(SLOPE, STEP) + polynomial(1 / eta) * (polynomial(e2) - cross)
    direct = proof.certificate("σ", slope, zero=[step, square, inverse], kind="=")
    gap = square_of(proof, "‖e − Δ‖²", STEP - PAST)
    terms = [Plus(1, (smooth(proof),)), Plus(HALF, (over, proof.condition("0 ≤ β"), gap))]
    equations = [proof.symbol("df"), square, past, direct]
    return [proof.conclude(proof.certificate("add up", goal_of(proof), terms, equations))]


GROUP = {"G1": g1, "G2": g2, "G3": g3, "G4": g4}
