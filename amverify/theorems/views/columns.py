r"""How columns become the symbols of the theorems, and the facts that several of them share.

Block rows bind  dF = ΔF, e2 = ‖e‖², de = ⟨Δ,e⟩, d2 = ‖Δ‖², L, s, t, p1, p2, delta = δ^k,
delta1 = δ^{k+1}, gamma, bend = ⟨d,∇²H d⟩. Sweep rows bind pairs of consecutive points:
f0, f1 (values), df = f1 − f0, e2, de, d2, g0 = ‖∇f(x^{k−1})‖², g1 = ‖∇f(x^k)‖².
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.balls import Ball, difference
from amverify.numbers.roundoff import UNITS, U, gamma
from amverify.theorems.base import Blocks, Context, Fact, Impossible, Instances, Missing, View
from amverify.theorems.views.keys import codes, numbered
from amverify.trace.names import block_names
from amverify.verdict import Checked

_MEASURED = {
    "dF": "change",
    "e2": "step",
    "de": "cross",
    "d2": "inertia",
    "bend": "bend",
    "rise": "rise",
    "turn": "turn",
}
_USED = {
    "L": "modulus",
    "s": "s",
    "t": "t",
    "p1": "p1",
    "p2": "p2",
    "delta": "delta",
    "delta1": "delta_next",
    "gamma": "gamma",
}


def block_rows(
    ctx: Context,
    rows: NDArray[np.bool_],
    *names: str,
    measured: Mapping[str, str] = _MEASURED,
) -> Instances:
    """The block rows of a mask, with the symbols asked for; ``measured`` names their columns.

    Raises:
        Missing: for a column that the trace lacks.
    """
    everything = bool(rows.all())
    chosen: Any = slice(None) if everything else rows
    values = {}
    for name in names:
        if name in measured:
            ball = ctx.ball("blocks", measured[name])
        else:
            ball = ctx.number("blocks", _USED[name])
        values[name] = ball if everything else ball.take(chosen)
    return Instances(
        values,
        ctx.column("blocks", "sweep")[chosen],
        ctx.column("blocks", "replicate")[chosen],
        Blocks(
            ctx.column("blocks", "kind")[chosen],
            ctx.column("blocks", "layer")[chosen],
            block_names(ctx.trace.settings),
        ),
        ctx.column("blocks", "execution")[chosen],
    )


def updated(ctx: Context, update: bytes) -> NDArray[np.bool_]:
    """Which block rows were updated in this way."""
    mask: NDArray[np.bool_] = ctx.column("blocks", "update") == update
    return mask


def where(ctx: Context, bad: NDArray[np.bool_]) -> str:
    """Block and sweep of the first block row of a mask, in words."""
    row = int(np.flatnonzero(bad)[0])
    kind, layer, sweep = (ctx.column("blocks", n)[row] for n in ("kind", "layer", "sweep"))
    own = block_names(ctx.trace.settings).get((kind, int(layer)))
    return f"{own or f'{kind.decode()}_{layer}'}, sweep {sweep}"


def curved(ctx: Context, rows: NDArray[np.bool_]) -> tuple[bool | None, str]:
    """Whether ⟨d,∇²H d⟩ is negative in none of these block rows, beyond its error."""
    bend: Ball = ctx.ball("blocks", "bend")
    down = bend.surely_negative & rows
    if down.any():
        row = int(np.flatnonzero(down)[0])
        return False, f"{where(ctx, down)}: ⟨d,∇²H d⟩ = {bend.mid[row]:.3g}, so H is not convex"
    return True, "no negative curvature seen along e − p2Δ"


def banded(ctx: Context) -> bool:
    """Whether a band couples a to h(z)."""
    return bool(ctx.setting("coupling") == "band")


def shrinking(ctx: Context) -> NDArray[np.int64]:
    """The sweeps in which ε is smaller than in the sweep before; none under a penalty."""
    if ctx.trace.settings.get("coupling") == "penalty":
        return np.empty(0, dtype=np.int64)
    sweep, eps = ctx.column("sweeps", "sweep"), ctx.column("sweeps", "eps")
    first, index = np.unique(sweep, return_index=True)
    smaller: NDArray[np.int64] = first[1:][np.diff(eps[index]) < 0]
    return smaller


def boxes_kept(ctx: Context) -> NDArray[np.bool_]:
    """Which block rows have a box that did not shrink since u^k was made."""
    kind, layer = ctx.column("blocks", "kind"), ctx.column("blocks", "layer")
    if not banded(ctx):
        return np.ones(len(kind), dtype=bool)
    last = int(ctx.setting("layers"))
    boxed = (kind == b"a") | ((kind == b"z") & (layer < last))
    kept: NDArray[np.bool_] = ~(boxed & np.isin(ctx.column("blocks", "sweep"), shrinking(ctx)))
    return kept


def applies_from(ctx: Context) -> tuple[str, ...]:
    """From which sweep on the box stays as it is, in words."""
    if not banded(ctx):
        return ()
    late = shrinking(ctx)
    if not len(late):
        return ()
    return (f"ε shrinks until sweep {int(late.max())}: applies to boxed blocks from "
            f"sweep {int(late.max()) + 1} on",)  # fmt: skip


def pairs(ctx: Context) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows k−1 and k of the sweeps table, where both are of one replicate and consecutive."""
    sweep, replicate = ctx.column("sweeps", "sweep"), ctx.column("sweeps", "replicate")
    order = np.lexsort((sweep, replicate))
    before, after = order[:-1], order[1:]
    follow = (replicate[before] == replicate[after]) & (sweep[after] == sweep[before] + 1)
    return before[follow], after[follow]


