r"""TRp: relative error of TIAM under a penalty, block by block and jointly (theorem T4, repaired).

F = H + Σ_l Φ_l(z_l, a_l) + R(z_L), Φ(z, a) = (ν/2)(a − h(z))² entry by entry: *one* term of two
blocks, nonsmooth in z and smooth in a. Four things have to be said of it.

**Partial subgradients make one of F.** Φ is continuous, differentiable in a, and ∇_aΦ = ν(a − h(z))
is continuous in (z, a). Then

    Φ(z+ξ, a+η) − Φ(z, a) = [Φ(z+ξ, a) − Φ(z, a)] + ⟨∇_aΦ(z, a), η⟩ + o(‖(ξ, η)‖),

for Φ(z+ξ, a+η) − Φ(z+ξ, a) = ⟨∇_aΦ(z+ξ, a+τη), η⟩, some τ ∈ (0, 1), tends so. So the *regular*
subgradients are a product at every point, ∂̂Φ(z, a) = ∂̂_zΦ(·, a)(z) × {∇_aΦ(z, a)}; and limits of
them with a fixed are limits of them, so p ∈ ∂_zΦ(·, a)(z) gives (p, ∇_aΦ(z, a)) ∈ ∂Φ(z, a), the
limiting one. That is the direction which is needed, and not what a chain rule for a − h(z) gives
(Rockafellar & Wets 1998, 10.6 and 10.49 are inclusions of ∂Φ, equalities only where it is regular).
A smooth function may be added (8.8), and entries are separable (10.5). So w ∈ ∂F(x^{k+1}) if w_z
lies in the partial subdifferential *at a^{k+1}* and all other w_i are gradients.

**z_l had its subgradient at the old a.** z_l is a minimiser, so v = −ρ(z − pre) − γ(z − z̃) lies in
∂̂_zΦ(·, a^k): v = −νrξ, r = a^k − h(z), ξ a slope of h at z, or, at a kink where −r·h is convex,
between two. At a^{k+1}, r' = r + e_a. If rr' > 0, v' = −νr'ξ is a subgradient, |v' − v| =
ν|ξ||e_a|. Else |r| + |r'| = |e_a|, and either one-sided slope κ gives v' = −νr'κ ∈
∂_zΦ(·, a^{k+1}), at most νLip(h)(|r| + |r'|) away (``coq/RelativeError.v``, ``penalty_kept``).
Hence ν·Lip(h)‖e_a‖.

**The same ξ does not serve where r changes its sign**: with ReLU at z = 0, r < 0 and ξ = ½ is
regular; at r' > 0 the limiting subgradients are 0 and −νr', and −νr'/2 is none of them (Clarke's
only). And **w is limiting, not regular**: there ∂̂F(x^{k+1}) is empty. At a cluster point it is not:
z_l minimises F(x*) + (γ/2)‖· − z_l*‖² by continuity, so 0 ∈ ∂̂F(x*), by the product above.

**The other blocks** take gradient steps, ∇H(û) + sL(u⁺ − ũ) = 0, Q the Hessian, 0 ⪯ Q ⪯ L:

    ∇F after the block's step = −((s/t)L − Q)e + cLΔ + p2(L − Q)Δ,      c = p1·s − p2,

at most (s/t)L‖e‖ + (|c| + |p2|)L‖Δ‖; then others move that it meets: b_l and z_l after W_l, z_l
after b_l, W_{l+1}, b_{l+1} and z_{l+1} after a_l. z_L is as in theorem TR.
"""

from __future__ import annotations

from typing import NamedTuple

import sympy as sp

