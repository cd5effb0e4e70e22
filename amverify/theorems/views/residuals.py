r"""What TR sees of a run: residuals, steps and coefficients, block by block and over a sweep.

(z_l, a_l) is one row of the trace and two of the instances. What rounding of a step may add: for z
and a the residual is an identity in what is stored, whatever the step was. V_l's rests on the
step's equation, which the format keeps up to γ_m(2Λ(‖V^k‖ + ‖V^{k+1}‖ + ‖Δ‖) + √(ρΛ)‖z‖), Λ the
recorded ceiling and m the additions of the longest sum, and a Cholesky factor up to γ of the
square of its order, in float64.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amverify.numbers.balls import Ball, summed
from amverify.numbers.formulas import evaluate
from amverify.numbers.roundoff import gamma
from amverify.theorems import reach
from amverify.theorems.base import Context, Instances
from amverify.theorems.views.columns import fact, pairs, unit
from amverify.theorems.views.keys import places
from amverify.theorems.views.kinds import Kind, together
from amverify.theorems.views.reach import (
    Layers,
    Rows,
    by_layer,
    first,
    layers,
    reached,
    second,
    settled_from,
)
from amverify.theorems.views.residuals_penalty import MEASURED, signs
from amverify.theorems.views.settings import given, in_moduli, widths

FAMILIES = ("step_j", "near_j", "next_j", "far_j", "past_j")
KINDS = {reach.V: b"V", reach.Z: b"z", reach.ACTIVE: b"a", reach.OUT: b"z"}


def _used(ctx: Context, rows: Rows) -> dict[str, Ball]:
    found = {n: ctx.number("blocks", n).take(rows) for n in ("s", "t", "p1", "p2")}
    shape = np.ones(len(rows))
    return found | {
        "floor": Ball.of(float(ctx.setting("floor")) * shape),
        "lipR": Ball.of(float(ctx.setting("loss_lipschitz")) * shape),
    }


def costs(case: str, symbols: Mapping[str, Ball], count: int) -> dict[str, Ball]:
    """The coefficients of a kind of block; 0 where it has none."""
    own = reach.FORMULAS[case]
    none = Ball.of(np.zeros(count))
    found = {}
    for c in reach.COEFFICIENTS:
        value = evaluate(own[c], symbols) if c in own else none
        found[c.name] = Ball.of(
            np.broadcast_to(value.mid, (count,)), np.broadcast_to(value.rad, (count,))
        )
    return found


def _row(ctx: Context, case: str, rows: Rows) -> tuple[Ball, Ball, Ball]:
    """‖w‖, ‖e‖ and ‖Δ‖ of a kind."""
    if case == reach.V:
        whole = [ctx.ball("blocks", n).take(rows) for n in ("residual", "step", "inertia")]
        whole[0] = whole[0] + ctx.ball("blocks", "second_residual").take(rows)
    elif case == reach.ACTIVE:
        whole = [second(ctx, n, rows) for n in ("residual", "step", "inertia")]
    else:
        whole = [ctx.ball("blocks", "residual").take(rows)]
        whole += [first(ctx, n, rows) for n in ("step", "inertia")]
    return whole[0].sqrt(), whole[1].sqrt(), whole[2].sqrt()


def _places(ctx: Context, found: Layers) -> dict[str, NDArray[np.intp]]:
    """Which of the layers a kind of block is in."""
    kind = ctx.column("blocks", "kind")[found.y]
    every = np.arange(len(found.v))
    inner, last = np.flatnonzero(kind == b"y"), np.flatnonzero(kind == b"z")
    return {reach.V: every, reach.Z: inner, reach.ACTIVE: inner, reach.OUT: last}


def _of_kind(
    ctx: Context, case: str, found: Layers, at: NDArray[np.intp]
) -> tuple[dict[str, Ball], Rows]:
    """The symbols of one kind of block, and its rows."""
    rows = found.v[at] if case == reach.V else found.y[at]
    none, n = Ball.of(np.zeros(len(at))), len(at)
    symbols = {**by_layer(ctx, rows, int(case == reach.ACTIVE)), **_used(ctx, rows)}
    w, e, past = _row(ctx, case, rows)
    values = {"res_j": w, **dict.fromkeys(FAMILIES, none), "step_j": e, "past_j": past}
    if case == reach.V:
        values["near_j"] = first(ctx, "step", found.y[at]).sqrt()
    if case == reach.ACTIVE:
        values["next_j"] = first(ctx, "step", found.y[at + 1]).sqrt()
        values["far_j"] = ctx.ball("blocks", "step").take(found.v[at + 1]).sqrt()
    return {**values, **costs(case, symbols, n)}, rows


def _rounded(ctx: Context, rows: Rows, found: Layers, at: NDArray[np.intp]) -> NDArray[np.float64]:
    """What rounding of V_l's steps may add to its residual."""
    most = ctx.column("blocks", "ceiling")[rows]
    layer = ctx.column("blocks", "layer")[rows]
    inputs = np.array(widths(ctx))[layer - 1]
    n, rho = int(ctx.setting("samples")), float(ctx.setting("rho"))
    own = [np.sqrt(ctx.column("blocks", c)[rows]) for c in ("norm", "step", "inertia")]
    met = [np.sqrt(ctx.column("blocks", c)[found.y[at]]) for c in ("norm", "step")]
    with np.errstate(all="ignore"):
        size = 2 * most * (2 * own[0] + 2 * own[1] + own[2])
        size = size + np.sqrt(rho * most) * (met[0] + met[1])
        added = np.array([gamma(n + int(m) + 16, unit(ctx)) for m in inputs])
        solved = np.array([gamma(3 * (int(m) + 1) ** 2) for m in inputs])
        rounding: NDArray[np.float64] = (added + solved) * size * 2
    return rounding


