r"""S4, S4m: block descent with any step sizes, full batch; S5: step sizes stay in their bounds.

∇_if has modulus L_i in its block and e_ij = −α_ij(∇_if)_j, so ⟨∇_if, e⟩ = −Σ_j e_ij²/α_ij and the
descent lemma gives

    f(w^{k+1}) ≤ f(w^k) − Σ_ij (1/α_ij − L_i/2) e_ij².

The gradient at w^{k+1} differs from those used by at most M‖e‖ in each block, so

    ‖∇f(w^{k+1})‖ ≤ (√B·M + 1/α_min)‖e^{k+1}‖.

**S4m**, heavy ball inside the block: e_ij = −α_ij(∇_if)_j + βΔ_ij, so
⟨∇_if, e⟩ = Σ_j (βΔ_j − e_j)e_j/α_j, and 2Δ_je_j ≤ Δ_j² + e_j²:

    f(w^{k+1}) ≤ f(w^k) − (1 − β/2)Σ e_j²/α_j + (L_i/2)‖e_i‖² + (β/2)Σ Δ_j²/α_j.

With weights δ_ij that a block carries from sweep to sweep, Ψ = f + ½Σ δ_ijΔ_ij² falls by a‖e‖² if
the weights carried pay for Δ, βΣΔ_j²/α_j ≤ Σδ_jΔ_j², and those left are affordable,
Σδ'_je_j² + 2a‖e‖² ≤ (2 − β)Σe_j²/α_j − L_i‖e‖². With constant step sizes δ = β/α and this is
α ≤ 2(1 − β)/(L + 2a): G4. Step sizes may change as long as β/α_j at the next use is at most δ'_j.
"""

from __future__ import annotations

import numpy as np
import sympy as sp

from amverify.errors import InvalidInput
from amverify.numbers.balls import Ball
from amverify.theorems.base import (
    VIOLATION,
    Conclusion,
    Context,
    Hypothesis,
    Inequality,
    Instances,
    Parameter,
    Theorem,
    symbols,
)
from amverify.theorems.properties import (
    ORIGIN,
    Change,
    Inner,
    LipschitzGradient,
    Term,
    gradient,
    vector,
)
from amverify.theorems.quantities import (
    Between,
    Count,
    Descends,
    FunctionOf,
    Smooth,
    Weighted,
)
from amverify.theorems.views.columns import block_rows, fact, step_rounding, step_rows

dF, e2, w2, L, slope, g1, amin, M, B = symbols("dF e2 w2 L slope g1 amin M B")
(ahigh,) = symbols("ahigh")
STEP = vector("e")
END = gradient("f", vector("endofthesweep"))
"""∇f(w^{k+1})."""
LIPSCHITZ = Parameter("M", "Lipschitz modulus of ∇f")


def _blocks(ctx: Context) -> Instances:
    rows = np.ones(ctx.trace.rows("blocks"), dtype=bool)
    found = block_rows(ctx, rows, "dF", "e2", "L")
    weighted, bent = ctx.ball("blocks", "weighted"), ctx.ball("blocks", "slope")
    values = {**found.values, "w2": weighted, "slope": bent}
    return Instances(values, found.sweep, found.replicate, found.blocks, found.allowance)


def _bounded_blocks(ctx: Context) -> Instances:
    found = _blocks(ctx)
    values = {**found.values, "ahigh": ctx.number("blocks", "alpha_high")}
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


FORMULA = Inequality(
    "formula",
    sp.Abs(slope + w2),
    sp.Integer(0),
    "the step is e_j = −α_j(∇_if)_j, up to its rounding",
    costs=(VIOLATION,),
)
MODULUS = Hypothesis(
    "∇_if Lipschitz",
    "∇_if is Lipschitz with modulus L_i along the block's step",
    grants=LipschitzGradient("f", L),
)
BLOCK_TERMS: dict[str, Term] = {
    "dF": Change("f", ORIGIN, STEP),
    "e2": Inner(STEP, STEP),
    "slope": Inner(gradient("f", ORIGIN), STEP),
    "w2": Weighted("e", "alpha"),
}

