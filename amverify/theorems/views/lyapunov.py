r"""What TΨ sees of a run: block rows in their metrics, and their sums over sweeps.

The columns are those of blocks in metrics of their own (``metric_step`` = ‖e‖²_M, …); ``update`` is
``metric`` for V_l and z_L, ``joint`` for (z_l, a_l). A sweep in which ε is smaller than in the one
before is none of these: the point that it starts from need not be feasible.

**TIAM under a penalty** has the same symbols with M = L·I in its ``gradient`` steps and M = γ·I
in those of z_l, l < L (``proximal``: α = ½, c = p1, q = 0, theorem T1p). Its weights are those of
T3, of plain lengths: δ‖Δ‖² is bound as it stands (old = ‖Δ‖²), and δ' is divided by L or γ.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.balls import Ball, summed
from amverify.numbers.roundoff import gamma
from amverify.theorems.base import Blocks, Context, Instances
from amverify.theorems.views.columns import fact, pairs, shrinking, where
from amverify.theorems.views.metric import JOINT, METRIC, inside
from amverify.theorems.views.settings import in_moduli, least_share, lowest, spared

_MEASURED = {
    "dF": "change",
    "e2": "metric_step",
    "de": "metric_cross",
    "d2": "metric_inertia",
    "old": "metric_before",
    "n2": "step",
}
_USED = {"s": "s", "p1": "p1", "p2": "p2", "delta": "delta", "delta1": "delta_next"}
GRADIENT, PROXIMAL = b"gradient", b"proximal"


def kept(ctx: Context) -> NDArray[np.bool_]:
    """The block rows of sweeps in which ε is what it was in the sweep before."""
    rows: NDArray[np.bool_] = ~np.isin(ctx.column("blocks", "sweep"), shrinking(ctx))
    return rows


def shares(ctx: Context) -> tuple[Ball, Ball]:
    """α and q of every block row."""
    s, t, p2 = (ctx.number("blocks", name) for name in ("s", "t", "p2"))
    together = ctx.column("blocks", "update") == JOINT
    alone, half = s / t - Ball.of(0.5), Ball.of(0.5) * (s - Ball.of(1.0))
    own = _either(together, half, alone)
    return own, _either(together, p2 * p2, Ball.of(np.zeros(len(together))))


def _either(where: NDArray[np.bool_], yes: Ball, no: Ball) -> Ball:
    return Ball.of(np.where(where, yes.mid, no.mid), np.where(where, yes.rad, no.rad))


def _rows(ctx: Context) -> dict[str, Ball]:
    """Every block row's symbols."""
    if in_moduli(ctx):
        return _moduli(ctx)
    values = {name: ctx.ball("blocks", column) for name, column in _MEASURED.items()}
    values |= {name: ctx.number("blocks", column) for name, column in _USED.items()}
    values["alpha"], values["q"] = shares(ctx)
    return values


def _moduli(ctx: Context) -> dict[str, Ball]:
    """The same with M = L·I, or γ·I in z_l."""
    near = ctx.column("blocks", "update") == PROXIMAL
    one, none = Ball.of(np.ones(len(near))), Ball.of(np.zeros(len(near)))
    used = {name: ctx.number("blocks", column) for name, column in _USED.items()}
    most = _either(near, ctx.number("blocks", "gamma"), ctx.number("blocks", "modulus"))
    step, cross, past = (ctx.ball("blocks", name) for name in ("step", "cross", "inertia"))
    share = used["s"] / ctx.number("blocks", "t") - Ball.of(0.5)
    return {
        **used,
        "dF": ctx.ball("blocks", "change"),
        "e2": most * step,
        "de": most * cross,
        "d2": most * past,
        "old": past,
        "n2": step,
        "s": _either(near, one, used["s"]),
        "delta1": used["delta1"] / most,
        "alpha": _either(near, Ball.of(0.5) * one, share),
        "q": _either(near, none, used["p2"] * used["p2"]),
    }


def block_falls(ctx: Context) -> Instances:
    """Every block update of a sweep that kept ε."""
    rows = kept(ctx)
    values = {name: ball.take(rows) for name, ball in _rows(ctx).items()}
    return Instances(
        {**values, "theta": spared(ctx)},
        ctx.column("blocks", "sweep")[rows],
        ctx.column("blocks", "replicate")[rows],
        Blocks(ctx.column("blocks", "kind")[rows], ctx.column("blocks", "layer")[rows]),
        ctx.column("blocks", "execution")[rows],
        notes(ctx),
    )


def notes(ctx: Context) -> tuple[str, ...]:
    """From which sweep on ε stays as it is, in words."""
    late = shrinking(ctx)
    if not len(late):
        return ()
    return (f"ε shrinks until sweep {int(late.max())}: these sweeps are left out",)


