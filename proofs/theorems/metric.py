r"""TM, TMG, TMQ, TH, TJ: the algebra of one block's step in a metric.

With o = ⟨∇H(û), e⟩ + g⁺ − g, the origin at u^k, d = e/t:

* g = 0: s(d − p1Δ) + ∇H(û) = 0, so o = −(s/t)‖e‖² + s·p1⟨Δ,e⟩;
* g convex, t = 1: the proximal point's subgradient at u^k, o ≤ that;
* any g, t = 1: the model at u^k, o ≤ −(s/2)‖e‖² + s·p1⟨Δ,e⟩.

TM and TJ add convexity at û toward u^k and the modulus from û to u^{k+1}; TMG and TMQ the expansion
of H at u^k, and ∇H(û) − ∇H(u^k) = p2QΔ.

**TH**, and TJ's weights. With Y = 2(1−ϑ)α − δ' and X = δ·old − p2²‖Δ‖² what is left is
½[Y‖e‖² − 2c⟨Δ,e⟩ + X], and Y times it is ‖Ye − cΔ‖² + (YX − c²‖Δ‖²). Where Y = 0, c = 0 or Δ = 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from amverify.theorems.blockwise import AHEAD, PAST, STEP, STRETCH
from amverify.theorems.inmetric import NO_THIRD
from amverify.theorems.joint import SPARE_JOINT, TJ_BOUND
from amverify.theorems.metric import SPARE, TM_BOUND
from amverify.theorems.properties import ORIGIN, gradient
from amverify.theorems.tiam import COUPLING, HALF, de, dF, e2, p1, p2, s, t
from proofs.kernel import checker
from proofs.kernel.checker import Proved, Relation
from proofs.kernel.polynomial import Poly, const
from proofs.script.facts import PROXIMAL, SEGMENT, STRETCHED, TANGENT, UNSTRETCHED
from proofs.script.ledger import Plus, Proof, Start
from proofs.script.lemmas import between, squared, strictly_inverted, vanishing
from proofs.script.steps import AFFINE, EXPANSION, MODEL, STATIONARY, ZERO
from proofs.script.translate import polynomial
from proofs.script.vectors import hessian, inner, value
from proofs.theorems.regions import goal_of
from proofs.theorems.tiam import parts, positive_t, unit

SLOPE = gradient("H", AHEAD)
"""∇H(û)."""
OWN = inner(SLOPE, STEP) + value("g", STEP) - value("g", ORIGIN)
"""o."""
VARIANTS = ("", "g convex, p3 = 0")


def _along(proof: Proof) -> list[Proved]:
    """e = t d along e, d, Δ and ∇H(û)."""
    ways = (("e", STEP), ("d", STRETCH), ("Δ", PAST), ("∇H(û)", SLOPE))
    return [proof.fact(STRETCHED, STEP, w, name=f"e = t d, along {n}") for n, w in ways]


def smooth_step(proof: Proof) -> tuple[Proved, list[Proved]]:
    """O + (s/t)‖e‖² − s·p1⟨Δ,e⟩ = 0 where g = 0; and what goes with it."""
    inverse, _ = positive_t(proof, proof.condition("p3 ≥ 0"))
    still = proof.fact(STATIONARY, STRETCH, STEP, name="stationarity, along e")
    nothing = [proof.fact(ZERO, "g", x, name=f"g = 0 at {x}") for x in (ORIGIN, STEP)]
    along = proof.fact(STRETCHED, STEP, STEP, name="e = t d, along e")
    move = polynomial(1 / t) * inner(STEP, STEP) - polynomial(p1) * inner(PAST, STEP)
    goal = OWN + polynomial(s) * move
    found = proof.certificate("step", goal, zero=[still, along, inverse, *nothing], kind="=")
    return found, []


def convex_step(proof: Proof) -> tuple[Proved, list[Proved]]:
    """−o − (s/t)‖e‖² + s·p1⟨Δ,e⟩ ≥ 0 where g is convex and t = 1; and what goes with it."""
    one = proof.hypothesis(NO_THIRD.name)
    sub = proof.fact(PROXIMAL, STRETCH, ORIGIN, name="proximal point")
    same = proof.fact(UNSTRETCHED, "g", STEP, name="g(u^{k+1}) = g(u⁺)", sides=[one])
    move = inner(STEP, STEP) - polynomial(p1) * inner(PAST, STEP)
    found = proof.certificate(
        "step", -OWN - polynomial(s) * move, [Plus(1, (sub,))], [*_along(proof), same, one]
    )
    return found, [unit(proof, one)]


def modelled_step(proof: Proof) -> Proved:
    """−o − (s/2)‖e‖² + s·p1⟨Δ,e⟩ ≥ 0 whatever g, where t = 1."""
    one = between(proof, proof.hypothesis("p3 ≥ 0"), proof.condition("p3 = 0"), "t = 1")
    least = proof.fact(MODEL, STRETCH, ORIGIN, name="the model at u^k")
    same = proof.fact(UNSTRETCHED, "g", STEP, name="g(u^{k+1}) = g(u⁺)", sides=[one])
    move = polynomial(HALF) * inner(STEP, STEP) - polynomial(p1) * inner(PAST, STEP)
    goal = -OWN - polynomial(s) * move
    return proof.certificate("step", goal, [Plus(1, (least,))], [*_along(proof), same, one])


NAMES = ("dF", "e2", "de", "d2", "bend")


def step(proof: Proof, convex: bool) -> tuple[Proved, list[Proved]]:
    """The step of V_l, or that of z_L."""
    return convex_step(proof) if convex else smooth_step(proof)


def added(proof: Proof, bound: sp.Expr, own: Proved, also: Sequence[Proved]) -> Proved:
    """The step, convexity at û and the modulus from û: ΔF ≤ bound."""
    equation = own.conclusion.kind == "="
    known = [
        proof.fact(TANGENT, "H", ORIGIN, AHEAD, name="convexity at û"),
        proof.fact(SEGMENT, "H", STEP, AHEAD, name="from û to u^{k+1}"),
        *([] if equation else [own]),
    ]
    terms = [Plus(1, (x,)) for x in known] + [Plus(HALF, (proof.condition("M is above"),))]
    equations = [*(proof.symbol(n) for n in NAMES), *parts(proof), *also]
    return proof.certificate("descent", bound - dF, terms, [*equations, *([own] * equation)])


def descent(proof: Proof, convex: bool) -> Proved:
    """TM's inequality."""
    return added(proof, TM_BOUND, *step(proof, convex))


