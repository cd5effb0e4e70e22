r"""TR: relative error of the joint method, block by block and jointly (condition H2).

After a sweep the blocks' residuals make one w ∈ ∂F(x^{k+1}), because F's nonsmooth parts are
separable by block (the band is one part of one block, (z_l, a_l)):

    w_i = ∇_iH(x^{k+1}) − ∇_iH(û_i; the others when i was updated) − sM_i(u⁺_i − ũ_i)

and for V_l, which has no nonsmooth part, the gradient. Δ = u^k − u^{k−1}, e = u^{k+1} − u^k,
c = p1·s − p2, Ā_l = √(A_l² + N), Λ_l = ρĀ²_{l−1} + max(μ, μ_b), κ̄ = max(ρω², floor of κ), with the
bounds ω and A_l of theorem TB.

**V_l** (M = Q). The step's equation is ∇H(û) + sM(u⁺ − ũ) = 0, and ∇H turns by M: what is left at
u^{k+1} is M[(1 − s/t)e + cΔ]. Then z_l moves, by ρe_zᵀ[A 1].

**z_l.** Nothing that it meets moves after it: w = ρ[(1 − s)e + cΔ]. So for z_L, where with t > 1 ∇R
turns besides.

**a_l.** w = −(sκ − Q)e + cκΔ + p2(κ − Q)Δ, 0 ⪯ Q ⪯ κ ⪯ κ̄, and then W_{l+1}, b_{l+1}, z_{l+1}
move: with r the residual of layer l + 1, (r'W' − rW) = ([a 1]e_Vᵀ − e_z)W + r'e_W, and
ρ‖r'‖ ≤ √(2cρ).

    ‖w_V‖  ≤ |1−s/t|Λ_l‖e_V‖ + ρĀ_{l−1}‖e_{z_l}‖ + |c|Λ_l‖Δ_V‖
    ‖w_z‖  ≤ ρ|1−s|‖e_z‖ + |c|ρ‖Δ_z‖
    ‖w_a‖  ≤ sκ̄‖e_a‖ + ρω‖e_{z_{l+1}}‖ + (ρωĀ_l + √(2cρ))‖e_{V_{l+1}}‖ + (|p2| + |c|)κ̄‖Δ_a‖
    ‖w_zL‖ ≤ (ρ|1−s/t| + L_R(1−1/t))‖e‖ + |c|ρ‖Δ‖

**Jointly** each e_z and each e_V costs others once in each way: by Minkowski over the blocks
‖w^{k+1}‖ ≤ b1‖e^{k+1}‖ + b2‖e^k‖, b1 the sum of the largest coefficients of e, b2 that of Δ.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import reach
from amverify.theorems.base import Conclusion, Hypothesis, Inequality, Theorem, symbols
from amverify.theorems.blockwise import AHEAD, PAST, STEP
from amverify.theorems.lengths import Among, Image, Vanishes
from amverify.theorems.properties import Norm, Vector, gradient, vector
from amverify.theorems.quantities import Largest
from amverify.theorems.reach import (
    ACTIVE,
    COEFFICIENTS,
    FORMULAS,
    OUT,
    V,
    Z,
    lipR,
    p1,
    p2,
    rho,
    s,
    t,
)
from amverify.theorems.views.lyapunov import KEPT
from amverify.theorems.views.membership import MEMBER, unseen
from amverify.theorems.views.reach import BELOW
from amverify.theorems.views.residuals import (
    ADDED,
    BOUNDED,
    RIDGES,
    SIGNS,
    blocks,
    jointly,
)

res, step, near, next_, far, past = symbols("res_j step_j near_j next_j far_j past_j")
b_own, b_near, b_next, b_far, b_past = symbols("b_own b_near b_next b_far b_past")
total, e1, e0 = symbols("total e1 e0")

LARGEST = (b_own, b_near, b_next, b_far, b_past)
SIZES = (step, near, next_, far, past)
FAMILIES = tuple(vector(x.name.removesuffix("_j")) for x in SIZES)
"""Over all blocks: ‖e_i‖; ‖e_{z_l}‖ by V_l; ‖e_{z_{l+1}}‖ and ‖e_{V_{l+1}}‖ by a_l; ‖Δ_i‖."""
RESIDUALS = vector("res")
BLOCK_BOUND = sum((c * x for c, x in zip(COEFFICIENTS, SIZES, strict=True)), sp.Integer(0))
B1, B2 = b_own + b_near + b_next + b_far, b_past
"""b1 and b2 of H2."""

W, E_Z, E_NEXT, E_FAR = (vector(n) for n in ("residual", "e_z", "e_z_next", "e_V_next"))
OF_STEP, OF_PAST, MOVED = (vector(n) for n in ("M_e", "M_Delta", "z_since"))
"""Me, MΔ and ρe_zᵀ[A 1]."""
SCALED, SCALED_PAST, BENT, BENT_PAST = (vector(n) for n in ("k_e", "k_Delta", "Q_e", "Q_Delta"))
"""κe, κΔ, Qe and QΔ of a_l."""
PRESSED, SPARE, SHIFTED, CARRIED, TURNED = (
    vector(n) for n in ("pressed", "spare", "V_since", "z_next_since", "W_since")
)
"""(sκ − Q)e, (κ − Q)Δ, ρ[a 1]e_VᵀW, ρe_zW and ρr'e_W."""
OUTPUT_TURN = vector("R_turn")
END, HERE, THERE = gradient("F", STEP), gradient("H", STEP), gradient("H", AHEAD)
"""∇_iH at x^{k+1}; where the block was when it had moved; at û."""
COUPLING = p1 * s - p2
_BLOCK = ("block",)
_BOUNDED = (BOUNDED.name,)


