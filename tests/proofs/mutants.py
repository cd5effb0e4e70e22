"""False variants of every theorem: a sign flipped, a tight constant × 0.9, a hypothesis dropped,
an index off by one, p3 outside, a strict inequality where equality occurs.

A mutant is another object under the theorem's name. It goes through the same proof, with the
stored multipliers and with a fresh search for them. (Of T5's constants it is not known that they
are the best ones: those three variants are unproved rather than false.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import sympy as sp

from amverify.theorems.base import Conclusion, Inequality, Theorem
from proofs.theorems.catalogue import ORDER, known

Edit = Callable[[Theorem], Theorem]
TENTH = sp.Rational(1, 10)


@dataclass(frozen=True)
class Mutant:
    """A false variant."""

    theorem: str
    name: str
    edit: Edit

    @property
    def object(self) -> Theorem:
        """The variant; it differs from the theorem."""
        made = self.edit(known(self.theorem))
        if made == known(self.theorem):
            raise AssertionError(f"{self.theorem}, {self.name}: nothing was changed")
        return made


def _at(name: str, change: Callable[[Conclusion], Conclusion]) -> Edit:
    """Change the conclusion of a name; of every name that begins so."""

    def edit(theorem: Theorem) -> Theorem:
        parts = tuple(
            change(part) if part.inequality.name.startswith(name) else part
            for part in theorem.conclusions
        )
        return replace(theorem, conclusions=parts)

    return edit


def claim(
    name: str, more: str = "0", *, rhs: str | None = None, lhs: str | None = None,
    strict: bool | None = None,
) -> Edit:  # fmt: skip
    """Lower the right-hand side by ``more``, or put other sides in their place."""

    def change(part: Conclusion) -> Conclusion:
        old = part.inequality
        new = Inequality(
            old.name,
            old.lhs if lhs is None else formula(lhs),
            (old.rhs if rhs is None else formula(rhs)) - formula(more),
            old.text,
            strict=old.strict if strict is None else strict,
        )
        return replace(part, inequality=new)

    return _at(name, change)


def without(*conditions: str, of: str = "") -> Edit:
    """Drop conditions, by name."""

    def change(part: Conclusion) -> Conclusion:
        kept = tuple(c for c in part.conditions if c.name not in conditions)
        return replace(part, conditions=kept)

    def edit(theorem: Theorem) -> Theorem:
        """Hypotheses that these conditions monitored are monitored by what is left."""
        said = tuple(
            replace(h, monitored=tuple(n for n in h.monitored if n not in conditions))
            for h in theorem.hypotheses
        )
        return _at(of, change)(replace(theorem, hypotheses=said))

    return edit


def unsaid(name: str) -> Edit:
    """Drop a hypothesis, by name."""

    def edit(theorem: Theorem) -> Theorem:
        return replace(theorem, hypotheses=tuple(h for h in theorem.hypotheses if h.name != name))

    return edit


def asks(name: str, lhs: str, rhs: str) -> Edit:
    """A condition says something else."""

    def change(part: Conclusion) -> Conclusion:
        new = tuple(
            Inequality(c.name, formula(lhs), formula(rhs), c.text, strict=c.strict)
            if c.name == name else c
            for c in part.conditions
        )  # fmt: skip
        return replace(part, conditions=new)

    return _at("", change)


def rests(name: str, text: str) -> Edit:
    """A hypothesis says something else."""

    def edit(theorem: Theorem) -> Theorem:
        said = (
            replace(h, formula=formula(text)) if h.name == name else h for h in theorem.hypotheses
        )
        return replace(theorem, hypotheses=tuple(said))

    return edit


def formula(text: str) -> sp.Expr:
    """A formula in the theorems' symbols (real numbers)."""
    names = {n: sp.Symbol(n, real=True) for n in _NAMES}
    return sp.sympify(text, locals={**names, "Abs": sp.Abs, "Min": sp.Min, "sqrt": sp.sqrt},
                      rational=True)  # fmt: skip


_NAMES = tuple(
    sorted({
        symbol.name
        for name in ORDER
        for part in known(name).conclusions
        for found in (part.inequality, *part.conditions)
        for symbol in (found.rhs - found.lhs).free_symbols
    })
)  # fmt: skip