from amverify.theorems import reach
from amverify.theorems import residuals as tr
from amverify.theorems.base import Conclusion, Hypothesis, Inequality, Theorem
from amverify.theorems.blockwise import PAST, STEP
from amverify.theorems.lengths import Among
from amverify.theorems.properties import Norm, Vector, vector
from amverify.theorems.quantities import Largest
from amverify.theorems.reach import (
    ACTIVE,
    COEFFICIENTS,
    OUT,
    PENALTY,
    B,
    W,
    Z,
    gamma,
    lip,
    nu,
    p1,
    p2,
    rho,
    s,
    t,
)
from amverify.theorems.residuals import (
    CARRIED,
    END,
    FAMILIES,
    HERE,
    LARGEST,
    MOVED,
    SHIFTED,
    THERE,
    TURNED,
    maps,
    says,
)
from amverify.theorems.views.penalty import PENALISED
from amverify.theorems.views.reach import BELOW
from amverify.theorems.views.residuals_penalty import (
    BOUNDED,
    RIDGES,
    SIGNS,
    blocks,
    jointly,
)

NEAR, NEXT, FAR = tr.E_Z, tr.E_NEXT, tr.E_FAR
"""What else moved: e_{z_l} by W_l, e_{a_l} by z_l, e_{b_{l+1}} by a_l; e_{b_l} by W_l, e_{z_{l+1}}
by a_l; e_{z_l} by b_l, e_{W_{l+1}} by a_l."""
BIAS_MOVED, SUMMED, BIAS_SHIFTED, JUMP = (
    vector(n) for n in ("b_since", "z_since_b", "b_next_since", "xi_turned")
)
"""ρ(1e_b)ᵀa, ρ1ᵀe_z, ρ1e_bW and v' − v."""


class Turned(NamedTuple):
    """What a gradient step makes of e and Δ: Le, LΔ, Qe, QΔ, ((s/t)L − Q)e and (L − Q)Δ."""

    scaled: Vector
    scaled_past: Vector
    bent: Vector
    bent_past: Vector
    pressed: Vector
    spare: Vector

    @staticmethod
    def of(kind: str) -> Turned:
        """Those of a kind of block."""
        names = ("L_e", "L_Delta", "Q_e", "Q_Delta", "pressed", "spare")
        return Turned(*(vector(f"{name}_{kind}") for name in names))


TURNS = {W: Turned.of("W"), B: Turned.of("b"), ACTIVE: Turned.of("a")}
GRADIENT = {W: reach.MODULUS_W, B: reach.MODULUS_B, ACTIVE: reach.MODULUS_A}
"""The blocks that take gradient steps, and what no modulus of theirs is above."""
_BLOCK, _BOUNDED = ("block",), (BOUNDED.name,)


def _stepped(case: str, top: sp.Expr, *since: Vector) -> tuple[Hypothesis, ...]:
    """A gradient step, and then others move."""
    moved, own = sum(since[1:], since[0]), TURNS[case]
    return (
        says(case, "gradient", "w is ∇F(x^{k+1}) in the block", tr.W - END),
        says(case, "step", "∇H(û) + sL(u⁺ − ũ) = 0",
             THERE + s / t * own.scaled - s * p1 * own.scaled_past),
        says(case, "∇H", "∇H turns by Q from û to u^{k+1}",
             HERE - THERE - own.bent + p2 * own.bent_past),
        says(case, "since", "then the blocks move that it meets, in the order of the sweep",
             END - HERE - moved),
        says(case, "((s/t)L − Q)e", "a name", own.pressed - s / t * own.scaled + own.bent),
        says(case, "(L − Q)Δ", "a name", own.spare - own.scaled_past + own.bent_past),
        maps(case, "pressed", "0 ⪯ Q ⪯ L ⪯ L̄, t ≤ 2s: ‖((s/t)L − Q)e‖ ≤ (s/t)L̄‖e‖",
             own.pressed, STEP, s / t * top, _BOUNDED),
        maps(case, "spare", "‖(L − Q)Δ‖ ≤ L̄‖Δ‖", own.spare, PAST, top, _BOUNDED),
        maps(case, "scaled", "‖LΔ‖ ≤ L̄‖Δ‖", own.scaled_past, PAST, top, _BOUNDED),
    )  # fmt: skip