def says(case: str, name: str, text: str, zero: Vector) -> Hypothesis:
    """That a combination of vectors is 0, in one kind of block."""
    return Hypothesis(
        f"{name}, {case}", f"{case}: {text}", grants=Vanishes(zero), only=_BLOCK, case=case
    )


def maps(case: str, name: str, text: str, of: Vector, source: Vector, factor: sp.Expr,
          monitored: tuple[str, ...] = ()) -> Hypothesis:  # fmt: skip
    """That a vector is an image of another, at most ``factor`` times as long."""
    return Hypothesis(
        f"{name}, {case}", f"{case}: {text}", monitored=monitored,
        grants=Image(of, source, factor), only=_BLOCK, case=case,
    )  # fmt: skip


def costs(case: str, coefficient: sp.Symbol, formula: sp.Expr) -> Hypothesis:
    """The run's coefficient is its formula, or more."""
    return Hypothesis(
        f"{coefficient}, {case}", f"{case}: {coefficient} = {formula}", coefficient - formula,
        monitored=(SIGNS.name,), only=_BLOCK, case=case,
    )  # fmt: skip


_V = (
    says(V, "gradient", "w is ∇_VF(x^{k+1})", W - END),
    says(V, "step", "∇H(û) + sM(u⁺ − ũ) = 0", THERE + s / t * OF_STEP - s * p1 * OF_PAST),
    says(V, "M = Q", "∇H turns by M from û to u^{k+1}", HERE - THERE - OF_STEP + p2 * OF_PAST),
    says(V, "since", "z_l moves after V_l, and nothing else that V_l meets", END - HERE + MOVED),
    maps(V, "Me", "‖Me‖ ≤ Λ‖e‖", OF_STEP, STEP, reach.CEILING, _BOUNDED),
    maps(V, "MΔ", "‖MΔ‖ ≤ Λ‖Δ‖", OF_PAST, PAST, reach.CEILING, _BOUNDED),
    maps(V, "product", "‖ρe_zᵀ[A 1]‖ ≤ ρĀ‖e_z‖, ‖a_{l−1}‖ ≤ A_{l−1}", MOVED, E_Z,
          rho * reach.BORDERED, _BOUNDED),
)  # fmt: skip
ALONE = {
    case: (
        says(case, "w", "w = ∇H(x^{k+1}) − ∇H(û) − sρ(u⁺ − ũ)" + told,
            W - END + THERE + rho * (s / t * STEP - s * p1 * PAST) - more),
        says(case, "∇H", "∇H turns by ρ, and nothing that the block meets moves after it",
            END - THERE - rho * (STEP - p2 * PAST)),
    )
    for case, told, more in (
        (Z, "", Vector()), (OUT, " + ∇R(u^{k+1}) − ∇R(u⁺)", OUTPUT_TURN)
    )
}  # fmt: skip
TURN = maps(OUT, "∇R", "‖∇R(u^{k+1}) − ∇R(u⁺)‖ ≤ L_R(1 − 1/t)‖e‖", OUTPUT_TURN, STEP,
              lipR * (1 - 1 / t))  # fmt: skip
