r"""Published claims, restated to be audited: M1–M4 (mDLAM), D1 (dlADMM), A1 (released script).

**M1** leaves its constants open: each update lowers F by (α_k/2)‖e‖² with *some* α_k > 0. On the
accelerated branch the proof takes whatever decrease occurred, so no lower bound on inf α_k follows,
yet M2 needs one. What a run can show: that some update raises F (then there is no α_k), or what the
smallest α_k was and where it tends.

**D1**: C = ρ/2 − H/2 − H²/ρ with H = Lip(∇R) is positive if and only if ρ > 2H.
"""

from __future__ import annotations

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amverify.numbers.balls import Ball
from amverify.theorems.base import (
    Conclusion,
    Context,
    Inequality,
    Instances,
    Missing,
    Parameter,
    Theorem,
    symbols,
)
from amverify.theorems.views.columns import (
    CONSISTENT,
    CONSTANT_EPS,
    block_rows,
    boxes_kept,
    fact,
    pairs,
    shrinking,
    step_rows,
)
from amverify.theorems.views.keys import matched
from amverify.theorems.views.measured import block_steps, measured_pairs, smooth_modulus

dF, e2, df = symbols("dF e2 df")
r0, r2, mu, C4, C5 = symbols("r0 r2 mu C4 C5")
rho, H, z2, g1, e1, e0, M, B, Lmax, smax, p1max, p2max = symbols(
    "rho H z2 g1 e1 e0 M B Lmax smax p1max p2max"
)
ZERO = sp.Integer(0)
LARGEST = 300
"""A power of ten beyond this is no double, or nearly none."""
SOURCE = "Wang, Li & Zhao, mDLAM (arXiv 1811.04187)"


def _every_update(ctx: Context) -> Instances:
    return block_rows(ctx, boxes_kept(ctx), "dF", "e2")


def _smallest(ctx: Context) -> tuple[str, ...]:
    """inf_k α_k of each kind of block, α_k = −2ΔF/‖e‖², and its trend over the run."""
    rows = boxes_kept(ctx) & (ctx.column("blocks", "step") > 0)
    kind, sweep = ctx.column("blocks", "kind")[rows], ctx.column("blocks", "sweep")[rows]
    alpha = -2 * ctx.column("blocks", "change")[rows] / ctx.column("blocks", "step")[rows]
    told = []
    for name, symbol in ((b"W", "α"), (b"b", "β"), (b"z", "γ"), (b"a", "δ")):
        mine = kind == name
        if mine.any():
            order = np.argsort(sweep[mine], kind="stable")
            told.append(_trend(symbol, name.decode(), sweep[mine][order], alpha[mine][order]))
    return tuple(told)


def _trend(symbol: str, name: str, sweep: NDArray[np.int64], alpha: NDArray[np.float64]) -> str:
    least = int(alpha.argmin())
    text = f"{name}: inf {symbol}_k = {alpha[least]:.4g} (sweep {sweep[least]}), fitted to this run"
    numbers, starts = np.unique(sweep, return_index=True)
    smallest = np.minimum.reduceat(alpha, starts)
    good = smallest > 0
    if good.sum() < 3:
        return text
    power = 100 * float(np.polyfit(numbers[good], np.log10(smallest[good]), 1)[0])
    factor = f"{10**power:.3g}" if abs(power) < LARGEST else f"1e{power:+.0f}"
    return f"{text}; per 100 sweeps it changes by a factor of {factor}"


M1 = Theorem(
    id="M1",
    title="mDLAM, Lemma 1: decrease with some constant",
    statement=(
        "Each block update lowers F by (α_k/2)‖e‖² (γ_k, δ_k likewise) with some α_k > 0. The "
        "constants are whatever the run gives: no inf_k α_k > 0 follows."
    ),
    latex=r"F(u^{k+1})\le F(u^k)-\tfrac{\alpha_k}2\|e\|^2,\quad\text{some }\alpha_k>0",
    source=f"{SOURCE}, Lemma 1",
    symbols={"dF": "ΔF of the update", "e2": "‖e‖²"},
    conclusions=(Conclusion(Inequality("decrease", dF, ZERO), _every_update),),
    liveness=("motion", "inertia"),
    fitted=True,
    remarks=_smallest,
)


def _no_clip(ctx: Context) -> tuple[bool | None, str]:
    active, sweep = (ctx.column("measures", name) for name in ("active", "sweep"))
    if active.max() > 0:
        first, worst = int(np.flatnonzero(active > 0)[0]), int(active.argmax())
        return False, (
            f"the band is active from sweep {sweep[first]} on; in sweep {sweep[worst]} at "
            f"{100 * active[worst]:.3g} % of the coordinates"
        )
    return True, f"{len(active)} measurements"