S4 = Theorem(
    id="S4",
    title="full-batch block descent with trained step sizes",
    statement=(
        "Full batch, step sizes 0 < α ≤ α_max,i with α_max,i < 2/L_i in block i: f(w^{k+1}) ≤ "
        "f(w^k) − Σ_ij (1/α_ij − L_i/2)e_ij² for every block, at most "
        "f(w^k) − (1/α_max,i − L_i/2)‖e_i‖²: H1 with a = min_i (1/α_max,i − L_i/2) > 0; and "
        "‖∇f(w^{k+1})‖ ≤ (√B·M + 1/α_min)‖e^{k+1}‖: H2."
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
        "ahigh": "α_max,i, the largest step size of the block",
    },
    conclusions=(
        Conclusion(
            Inequality("descent", dF, -(w2 - L / 2 * e2)),
            _blocks,
            (FORMULA,),
        ),
        Conclusion(
            Inequality("sufficient decrease", dF, -(1 / ahigh - L / 2) * e2),
            _bounded_blocks,
            (
                FORMULA,
                Inequality(
                    "0 < α_max", sp.Integer(0), ahigh, "step sizes are positive", strict=True
                ),
                Inequality("α_max < 2/L", ahigh * L, sp.Integer(2), "α_max < 2/L_i", strict=True),
            ),
        ),
        Conclusion(
            Inequality("relative error", sp.sqrt(g1), (sp.sqrt(B) * M + 1 / amin) * sp.sqrt(e2)),
            _sweeps,
            (Inequality("0 < α", sp.Integer(0), amin, "step sizes are positive", strict=True),),
        ),
    ),
    hypotheses=(
        MODULUS,
        Hypothesis(
            "∇f Lipschitz",
            "∇f is Lipschitz with modulus M on a convex set that holds the sweep's points",
            grants=Smooth("f", M),
        ),
        Hypothesis(
            "block descent",
            "e_i = −D_i∇_if at the point that the blocks before have made",
            monitored=("formula",),
            grants=Descends(str(STEP), str(END)),
        ),
        Hypothesis(
            "step sizes",
            "α_min ≤ α in the sweep, and α ≤ α_max,i in block i: the least and the largest used",
            grants=Between(amin, ahigh),
        ),
    ),
    parameters=(LIPSCHITZ,),
    constants={"a": 1 / ahigh - L / 2, "b": sp.sqrt(B) * M + 1 / amin},
    terms={**BLOCK_TERMS, "g1": Inner(END, END), "B": Count(1)},
)


beta, i2, carried, left, a = symbols("beta i2 carried left a")
DECREASE = Parameter("a", "a of H1", "nonnegative")


def _momentum_blocks(ctx: Context) -> Instances:
    found = _blocks(ctx)
    values = {
        **found.values,
        "beta": ctx.number("blocks", "momentum"),
        "i2": ctx.ball("blocks", "inverse"),
        "carried": ctx.ball("blocks", "carried"),
        "left": ctx.ball("blocks", "left"),
        "a": ctx.known(DECREASE).value,
    }
    return Instances(values, found.sweep, found.replicate, found.blocks, found.allowance)


def _handed_over(ctx: Context) -> tuple[bool | None, str]:
    """What a block carries in a sweep is what it left in the sweep before."""
    names = ("sweep", "layer", "kind", "replicate")
    order = np.lexsort([ctx.column("blocks", name) for name in names])
    sweep, layer, kind, replicate = (ctx.column("blocks", name)[order] for name in names)
    same = (kind[1:] == kind[:-1]) & (layer[1:] == layer[:-1])
    same &= (replicate[1:] == replicate[:-1]) & (sweep[1:] == sweep[:-1] + 1)
    given = ctx.ball("blocks", "left").take(order).take(slice(None, -1))
    gap = ctx.ball("blocks", "carried").take(order).take(slice(1, None)) - given
    lost = np.flatnonzero(same & (np.abs(gap.mid) > gap.rad))
    if len(lost):
        i = int(lost[0]) + 1
        where = f"{kind[i].decode()}_{layer[i]}, sweep {sweep[i]}"
        return False, f"{where}: the weights carried differ by {gap.mid[i - 1]:.3g} from those left"
    return True, f"{int(same.sum())} hand-overs seen"


