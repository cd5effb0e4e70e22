r"""What TC0, TK and TC see of a run: each sweep beyond k₀, with sums and least values since then.

A step that is rounded satisfies H1 up to δ_k (``execution``) and H2 up to η_k (V_l's residual is
off by what rounding of its step leaves of the step's equation); what the errors of measuring leave
open is in them too. Then aΣ‖e^k‖² ≤ Ψ⁰ − inf R + Σδ_k, and
min‖w‖ ≤ max η_k + √(((b1+b2)²(Ψ⁰ − inf R + Σδ_k)/a + …)/K).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.balls import Ball, summed
from amverify.numbers.roundoff import gamma
from amverify.theorems.base import Context, Instances, Missing
from amverify.theorems.views import residuals_penalty as penalty
from amverify.theorems.views.columns import fact
from amverify.theorems.views.keys import places
from amverify.theorems.views.lyapunov import kept, sweep_falls
from amverify.theorems.views.reach import level, settled_from
from amverify.theorems.views.residuals import largest, step_rounding
from amverify.theorems.views.settings import given, in_moduli, least_share, lowest, spared

Floats = NDArray[np.float64]
UP = 1 + 2.0**-40


def rate(ctx: Context) -> Ball:
    """a = ϑ·α_min·λ⁻."""
    return spared(ctx) * least_share(ctx) * lowest(ctx)


@dataclass(frozen=True)
class Run:
    """Sweeps k > k₀, by replicate and then by k.

    Args:
        sweep: k.
        replicate: which run of several.
        values: psi0, before, dpsi, low, a, e1, e0, start, K.
        begins: for each row, the row where its replicate begins.
        slip: Σδ since k₀.
    """

    sweep: NDArray[np.int64]
    replicate: NDArray[np.int64]
    values: dict[str, Ball]
    begins: NDArray[np.int64]
    slip: Floats


def run(ctx: Context) -> Run:
    """The sweeps beyond k₀.

    Raises:
        Missing: if one of them, or sweep k₀, is not in the trace.
    """
    falls, late = sweep_falls(ctx), settled_from(ctx)
    rows = np.flatnonzero(falls.sweep > late)
    sweep, who = falls.sweep[rows], falls.replicate[rows]
    at = places(ctx, "sweeps", sweep, who)
    before = places(ctx, "sweeps", sweep - 1, who)
    begins = np.maximum.accumulate(np.where(sweep == late + 1, np.arange(len(rows)), 0))
    if len(rows) and (sweep - late != np.arange(len(rows)) - begins + 1).any():
        raise Missing(f"every sweep from {late + 1} on", "amverify.traced(…), every sweep of it")
    psi0 = level(ctx, who) * Ball.of(0.5) + given(ctx, "loss_infimum")
    squared = ctx.ball("sweeps", "step").take(at)
    dpsi, allowance = falls.values["dpsi"].take(rows), np.broadcast_to(
        np.asarray(falls.allowance), falls.sweep.shape
    )[rows]  # fmt: skip
    a = rate(ctx)
    with np.errstate(all="ignore"):
        each = (allowance + dpsi.rad + (a * squared).rad) * 2 * UP
    values = {
        "psi0": psi0,
        "before": ctx.ball("sweeps", "lyapunov").take(before),
        "dpsi": dpsi.widened(allowance),
        "low": given(ctx, "loss_infimum"),
        "a": a,
        "e1": squared.sqrt(),
        "e0": ctx.ball("sweeps", "step").take(before).sqrt(),
        "start": ctx.ball("sweeps", "step").take(before).take(begins).sqrt(),
        "K": Ball.of((sweep - late).astype(float)),
        "total": since(squared, begins),
    }
    return Run(sweep, who, values, begins, since(Ball.of(each), begins).mid * UP)


def over_blocks(ctx: Context, found: Run, each: Ball) -> Ball:
    """Sums over the blocks of every sweep of a run; ``each`` has a number for every block row."""
    rows = np.flatnonzero(kept(ctx))
    keys = [ctx.column("blocks", n)[rows] for n in ("sweep", "replicate")]
    rows = rows[np.lexsort(keys)]
    sweep, who = (ctx.column("blocks", n)[rows] for n in ("sweep", "replicate"))
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (np.diff(sweep) != 0) | (np.diff(who) != 0)
    starts = np.flatnonzero(new)
    keys = [x[starts].tolist() for x in (sweep, who)]
    place = {key: i for i, key in enumerate(zip(*keys, strict=True))}
    at = [place[key] for key in zip(found.sweep.tolist(), found.replicate.tolist(), strict=True)]
    return summed(each.take(rows), starts).take(np.array(at, dtype=np.int64))


@np.errstate(all="ignore")
def since(ball: Ball, begins: NDArray[np.int64]) -> Ball:
    """Sums from the row where each replicate begins."""
    mid, rad = np.zeros(len(begins)), np.zeros(len(begins))
    for start in np.unique(begins):
        rows = np.flatnonzero(begins == start)
        n = gamma(len(rows) + 2)
        mid[rows] = np.cumsum(ball.mid[rows])
        size = np.cumsum(np.abs(ball.mid[rows]))
        rad[rows] = np.cumsum(ball.rad[rows]) * (1 + n) + n * size
    return Ball.of(mid, rad)


def least_since(ball: Ball, begins: NDArray[np.int64]) -> Ball:
    """The least value from the row where each replicate begins."""
    low, high = ball.mid - ball.rad, ball.mid + ball.rad
    for start in np.unique(begins):
        rows = np.flatnonzero(begins == start)
        low[rows], high[rows] = (np.minimum.accumulate(x[rows]) for x in (low, high))
    known = np.isfinite(low) & np.isfinite(high)
    low, high = np.where(known, low, 0.0), np.where(known, high, 0.0)
    mid = (low + high) / 2
    return Ball.of(mid, np.where(known, (high - mid) * UP, np.inf))


def steps(ctx: Context) -> Instances:
    """Every K: sums and least values of ‖e^k‖."""
    found = run(ctx)
    values = {**found.values, "least": least_since(found.values["e1"], found.begins)}
    with np.errstate(all="ignore"):
        room = found.slip / float(values["a"].mid - values["a"].rad)
        allowance = np.maximum(room, np.sqrt(room / values["K"].mid)) * UP
    return Instances(values, found.sweep, found.replicate, None, allowance)


def sharpness(ctx: Context, found: Run) -> tuple[dict[str, Ball], Floats]:
    """w1, b1 and b2, and what rounding may add to ‖w^k‖."""
    if in_moduli(ctx):
        b = penalty.largest(ctx, found.replicate)
        w, off = penalty.totals(ctx, found.sweep, found.replicate)
    else:
        b = largest(ctx, found.replicate)
        at = places(ctx, "sweeps", found.sweep, found.replicate)
        w = ctx.ball("sweeps", "joint_residual").take(at).sqrt()
        off = step_rounding(ctx, found.sweep, found.replicate)
    b1 = b["b_own"] + b["b_near"] + b["b_next"] + b["b_far"]
    room = (b1 * found.values["e1"] + b["b_past"] * found.values["e0"]).rad
    with np.errstate(all="ignore"):
        eta = 2 * (off + w.rad + room) * UP
    return {"w1": w.widened(off), "b1": b1, "b2": b["b_past"]}, eta


def residuals(ctx: Context) -> Instances:
    """Every K: the least ‖w^k‖."""
    found = run(ctx)
    sharp, eta = sharpness(ctx, found)
    values = {**found.values, **sharp}
    values["lowest"] = least_since(sharp["w1"], found.begins)
    both = sharp["b1"] + sharp["b2"]
    worst = np.zeros(len(eta))
    for start in np.unique(found.begins):
        rows = np.flatnonzero(found.begins == start)
        worst[rows] = np.maximum.accumulate(eta[rows])
    with np.errstate(all="ignore"):
        a = float(values["a"].mid - values["a"].rad)
        room = np.sqrt(found.slip / (a * values["K"].mid))
        allowance = (worst + (both.mid + both.rad) * room) * UP
    return Instances(values, found.sweep, found.replicate, None, allowance)


def _positive(ctx: Context) -> tuple[bool | None, str]:
    a = rate(ctx)
    if not a.mid - a.rad > 0:
        zero = [n for n in ("mu", "mu_bias") if float(ctx.setting(n)) == 0]
        return False, f"a = 0, as {' and '.join(zero) or 'ϑ or α_min'} = 0: H1 gives no rate"
    return True, f"a = {float(a.mid):.4g}"


RATE = fact("a", "a = ϑ·α_min·λ⁻ > 0 (μ, μ_b > 0), from the settings", _positive)
