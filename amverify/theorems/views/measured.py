r"""Constants that hold on the set in which a run stayed: radii, and the modulus M of ∇H there.

With all blocks in balls ‖u_i‖ ≤ R_i, and r_l = z_l − a_{l−1}W_lᵀ − 1b_lᵀ, the second derivative of
Σ_l (ρ/2)‖r_l‖² along (dW, db, dz, da) is ρΣ(‖Dr_l‖² − 2⟨r_l, da_{l−1}dW_lᵀ⟩), where
‖Dr_l‖² ≤ 4(‖dz_l‖² + R_W²‖da_{l−1}‖² + R_a²‖dW_l‖² + N‖db_l‖²) and
2|⟨r, da dWᵀ⟩| ≤ ‖r‖(‖da‖² + ‖dW‖²). Each block enters one r_l in each role, so

    M = ρ·max_l max{4, 4N, 4R_{a,l−1}² + ‖r_l‖, 4R_{W,l}² + ‖r_l‖} + μ + ν,
    ‖r_l‖ ≤ R_z + R_a R_W + √N R_b.

The points û = u + p2Δ at which gradients were taken lie in balls (1 + 2|p2|) times as large.
(A penalty's share in z is not smooth and belongs to the proximal part; its share in a is ν.)
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.balls import Ball, summed
from amverify.numbers.roundoff import gamma
from amverify.theorems.base import Context, Missing
from amverify.theorems.views.keys import codes, matched, numbered

WHOLE = "amverify.traced(method, problem, …)"
EACH = "amverify.traced(…, measure_every=1)"


def largest(ctx: Context, column: str) -> float:
    """The largest absolute value of a block column over the run."""
    return float(np.abs(ctx.column("blocks", column)).max())


def radii(ctx: Context) -> dict[tuple[str, int], float]:
    """The radius of each block's ball, the points û included."""
    norm, far = ctx.column("blocks", "norm"), 1 + 2 * largest(ctx, "p2")
    start, bound = ctx.setting("start_norm"), 1 + gamma(len(norm))
    block, names = ctx.once(numbered)
    found = {}
    for number, (kind, layer) in enumerate(names):
        key = f"{kind}_{layer}"
        if key not in start:
            raise Missing(f"the start's ‖{key}‖", WHOLE)
        longest = float(np.sqrt(norm[block == number].max()))
        found[kind, layer] = max(longest * far, float(start[key]) * far) * bound
    return found


def smooth_modulus(ctx: Context) -> Ball:
    """M on the set that holds the run.

    Raises:
        Missing: for a setting or column that the trace lacks.
    """
    ball = radii(ctx)

    def radius(kind: str, layer: int) -> float:
        if (kind, layer) not in ball:
            raise Missing(f"rows of the block {kind}_{layer}", WHOLE)
        return ball[kind, layer]

    n, rho = int(ctx.setting("samples")), float(ctx.setting("rho"))
    extra = float(ctx.setting("mu")) + float(ctx.setting("nu"))
    fixed: dict[str, float] = ctx.setting("start_norm")
    layers = int(ctx.setting("layers"))
    worst = 4.0 * n
    for layer in range(1, layers + 1):
        inputs = float(fixed["x"]) if layer == 1 else radius("a", layer - 1)
        weight, output = radius("W", layer), radius("z", layer)
        bias = ball.get(("b", layer), float(fixed.get(f"b_{layer}", 0.0)))
        residual = output + inputs * weight + math.sqrt(n) * bias
        worst = max(worst, 4 * inputs**2 + residual, 4 * weight**2 + residual)
    return Ball.of((rho * worst + extra) * (1 + gamma(64)))


def output_extrapolation(ctx: Context) -> Ball:
    """Lip(∇R)(t − 1)/t, what z_L's third inertia adds to T4."""
    t = largest(ctx, "t")
    return Ball.of(float(ctx.setting("loss_lipschitz"))) * Ball.of((t - 1) / t).widened(t * 2**-50)


def block_steps(
    ctx: Context, rows: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], Ball]:
    """Σ‖e_i‖² over the chosen block rows of each sweep and replicate: sweep, replicate, sum."""
    sweep, replicate = (ctx.column("blocks", name)[rows] for name in ("sweep", "replicate"))
    order = np.argsort(codes((replicate, sweep)), kind="stable")
    sweep, replicate = sweep[order], replicate[order]
    new = np.ones(len(sweep), dtype=bool)
    new[1:] = (np.diff(sweep) != 0) | (np.diff(replicate) != 0)
    starts = np.flatnonzero(new)
    total = summed(ctx.ball("blocks", "step").take(rows).take(order), starts)
    return sweep[starts], replicate[starts], total


def steps_of_kind(
    ctx: Context, kind: bytes, sweep: NDArray[np.int64], replicate: NDArray[np.int64]
) -> Ball:
    """‖e‖ over the blocks of a kind in these sweeps and replicates; 0 if no layer has one.

    Raises:
        Missing: if some of the sweeps lack the rows.
    """
    rows = ctx.column("blocks", "kind") == kind
    if not rows.any():
        return Ball.of(np.zeros(len(sweep)))
    at, who, squared = block_steps(ctx, rows)
    mine, theirs = matched((sweep, replicate), (at, who))
    if len(mine) < len(sweep):
        raise Missing(f"blocks {kind.decode()} in every measured sweep", WHOLE)
    return squared.sqrt().take(theirs)


def measured_pairs(
    ctx: Context,
) -> tuple[
    NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], dict[str, Ball]
]:
    """Measurements after a sweep k ≥ 2, beside the steps that led there.

    Returns:
        rows of the measures, rows of the norms, sweep, replicate, and the balls e1 = ‖e^k‖,
        e0 = ‖e^{k−1}‖ (by row of the norms), B, Lmax, smax, p1max, p2max.

    Raises:
        Missing: if nothing was measured there.
    """
    everything = np.ones(ctx.trace.rows("blocks"), dtype=bool)
    sweep, replicate, squared = block_steps(ctx, everything)
    total = squared.sqrt()
    follow = (np.diff(sweep) == 1) & (np.diff(replicate) == 0)
    now, before = total.take(slice(1, None)).take(follow), total.take(slice(None, -1)).take(follow)
    at, who = ctx.column("measures", "sweep"), ctx.column("measures", "replicate")
    mine, theirs = matched((at, who), (sweep[1:][follow], replicate[1:][follow]))
    if not len(mine):
        raise Missing("measures after a second consecutive sweep", EACH, "layered")
    values = {
        "B": float(len(ctx.once(numbered)[1])),
        "Lmax": max(largest(ctx, "modulus"), largest(ctx, "gamma")),
        "smax": max(largest(ctx, "s"), 1.0),
        "p1max": largest(ctx, "p1"),
        "p2max": largest(ctx, "p2"),
    }
    norms = {"e1": now, "e0": before, **{name: Ball.of(value) for name, value in values.items()}}
    return mine, theirs, at[mine], who[mine], norms