def joint_descent(proof: Proof) -> Proved:
    """TJ's inequality."""
    return added(proof, TJ_BOUND, modelled_step(proof), [])


def tm(start: Start) -> Sequence[Proof]:
    """TM for g = 0, and for a convex g with p3 = 0."""
    made = []
    for variant in VARIANTS:
        proof = start.proof(0, variant)
        terms = [Plus(1, (descent(proof, bool(variant)),)), width(proof)]
        made.append(proof.conclude(proof.certificate("to a width", goal_of(proof).poly, terms)))
    return made


def width(proof: Proof) -> Plus:
    """η‖e‖² ≥ 0."""
    return Plus(1, (proof.parameter("eta"), squared(proof, "‖e‖² ≥ 0", 1, 0)))


def smooth_change(proof: Proof) -> Proved:
    """ΔH = ⟨∇H(û), e⟩ + ½⟨e,Qe⟩ − p2⟨Δ,Qe⟩."""
    ends = proof.fact(EXPANSION, "H", STEP, ORIGIN, name="H's expansion at u^k")
    turn = proof.fact(AFFINE, "H", AHEAD, ORIGIN, STEP, name="∇H(û) − ∇H(u^k) = p2QΔ, along e")
    change = value("H", STEP) - value("H", ORIGIN) - inner(SLOPE, STEP)
    turned = polynomial(p2) * hessian("H", PAST, STEP)
    goal = change - polynomial(HALF) * hessian("H", STEP, STEP) + turned
    return proof.certificate("ΔH", goal, zero=[ends, turn], kind="=")


def expanded(proof: Proof, convex: bool) -> tuple[list[Plus], list[Proved]]:
    """What TMG adds up: the step, and what H changes by."""
    own, also = step(proof, convex)
    symbols = [proof.symbol(n) for n in ("dF", "e2", "de", "q_e", "q_de")]
    equations = [*symbols, *parts(proof), smooth_change(proof), *also]
    wide = width(proof)
    if own.conclusion.kind == "=":
        return [wide], [*equations, own]
    return [wide, Plus(1, (own,))], equations


def _changed(start: Start, part: int, variant: str, *same: tuple[str, sp.Expr]) -> Proof:
    """One side of the identity; ``same``: conditions that M is Q, and how often they are taken."""
    proof = start.proof(part, variant)
    terms, equations = expanded(proof, bool(variant))
    terms += [Plus(c, (proof.condition(name),)) for name, c in same]
    return proof.conclude(proof.certificate("change", goal_of(proof).poly, terms, equations))