NO_CLIP = fact("no clip", "ε ≥ max(D1, D2): no side of the band is active", _no_clip)
STRONG = Parameter("mu", "modulus of local strong convexity of F")
LIMIT = Parameter("fstar", "F*, the limit", "any")
DECREASE = Parameter("C5", "min over blocks of the constants of M1")
SUBGRADIENT = Parameter("C4", "constant of M4")


def _curved(ctx: Context) -> tuple[bool | None, str]:
    least = ctx.column("measures", "curvature").min()
    return bool(least > 0), f"least curvature of F seen along the path: {least:.4g}"


STRONGLY_CONVEX = fact("strong convexity", "F is locally strongly convex (μ > 0)", _curved)


def _two_sweeps(ctx: Context) -> Instances:
    """r_{k+1} and r_{k−1}, for three consecutive sweeps of one replicate."""
    before, middle = pairs(ctx)
    middle2, after = pairs(ctx)
    place = {int(row): i for i, row in enumerate(middle)}
    chain = [(int(before[place[int(m)]]), int(a)) for m, a in zip(middle2, after, strict=True)
             if int(m) in place]  # fmt: skip
    if not chain:
        raise Missing("three sweeps in a row", "recorder.step(x, value) at every step")
    old, new = (np.array(column) for column in zip(*chain, strict=True))
    value, infimum = ctx.ball("sweeps", "value"), ctx.known(LIMIT).value
    known = {p.name: ctx.known(p).value for p in (STRONG, DECREASE, SUBGRADIENT)}
    return Instances(
        {"r0": value.take(old) - infimum, "r2": value.take(new) - infimum, **known},
        ctx.column("sweeps", "sweep")[new],
        ctx.column("sweeps", "replicate")[new],
    )


M2_RATE = 5 * C4**2 / (C5 * mu**2 + 5 * C4**2)
"""C1 of mDLAM's Theorem 2."""

M2 = Theorem(
    id="M2",
    title="mDLAM, Theorem 2: linear rate",
    statement=(
        "F locally strongly convex (μ), ε ≥ max(D1, D2) constant, so that no clip is active: "
        "F^{k+1} − F* ≤ C1 (F^{k−1} − F*), C1 = 5C4²/(C5μ² + 5C4²)."
    ),
    latex=r"F^{k+1}-F^*\le\frac{5C_4^2}{C_5\mu^2+5C_4^2}\,(F^{k-1}-F^*)",
    source=f"{SOURCE}, Theorem 2",
    symbols={
        "r0": "F^{k−1} − F*",
        "r2": "F^{k+1} − F*",
        "mu": "μ",
        "C4": "constant of M4",
        "C5": "min of the constants of M1",
    },
    conclusions=(Conclusion(Inequality("rate", r2, M2_RATE * r0), _two_sweeps),),
    facts=(CONSTANT_EPS, NO_CLIP, STRONGLY_CONVEX),
    parameters=(STRONG, LIMIT, DECREASE, SUBGRADIENT),
    constants={"C1": M2_RATE},
)


def _same_set(ctx: Context) -> Instances:
    """Sweeps in which ε stayed: both ends lie in one feasible set."""
    found = step_rows(ctx, "df")
    keep = ~np.isin(found.sweep, shrinking(ctx) if "eps" in ctx.trace.sweeps else [])
    allowed = np.broadcast_to(found.allowance, keep.shape)[keep]
    return Instances(
        {"df": found.values["df"].take(keep)},
        found.sweep[keep],
        found.replicate[keep],
        allowance=allowed,
    )


M3 = Theorem(
    id="M3",
    title="mDLAM, Lemma 2: F does not increase",
    statement=(
        "F does not increase from sweep to sweep, on the feasible set of the current ε (sweeps in "
        "which ε shrinks are left out: the old point may be infeasible there)."
    ),
    latex=r"F^{k}\le F^{k-1}",
    source=f"{SOURCE}, Lemma 2",
    symbols={"df": "F^k − F^{k−1}"},
    conclusions=(Conclusion(Inequality("monotone", df, ZERO), _same_set),),
    facts=(CONSISTENT,),
    liveness=("motion", "inertia"),
)