def blocks(ctx: Context) -> Instances:
    """V_l, z_l, a_l and z_L after every sweep beyond k₀."""
    layered, found = layers(ctx, past=1), []
    for case, at in _places(ctx, layered).items():
        values, mine = _of_kind(ctx, case, layered, at)
        off = _rounded(ctx, mine, layered, at) if case == reach.V else np.zeros(len(at))
        found.append(Kind(KINDS[case], mine, values, off))
    return together(ctx, found)


def largest(ctx: Context, who: Rows) -> dict[str, Ball]:
    """The largest coefficients that the settings allow, for these replicates.

    V_l and z_L: s = 1, |c| ≤ |momentum|, t = 1 + relaxation in V_l; (z_l, a_l): s = scale,
    p2 ≤ pair_inertia, p1 = p2/s.
    """
    found, count = reached(ctx, who), len(who)
    one, zero = Ball.of(np.ones(count)), Ball.of(np.zeros(count))
    scale, inertia = given(ctx, "scale"), given(ctx, "pair_inertia")
    c, t = given(ctx, "momentum"), one + given(ctx, "relaxation")
    alone = {"s": one, "p1": c, "p2": zero}
    joint = {"s": scale, "t": one, "p1": inertia / scale, "p2": inertia}
    shared = {"floor": given(ctx, "floor"), "lipR": given(ctx, "loss_lipschitz")}
    layered = int(ctx.setting("layers"))
    worst = {c.name: [zero] for c in reach.COEFFICIENTS}
    for layer in range(1, layered + 1):
        cases = {reach.V: ({**alone, "t": t}, layer)}
        if layer < layered:
            cases |= {reach.Z: (joint, layer), reach.ACTIVE: (joint, layer + 1)}
        else:
            cases |= {reach.OUT: ({**alone, "t": one}, layer)}
        for case, (used, at) in cases.items():
            for name, ball in costs(case, {**found.at(at), **shared, **used}, count).items():
                worst[name].append(ball)
    return {name.replace("c_", "b_"): _most(balls) for name, balls in worst.items()}


def _most(balls: list[Ball]) -> Ball:
    found = balls[0]
    for ball in balls[1:]:
        found = found.maximum(ball)
    return found


def jointly(ctx: Context) -> Instances:
    """Every sweep beyond k₀, over all its blocks."""
    before, after = pairs(ctx)
    late = ctx.column("sweeps", "sweep")[after] > settled_from(ctx)
    before, after = before[late], after[late]
    sweep, who = (ctx.column("sweeps", n)[after] for n in ("sweep", "replicate"))
    values = {
        "total": ctx.ball("sweeps", "joint_residual").take(after).sqrt(),
        "e1": ctx.ball("sweeps", "step").take(after).sqrt(),
        "e0": ctx.ball("sweeps", "step").take(before).sqrt(),
        **largest(ctx, who),
    }
    return Instances(values, sweep, who, None, step_rounding(ctx, sweep, who))


def step_rounding(ctx: Context, sweep: Rows, who: Rows) -> NDArray[np.float64]:
    """What rounding of the steps may add to ‖w‖ of these sweeps: over their blocks V_l."""
    found = layers(ctx, past=1)
    own = _rounded(ctx, found.v, found, np.arange(len(found.v)))
    keys = zip(
        *(ctx.column("blocks", n)[found.v].tolist() for n in ("sweep", "replicate")), strict=True
    )
    added: dict[tuple[int, int], float] = {}
    for key, value in zip(keys, own.tolist(), strict=True):
        added[key] = (added.get(key, 0.0) + value) * (1 + 2.0**-50)
    at = zip(sweep.tolist(), who.tolist(), strict=True)
    return np.array([added.get(key, np.inf) for key in at])


