"""How S7 and S8 read a trace: sweeps with one batch, their rates, and whether they extrapolate.

Row k of the table ``sweeps`` has what belongs to sweep k: ``pull`` and ``noise`` at the point where
its gradients begin, the step sizes that it used; over all batches so far (all *pasts*)
``mean_slope``, ``mean_spread`` and the extremes of its step sizes, ``past_alpha_min`` and
``past_alpha_max``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.balls import Ball
from amverify.numbers.given import given
from amverify.theorems.base import Context, Instances, Missing
from amverify.theorems.views.columns import fact, pairs
from amverify.theorems.views.expectation import (
    FLOOR,
    REPLAYS,
    SAMPLE_MODULUS,
    count_blocks,
    replayed_sweeps,
    rising,
    told,
)

QUARTER = 0.25
"""η, where none is declared."""


def extrapolation(ctx: Context) -> float:
    """β, as the settings say."""
    return given("setting extrapolation", ctx.setting("extrapolation"))[0]


def _plain(ctx: Context) -> tuple[bool | None, str]:
    beta = extrapolation(ctx)
    return beta == 0, f"β = {beta:g}: S8 is about that" if beta else "no block is extrapolated"


PLAIN_STEPS = fact("plain", "no block is extrapolated: each moves by −D_ig_i alone", _plain)


def constants(ctx: Context) -> dict[str, Ball]:
    """L̄ and B."""
    return {"Lbar": ctx.known(SAMPLE_MODULUS).value, "B": Ball.of(float(count_blocks(ctx)))}


def at_sweeps(ctx: Context, rows: NDArray[np.int64]) -> dict[str, Ball]:
    """What both theorems bind of a sweep."""
    return {
        **constants(ctx),
        "pull": ctx.ball("sweeps", "pull").take(rows),
        "noise": ctx.ball("sweeps", "noise").take(rows),
        "amin": ctx.number("sweeps", "alpha_min").take(rows),
        "amax": ctx.number("sweeps", "alpha_max").take(rows),
    }


def sweeps(ctx: Context) -> Instances:
    """S7: every sweep whose expected change of f is known, by enumeration or by replays."""
    sweep, replicate = ctx.column("sweeps", "sweep"), ctx.column("sweeps", "replicate")
    eta = Ball.of(given("constant eta", ctx.constants.get("eta", QUARTER))[0])
    if "expected_change" in ctx.trace.sweeps:
        _, rows = pairs(ctx)
        change = ctx.ball("sweeps", "expected_change").take(rows)
        values = at_sweeps(ctx, rows) | {"dE": change, "eta": eta}
        return Instances(values, sweep[rows], replicate[rows])
    rows, change = replayed_sweeps(ctx)
    values = at_sweeps(ctx, rows) | {"dE": change, "eta": eta}
    notes = told(ctx, len(rows))
    return Instances(values, sweep[rows], replicate[rows], None, 0.0, notes, statistical=True)


def horizon(ctx: Context) -> tuple[dict[str, Ball], NDArray[np.int64]]:
    """What the rates bind for K = 1, 2, …, and the rows of these sweeps; none if not enumerated.

    Raises:
        Missing: for a trace of several runs, or one that lacks sweeps between.
    """
    if "mean_slope" not in ctx.trace.sweeps:
        return {}, np.empty(0, dtype=np.int64)
    _, rows = pairs(ctx)
    sweep = ctx.column("sweeps", "sweep")
    if not len(rows) or (sweep[rows] != np.arange(1, len(rows) + 1)).any():
        raise Missing("sweeps 0, 1, 2, … of one run", REPLAYS, "training")
    least, most = (ctx.column("sweeps", f"past_alpha_{end}")[rows] for end in ("min", "max"))
    slope, spread = (ctx.ball("sweeps", f"mean_{x}").take(rows) for x in ("slope", "spread"))
    start = int(np.flatnonzero(sweep == 0)[0])
    return {
        **constants(ctx),
        "f0": ctx.ball("sweeps", "value").take(start),
        "fstar": ctx.known(FLOOR).value,
        "K": Ball.of(sweep[rows].astype(float)),
        "amin": Ball.of(np.minimum.accumulate(least)),
        "amax": Ball.of(np.maximum.accumulate(most)),
        "lowest": Ball.of(np.minimum.accumulate(slope.mid), np.maximum.accumulate(slope.rad)),
        "level": rising(spread),
    }, rows


def rates(ctx: Context) -> Instances:
    """S7's rate for every K, where expectations over the whole past are known."""
    values, rows = horizon(ctx)
    sweep, replicate = ctx.column("sweeps", "sweep"), ctx.column("sweeps", "replicate")
    return Instances(values, sweep[rows], replicate[rows])