def tmg(start: Start) -> Sequence[Proof]:
    """No more, in both cases; no less, where g = 0."""
    return *(_changed(start, 0, v) for v in VARIANTS), _changed(start, 1, "")


def tmq(start: Start) -> Sequence[Proof]:
    """TMG with ⟨e,Qe⟩ = ‖e‖²_M and p2⟨Δ,Qe⟩ = p2⟨Δ,e⟩_M."""
    above = (("Q ≤ M along e", HALF), ("M ≤ Q from Δ", sp.Integer(1)))
    below = (("M ≤ Q along e", HALF), ("Q ≤ M from Δ", sp.Integer(1)))
    more = (_changed(start, 0, v, *above) for v in VARIANTS)
    return *more, _changed(start, 1, "", *below)


def paid(proof: Proof, falls: Proved, spare: sp.Expr) -> Proof:
    """The weights pay for what ``falls`` leaves of ⟨Δ,e⟩."""
    new, less = proof.condition("δ' is affordable"), proof.condition("δ covers p2")
    enough = proof.condition("c is paid")
    Y, X, c = new.conclusion.poly, less.conclusion.poly, polynomial(COUPLING)
    form = Y * polynomial(e2) - const(2) * c * polynomial(de) + X
    square = squared(proof, "‖Ye − cΔ‖²", spare, -COUPLING)
    some = _where_spare(proof, Y, form, square, enough)
    none = _where_none(proof, Y, form, less, enough)
    below = checker.assume(Relation(-Y, ">"))
    nothing = proof.certificate(
        "Y < 0 is absurd", 0, [Plus(1, (below,)), Plus(1, (new,))], kind=">"
    )
    signs = {">": some, "=": none, "<": checker.absurd(nothing, Relation(form, ">="))}
    whole = proof.record("form ≥ 0", checker.cases(Y, signs), "cases", [some, none])
    terms = [Plus(1, (falls,)), Plus(HALF, (whole,))]
    return proof.conclude(proof.certificate("decrease", goal_of(proof).poly, terms))


def _where_spare(proof: Proof, Y: Poly, form: Poly, square: Proved, enough: Proved) -> Proved:
    """Y > 0: Y·form is a square and what is paid."""
    positive = checker.assume(Relation(Y, ">"))
    inverse, over = strictly_inverted(proof, positive)
    times = proof.certificate("Y·form", Y * form, [Plus(1, (square,)), Plus(1, (enough,))])
    return proof.certificate("form, Y > 0", form, [Plus(1, (over, times))], [inverse])


def _where_none(proof: Proof, Y: Poly, form: Poly, less: Proved, enough: Proved) -> Proved:
    """Y = 0: c = 0, or Δ = 0."""
    flat, c = checker.assume(Relation(Y, "=")), polynomial(COUPLING)
    branches = {}
    for kind, sign in ((">", 1), ("<", -1)):
        away = checker.assume(Relation(const(sign) * c, ">"))
        inverse, over = strictly_inverted(proof, away)
        still = proof.certificate(
            f"−‖Δ‖² ≥ 0, c {kind} 0",
            -inner(PAST, PAST),
            [Plus(1, (over, over, enough))],
            [flat, inverse, proof.symbol("d2")],
        )
        gone = vanishing(proof, PAST, still, STEP, f"⟨Δ, e⟩ = 0, c {kind} 0")
        equations = [flat, gone, proof.symbol("de")]
        branches[kind] = proof.certificate(
            f"form, Y = 0, c {kind} 0", form, [Plus(1, (less,))], equations
        )
    zero = checker.assume(Relation(c, "="))
    branches["="] = proof.certificate("form, Y = 0 = c", form, [Plus(1, (less,))], [flat, zero])
    return proof.record("Y = 0", checker.cases(c, branches), "cases", list(branches.values()))


def th(start: Start) -> Sequence[Proof]:
    """TH for g = 0, and for a convex g with p3 = 0."""
    made = []
    for variant in VARIANTS:
        proof = start.proof(0, variant)
        made.append(paid(proof, descent(proof, bool(variant)), SPARE))
    return made


def tj(start: Start) -> Sequence[Proof]:
    """Descent, and descent with weights."""
    first, second = start.proof(0), start.proof(1)
    first.conclude(joint_descent(first))
    return [first, paid(second, joint_descent(second), SPARE_JOINT)]


GROUP = {"TM": tm, "TMG": tmg, "TMQ": tmq, "TH": th, "TJ": tj}