SINCE = {
    W: (BIAS_MOVED, -MOVED),
    B: (-SUMMED,),
    ACTIVE: (SHIFTED, BIAS_SHIFTED, -CARRIED, TURNED),
}
_ROOT_N = sp.sqrt(reach.N)
_MOVES = (
    maps(W, "b since", "‖ρ(1e_b)ᵀa_{l−1}‖ ≤ ρ√N A_{l−1}‖e_b‖", BIAS_MOVED, NEXT,
         rho * _ROOT_N * reach.A, _BOUNDED),
    maps(W, "z since", "‖ρe_zᵀa_{l−1}‖ ≤ ρA_{l−1}‖e_z‖", MOVED, NEAR, rho * reach.A, _BOUNDED),
    maps(B, "z since", "‖ρ1ᵀe_z‖ ≤ ρ√N‖e_z‖", SUMMED, FAR, rho * _ROOT_N),
    maps(ACTIVE, "W since", "‖ρa_l e_WᵀW‖ ≤ ρA_l ω‖e_W‖", SHIFTED, FAR,
         rho * reach.OMEGA * reach.A, _BOUNDED),
    maps(ACTIVE, "b since", "‖ρ1e_bW‖ ≤ ρω√N‖e_b‖", BIAS_SHIFTED, NEAR,
         rho * reach.OMEGA * _ROOT_N, _BOUNDED),
    maps(ACTIVE, "z since", "‖ρe_zW‖ ≤ ρω‖e_z‖", CARRIED, NEXT, rho * reach.OMEGA, _BOUNDED),
    maps(ACTIVE, "W turned", "‖ρr'e_W‖ ≤ √(2cρ)‖e_W‖, as (ρ/2)‖r'‖² ≤ c", TURNED, FAR,
         sp.sqrt(reach.level * rho), _BOUNDED),
)  # fmt: skip
_Z = (
    says(Z, "w", "−ρ(z − pre) − γ(z − z̃) is a subgradient v of the penalty in z at the old a_l "
         "(z_l is a minimiser), and w = ρ(z − pre) + v', v' one at the new a_l",
         tr.W - JUMP + gamma * (STEP - p1 * PAST)),
    maps(Z, "penalty", "a_l moves after z_l: ‖v' − v‖ ≤ ν·Lip(h)‖e_a‖", JUMP, NEAR, nu * lip),
)  # fmt: skip
_IN_WORDS = (
    "the ‖e_{z_l}‖, ‖e_{a_l}‖ and ‖e_{b_{l+1}}‖ (beside W_l, z_l, a_l)",
    "the ‖e_{b_l}‖ and ‖e_{z_{l+1}}‖ (beside W_l, a_l)",
    "the ‖e_{z_l}‖ and ‖e_{W_{l+1}}‖ (beside b_l, a_l)",
)
HYPOTHESES = (
    *(h for case, top in GRADIENT.items() for h in _stepped(case, top, *SINCE[case])),
    *_MOVES, *_Z, *tr.ALONE[OUT], tr.TURN,
    *(tr.costs(case, c, f) for case, own in PENALTY.items() for c, f in own.items()),
    Hypothesis("ρ ≥ 0", "ρ is not negative", rho, monitored=(RIDGES.name,), only=_BLOCK),
    Hypothesis("γ ≥ 0", "γ is not negative", gamma, monitored=(SIGNS.name,), only=_BLOCK),
    *(
        Hypothesis(f"{c} ≥ 0", "a coefficient is not negative", c, monitored=(SIGNS.name,))
        for c in COEFFICIENTS
    ),
    *(
        Hypothesis(
            f"{family} among e", f"each of {text} is one of the ‖e_i‖, none twice, or 0",
            grants=Among(family, FAMILIES[0]), only=("jointly",),
        )
        for family, text in zip(FAMILIES[1:4], _IN_WORDS, strict=True)
    ),
)  # fmt: skip

