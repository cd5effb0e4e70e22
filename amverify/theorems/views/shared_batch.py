"""How S7 and S8 read a trace: sweeps with one batch, their rates, and whether they extrapolate.

Row k of the table ``sweeps`` has what belongs to sweep k: ``pull`` and ``noise`` at the point where
its gradients begin, the step sizes that it used; over all batches so far (all *pasts*)
``mean_slope``, ``mean_spread`` and the extremes of its step sizes, ``past_alpha_min`` and
``past_alpha_max``.
"""

from __future__ import annotations

from collections.abc import Callable

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
    Drawn,
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


def _anew(ctx: Context) -> tuple[bool | None, str]:
    how = ctx.trace.settings.get("sampling")
    if how is None:
        return None, "how batches are drawn was not recorded"
    if how == "independent":
        return True, "each batch is drawn anew from all samples"
    return False, f"batches are {how}: given those before them, their gradients are biased"


ANEW = fact("anew", "each batch is drawn from all samples, whichever came before", _anew)


def _smooth(ctx: Context) -> tuple[bool | None, str]:
    jumps = ctx.trace.settings.get("jumps")
    if jumps is None:
        return None, "what the loss is made of was not recorded"
    if not jumps:
        return True, "no module is known to have a derivative that jumps"
    return None, f"the derivative of {', '.join(map(str, jumps))} jumps: no L̄ is known"


SMOOTH = fact("smooth", "no derivative of the loss is known to jump", _smooth)
"""Less than what the theorems ask of ∇ℓ, which stays unmonitored."""


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
    rows, change, notes = looked_at(ctx)
    values = at_sweeps(ctx, rows) | {"dE": change, "eta": eta}
    return Instances(values, sweep[rows], replicate[rows], None, 0.0, notes, statistical=True)


def looked_at(
    ctx: Context, of: Callable[[NDArray[np.int64], int], Drawn] | None = None
) -> tuple[NDArray[np.int64], Ball, tuple[str, ...]]:
    """The sweeps that were replayed or looked at, the mean change of each, and what to say of it.

    Of a sweep that was looked at and not replayed the change is unknown, its step sizes are not:
    whether the theorem applies can be told.

    Args:
        ctx: the trace.
        of: as for ``replayed_sweeps``.

    Raises:
        Missing: if there are none.
    """
    bare = np.empty(0, dtype=np.int64)
    if "looked" in ctx.trace.sweeps:
        bare = np.flatnonzero(ctx.column("sweeps", "looked") == 1)
    notes: tuple[str, ...] = ()
    if not ctx.trace.replays and len(bare):
        rows, known = bare[:0], Ball.of([])
    else:
        rows, known = replayed_sweeps(ctx, of)
        notes = told(ctx, len(rows))
    bare = np.setdiff1d(bare, rows)
    if not len(bare):
        return rows, known, notes
    change = Ball.of(
        np.r_[np.atleast_1d(known.mid), np.zeros(len(bare))],
        np.r_[np.atleast_1d(known.rad), np.full(len(bare), np.inf)],
    )
    said = f"{len(bare)} sweeps were looked at and not replayed"
    return np.r_[rows, bare], change, (*notes, said)


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