def sweep_falls(ctx: Context) -> Instances:
    """Every sweep that kept ε: sums over its blocks."""
    rows = kept(ctx)
    keys = [ctx.column("blocks", name)[rows] for name in ("sweep", "replicate")]
    order = np.lexsort(keys)
    sweep, replicate = (key[order] for key in keys)
    new = np.ones(len(sweep), dtype=bool)
    new[1:] = (np.diff(sweep) != 0) | (np.diff(replicate) != 0)
    starts = np.flatnonzero(new)
    found = {name: ball.take(rows).take(order) for name, ball in _rows(ctx).items()}
    half = Ball.of(0.5)
    change = found["dF"] + half * (found["delta1"] * found["e2"] - found["delta"] * found["old"])
    parts = {"dpsi": change, "fall": found["alpha"] * found["e2"], "step2": found["n2"]}
    values = {name: summed(ball, starts) for name, ball in parts.items()}
    values |= {"theta": spared(ctx), "amin": least_share(ctx), "low": lowest(ctx)}
    return Instances(
        values, sweep[starts], replicate[starts], None, _added(ctx, rows, order, starts), notes(ctx)
    )


def _added(
    ctx: Context, rows: NDArray[np.bool_], order: NDArray[np.intp], starts: NDArray[np.intp]
) -> NDArray[np.float64]:
    """What rounding of a sweep's steps may add, over its blocks."""
    if not len(starts):
        return np.empty(0)
    own = ctx.column("blocks", "execution")[rows][order]
    with np.errstate(all="ignore"):
        found: NDArray[np.float64] = np.add.reduceat(own, starts) * (1 + gamma(len(own)))
    return found


def _constant(ctx: Context) -> tuple[bool | None, str]:
    known = np.isin(ctx.column("blocks", "update"), (JOINT, METRIC))
    if not known.all():
        update = ctx.column("blocks", "update")[~known][0].decode()
        return False, f"{where(ctx, ~known)}: its update is {update!r}, in no metric of its own"
    if not kept(ctx).any():
        return False, "ε shrinks in every sweep"
    feasible, told = inside(ctx)
    return feasible, f"{told}; {int(kept(ctx).sum())} updates of sweeps that kept ε"


def moving(ctx: Context) -> tuple[bool | None, str]:
    """Whether every block moves as TΨ has it, in words."""
    if not in_moduli(ctx):
        return _constant(ctx)
    update = ctx.column("blocks", "update")
    other = ~np.isin(update, (GRADIENT, PROXIMAL))
    if other.any():
        return False, f"{where(ctx, other)}: its update is {update[other][0].decode()!r}"
    return True, f"{len(update)} updates of TIAM under a penalty"


MOVING = fact(
    "steps",
    "every block moves in a metric of its own, from a point inside the band, or under a penalty in "
    "a modulus of its own (TIAM)",
    moving,
)
KEPT = fact(
    "blocks in metrics",
    "every block moves in a metric of its own, from a point inside the band",
    _constant,
)


def _potential(ctx: Context) -> tuple[bool | None, str]:
    """Reported values of Ψ differ by the sum of the blocks' parts."""
    found = sweep_falls(ctx)
    before, after = pairs(ctx)
    psi = ctx.ball("sweeps", "lyapunov")
    who, at = ctx.column("sweeps", "replicate")[after], ctx.column("sweeps", "sweep")[after]
    place = {key: i for i, key in enumerate(zip(at.tolist(), who.tolist(), strict=True))}
    keys = zip(found.sweep.tolist(), found.replicate.tolist(), strict=True)
    seen = [(i, place[key]) for i, key in enumerate(keys) if key in place]
    if not seen:
        return None, "no two values of Ψ in a row"
    mine, theirs = (np.array(x) for x in zip(*seen, strict=True))
    told = psi.take(after[theirs]) - psi.take(before[theirs])
    gap = told - found.values["dpsi"].take(mine)
    wrong = np.abs(gap.mid) > gap.rad
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        return False, (
            f"sweep {at[theirs[i]]}: the reported Ψ moved by {told.mid[i]:.6g}, "
            f"the blocks' parts add up to {found.values['dpsi'].mid[mine[i]]:.6g}"
        )
    return True, f"{len(mine)} sweeps agree"


POTENTIAL = fact("Ψ", "the reported values of Ψ differ by the sum of the blocks' parts", _potential)


def _floors(ctx: Context) -> tuple[bool | None, str]:
    """M ⪰ λ⁻ along e, α ≥ α_min, ϑ ≥ 0; λ⁻ and α_min from the settings."""
    rows, low, amin = _rows(ctx), lowest(ctx), least_share(ctx)
    if min(float(x.mid) for x in (spared(ctx), amin, low)) < 0:
        return False, "ϑ, α_min or λ⁻ is negative"
    if spared(ctx).mid > 1:
        return False, "ϑ is above 1"
    for told, gap in (
        ("‖e‖²_M < λ⁻‖e‖²", rows["e2"] - low * rows["n2"]),
        ("α is below α_min of the settings", rows["alpha"] - amin),
    ):
        if gap.surely_negative.any():
            return False, f"{where(ctx, gap.surely_negative)}: {told}"
    told = f"α_min = {float(amin.mid):.4g}, λ⁻ = {float(low.mid):.4g}"
    return True, told if low.mid > 0 else f"{told}: a = 0, so H1 gives no rate (μ or μ_b is 0)"


FLOORS = fact(
    "floors",
    "α_i ≥ α_min ≥ 0, M_i ⪰ λ⁻ ≥ 0 and 0 ≤ ϑ ≤ 1, with α_min and λ⁻ from the settings",
    _floors,
)
