"""False variants of the theorems on a whole run of the joint method (see ``mutants``)."""

from __future__ import annotations

from tests.proofs.mutants import Mutant, asks, claim, unsaid, without

_X, _Y = "(delta*old - q*d2)", "(2*(1 - theta)*alpha - delta1)"
_BUDGET, _BOTH = "(psi0 - low)/a", "(b1 + b2)"

WHOLE_RUN: tuple[Mutant, ...] = (
    Mutant("TPsi", "c is not paid", without("c is paid")),
    Mutant("TPsi", "c paid to 0.9", asks("c is paid", "9*(p1*s - p2)**2*d2/10", f"{_X}*{_Y}")),
    Mutant("TPsi", "δ' not affordable", without("δ' is affordable")),
    Mutant("TPsi", "δ does not cover p2", without("δ covers p2")),
    Mutant("TPsi", "ϑ × 1.1", claim("block", more="theta*alpha*e2/10")),
    Mutant("TPsi", "δ and δ' exchanged", claim("block", lhs="dF + delta/2*e2 - delta1/2*old")),
    Mutant("TPsi", "‖Δ‖ in the new metric", claim("block", lhs="dF + delta1/2*e2 - delta/2*d2")),
    Mutant("TPsi", "a sweep falls by 1.1 of it", claim("sweep", more="theta*fall/10")),
    Mutant("TPsi", "a × 1.1", claim("H1", more="theta*amin*low*step2/10")),
    Mutant("TPsi", "a without λ⁻", claim("H1", rhs="-theta*amin*step2")),
    Mutant("TPsi", "metrics below λ⁻", unsaid("M ⪰ λ⁻")),
    Mutant("TB", "ω × 0.9", claim("W_l", rhs="9*sqrt(level/mu)/10")),
    Mutant("TB", "c for 2c", claim("b_l", rhs="sqrt(level/(2*mub))")),
    Mutant("TB", "√N forgotten", claim(
        "z_l", rhs="A*sqrt(level/mu) + sqrt(level/mub) + sqrt(level/rho)")),
    Mutant("TB", "the residual forgotten", claim("z_l", more="sqrt(level/rho)")),
    Mutant("TB", "the layer before forgotten", claim("z_l", more="A*sqrt(level/mu)")),
    Mutant("TB", "ε forgotten", claim("a_l", more="eps*S")),
    Mutant("TB", "h(0) forgotten", claim("a_l", more="h0*S")),
    Mutant("TB", "no ridge on W", without("μ > 0")),
    Mutant("TB", "no ridge on b", without("μ_b > 0")),
    Mutant("TB", "F above the level", without("level")),
    Mutant("TB", "outside the band", unsaid("band")),
    Mutant("TR", "z_l moves after V_l", claim("block", more="c_near*near_j")),
    Mutant("TR", "V_{l+1} moves after a_l", claim("block", more="c_far*far_j")),
    Mutant("TR", "z_{l+1} moves after a_l", claim("block", more="c_next*next_j")),
    Mutant("TR", "own × 0.9", claim("block", more="c_own*step_j/10")),
    Mutant("TR", "the inertia forgotten", claim("block", more="c_past*past_j")),
    Mutant("TR", "an index off by one", claim(
        "jointly", rhs="(b_own + b_near + b_next + b_far)*e0 + b_past*e1")),
    Mutant("TR", "b1 × 0.9", claim("jointly", more="(b_own + b_near + b_next + b_far)*e1/10")),
    Mutant("TR", "b2 forgotten", claim("jointly", more="b_past*e0")),
    Mutant("TR", "the larger of two for a sum", claim("jointly", more="b_near*e1")),
    Mutant("TR", "any step of V_l", unsaid("step, V_l")),
    Mutant("TR", "any metric above Q in V_l", unsaid("M = Q, V_l")),
    Mutant("TC0", "(Ψ⁰ − inf R)/a × 0.9", claim("summable", rhs=f"9*{_BUDGET}/10")),
    Mutant("TC0", "no H1", without("H1")),
    Mutant("TC0", "H1's sign", asks("H1", "dpsi", "a*e1**2")),
    Mutant("TC0", "H1 to 0.9", asks("H1", "dpsi", "-9*a*e1**2/10")),
    Mutant("TC0", "K + 1 sweeps", claim("least", rhs=f"sqrt({_BUDGET}/(K + 1))")),
    Mutant("TC0", "Ψ of any sign", unsaid("inf R ≤ Ψ")),
    Mutant("TC0", "strict", claim("summable", strict=True)),
    Mutant("TK", "b2 forgotten", claim("comp", rhs=f"b1*sqrt({_BUDGET}/K)")),
    Mutant("TK", "e⁰ forgotten", claim("comp", rhs=f"sqrt({_BOTH}**2*{_BUDGET}/K)")),
    Mutant("TK", "K + 1 sweeps", claim(
        "comp", rhs=f"sqrt(({_BOTH}**2*{_BUDGET} + b2*{_BOTH}*start**2)/(K + 1))")),
    Mutant("TK", "× 0.9", claim(
        "comp", rhs=f"9*sqrt(({_BOTH}**2*{_BUDGET} + b2*{_BOTH}*start**2)/K)/10")),
    Mutant("TK", "1/K", claim("comp", rhs=f"sqrt({_BOTH}**2*{_BUDGET} + b2*{_BOTH}*start**2)/K")),
    Mutant("TK", "no H1", without("H1")),
    Mutant("TK", "no H2", without("H2")),
    Mutant("TK", "H2 to 1.1", asks("H2", "w1", "11*(b1*e1 + b2*e0)/10")),
    Mutant("TC", "½‖e_{K−1}‖ dropped", claim("finite", more="e0/2")),
    Mutant("TC", "2b/a × 0.9", claim("finite", more="b*c*phi/(5*a*(1 - theta))")),
    Mutant("TC", "no H1", without("H1")),
    Mutant("TC", "no TR", without("relative error")),
    Mutant("TC", "‖v‖ of any size", without("displacements")),
    Mutant("TC", "no KL", unsaid("KL")),
    Mutant("TC", "θ ≥ 1", without("θ < 1")),
    Mutant("TC", "n sweeps × 0.9", claim("length", rhs="9*(r1/(a*lam) + n*lam)/20")),
    Mutant("TC", "λ of any sign", without("λ > 0")),
    Mutant("TC", "b of TR alone", unsaid("b ≥ b1 + m")),
)  # fmt: skip
