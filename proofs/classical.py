r"""G1–G4: gradient descent, Polyak–Łojasiewicz, proximal gradient, heavy ball.

f(x^k) ≤ f(x^{k−1}) + σ + (L/2)‖e‖² with σ = ⟨∇f(x^{k−1}), e⟩; e = −η∇f + βΔ gives
ησ = −‖e‖² + β⟨Δ,e⟩.
**G4**: what is left is (β/2η)‖e − Δ‖² ≥ 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from amverify.theorems.base import symbols
from amverify.theorems.classical import beta, df, e2, eta, g0
from amverify.theorems.tiam import HALF, L, de, dF, p1, p2, s, t
from proofs.analysis import PROXIMAL, SEGMENT, TANGENT
from proofs.checker import Proved
from proofs.ledger import Plus, Proof, Start
from proofs.lemmas import squared, strictly_inverted
from proofs.translate import relation

value0, value1, slope, bent = symbols("f_0 f_1 sigma bend_e")
STEP = "the step is e = −η∇f + βΔ, up to its rounding"


def _smooth(proof: Proof, words: str) -> tuple[list[Plus], Proved]:
    """Δf ≤ σ + (L/2)‖e‖², as terms, and the equation of Δf."""
    values = {"fx": value1, "fy": value0, "slope": slope, "bend": bent}
    curved = proof.assume(SEGMENT, values, "from x^{k−1} to x^k")
    bends = proof.premise("curvature", L * e2 - bent, ">=", words)
    change = proof.meaning("Δf", df, value1 - value0, "f(x^k) − f(x^{k−1})")
    return [Plus(1, (curved,)), Plus(HALF, (bends,))], change


def g1(start: Start) -> Sequence[Proof]:
    """G1: e = −η∇f."""
    proof = start.proof(0)
    terms, change = _smooth(proof, "∇f is L-Lipschitz")
    inverse, _ = strictly_inverted(proof, proof.condition("0 < η"))
    step = proof.premise("ησ = −‖e‖²", eta * slope + e2, "=", STEP)
    direct = proof.certificate("σ = −‖e‖²/η", slope + e2 / eta, zero=[step, inverse], kind="=")
    goal = relation(start.theorem.conclusions[0].inequality).poly
    return [proof.conclude(proof.certificate("add up", goal, terms, [change, direct]))]


def g2(start: Start) -> Sequence[Proof]:
    """G2: the Polyak–Łojasiewicz inequality in G1."""
    proof = start.proof(0)
    terms, change = _smooth(proof, "∇f L-Lipschitz")
    slope_ = proof.premise("σ = −η‖∇f‖²", slope + eta * g0, "=", STEP)
    length = proof.premise("‖e‖² = η²‖∇f‖²", e2 - eta**2 * g0, "=", STEP)
    step, short = proof.condition("0 < η"), proof.condition("η < 2/L")
    terms.append(Plus(HALF, (step, short, proof.condition("PL"))))
    goal = relation(start.theorem.conclusions[0].inequality).poly
    return [proof.conclude(proof.certificate("add up", goal, terms, [change, slope_, length]))]


def g3(start: Start) -> Sequence[Proof]:
    """G3: convex g, no inertia."""
    proof = start.proof(0)
    H0, H1, Hu, G0, G1, gi, ge, gD = symbols("H0 H1 H_hat G0 G1 g_sub g_e g_Delta")
    first = proof.premise("p1 = 0", p1, "=", "no first inertia")
    second = proof.premise("p2 = 0", p2, "=", "no second inertia")
    third = proof.premise("t = 1", t - 1, "=", "no third inertia")
    over = proof.certificate("t > 0", t, zero=[third], kind=">", slack=1)
    inverse, _ = strictly_inverted(proof, over)
    unit = proof.certificate("1/t = 1", 1 / t - 1, zero=[third, inverse], kind="=")
    sub = proof.assume(PROXIMAL, {"gx": G0, "gy": G1, "inner": gi}, "proximal point")
    formula = s * L * (e2 / t - p1 * de) / t + ge / t
    is_ = proof.meaning("its subgradient", gi, formula, "⟨·, u^k − u⁺⟩, u⁺ = u^k + e/t")
    tangent = proof.assume(TANGENT, {"fx": H0, "fy": Hu, "slope": -p2 * gD}, "convexity at û")
    bend = sp.Symbol("bend", real=True)
    values = {"fx": H1, "fy": Hu, "slope": ge - p2 * gD, "bend": bend}
    curved = proof.assume(SEGMENT, values, "from û to u^{k+1}")
    modulus = proof.condition("modulus")
    change = proof.meaning("ΔF", dF, H1 + G1 - H0 - G0, "F = H + g")
    terms = [*(Plus(1, (x,)) for x in (sub, tangent, curved)), Plus(HALF, (modulus,))]
    goal = relation(start.theorem.conclusions[0].inequality).poly
    equations = [change, is_, first, second, unit]
    return [proof.conclude(proof.certificate("add up", goal, terms, equations))]


def g4(start: Start) -> Sequence[Proof]:
    """G4: heavy ball."""
    proof = start.proof(0)
    terms, change = _smooth(proof, "∇f L-Lipschitz")
    inverse, over = strictly_inverted(proof, proof.condition("0 < η"))
    step = proof.premise("ησ = −‖e‖² + β⟨Δ,e⟩", eta * slope + e2 - beta * de, "=", STEP)
    claim = slope + (e2 - beta * de) / eta
    direct = proof.certificate("σ", claim, zero=[step, inverse], kind="=")
    gap = squared(proof, "‖e − Δ‖²", 1, -1)
    terms.append(Plus(HALF, (over, proof.condition("0 ≤ β"), gap)))
    goal = relation(start.theorem.conclusions[0].inequality).poly
    return [proof.conclude(proof.certificate("add up", goal, terms, [change, direct]))]


GROUP = {"G1": g1, "G2": g2, "G3": g3, "G4": g4}