_A = (
    says(ACTIVE, "w", "w = ∇H(x^{k+1}) − ∇H(û; the others as they were) − sκ(u⁺ − ũ), t = 1",
        W - END + THERE + s * SCALED - s * p1 * SCALED_PAST),
    says(ACTIVE, "∇H", "∇H turns by Q from û to u^{k+1}",
        HERE - THERE - BENT + p2 * BENT_PAST),
    says(ACTIVE, "since", "then V_{l+1} and z_{l+1} move: r'W' − rW = ([a 1]e_Vᵀ − e_z)W + r'e_W",
        END - HERE - SHIFTED + CARRIED - TURNED),
    says(ACTIVE, "(sκ − Q)e", "a name", PRESSED - s * SCALED + BENT),
    says(ACTIVE, "(κ − Q)Δ", "a name", SPARE - SCALED_PAST + BENT_PAST),
    maps(ACTIVE, "pressed", "0 ⪯ Q ⪯ κ ⪯ κ̄, s ≥ 1: ‖(sκ − Q)e‖ ≤ sκ̄‖e‖", PRESSED, STEP,
          s * reach.KAPPA, _BOUNDED),
    maps(ACTIVE, "spare", "‖(κ − Q)Δ‖ ≤ κ̄‖Δ‖", SPARE, PAST, reach.KAPPA, _BOUNDED),
    maps(ACTIVE, "scaled", "‖κΔ‖ ≤ κ̄‖Δ‖", SCALED_PAST, PAST, reach.KAPPA, _BOUNDED),
    maps(ACTIVE, "V since", "‖ρ[a 1]e_VᵀW‖ ≤ ρĀ_l ω‖e_V‖", SHIFTED, E_FAR,
          rho * reach.OMEGA * reach.BORDERED, _BOUNDED),
    maps(ACTIVE, "z since", "‖ρe_zW‖ ≤ ρω‖e_z‖", CARRIED, E_NEXT, rho * reach.OMEGA, _BOUNDED),
    maps(ACTIVE, "W since", "‖ρr'e_W‖ ≤ √(2cρ)‖e_W‖, as (ρ/2)‖r'‖² ≤ c", TURNED, E_FAR,
          sp.sqrt(reach.level * rho), _BOUNDED),
)  # fmt: skip
HYPOTHESES = (
    *_V, *ALONE[Z], *_A, *ALONE[OUT], TURN,
    *(costs(case, c, f) for case, own in FORMULAS.items() for c, f in own.items()),
    Hypothesis("ρ ≥ 0", "ρ is not negative", rho, monitored=(RIDGES.name,), only=_BLOCK),
    *(
        Hypothesis(f"{c} ≥ 0", "a coefficient is not negative", c, monitored=(SIGNS.name,))
        for c in COEFFICIENTS
    ),
    *(
        Hypothesis(
            f"{family} among e", f"each of {text} is one of the ‖e_i‖, none twice, or 0",
            grants=Among(family, FAMILIES[0]), only=("jointly",),
        )
        for family, text in zip(
            FAMILIES[1:4], ("the ‖e_{z_l}‖", "the ‖e_{z_{l+1}}‖", "the ‖e_{V_{l+1}}‖"), strict=True
        )
    ),
)  # fmt: skip