MEANING = {
    **{n: m for n, m in tr.MEANING.items() if n not in ("eps", "floor")},
    "A": "A_{l−1} of theorem TBp for W_l and b_l, A_l for a_l",
    "nu": "ν, the penalty's weight",
    "gamma": "γ = sρ of z_l, l < L",
    "res_j": "‖w_i‖ of a block (W_l, b_l, z_l, a_l)",
    "near_j": "‖e_{z_l}‖ beside W_l, ‖e_{a_l}‖ beside z_l, ‖e_{b_{l+1}}‖ beside a_l, else 0",
    "next_j": "‖e_{b_l}‖ beside W_l, ‖e_{z_{l+1}}‖ beside a_l, else 0",
    "far_j": "‖e_{z_l}‖ beside b_l, ‖e_{W_{l+1}}‖ beside a_l, else 0",
    "c_near": "what near_j costs",
    "c_next": "what next_j costs",
    "c_far": "what far_j costs",
    "total": "‖w^{k+1}‖, w^{k+1} ∈ ∂F(x^{k+1}); seen: the least there is, dist(0, ∂F(x^{k+1}))",
}

TRp = Theorem(
    id="TRp",
    title="relative error, penalty",
    statement=(
        "TIAM under (ν/2)‖a_l − h(z_l)‖², exact moduli, the bounds of TBp, c = p1 s − p2, t ≤ 2s. "
        "L̄_W = ρA²_{l−1} + μ, L̄_b = ρN + μ_b, L̄_a = ρω² + ν, γ = sρ. After every sweep: "
        "‖w_W‖ ≤ (s/t)L̄_W‖e_W‖ + ρA_{l−1}‖e_{z_l}‖ + ρ√N A_{l−1}‖e_{b_l}‖ + (|p2| + |c|)L̄_W‖Δ‖; "
        "‖w_b‖ ≤ (s/t)L̄_b‖e_b‖ + ρ√N‖e_{z_l}‖ + (|p2| + |c|)L̄_b‖Δ‖; ‖w_z‖ ≤ γ‖e_z‖ + "
        "ν·Lip(h)‖e_{a_l}‖ + γ|p1|‖Δ‖ (l < L); ‖w_a‖ ≤ (s/t)L̄_a‖e_a‖ + ρω√N‖e_{b_{l+1}}‖ + "
        "ρω‖e_{z_{l+1}}‖ + (ρωA_l + √(2cρ))‖e_{W_{l+1}}‖ + (|p2| + |c|)L̄_a‖Δ‖ (TBp's c under the "
        "root); ‖w_{z_L}‖ ≤ (ρ|1−s/t| + L_R(1−1/t))‖e‖ + ρ|c|‖Δ‖; and ‖w^{k+1}‖ ≤ b1‖e^{k+1}‖ + "
        "b2‖e^k‖, b1 and b2 as in TR. w^{k+1} ∈ ∂F(x^{k+1}), the limiting subdifferential: "
        "condition H2."
    ),
    latex=r"\|w^{k+1}\|\le b_1\|e^{k+1}\|+b_2\|e^k\|,\qquad w^{k+1}\in\partial F(x^{k+1})",
    source="amverify, specification, T4, with what its penalty needs",
    symbols=MEANING,
    conclusions=(
        Conclusion(Inequality("block", tr.res, tr.BLOCK_BOUND), blocks),
        Conclusion(Inequality("jointly", tr.total, tr.B1 * tr.e1 + tr.B2 * tr.e0), jointly),
    ),
    facts=(PENALISED, BELOW, RIDGES, BOUNDED, SIGNS),
    hypotheses=HYPOTHESES,
    constants={"b1": tr.B1, "b2": tr.B2},
    liveness=("motion",),
    terms={
        **tr.TR.terms,
        **{str(b): Largest(c) for b, c in zip(LARGEST, COEFFICIENTS, strict=True)},
        "res_j": Norm(tr.W),
    },
)  # fmt: skip
