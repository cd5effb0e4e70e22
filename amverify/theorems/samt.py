r"""S4: block descent with any step sizes, full batch.

∇_if has modulus L_i in its block and e_ij = −α_ij(∇_if)_j, so ⟨∇_if, e⟩ = −Σ_j e_ij²/α_ij and the
descent lemma gives

    f(w^{k+1}) ≤ f(w^k) − Σ_ij (1/α_ij − L_i/2) e_ij².

The gradient at w^{k+1} differs from those used by at most M‖e‖ in each block, so

    ‖∇f(w^{k+1})‖ ≤ (√B·M + 1/α_min)‖e^{k+1}‖.
"""

from __future__ import annotations

import numpy as np
import sympy as sp

from amverify.rounding import Ball
from amverify.theorems.base import (
    Conclusion,
    Context,
    Inequality,
    Instances,
    Parameter,
    Theorem,
    symbols,
)
from amverify.theorems.views import block_rows, step_rounding, step_rows

dF, e2, w2, L, slope, g1, amin, M, B = symbols("dF e2 w2 L slope g1 amin M B")
LIPSCHITZ = Parameter("M", "Lipschitz modulus of ∇f")


def _blocks(ctx: Context) -> Instances:
    rows = np.ones(ctx.trace.rows("blocks"), dtype=bool)
    found = block_rows(ctx, rows, "dF", "e2", "L")
    weighted, bent = ctx.ball("blocks", "weighted"), ctx.ball("blocks", "slope")
    values = {**found.values, "w2": weighted, "slope": bent}
    return Instances(values, found.sweep, found.replicate, found.blocks, found.allowance)


def _sweeps(ctx: Context) -> Instances:
    found = step_rows(ctx, "e2", "g1", "amin")
    kinds = {(str(a), int(b)) for a, b in zip(
        ctx.column("blocks", "kind").tolist(), ctx.column("blocks", "layer").tolist(), strict=True
    )}  # fmt: skip
    values = {
        **found.values,
        "M": ctx.known(LIPSCHITZ).value,
        "B": Ball.of(float(len(kinds))),
    }
    with np.errstate(all="ignore"):
        longest = np.sqrt(len(kinds)) * values["M"].mid + 1 / values["amin"].mid
        allowance = longest * step_rounding(ctx) * (1 + 2.0**-40)
    return Instances(values, found.sweep, found.replicate, None, allowance)


S4 = Theorem(
    id="S4",
    title="full-batch block descent with trained step sizes",
    statement=(
        "Full batch, step sizes α in [α_min, α_max]: f(w^{k+1}) ≤ f(w^k) − "
        "Σ_ij (1/α_ij − L_i/2)e_ij² for every block, and "
        "‖∇f(w^{k+1})‖ ≤ (√B·M + 1/α_min)‖e^{k+1}‖: H1 and H2."
    ),
    latex=r"f(w^{k+1})\le f(w^k)-\sum_{ij}\Bigl(\tfrac1{\alpha_{ij}}-\tfrac{L_i}2\Bigr)e_{ij}^2",
    source="amverify, specification, S4",
    symbols={
        "dF": "f's change by this block",
        "e2": "‖e‖²",
        "w2": "Σ_j e_j²/α_j",
        "slope": "⟨∇_if, e⟩",
        "L": "L_i, the block's modulus",
        "g1": "‖∇f(w^{k+1})‖²",
        "amin": "α_min, the smallest step size used",
        "M": "Lipschitz modulus of ∇f",
        "B": "how many blocks there are",
    },
    conclusions=(
        Conclusion(
            Inequality("descent", dF, -(w2 - L / 2 * e2)),
            _blocks,
            (
                Inequality(
                    "formula",
                    sp.Abs(slope + w2),
                    sp.Integer(0),
                    "the step is e_j = −α_j(∇_if)_j, up to its rounding",
                ),
            ),
        ),
        Conclusion(
            Inequality("relative error", sp.sqrt(g1), (sp.sqrt(B) * M + 1 / amin) * sp.sqrt(e2)),
            _sweeps,
            (Inequality("0 < α", sp.Integer(0), amin, "step sizes are positive", strict=True),),
        ),
    ),
    parameters=(LIPSCHITZ,),
    constants={"b": sp.sqrt(B) * M + 1 / amin},
)