_MOMENTUM = (
    Inequality("0 ≤ β", sp.Integer(0), beta, "momentum is not negative"),
    Inequality(
        "formula",
        sp.Abs(slope + w2),
        beta / 2 * (i2 + w2),
        "the step is e = −D∇_if + βΔ: |⟨∇_if, e⟩ + Σe²/α| ≤ (β/2)Σ(Δ² + e²)/α",
        costs=(VIOLATION,),
    ),
)
S4M_BOUND = -(1 - beta / 2) * w2 + L / 2 * e2 + beta / 2 * i2
"""The right-hand side of S4m."""

S4m = Theorem(
    id="S4m",
    title="full-batch block descent with trained step sizes and momentum",
    statement=(
        "e = −D_i∇_if + βΔ in each block: f(w^{k+1}) ≤ f(w^k) − (1 − β/2)Σe_j²/α_j + (L_i/2)‖e‖² + "
        "(β/2)ΣΔ_j²/α_j. If the weights carried cover βΣΔ_j²/α_j and those left satisfy "
        "Σδ'_je_j² + 2a‖e‖² ≤ (2−β)Σe_j²/α_j − L_i‖e‖², then Ψ = f + ½Σδ_jΔ_j² falls by a‖e‖²: H1."
    ),
    latex=(
        r"\Psi^{k+1}\le\Psi^k-a\|e\|^2,\qquad"
        r"\Psi=f+\tfrac12\sum_{ij}\delta_{ij}\Delta_{ij}^2"
    ),
    source="amverify; iPiano (Ochs et al. 2014) with a step size for every coordinate",
    symbols={
        **{name: S4.symbols[name] for name in ("dF", "e2", "w2", "slope", "L")},
        "beta": "β",
        "i2": "Σ_j Δ_j²/α_j",
        "carried": "Σ_j δ_jΔ_j², the weights carried",
        "left": "Σ_j δ'_je_j², the weights left",
        "a": "a of H1",
    },
    conclusions=(
        Conclusion(Inequality("descent", dF, S4M_BOUND), _momentum_blocks, _MOMENTUM),
        Conclusion(
            Inequality("Lyapunov decrease", dF + (left - carried) / 2, -a * e2),
            _momentum_blocks,
            (
                *_MOMENTUM,
                Inequality(
                    "carried",
                    beta * i2,
                    carried,
                    "the weights carried pay for Δ",
                    costs=(VIOLATION / 2,),
                ),
                Inequality(
                    "affordable",
                    left + 2 * a * e2,
                    (2 - beta) * w2 - L * e2,
                    "Σδ'e² + 2a‖e‖² ≤ (2 − β)Σe²/α − L‖e‖²",
                    costs=(VIOLATION / 2,),
                ),
            ),
        ),
    ),
    facts=(fact("carried", "each block carries the weights that it left", _handed_over),),
    hypotheses=(MODULUS,),
    parameters=(DECREASE,),
    terms={name: BLOCK_TERMS[name] for name in ("dF", "e2", "slope")},
)

alow, amax, bad, moved = symbols("alow amax bad moved")


def _bounds(ctx: Context) -> tuple[Ball, Ball]:
    """[α_min, α_max] as the settings declare them.

    Raises:
        InvalidInput: unless they are two numbers.
    """
    given = ctx.setting("alpha_bounds")
    if not (isinstance(given, list | tuple) and len(given) == 2):
        raise InvalidInput(f"setting alpha_bounds: expected two numbers, got {given!r}")
    return Ball.of(float(given[0])), Ball.of(float(given[1]))


