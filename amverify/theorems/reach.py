r"""Formulas of how far the blocks of a run reach: ω, β, Z_l, A_l and what follows.

``level`` is 2c, c = Ψ^{k₀} − inf R, k₀ the first sweep from which on ε stays (0 if it always does).
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems.base import symbols

level, mu, mub, rho, N = symbols("level mu mub rho N")
A, S, h0, lip, eps = symbols("A S h0 lip eps")
s, t, p1, p2, floor, lipR = symbols("s t p1 p2 floor lipR")
nu, gamma = symbols("nu gamma")

OMEGA = sp.sqrt(level / mu)
"""ω ≥ ‖W_l‖."""
BETA = sp.sqrt(level / mub)
"""β ≥ ‖b_l‖."""
RESIDUAL = sp.sqrt(level / rho)
"""≥ ‖z_l − a_{l−1}W_lᵀ − 1b_lᵀ‖."""
REACH_Z = OMEGA * A + sp.sqrt(N) * BETA + RESIDUAL
"""Z_l ≥ ‖z_l‖, with A = A_{l−1}."""
REACH_A = h0 * S + lip * REACH_Z + eps * S
"""A_l ≥ ‖a_l‖, with A = A_{l−1} and S = √(N n_l)."""
OFF = sp.sqrt(level / nu)
"""≥ ‖a_l − h(z_l)‖ under a penalty."""
REACH_A_PENALTY = h0 * S + lip * REACH_Z + OFF
"""A_l there."""

COUPLING = sp.Abs(p1 * s - p2)
"""|c|."""
BORDERED = sp.sqrt(A**2 + N)
"""Ā ≥ ‖[a 1]‖."""
CEILING = rho * (A**2 + N) + sp.Max(mu, mub)
"""Λ_l: no metric of V_l is above it, with A = A_{l−1}."""
KAPPA = sp.Max(rho * level / mu, floor)
"""κ̄ = max(ρω², the floor of κ)."""
SHORT = sp.Abs(1 - s / t)
OUTPUT = rho * SHORT + lipR * (1 - 1 / t)
"""What ‖e‖ costs in z_L: ρ|1 − s/t|, and ∇R turns from u⁺ to u^{k+1} = u^k + t(u⁺ − u^k)."""
FAR = rho * OMEGA * BORDERED + sp.sqrt(level * rho)
"""What V_{l+1}'s step costs in a_l, with A = A_l."""

c_own, c_near, c_next, c_far, c_past = symbols("c_own c_near c_next c_far c_past")
COEFFICIENTS = (c_own, c_near, c_next, c_far, c_past)
V, Z, ACTIVE, OUT = "V_l", "z_l, l < L", "a_l", "z_L"
"""The four kinds of blocks, or parts of one."""
FORMULAS: dict[str, dict[sp.Symbol, sp.Expr]] = {
    V: {c_own: SHORT * CEILING, c_near: rho * BORDERED, c_past: COUPLING * CEILING},
    Z: {c_own: rho * SHORT, c_past: rho * COUPLING},
    ACTIVE: {
        c_own: s * KAPPA,
        c_next: rho * OMEGA,
        c_far: FAR,
        c_past: (sp.Abs(p2) + COUPLING) * KAPPA,
    },
    OUT: {c_own: OUTPUT, c_past: rho * COUPLING},
}
"""What steps cost the residual of a block (theorem TR); what is not named is 0."""

MODULUS_W, MODULUS_B = rho * A**2 + mu, rho * N + mub
"""No modulus of W_l, or b_l, is above it, with A = A_{l−1}."""
MODULUS_A = rho * level / mu + nu
"""None of a_l is: ρω² + ν."""
W, B = "W_l", "b_l"
PENALTY: dict[str, dict[sp.Symbol, sp.Expr]] = {
    W: {
        c_own: s / t * MODULUS_W,
        c_near: rho * A,
        c_next: rho * sp.sqrt(N) * A,
        c_past: (sp.Abs(p2) + COUPLING) * MODULUS_W,
    },
    B: {
        c_own: s / t * MODULUS_B,
        c_far: rho * sp.sqrt(N),
        c_past: (sp.Abs(p2) + COUPLING) * MODULUS_B,
    },
    Z: {c_own: gamma, c_near: nu * lip, c_past: gamma * sp.Abs(p1)},
    ACTIVE: {
        c_own: s / t * MODULUS_A,
        c_near: rho * OMEGA * sp.sqrt(N),
        c_next: rho * OMEGA,
        c_far: rho * OMEGA * A + sp.sqrt(level * rho),
        c_past: (sp.Abs(p2) + COUPLING) * MODULUS_A,
    },
    OUT: {c_own: OUTPUT, c_past: rho * COUPLING},
}
"""The same for TIAM under a penalty (theorem TRp), with A = A_l for a_l."""

MEANING = {
    "level": "2c, c = Ψ − inf R at the first sweep of constant ε",
    "mu": "μ, the ridge on W_l",
    "mub": "μ_b, the ridge on b_l",
    "rho": "ρ",
    "N": "how many samples there are",
    "A": "A_{l−1}, the bound of ‖a_{l−1}‖; A_0 = ‖X‖",
    "S": "√(N n_l)",
    "h0": "|h(0)|",
    "lip": "Lip(h)",
    "eps": "ε of the band",
}