def step_rows(ctx: Context, *names: str) -> Instances:
    """Consecutive sweeps, with the symbols asked for.

    Raises:
        Missing: for a column that the trace lacks.
    """
    before, after = pairs(ctx)
    values: dict[str, Ball] = {}
    for name in names:
        if name == "df":
            values[name] = change_of_sweep(ctx, before, after)
        elif name in ("f0", "g0"):
            column = {"f0": "value", "g0": "gradient"}[name]
            values[name] = ctx.ball("sweeps", column).take(before)
        elif name in ("eta", "beta", "amin"):
            column = {"eta": "eta", "beta": "momentum", "amin": "alpha_min"}[name]
            values[name] = ctx.number("sweeps", column).take(after)
        elif name == "k":
            values[name] = Ball.of(ctx.column("sweeps", "sweep")[after].astype(float))
        else:
            column = {"f1": "value", "g1": "gradient", "e2": "step", "de": "cross",
                      "d2": "inertia", "off": "departure"}[name]  # fmt: skip
            values[name] = ctx.ball("sweeps", column).take(after)
    return Instances(
        values,
        ctx.column("sweeps", "sweep")[after],
        ctx.column("sweeps", "replicate")[after],
        allowance=executed(ctx, after),
    )


def executed(ctx: Context, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """What rounding in the steps to these sweeps can add to f; infinite where it is unknown."""
    if "execution" not in ctx.trace.sweeps:
        return np.full(len(rows), np.inf)
    found: NDArray[np.float64] = ctx.column("sweeps", "execution")[rows]
    return found


def unit(ctx: Context) -> float:
    """The unit roundoff of the run's steps: of the coarsest format that its header names.

    One that is not known bounds nothing; where none is named the run is one of float64.
    """
    named = [ctx.trace.header.get("dtype"), ctx.trace.settings.get("dtype")]
    found = [UNITS.get(str(name), np.inf) for name in named if name is not None]
    return max(found, default=U)


def step_rounding(ctx: Context) -> NDArray[np.float64]:
    """How far rounding of a step can have moved x^k: 4 roundings of x^k in the run's format."""
    _, after = pairs(ctx)
    size: NDArray[np.float64] = np.sqrt(ctx.column("sweeps", "norm")[after])
    if "outside" in ctx.trace.sweeps:
        size = size + np.sqrt(ctx.column("sweeps", "outside")[after])
    if not np.isfinite(unit(ctx)):
        return np.full(len(after), np.inf)
    return size * gamma(4, unit(ctx))


def step_off(ctx: Context) -> NDArray[np.float64]:
    """A bound on ‖h‖, x^k being h off the point that the method means."""
    off = step_rounding(ctx)
    if "departure_error" in ctx.trace.sweeps:
        _, after = pairs(ctx)
        off = np.maximum(off, ctx.column("sweeps", "departure_error")[after])
    return off


def gradient_off(ctx: Context) -> NDArray[np.float64]:
    """A bound on the error of the gradient that each step used, as far as it was recorded.

    Where a step's departure was recorded, its error bound has it already, times η.
    """
    _, after = pairs(ctx)
    if "used_error" in ctx.trace.sweeps:
        found: NDArray[np.float64] = ctx.column("sweeps", "used_error")[after]
        return found
    return np.full(len(after), 0.0 if "departure_error" in ctx.trace.sweeps else np.inf)


def change_of_sweep(ctx: Context, before: NDArray[np.int64], after: NDArray[np.int64]) -> Ball:
    """F^k − F^{k−1}: by difference forms where they were recorded, else from two values."""
    if "change" in ctx.trace.sweeps:
        return ctx.ball("sweeps", "change").take(after)
    value = ctx.ball("sweeps", "value")
    return difference(value.take(after), value.take(before))


def of_parameters(view: View) -> View:
    """A view for an inequality of parameters alone: what a step's rounding does is not in it."""

    def rows(ctx: Context) -> Instances:
        return replace(view(ctx), allowance=0.0)

    return rows


def fact(name: str, text: str, check: Callable[[Context], tuple[bool | None, str]]) -> Fact:
    """A fact from a function that says whether it holds, and a detail."""

    def checked(ctx: Context) -> Checked:
        try:
            holds, detail = check(ctx)
        except Impossible as lie:
            holds, detail = False, str(lie)
        except Missing as lack:
            holds, detail = None, f"not recorded: {lack}"
        return Checked(name, text, holds, detail)

    return Fact(name, text, checked)


def _carried(ctx: Context) -> tuple[bool | None, str]:
    """Δ and δ of a block in sweep k+1 are e and δ' of sweep k."""
    sweep, replicate = ctx.column("blocks", "sweep"), ctx.column("blocks", "replicate")
    number, names = ctx.once(numbered)
    order = np.argsort(codes((replicate, number, sweep)), kind="stable")
    block, sweep = codes((replicate, number))[order], sweep[order]
    same = (block[1:] == block[:-1]) & (sweep[1:] == sweep[:-1] + 1)

    def place(i: int) -> str:
        kind, layer = names[int(number[order[i + 1]])]
        return f"{kind}_{layer}, sweep {sweep[i + 1]}"

    left = ctx.column("blocks", "delta_next")[order][:-1]
    right = ctx.column("blocks", "delta")[order][1:]
    lost = same & (left != right)
    if lost.any():
        i = int(np.flatnonzero(lost)[0])
        return False, f"{place(i)}: δ is {right[i]:.6g}, but the block left {left[i]:.6g}"
    step, inertia = ctx.ball("blocks", "step"), ctx.ball("blocks", "inertia")
    gap = step.take(order).take(slice(None, -1)) - inertia.take(order).take(slice(1, None))
    moved = same & (np.abs(gap.mid) > gap.rad)
    if moved.any():
        i = int(np.flatnonzero(moved)[0])
        return False, f"{place(i)}: ‖Δ‖² differs from the last step's ‖e‖² by {gap.mid[i]:.3g}"
    return True, f"{int(same.sum())} hand-overs seen"


CARRIED = fact(
    "carried",
    "each block's Δ and δ are the step and the weight that its last update left",
    _carried,
)


def _changes(ctx: Context, after: NDArray[np.int64]) -> Ball:
    """What the blocks' changes add up to in these sweeps; a recorded sum where there is one."""
    if "change" in ctx.trace.sweeps or not ctx.trace.blocks:
        return ctx.ball("sweeps", "change").take(after)
    sweep, replicate = ctx.column("blocks", "sweep"), ctx.column("blocks", "replicate")
    change, none = ctx.ball("blocks", "change"), Ball.of(0.0)
    found = []
    for row in after:
        here = (sweep == ctx.column("sweeps", "sweep")[row]) & (
            replicate == ctx.column("sweeps", "replicate")[row]
        )
        found.append(sum((change.take(i) for i in np.flatnonzero(here)), none))
    return Ball.of(np.array([b.mid for b in found]), np.array([b.rad for b in found]))


def _consistent(ctx: Context) -> tuple[bool | None, str]:
    """Reported values of F differ by the sum of the blocks' changes."""
    before, after = pairs(ctx)
    value = ctx.ball("sweeps", "value")
    total = _changes(ctx, after)
    gap = value.take(after) - value.take(before) - total
    wrong = np.abs(gap.mid) > gap.rad
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        sweep = int(ctx.column("sweeps", "sweep")[after][i])
        moved = value.mid[after][i] - value.mid[before][i]
        return False, (
            f"sweep {sweep}: the reported F moved by {moved:.6g}, "
            f"the blocks' changes add up to {total.mid[i]:.6g}"
        )
    return True, f"{len(after)} sweeps agree"


CONSISTENT = fact(
    "consistent", "the reported values of F differ by the sum of the changes", _consistent
)


def _constant_eps(ctx: Context) -> tuple[bool | None, str]:
    if not banded(ctx):
        return True, "no band"
    late = shrinking(ctx)
    if len(late):
        eps = ctx.column("sweeps", "eps")
        return False, f"ε falls from {eps.max():g} to {eps.min():g}, last in sweep {late.max()}"
    return True, ""


CONSTANT_EPS = fact("eps", "ε is constant", _constant_eps)


def _boxed(ctx: Context) -> tuple[bool | None, str]:
    """g is 0 or a box; with p3 = 0 any convex g serves (``nonsmooth`` in the settings)."""
    kind = ctx.setting("nonsmooth")
    if kind in ("none", "box"):
        return True, f"g: {kind}"
    if kind == "convex":
        extrapolated = ctx.column("blocks", "t") > 1
        if extrapolated.any():
            return False, "g is convex and no box, and p3 > 0"
        return True, "g: convex, p3 = 0"
    return False, f"g is {kind}"


BOXED = fact("nonsmooth part", "g is 0 or a box (or convex, with p3 = 0)", _boxed)