MEANING = {
    **reach.MEANING,
    "A": "A_{l−1} of theorem TB for V_l, A_l for a_l",
    "s": "step scale",
    "t": "1 + p3",
    "p1": "inertia of the proximal centre",
    "p2": "inertia of the gradient's point",
    "floor": "the floor of κ",
    "lipR": "L_R, the Lipschitz modulus of ∇R",
    "res_j": "‖w_i‖ of a block (V_l, z_l, a_l, z_L)",
    "step_j": "‖e_i‖",
    "near_j": "‖e_{z_l}‖ beside V_l, else 0",
    "next_j": "‖e_{z_{l+1}}‖ beside a_l, else 0",
    "far_j": "‖e_{V_{l+1}}‖ beside a_l, else 0",
    "past_j": "‖Δ_i‖",
    "c_own": "what ‖e_i‖ costs in its own block",
    "c_near": "what ‖e_{z_l}‖ costs in V_l",
    "c_next": "what ‖e_{z_{l+1}}‖ costs in a_l",
    "c_far": "what ‖e_{V_{l+1}}‖ costs in a_l",
    "c_past": "what ‖Δ_i‖ costs",
    **{str(b): f"the largest {c}" for b, c in zip(LARGEST, COEFFICIENTS, strict=True)},
    "total": "‖w^{k+1}‖, w^{k+1} ∈ ∂F(x^{k+1})",
    "e1": "‖e^{k+1}‖ over all blocks",
    "e0": "‖e^k‖ over all blocks",
}

TR = Theorem(
    id="TR",
    title="relative error, jointly",
    statement=(
        "Blocks V_l, (z_l, a_l), z_L as in TΨ, M = Q in V_l and z_L, M = diag(ρ, κ) with κ ≥ "
        "ρσ_max(W_{l+1})² in (z_l, a_l), t = 1 there, the bounds of TB. With c = p1 s − p2, "
        "Ā_l = √(A_l² + N), Λ_l = ρĀ²_{l−1} + max(μ, μ_b), κ̄ = max(ρω², floor of κ), after every "
        "sweep of constant ε: ‖w_V‖ ≤ |1−s/t|Λ_l‖e_V‖ + ρĀ_{l−1}‖e_{z_l}‖ + |c|Λ_l‖Δ_V‖; "
        "‖w_z‖ ≤ ρ|1−s/t|‖e_z‖ + ρ|c|‖Δ_z‖; ‖w_a‖ ≤ sκ̄‖e_a‖ + ρω‖e_{z_{l+1}}‖ + (ρωĀ_l + √(2cρ))"
        "‖e_{V_{l+1}}‖ + (|p2| + |c|)κ̄‖Δ_a‖ (TB's c under the root); ‖w_{z_L}‖ ≤ (ρ|1−s/t| + "
        "L_R(1−1/t))‖e‖ + ρ|c|‖Δ‖; and ‖w^{k+1}‖ ≤ b1‖e^{k+1}‖ + b2‖e^k‖, b1 the sum of the "
        "largest coefficients of ‖e_i‖, ‖e_{z_l}‖, ‖e_{z_{l+1}}‖ and ‖e_{V_{l+1}}‖, b2 the largest "
        "of ‖Δ‖. w^{k+1} ∈ ∂F(x^{k+1}): condition H2."
    ),
    latex=r"\|w^{k+1}\|\le b_1\|e^{k+1}\|+b_2\|e^k\|,\qquad w^{k+1}\in\partial F(x^{k+1})",
    source="amverify, specification of the joint method, TR",
    symbols=MEANING,
    conclusions=(
        Conclusion(Inequality("block", res, BLOCK_BOUND), blocks),
        Conclusion(Inequality("jointly", total, B1 * e1 + B2 * e0), jointly),
    ),
    facts=(KEPT, BELOW, RIDGES, BOUNDED, SIGNS, ADDED, MEMBER),
    hypotheses=HYPOTHESES,
    constants={"b1": B1, "b2": B2},
    liveness=("motion",),
    terms={
        "res_j": Norm(W),
        "step_j": Norm(STEP),
        "near_j": Norm(E_Z),
        "next_j": Norm(E_NEXT),
        "far_j": Norm(E_FAR),
        "past_j": Norm(PAST),
        "total": Norm(RESIDUALS),
        "e1": Norm(FAMILIES[0]),
        "e0": Norm(FAMILIES[4]),
        **{str(b): Largest(c) for b, c in zip(LARGEST, COEFFICIENTS, strict=True)},
    },
    remarks=unseen,
)
