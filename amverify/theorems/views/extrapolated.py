r"""How S8 reads a trace: V's change in a sweep, and rates.

E V⁺ − V = (E f(z⁺) − f(z)) + λ(E‖Δ⁺‖² − ‖Δ‖²) is put together here, with λ of the largest step size
of the sweep: from ``ahead_change``, ``displacement_next`` and ``displacement`` where they were
enumerated; draw by draw where a state was replayed, each draw with its f(z⁺) − f(z) and ‖Δ⁺‖², so
that the confidence sequence is that of V's own change.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.balls import Ball
from amverify.numbers.formulas import evaluate
from amverify.numbers.given import given
from amverify.numbers.roundoff import gamma
from amverify.theorems.base import Context, Instances, Missing, symbols
from amverify.theorems.views.columns import fact, pairs
from amverify.theorems.views.expectation import REPLAYS, Drawn
from amverify.theorems.views.shared_batch import at_sweeps, extrapolation, horizon, looked_at

amax, Lbar, beta = symbols("amax Lbar beta")
WEIGHT = amax * Lbar**2 * beta**4 / (2 * (1 - beta) ** 4)
"""λ."""


def _extrapolated(ctx: Context) -> tuple[bool | None, str]:
    beta = extrapolation(ctx)
    return 0 <= beta < 1, f"β = {beta:g} for every block"


EXTRAPOLATED = fact(
    "extrapolated", "all blocks are extrapolated before the sweep by one β", _extrapolated
)


def sweeps(ctx: Context) -> Instances:
    """Every sweep whose expected change of V is known, by enumeration or by replays."""
    sweep, replicate = ctx.column("sweeps", "sweep"), ctx.column("sweeps", "replicate")
    own = {"beta": Ball.of(extrapolation(ctx))}
    if "ahead_change" in ctx.trace.sweeps:
        _, rows = pairs(ctx)
        values = at_sweeps(ctx, rows) | own
        moved = (
            ctx.ball("sweeps", "displacement_next").take(rows)
            - ctx.ball("sweeps", "displacement").take(rows)
        )  # fmt: skip
        change = ctx.ball("sweeps", "ahead_change").take(rows)
        values["dE"] = change + evaluate(WEIGHT, values) * moved
        return Instances(values, sweep[rows], replicate[rows])
    rows, change, notes = looked_at(ctx, lambda drawn, row: _weighed(ctx, drawn, row))
    values = at_sweeps(ctx, rows) | own | {"dE": change}
    return Instances(values, sweep[rows], replicate[rows], None, 0.0, notes, statistical=True)


def _weighed(ctx: Context, rows: NDArray[np.int64], row: int) -> Drawn:
    """The draws of V's change at one state: ``rows`` of the replays, ``row`` of its sweep."""
    share = extrapolation(ctx)
    if not share < 1:
        raise Missing("an extrapolation below 1", "SAMT(…, extrapolation=…)", "training")
    own = {**at_sweeps(ctx, np.array([row])), "beta": Ball.of(share)}
    weight, d2 = evaluate(WEIGHT, own).take(0), ctx.ball("sweeps", "displacement").take(row)
    change, moved = (ctx.ball("replays", name).take(rows) for name in ("change", "displacement"))
    drawn = change + weight * (moved - d2)
    low = ctx.number("replays", "low").take(rows) - weight * d2
    high = ctx.number("replays", "high").take(rows)
    high = high + weight * (ctx.number("replays", "displacement_high").take(rows) - d2)
    return Drawn(
        drawn.mid,
        float((low.mid - low.rad).min()),
        float((high.mid + high.rad).max()),
        float(drawn.rad.max()),
    )


def rates(ctx: Context) -> Instances:
    """The rate for every K, where expectations over the whole past are known."""
    values, rows = horizon(ctx)
    sweep, replicate = ctx.column("sweeps", "sweep"), ctx.column("sweeps", "replicate")
    if values:
        if ctx.column("sweeps", "displacement")[rows[0]] != 0:
            raise Missing("a run from its start, where Δ = 0", REPLAYS, "training")
        values |= {"beta": Ball.of(extrapolation(ctx))}
    return Instances(values, sweep[rows], replicate[rows])


def scaled_rates(ctx: Context) -> Instances:
    """The rate in √K, for the last K, where a and ρ are declared."""
    found = rates(ctx)
    names = ("ratio", "scale")
    if not found.values or any(name not in ctx.constants for name in names):
        return Instances({}, found.sweep[:0], found.replicate[:0])
    last = np.array([len(found) - 1])
    values = {name: ball.take(last) for name, ball in found.values.items()}
    for name in names:
        values[name] = Ball.of(*given(f"constant {name}", ctx.constants[name]))
    return Instances(values, found.sweep[last], found.replicate[last])


def shrinking_rates(ctx: Context) -> Instances:
    """The rate in Σs_k for every K, s_k the least step size that any past used in sweep k."""
    found = rates(ctx)
    if not found.values:
        return found
    _, rows = horizon(ctx)
    least, most = (ctx.number("sweeps", f"past_alpha_{end}").take(rows) for end in ("min", "max"))
    if not (least.mid > 0).all():
        raise Missing("step sizes that are positive", "SAMT(…, alpha_bounds=…)", "training")
    ratio, n = most / least, gamma(len(rows) + 2)
    sums = {}
    for name, part in (("steps", least), ("squares", least * least)):
        total = np.cumsum(part.mid)
        sums[name] = Ball.of(total, np.cumsum(part.rad) * (1 + n) + n * total)
    most_ratio = Ball.of(np.maximum.accumulate(ratio.mid + ratio.rad))
    return Instances({**found.values, **sums, "rho": most_ratio}, found.sweep, found.replicate)