def _weight_gradient(ctx: Context) -> Instances:
    mine, theirs, at, who, norms = measured_pairs(ctx)
    values = {
        "g1": ctx.ball("measures", "weight_gradient").take(mine),
        "M": smooth_modulus(ctx),
        **{name: ball.take(theirs) for name, ball in norms.items()},
    }
    return Instances(values, at, who)


M4_BOUND = (B * M + smax * Lmax) * e1 + (p2max * M + smax * p1max * Lmax) * e0

M4 = Theorem(
    id="M4",
    title="mDLAM, Lemma 4: subgradient bound in W",
    statement=(
        "There is g in ∂_W F(x^{k+1}) with ‖g‖ ≤ C4(‖x^{k+1} − x^k‖ + ‖x^k − x^{k−1}‖). With "
        "T4's constants (W has no nonsmooth part, so the band does not matter): ‖∇_W F‖ ≤ "
        "(BM + sL)‖e^{k+1}‖ + (p2M + s p1 L)‖e^k‖."
    ),
    latex=r"\|\nabla_WF(x^{k+1})\|\le(BM+sL)\|e^{k+1}\|+(p_2M+sp_1L)\|e^k\|",
    source=f"{SOURCE}, Lemma 4, with explicit constants",
    symbols={
        "g1": "‖∇_W F(x^{k+1})‖ over all layers",
        "e1": "‖e^{k+1}‖",
        "e0": "‖e^k‖",
        "B": "how many blocks there are",
        "M": "Lipschitz modulus of ∇H on the balls that hold the run",
        "Lmax": "the largest modulus used",
        "smax": "the largest step scale used",
        "p1max": "the largest |p1| used",
        "p2max": "the largest |p2| used",
    },
    conclusions=(Conclusion(Inequality("subgradient", g1, M4_BOUND), _weight_gradient),),
    constants={"C4": M4_BOUND},
)


def _lagrangian(ctx: Context) -> Instances:
    found = step_rows(ctx, "df")
    _, after = pairs(ctx)
    last = int(ctx.setting("layers"))
    rows = (ctx.column("blocks", "kind") == b"z") & (ctx.column("blocks", "layer") == last)
    sweep, replicate, moved = block_steps(ctx, rows)
    keep, place = matched((found.sweep, found.replicate), (sweep, replicate))
    values = {
        "df": found.values["df"].take(keep),
        "z2": moved.take(place),
        "rho": Ball.of(ctx.column("sweeps", "rho")[after][keep]),
        "H": Ball.of(float(ctx.setting("loss_lipschitz"))),
    }
    allowed = np.broadcast_to(found.allowance, found.sweep.shape)[keep]
    return Instances(values, found.sweep[keep], found.replicate[keep], allowance=allowed)


D1_CONSTANT = rho / 2 - H / 2 - H**2 / rho

D1 = Theorem(
    id="D1",
    title="dlADMM: the augmented Lagrangian decreases",
    statement=(
        "If ρ > 2H, H = Lip(∇R), the augmented Lagrangian decreases from sweep to sweep, by "
        "C‖z_L^{k+1} − z_L^k‖² at least, C = ρ/2 − H/2 − H²/ρ > 0."
    ),
    latex=r"L_\rho^{k+1}\le L_\rho^k-\Bigl(\tfrac\rho2-\tfrac H2-\tfrac{H^2}\rho\Bigr)"
    r"\|z_L^{k+1}-z_L^k\|^2",
    source="Wang, Yu, Chen & Zhao, dlADMM (arXiv 1905.13611), Lemma 2",
    symbols={
        "df": "change of the augmented Lagrangian in the sweep",
        "z2": "‖z_L^{k+1} − z_L^k‖²",
        "rho": "ρ of the sweep",
        "H": "Lip(∇R): ½ for softmax cross-entropy, 1 for the squared error",
    },
    conclusions=(
        Conclusion(
            Inequality("decrease", df, -D1_CONSTANT * z2),
            _lagrangian,
            (Inequality("ρ > 2H", 2 * H, rho, "ρ > 2·Lip(∇R)", strict=True),),
        ),
    ),
    constants={"C": D1_CONSTANT},
)


A1 = Theorem(
    id="A1",
    title="released mDLAM script: accelerated",
    statement=(
        "The run is accelerated: blocks are extrapolated along their last displacement, every "
        "block is trained, and F does not increase."
    ),
    latex=r"\Delta^k\ne0,\qquad F^k\le F^{k-1}",
    source="the authors' released script; a claim of the README, not a theorem",
    symbols={"df": "F^k − F^{k−1}"},
    conclusions=(Conclusion(Inequality("monotone", df, ZERO), _same_set),),
    liveness=("inertia", "motion"),
)