_T1 = "-L*((s/t - 1/2)*e2 - (p1*s - p2)*de - p2**2/2*d2)"
_CZ, _IK, _PZ = "Abs(p1*s - p2/(2 - z))", "1/(z*(2 - z))", "p2**2*z/(2 - z)"
_BELOW = "L*(e2 - 2*p2*de + p2**2*d2)"
_TM = "-((s/t - 1/2)*e2 - (p1*s - p2)*de - p2**2/2*d2) + eta*e2"
_TJ = "-((s - 1)/2*e2 - (p1*s - p2)*de - p2**2/2*d2)"
_TMG = "-s/t*e2 + q_e/2 + s*p1*de - p2*q_de + eta*e2"
_TMQ = "-(s/t - 1/2)*e2 + (p1*s - p2)*de + eta*e2"
_Y, _YJ, _X = "2*(1-theta)*(s/t - 1/2)", "(1-theta)*(s - 1)", "(delta*old - p2**2*d2)"

MUTANTS: tuple[Mutant, ...] = (
    Mutant("T1", "the coupling's sign", claim("d", rhs=_T1.replace("(p1*s - p2)", "(p2 - p1*s)"))),
    Mutant("T1", "½ × 0.9", claim("d", rhs=_T1.replace("s/t - 1/2", "s/t - 9/20"))),
    Mutant("T1", "p2²/2 × 0.9", claim("d", rhs=_T1.replace("p2**2/2", "9*p2**2/20"))),
    Mutant("T1", "p3 outside", without("p3 ≥ 0")),
    Mutant("T1", "p3 has no price", claim("d", rhs=_T1.replace("s/t", "s"))),
    Mutant("T1", "no modulus", without("modulus")),
    Mutant("T1", "a modulus too small", asks("modulus", "9*bend/10", _BELOW)),
    Mutant("T1", "no sign of s", without("s > 0")),
    Mutant("T1", "strict", claim("d", strict=True)),
    Mutant("T1p", "the inertia's sign", claim("d", rhs="-gamma/2*e2 - gamma*p1*de")),
    Mutant("T1p", "γ/2 × 1.1", claim("d", more="gamma*e2/20")),
    Mutant("T1p", "p1 × 0.9", claim("d", rhs="-gamma/2*e2 + 9*gamma*p1*de/10")),
    Mutant("T1p", "Δ pays too", claim("d", more="gamma*d2/100")),
    Mutant("T1p", "strict", claim("d", strict=True)),
    Mutant("T1p", "Δ and e exchanged", claim("d", rhs="-gamma/2*d2 + gamma*p1*de")),
    Mutant("T2", "2|c| × 0.9", claim("region", lhs="9*2*Abs(p1*s - p2)/10 + p2**2 + 1")),
    Mutant("T2", "2|c| × 1.1: not necessary", claim("region", lhs="2.2*Abs(p1*s-p2)+p2**2+1")),
    Mutant("T2", "p2² forgotten", claim("region", lhs="2*Abs(p1*s - p2) + 1")),
    Mutant("T2", "the coupling's sign", claim("region", lhs="2*Abs(p1*s + p2) + p2**2 + 1")),
    Mutant("T2", "p3 has no price", claim("region", rhs="2*s")),
    Mutant("T2", "p3 outside", without("p3 ≥ 0")),
    Mutant("T2", "the boundary too", claim("region", strict=False)),
    Mutant("T2", "another weight", claim("decrease", lhs="dF + L*(s/t-1/2-p2**2/2)/2*(e2-d2)")),
    Mutant("T2", "the weight × 0.9", claim("decrease", lhs="dF+9*L*(s/t-1/2+p2**2/2)/20*(e2-d2)")),
    Mutant("T2", "no modulus", without("modulus")),
    Mutant("T2n", "2 × 0.9", asks("region", "9*2*(Abs(p1)*s + Abs(p2))/10 + 1", "2*s")),
    Mutant("T2n", "p2 forgotten", asks("region", "2*Abs(p1)*s + 1", "2*s")),
    Mutant("T2n", "p1 p2 of convex H", asks("region", "2*Abs(p1*s - p2) + p2**2 + 1", "2*s")),
    Mutant("T2n", "no region", without("region")),
    Mutant("T2n", "p3 outside", without("p3 = 0")),
    Mutant("T2n", "the weight × 1.1", claim("decrease", lhs="dF + 11*L*(s-1/2)/20*(e2 - d2)")),
    Mutant("T2n", "no sign of s", without("s > 0")),
    Mutant("T3", "c is not paid", without("c is paid")),
    Mutant("T3", "δ' not affordable", without("δ' is affordable")),
    Mutant("T3", "δ does not cover p2", without("δ covers p2")),
    Mutant("T3", "no modulus", without("modulus")),
    Mutant("T3", "p3 outside", without("p3 ≥ 0")),
    Mutant("T3", "c paid to 0.9", asks(
        "c is paid", "9*(L*(p1*s - p2))**2/10",
        "(delta - L*p2**2)*(2*(1-theta)*L*(s/t - 1/2) - delta1)",
    )),
    Mutant("T3", "a × 1.1", claim("Lyapunov decrease", more="theta*L*(s/t - 1/2)*e2/10")),
    Mutant("T3", "δ and δ' exchanged", claim(
        "Lyapunov decrease", lhs="dF + delta/2*e2 - delta1/2*d2")),
    Mutant("T3", "p1 ≥ ½", without("p1 < ½")),
    Mutant("T3", "δ too small", without("δ ≥ γ/2")),
    Mutant("T3", "δ' too large", without("δ' ≤ γ/2")),
    Mutant("T2z", "2|c_z| × 0.9", claim("region", lhs=f"9*2*{_CZ}/10 + {_IK} + {_PZ}")),
    Mutant("T2z", "c of T2", claim("region", lhs=f"2*Abs(p1*s - p2) + {_IK} + {_PZ}")),
    Mutant("T2z", "p2² forgotten", claim("region", lhs=f"2*{_CZ} + {_IK}")),
    Mutant("T2z", "1/k forgotten", claim("region", lhs=f"2*{_CZ} + 1 + {_PZ}")),
    Mutant("T2z", "p3 has no price", claim("region", rhs="2*s")),
    Mutant("T2z", "the boundary too", claim("region", strict=False)),
    Mutant("T2z", "more than the margin", claim("decrease", more="L*(e2 + d2)/1000")),
    Mutant("T2z", "strict", claim("decrease", strict=True)),
    Mutant("T2z", "T2's weight", claim("decrease", lhs="dF+L*(s/t-1/2+p2**2/2)/2*(e2-d2)")),
    Mutant("T2z", "z above 1", without("z ≤ 1", of="decrease")),
    Mutant("T2z", "z below 0", without("z > 0", of="decrease")),
    Mutant("T2z", "p3 outside", without("p3 ≥ 0", of="decrease")),
    Mutant("T2z", "H smooth along the step only", unsaid("H convex and smooth everywhere")),
    Mutant("T3z", "c is not paid", without("c is paid")),
    Mutant("T3z", "δ' not affordable", without("δ' is affordable")),
    Mutant("T3z", "δ does not cover p2", without("δ covers p2")),
    Mutant("T3z", "z above 1", without("z ≤ 1")),
    Mutant("T3z", "a of T3", claim("Lyapunov decrease", rhs="-theta*L*(s/t - 1/2)*e2")),
    Mutant("T3z", "H smooth along the step only", unsaid("H convex and smooth everywhere")),
    Mutant("TM", "the coupling's sign", claim("d", rhs=_TM.replace("p1*s - p2", "p2 - p1*s"))),
    Mutant("TM", "½ × 0.9", claim("d", rhs=_TM.replace("- 1/2", "- 9/20"))),
    Mutant("TM", "p2²/2 × 0.9", claim("d", rhs=_TM.replace("p2**2/2", "9*p2**2/20"))),
    Mutant("TM", "p3 has no price", claim("d", rhs=_TM.replace("s/t", "s"))),
    Mutant("TM", "no t at all", without("p3 ≥ 0")),
    Mutant("TM", "M not above the Hessian", without("M is above")),
    Mutant("TM", "M too small", asks("M is above", "9*bend/10", "e2 - 2*p2*de + p2**2*d2")),
    Mutant("TM", "g neither 0 nor convex", unsaid("g convex")),
    Mutant("TM", "strict", claim("d", strict=True)),
    Mutant("TM", "less than no width", claim("d", more="2*eta*e2")),
    Mutant("TMG", "½ × 0.9", claim("no more", rhs=_TMG.replace("q_e/2", "9*q_e/20"))),
    Mutant("TMG", "½ × 1.1", claim("no less", lhs="-s/t*e2+11*q_e/20+s*p1*de-p2*q_de-eta*e2")),
    Mutant("TMG", "M's for Q's", claim("no more", rhs=_TMG.replace("q_e", "e2"))),
    Mutant("TMG", "turned by M", claim("no more", rhs=_TMG.replace("q_de", "de"))),
    Mutant("TMG", "p3 has no price", claim("no more", rhs=_TMG.replace("s/t", "s"))),
    Mutant("TMG", "a width of 0, strictly", claim("no more", strict=True)),
    Mutant("TMG", "less than no width", claim("no less", lhs=_TMG + " + e2/1000")),
    Mutant("TMG", "H not quadratic", unsaid("H quadratic")),
    Mutant("TMG", "equality for a convex g", unsaid("g = 0")),
    Mutant("TMQ", "½ × 0.9", claim("no more", rhs=_TMQ.replace("- 1/2", "- 9/20"))),
    Mutant("TMQ", "½ × 1.1", claim("no less", lhs=_TMQ.replace("- 1/2", "- 11/20") + "-2*eta*e2")),
    Mutant("TMQ", "the coupling's sign", claim("no m", rhs=_TMQ.replace("p1*s - p2", "p2 - p1*s"))),
    Mutant("TMQ", "p2²/2 of TM, no less", claim("no less", lhs=_TMQ + " - 2*eta*e2 + p2**2*e2/2")),
    Mutant("TMQ", "p3 has no price", claim("no more", rhs=_TMQ.replace("s/t", "s"))),
    Mutant("TMQ", "Q longer than M", without("Q ≤ M along e")),
    Mutant("TMQ", "M longer than Q", without("M ≤ Q along e")),
    Mutant("TMQ", "Q turns otherwise", without("M ≤ Q from Δ")),
    Mutant("TMQ", "M turns otherwise", without("Q ≤ M from Δ")),
    Mutant("TMQ", "H not quadratic", unsaid("H quadratic")),
    Mutant("TH", "c is not paid", without("c is paid")),
    Mutant("TH", "δ' not affordable", without("δ' is affordable")),
    Mutant("TH", "δ does not cover p2", without("δ covers p2")),
    Mutant("TH", "M not above the Hessian", without("M is above")),
    Mutant("TH", "c paid to 0.9", asks(
        "c is paid", "9*(p1*s - p2)**2*d2/10", f"({_Y} - delta1)*{_X}")),
    Mutant("TH", "paid in the new metric", asks(
        "c is paid", "(p1*s - p2)**2*d2", f"({_Y} - delta1)*(delta - p2**2)*d2")),
    Mutant("TH", "carried in the new metric", claim("Lyap", lhs="dF + delta1/2*e2 - delta/2*d2")),
    Mutant("TH", "a × 1.1", claim("Lyap", more="theta*(s/t - 1/2)*e2/10")),
    Mutant("TH", "δ and δ' exchanged", claim("Lyap", lhs="dF + delta/2*e2 - delta1/2*old")),
    Mutant("TJ", "s − ½ of a convex g", claim("d", rhs=_TJ.replace("(s - 1)/2", "(s - 1/2)"))),
    Mutant("TJ", "½ × 0.9", claim("d", rhs=_TJ.replace("(s - 1)/2", "(s - 9/10)/2"))),
    Mutant("TJ", "p2² forgotten", claim("d", more="p2**2*d2/2")),
    Mutant("TJ", "the coupling's sign", claim("d", rhs=_TJ.replace("p1*s - p2", "p2 - p1*s"))),
    Mutant("TJ", "M not above the Hessian", without("M is above")),
    Mutant("TJ", "p3 outside", without("p3 = 0")),
    Mutant("TJ", "strict", claim("d", strict=True)),
    Mutant("TJ", "c is not paid", without("c is paid")),
    Mutant("TJ", "δ' not affordable", without("δ' is affordable")),
    Mutant("TJ", "δ does not cover p2", without("δ covers p2")),
    Mutant("TJ", "α of TM", claim("Lyap", rhs="-theta*(s - 1/2)*e2")),
    Mutant("TJ", "paid by TM's α", asks(
        "c is paid", "(p1*s - p2)**2*d2", f"({_YJ} + 1 - theta - delta1)*{_X}")),
    Mutant("TJ", "carried in the new metric", claim("Lyap", lhs="dF + delta1/2*e2 - delta/2*d2")),
    Mutant("T4", "the penalty's share forgotten", claim("rel", more="nu*lip*ea")),
    Mutant("T4", "the penalty's share × 0.9", claim("rel", more="nu*lip*ea/10")),
    Mutant("T4", "B × 0.9", claim("rel", more="B*M*e1/10")),
    Mutant("T4", "the blocks before are forgotten", claim("rel", more="B*M*e1")),
    Mutant("T4", "an index off by one", claim(
        "rel",
        rhs="(B*M + smax*Lmax + extra)*e0 + (p2max*M + smax*p1max*Lmax)*e1 + nu*lip*ea")),
    Mutant("T4", "p2 forgotten", claim("rel", more="p2max*M*e0")),
    Mutant("T4", "p1 forgotten", claim("rel", more="smax*p1max*Lmax*e0")),
    Mutant("T4", "z_L's extrapolation forgotten", claim("rel", more="extra*e1")),
    Mutant("T4", "sL × 0.9", claim("rel", more="smax*Lmax*e1/10")),
    Mutant("T5", "½‖e_{K−1}‖ dropped", claim("fin", more="e0/2")),
    Mutant("T5", "an index off by one", claim("fin", rhs="e1/2 + e0 + 2*b*c*phi/(a*(1-theta))")),
    Mutant("T5", "2b/a × 0.9", claim("fin", more="b*c*phi/(5*a*(1-theta))")),
    Mutant("T5", "a and b exchanged", claim("fin", rhs="e1 + e0/2 + 2*a*c*phi/(b*(1-theta))")),
    Mutant("T5", "no H1", without("H1")),
    Mutant("T5", "no H2", without("H2")),
    Mutant("T5", "no KL", without("KL")),
    Mutant("T5", "θ ≥ 1", without("θ < 1")),
    Mutant("T5", "H1's sign", asks("H1", "dpsi", "a*step2")),
    Mutant("T5", "KL the wrong way", asks("KL", "c*dist", "rt")),
    Mutant("T5e", "½‖e_{K−1}‖ dropped", claim("length", more="e0/2")),
    Mutant("T5e", "what errors cost forgotten", claim("length", more="drift/2")),
    Mutant("T5e", "a third of it", claim("length", more="drift/6")),
    Mutant("T5e", "τ for ½τ, the wrong way", claim("finite", more="tau/4")),
    Mutant("T5e", "2b/a × 0.9", claim("length", more="b*c*phi/(5*a*(1-theta))")),
    Mutant("T5e", "no H1e", without("H1e")),
    Mutant("T5e", "no H2e", without("H2e")),
    Mutant("T5e", "no KL", without("KL")),
    Mutant("T5e", "ε_k of H1 twice", asks("H1e", "dpsi", "-a*step2 + 2*eps")),
    Mutant("T5e", "η_k of H2 twice", asks("H2e", "dist", "b*(e1 + e0) + 2*eta")),
    Mutant("T5e", "T_k of any sign", without("T_k ≥ 0")),
    Mutant("T5e", "T_{k+1} of any sign", without("T_{k+1} ≥ 0")),
    Mutant("T5e", "η_k of any sign", without("η_k ≥ 0")),
    Mutant("T5e", "no budget", without("errors within τ")),
    Mutant("T5e", "θ ≥ 1", without("θ < 1")),
    Mutant("T6e", "2C × 0.9", claim("recursion", more="2*b**2*c**2*(r0 - r1)/(5*a)")),
    Mutant("T6e", "C for 2C", claim("recursion", more="2*b**2*c**2*(r0 - r1)/a")),
    Mutant("T6e", "ω forgotten", claim("recursion", more="omega")),
    Mutant("T6e", "half of ω", claim("recursion", more="omega/2")),
    Mutant("T6e", "θ = ½: ω forgotten", claim("linear", more="omega/(1 + 4*b**2*c**2/a)")),
    Mutant("T6e", "ε_k of no level", asks(
        "errors below ω", "4*b**2*c**2*eps0/a + 2*c**2*eta**2", "omega")),
    Mutant("T6e", "η_k² once", asks(
        "errors below ω", "4*b**2*c**2*(eps + eps0)/a + c**2*eta**2", "omega")),
    Mutant("T6e", "errors of any level", without("errors below ω")),
    Mutant("T6e", "η_k of any sign", without("η_k ≥ 0")),
    Mutant("T6e", "no H1e", without("H1e")),
    Mutant("T6e", "no H1e of the sweep before", without("H1e before")),
    Mutant("T6e", "no H2e", without("H2e")),
    Mutant("T6e", "no KL", without("KL")),
    Mutant("T6", "C × 0.9", claim("recursion", rhs="9*b**2*c**2*kappa*(r0 - r1)/(10*a)")),
    Mutant("T6", "κ forgotten", claim("recursion", rhs="b**2*c**2*(r0 - r1)/a")),
    Mutant("T6", "θ = ½: C/(2 + C)", claim(
        "linear", rhs="b**2*c**2*kappa/a*r0/(2 + b**2*c**2*kappa/a)")),
    Mutant("T6", "θ > ½: ν × 2", claim(
        "sublinear", lhs="A0 + 2*j*Min(A0*(two-1), a*(2*theta-1)/(2*b**2*c**2*kappa))")),
    Mutant("T6", "θ > ½: an index off by one", claim(
        "sublinear", lhs="A0 + (j+1)*Min(A0*(two-1), a*(2*theta-1)/(2*b**2*c**2*kappa))")),
    Mutant("T6", "θ < ½: r_k pays", claim("superlinear", more="b**2*c**2*kappa*r0/(10*a)")),
    Mutant("T6", "θ = 0: 1/C × 1.1", claim("finite", lhs="11/10")),
    Mutant("T6", "θ = 0: after the minimum", without("0 < r_k")),
    Mutant("T6", "no H1 of the sweep before", without("H1 before")),
    Mutant("T6", "no H1", without("H1")),
    Mutant("T6", "no KL", without("KL")),
    Mutant("T6", "H2's sign", asks("H2", "b*(e1 + (kappa - 1)*e0)", "dist")),
    Mutant("C1", "the other way round", claim("order", lhs="joint", rhs="block")),
    Mutant("C1", "joint × 0.9", claim("order", rhs="9*joint/10")),
    Mutant("C1", "strict", claim("order", strict=True)),
    Mutant("C1", "twice the block-wise one", claim("order", lhs="2*block")),
    Mutant("C1", "a sum of both", claim("order", lhs="block + joint")),
    Mutant("S1", "½ forgotten", claim("exp", more="L*noise/2")),
    Mutant("S1", "the slope's square is free", claim("exp", more="L*square/2")),
    Mutant("S1", "the noise × 0.9", claim("exp", more="L*noise/20")),
    Mutant("S1", "the pull × 1.1", claim("exp", more="pull/10")),
    Mutant("S1", "the pull's sign", claim("exp", rhs="L*noise/2 + L*square/2 + pull", more="L")),
    Mutant("S1", "strict", claim("exp", strict=True)),
    Mutant("S2", "steps beyond 1/L", without("α ≤ 1/L")),
    Mutant("S2", "no least step size", without("0 < α_min")),
    Mutant("S2", "the noise × 0.9", claim("rate", more="amax**2*level/(10*amin)")),
    Mutant("S2", "2(f⁰ − f*) × 0.9", claim("rate", more="(f0 - fstar)/(5*K*amin)")),
    Mutant("S2", "K + 1 sweeps", claim(
        "rate", rhs="amax**2*level/amin + 2*(f0 - fstar)/((K + 1)*amin)")),
    Mutant("S2", "1/L to 1.1", asks("α ≤ 1/L", "10*Lmax*amax/11", "1")),
    Mutant("S2", "α_max and α_min exchanged", claim(
        "rate", rhs="amin**2*level/amax + 2*(f0 - fstar)/(K*amax)")),
    Mutant("S3", "B²/2 × 0.9", claim("expected descent, sharper", more="B**2*G2*Lbar*amax**2/20")),
    Mutant("S3", "B blocks like one", claim(
        "expected descent", rhs="G2*Lbar*amax**2*B/2 - amin*g0")),
    Mutant("S3", "the slope × 1.1", claim("expected descent", more="amin*g0/10")),
    Mutant("S3", "the bias × 0.9", claim("bias", more="Lbar*amax*earlier/5")),
    Mutant("S3", "α_max once", claim("bias", rhs="2*Lbar*earlier")),
    Mutant("S3", "no least step size", without("0 < α_min")),
    Mutant("S3", "K + 1 sweeps", claim(
        "rate", rhs="B*G2*Lbar*amax**2*(B - 1/2)/amin + (f0 - fstar)/((K+1)*amin)")),
    Mutant("S7", "the bias is free", claim("expected", rhs=(
        "(amax*Lbar/(2*(1 - Lbar*amax*sqrt(B - 1))**2) - 1 + eta)*pull"
        " + Lbar*noise/(2*(1 - Lbar*amax*sqrt(B - 1))**2)"))),
    Mutant("S7", "the noise × 0.9", claim("expected", more="Lbar*noise/20")),
    Mutant("S7", "η is free", claim("expected", more="eta*pull")),
    Mutant("S7", "a drift beyond the step", without("q < 1")),
    Mutant("S7", "steps of 4/(BL̄)", asks("4BL̄α_max ≤ 1", "B*Lbar*amax", "4")),
    Mutant("S7", "no drift in an explicit constant", claim("explicit", more="pull/2")),
    Mutant("S7", "no least step size", without("0 < α_min")),
    Mutant("S8", "the noise × 0.9", claim("expected", more="Lbar*noise/20")),
    Mutant("S8", "the pull × 2", claim("expected", more="pull/(2*(1 - beta))")),
    Mutant("S8", "f at w, no Lyapunov weight", rests("V", "dE - df")),
    Mutant("S8", "λ × 0.9", rests(
        "V", "dE - df - 9*amax*Lbar**2*beta**4/(20*(1 - beta)**4)*(e2 - d2)")),
    Mutant("S8", "steps of 5m²/L̄", asks("p ≤ m²/4", "Lbar*amax", "5*(1 - beta)**2")),
    Mutant("S8", "β up to 1", without("β < 1")),
    Mutant("S8", "a drift beyond the step", without("q < 1")),
    Mutant("S8", "K + 1 sweeps at once", claim("rate", more="(f0 - fstar)/(K*amin)")),
    Mutant("S4", "½ forgotten", claim("descent", rhs="L*e2/4 - w2")),
    Mutant("S4", "1/α × 1.1", claim("descent", more="w2/10")),
    Mutant("S4", "no formula", without("formula")),
    Mutant("S4", "another formula", asks("formula", "Abs(slope + 9*w2/10)", "0")),
    Mutant("S4", "H1 by 1/α × 1.1", claim("suff", rhs="-(11/(10*ahigh) - L/2)*e2")),
    Mutant("S4", "H1 without L", claim("suff", rhs="-e2/ahigh")),
    Mutant("S4", "H1, step sizes of any sign", without("0 < α_max")),
    Mutant("S4", "√B × 0.9", claim("rel", rhs="sqrt(e2)*(9*sqrt(B)*M/10 + 1/amin)")),
    Mutant("S4", "1/α_min forgotten", claim("rel", rhs="sqrt(e2)*sqrt(B)*M")),
    Mutant("S4", "step sizes of any sign", without("0 < α")),
    Mutant("S4m", "β/2 forgotten", claim("descent", more="beta*i2/2")),
    Mutant("S4m", "1 − β/2 is 1", claim("descent", more="beta*w2/2")),
    Mutant("S4m", "no formula", without("formula")),
    Mutant("S4m", "nothing carried", without("carried")),
    Mutant("S4m", "not affordable", without("affordable")),
    Mutant("S4m", "a × 1.1", claim("Lyapunov", more="a*e2/10")),
    Mutant("S4m", "β − 2 is β − 3", asks("affordable", "2*a*e2 + left", "-L*e2 + w2*(3 - beta)")),
    Mutant("S5", "above the bound", claim("lower", lhs="amin*11/10")),
    Mutant("S5", "below the bound", claim("upper", rhs="9*amax/10")),
    Mutant("S5", "bounds reversed", without("α_min ≤ α_max")),
    Mutant("S5", "exchanged", claim("lower", lhs="amax")),
    Mutant("S5", "strict", claim("upper", strict=True)),
    Mutant("S5", "a step is taken though it is not finite", claim("not", lhs="bad + moved")),
    Mutant("S5", "it always moves", claim("not", lhs="moved")),
    Mutant("S6", "it decreases", claim("increase", lhs="dE", rhs="0")),
    Mutant("S6", "by α", claim("increase", more="alow")),
    Mutant("S6", "step sizes of any sign", without("0 < α_min")),
    Mutant("S6", "fixed step sizes beyond 1/74", without("α_max < 1/74")),
    Mutant("S6", "fixed step sizes up to 1/64", asks("α_max < 1/74", "64*amax", "1")),
    Mutant("S6", "every fixed step size in the bounds increases", claim("pred", lhs="0", rhs="dP")),
    Mutant("S6", "by 69/512·8/9·α × 1.1 + E f", claim("increase", rhs="dE", lhs="3*dE/2")),
    Mutant("S6", "by more than itself", claim("increase", lhs="dE")),
    Mutant("G1", "½ × 0.9", claim("descent", rhs="e2*(9*L/20 - 1/eta)")),
    Mutant("G1", "1/η × 1.1", claim("descent", more="e2/(10*eta)")),
    Mutant("G1", "the sign", claim("descent", rhs="e2*(1/eta - L/2) - e2")),
    Mutant("G1", "steps of any sign", without("0 < η")),
    Mutant("G1", "strict", claim("descent", strict=True)),
    Mutant("G2", "no PL", without("PL")),
    Mutant("G2", "steps of any sign", without("0 < η")),
    Mutant("G2", "steps beyond 2/L", without("η < 2/L")),
    Mutant("G2", "the rate × 1.1", claim("rate", rhs="-2.2*eta*mu*(f0-fstar)*(1-L*eta/2)")),
    Mutant("G2", "½ × 0.9", claim("rate", rhs="-2*eta*mu*(f0-fstar)*(1-9*L*eta/20)")),
    Mutant("G2", "PL to 0.9", asks("PL", "9*2*mu*(f0 - fstar)/10", "g0")),
    Mutant("G3", "½ × 0.9", claim("descent", rhs="-L*e2*(s - 9/20)")),
    Mutant("G3", "the first inertia", without("p1 = 0")),
    Mutant("G3", "the second inertia", without("p2 = 0")),
    Mutant("G3", "p3 outside", without("p3 = 0")),
    Mutant("G3", "no modulus", without("modulus")),
    Mutant("G4", "½ × 0.9", claim("Lyap", rhs="e2*(9*L/20 - (1 - beta)/eta)")),
    Mutant("G4", "1 − β is 1", claim("Lyap", rhs="e2*(L/2 - 1/eta)")),
    Mutant("G4", "the weight × 0.9", claim("Lyap", lhs="9*beta*(e2 - d2)/(20*eta) + df")),
    Mutant("G4", "steps of any sign", without("0 < η")),
    Mutant("G4", "momentum of any sign", without("0 ≤ β")),
    Mutant("G4", "strict", claim("Lyap", strict=True)),
)  # fmt: skip