def _step_sizes(ctx: Context) -> Instances:
    low, high = _bounds(ctx)
    rows = np.ones(ctx.trace.rows("blocks"), dtype=bool)
    found = block_rows(ctx, rows)
    values = {
        "amin": low,
        "amax": high,
        "alow": ctx.number("blocks", "alpha_low"),
        "ahigh": ctx.number("blocks", "alpha_high"),
    }
    return Instances(values, found.sweep, found.replicate, found.blocks)


def _guarded(ctx: Context) -> Instances:
    found = _step_sizes(ctx)
    values = {
        "bad": Ball.of(ctx.column("blocks", "hyper_bad").astype(float)),
        "moved": ctx.number("blocks", "alpha_change"),
    }
    return Instances(values, found.sweep, found.replicate, found.blocks)


def _bad_counted(ctx: Context) -> tuple[str, ...]:
    count = int(ctx.column("blocks", "hyper_bad").sum())
    return (f"{count} hypergradients were not finite and left α unchanged",) if count else ()


low, high, theta, theta1, rate, used = symbols("theta_min theta_max theta theta_next beta c")
x_low, x_high = symbols("x_low x_high")


def clamp(x: sp.Expr, least: sp.Expr, most: sp.Expr) -> sp.Expr:
    """min(max(x, least), most), as ``torch.clamp`` has it."""
    return sp.Min(sp.Max(x, least), most)


BOUNDS = Inequality("α_min ≤ α_max", amin, amax, "the bounds are not reversed")
_UPDATE = (
    Hypothesis(
        "α's clamp, least", "the least α is clamp(lr·e^θ, α_min, α_max) for its θ",
        alow - clamp(x_low, amin, amax), "=",
    ),
    Hypothesis(
        "α's clamp, largest", "and so is the largest", ahigh - clamp(x_high, amin, amax), "="
    ),
    Hypothesis(
        "θ's clamp", "θ⁺ = clamp(θ + βc, θ_min, θ_max)",
        theta1 - clamp(theta + rate * used, low, high), "=",
    ),
    Hypothesis("θ ≥ θ_min", "θ is clamped already: θ ≥ θ_min", theta - low),
    Hypothesis("θ ≤ θ_max", "and θ ≤ θ_max", high - theta),
    Hypothesis("guard", "c = 0 where the hypergradient is not finite", bad * used, "="),
    Hypothesis("flag", "“not finite” is told by 1, else 0", bad),
    Hypothesis(
        "α of θ", "α is a function of θ: the change of α is that between its values at θ and θ⁺",
        grants=FunctionOf(moved, theta, theta1),
    ),
)  # fmt: skip

S5 = Theorem(
    id="S5",
    title="step sizes stay in their bounds",
    statement=(
        "α_min ≤ α_max. The update θ⁺ = clamp(θ + βc, θ_min, θ_max), c the hypergradient and 0 "
        "where it is not finite, and α = clamp(lr·e^θ, α_min, α_max) keep α in [α_min, α_max] for "
        "every sequence of gradients; a hypergradient that is not finite leaves α unchanged and "
        "is counted."
    ),
    latex=r"\alpha_{\min}\le\alpha_{ij}\le\alpha_{\max}",
    source="amverify, specification, S5",
    symbols={
        "amin": "α_min, declared",
        "amax": "α_max, declared",
        "alow": "the smallest step size of the update",
        "ahigh": "the largest",
        "bad": "1 where the hypergradient was not finite, else 0",
        "moved": "the largest change of a step size by the meta-step",
    },
    conclusions=(
        Conclusion(Inequality("lower bound", amin, alow), _step_sizes, (BOUNDS,)),
        Conclusion(Inequality("upper bound", ahigh, amax), _step_sizes),
        Conclusion(Inequality("not finite", bad * moved, sp.Integer(0)), _guarded),
    ),
    hypotheses=_UPDATE,
    remarks=_bad_counted,
)