def _added(ctx: Context) -> tuple[bool | None, str]:
    """‖w^k‖² of a sweep is the sum over its blocks, within both errors."""
    if in_moduli(ctx):
        return True, MEASURED
    rows = np.lexsort([ctx.column("blocks", n) for n in ("sweep", "replicate")])
    sweep, who = (ctx.column("blocks", n)[rows] for n in ("sweep", "replicate"))
    new = np.concatenate(([True], (np.diff(sweep) != 0) | (np.diff(who) != 0)))
    starts = np.flatnonzero(new)
    own = ctx.ball("blocks", "residual") + ctx.ball("blocks", "second_residual")
    parts = summed(own.take(rows), starts)
    at = places(ctx, "sweeps", sweep[starts], who[starts])
    gap = ctx.ball("sweeps", "joint_residual").take(at) - parts
    wrong = np.abs(gap.mid) > gap.rad
    if wrong.any():
        return False, f"sweep {sweep[starts][wrong][0]}: ‖w‖² is not the sum of its blocks' ‖w_i‖²"
    return True, f"{len(starts)} sweeps agree"


ADDED = fact("w", "‖w^k‖² of each sweep is the sum of its blocks' ‖w_i‖²", _added)


def _ridges(ctx: Context) -> tuple[bool | None, str]:
    for name, told in (("mu", "μ"), ("mu_bias", "μ_b"), ("rho", "ρ")):
        if not float(ctx.setting(name)) > 0:
            return False, f"{told} = 0: level sets may be unbounded (TB), and no b1, b2 hold on all"
    return True, "μ, μ_b and ρ are positive"


RIDGES = fact(
    "ridges", "μ, μ_b, ρ > 0 (else TB is lost, and TR, TK, TC0, TC, TC⁺ with it)", _ridges
)


def _surely(gap: Ball) -> bool:
    return bool(gap.surely_negative.any())


def _inside(ctx: Context) -> tuple[bool | None, str]:
    """Norms against the bounds from k₀ on; κ, which is of W^k, in the sweeps after k₀."""
    found = layers(ctx)
    kind = ctx.column("blocks", "kind")[found.y]
    here, inner = by_layer(ctx, found.v), found.y[kind == b"y"]
    there = by_layer(ctx, inner)
    later = layers(ctx, past=1).y
    later = later[ctx.column("blocks", "kind")[later] == b"y"]
    most = ctx.number("blocks", "ceiling").take(later)
    symbols = {**by_layer(ctx, later), "floor": given(ctx, "floor")}
    inside = {
        "‖W_l‖ ≤ ω": evaluate(reach.OMEGA, here) - first(ctx, "norm", found.v).sqrt(),
        "‖b_l‖ ≤ β": evaluate(reach.BETA, here) - second(ctx, "norm", found.v).sqrt(),
        "‖z_l‖ ≤ Z_l": evaluate(reach.REACH_Z, here) - first(ctx, "norm", found.y).sqrt(),
        "‖a_l‖ ≤ A_l": evaluate(reach.REACH_A, there) - second(ctx, "norm", inner).sqrt(),
        "κ ≤ κ̄": evaluate(sp.Max(reach.rho, reach.KAPPA), symbols) - most,
    }
    for told, gap in inside.items():
        if _surely(gap):
            return False, f"{told} fails"
    return True, f"TB's bounds hold in {len(found.v)} layers seen"


BOUNDED = fact(
    "TB", "the run stays within ω, β, Z_l and A_l (and so M ⪯ Λ), and κ within κ̄", _inside
)


def _signs(ctx: Context) -> tuple[bool | None, str]:
    """The coefficients of every row are not negative and at most those of the settings."""
    if in_moduli(ctx):
        return signs(ctx)
    joint = ctx.column("blocks", "update") == b"joint"
    s, t = (ctx.column("blocks", n) for n in ("s", "t"))
    if (joint & ((t != 1) | (s < 1))).any() or (t < 1).any():
        return False, "t ≥ 1 everywhere, and t = 1 and s ≥ 1 in (z_l, a_l), are asked"
    found = blocks(ctx)
    bounds = largest(ctx, found.replicate)
    for c in reach.COEFFICIENTS:
        own = found.values[c.name]
        if _surely(own):
            return False, f"{c} is negative"
        if _surely(bounds[c.name.replace("c_", "b_")] - own):
            return False, f"{c} is larger than the settings allow"
    return True, f"seen on {len(found)} blocks"


SIGNS = fact(
    "coefficients",
    "each block's coefficients are their formulas, not negative, and at most those of the settings",
    _signs,
)
