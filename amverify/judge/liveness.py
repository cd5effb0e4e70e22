r"""What a theorem is about and a run never did: nothing was tested then, the verdict is VACUOUS.

**Inertia that cancels.** A step u⁺ ∈ argmin ⟨∇H(û), u⟩ + (sL/2)‖u − ũ‖² + g(u), ũ = u^k + p1Δ,
û = u^k + p2Δ, sees its inertia in one term alone, ⟨p2QΔ − p1sLΔ, u⟩, Q = ∇²H. Where QΔ = LΔ that
is −Lc⟨Δ, u⟩, c = p1·s − p2, and with c = 0 neither p1 nor p2 does anything, whatever g is. That
is so where L is the Hessian itself: b_l (L = ρN) and z_l (L = ρ) under coupled inertia.

A run shows it by d = e − p2Δ. As 0 ⪯ Q ⪯ L, ⟨d, Qd⟩ = L‖d‖² says Qd = Ld; Δ = 0 at the start, so
if it is so in every step of a block, Q being the same in all, Δ stays in that eigenspace: outside
of it e = p2Δ, from 0 on. It is granted where c is 0 up to the roundings of p1, p2 and c itself, and
0 lies in a ball of L‖d‖² − ⟨d, Qd⟩ that is smaller than L‖d‖²; what is open counts as alive. (Where
Q moves from sweep to sweep, as W's does, QΔ = LΔ is what was seen of the Δ that were made.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import gamma
from amverify.theorems import Theorem
from amverify.theorems.base import Blocks, Context, Missing
from amverify.trace.trace import Trace

Rows = NDArray[np.bool_]
STEPS = (b"gradient", b"metric", b"joint")
"""Updates that minimise a model of H around û and ũ."""
ROUNDED = 4
"""Roundings in c: p1 = p2/s, what each is reduced by, and the product with s."""


def lifeless(ctx: Context, theorem: Theorem) -> list[str]:
    """What the theorem is about and never moved, in words."""
    dead: list[str] = []
    if "motion" in theorem.liveness:
        dead += ctx.once(_motionless)
    if _announced(ctx, theorem):
        dead += ctx.once(_inertialess)
    return dead


def cancelled(ctx: Context, theorem: Theorem) -> tuple[str, ...]:
    """A note on the blocks whose p1 and p2 cancel in every step, of a theorem on inertia."""
    if not _announced(ctx, theorem):
        return ()
    names = ctx.once(_unfelt)
    if not names:
        return ()
    return (
        f"inertia cancels in {', '.join(names)}: p1·s = p2 and the modulus is the curvature, so "
        "p1 and p2 do nothing there",
    )


def _unfelt(ctx: Context) -> list[str]:
    """The extrapolated blocks whose inertia cancels in every step."""
    return _names(_blocks(ctx.trace), _extrapolated(ctx.trace) & ~ctx.once(_felt))


def _announced(ctx: Context, theorem: Theorem) -> bool:
    asked = "inertia" in theorem.liveness and bool(ctx.trace.settings.get("inertia"))
    return asked and "inertia" in ctx.trace.blocks


def _blocks(trace: Trace) -> Blocks:
    return Blocks(trace.blocks["kind"], trace.blocks["layer"])


def _names(blocks: Blocks, rows: Rows) -> list[str]:
    """The blocks of some rows, in the order of the sweep."""
    _, first = np.unique(blocks.codes[rows], return_index=True)
    return [blocks.name(int(row)) for row in np.sort(np.flatnonzero(rows)[first])]


def _motionless(ctx: Context) -> list[str]:
    """Blocks whose every step is zero; for a run without blocks, the point itself."""
    trace = ctx.trace
    if "step" not in trace.blocks:
        moved = "step" not in trace.sweeps or bool((trace.sweeps["step"] > 0).any())
        return [] if moved else ["the point never moved"]
    blocks = _blocks(trace)
    alive = np.unique(blocks.codes[trace.blocks["step"] > 0])
    still = _names(blocks, ~np.isin(blocks.codes, alive))
    return [f"block {name} never changed" for name in still]


def _inertialess(ctx: Context) -> list[str]:
    """The inertia that the settings announce, where none is felt."""
    blocks, extrapolated = ctx.trace.blocks, _extrapolated(ctx.trace)
    moved = blocks["step"] > 0 if "step" in blocks else np.ones(len(extrapolated), dtype=bool)
    relaxed = "t" in blocks and bool(((blocks["t"] > 1) & moved).any())
    if relaxed or (extrapolated & ctx.once(_felt)).any():
        return []
    if not extrapolated.any():
        return ["no block was ever extrapolated: the inertia is identically 0"]
    return ["no inertia was ever felt: it cancels in every block that has some"]


def _extrapolated(trace: Trace) -> Rows:
    """The rows with p1 or p2 and a displacement; one that was not recorded may be anything."""
    displaced: Rows = trace.blocks["inertia"] > 0
    if "p1" not in trace.blocks or "p2" not in trace.blocks:
        return displaced
    found: Rows = displaced & ((trace.blocks["p1"] != 0) | (trace.blocks["p2"] != 0))
    return found


def _felt(ctx: Context) -> Rows:
    """The rows of blocks that are not seen to cancel their inertia in every step."""
    codes = _blocks(ctx.trace).codes
    try:
        open_ = _open(ctx)
    except Missing:
        return np.ones(len(codes), dtype=bool)
    found: Rows = np.isin(codes, np.unique(codes[open_]))
    return found


def _open(ctx: Context) -> Rows:
    """The rows that do not show p1 and p2 to cancel, given that the rows before them do.

    Raises:
        Missing: where the trace says too little to show it anywhere.
    """
    p1, p2, s = (ctx.column("blocks", name) for name in ("p1", "p2", "s"))
    coupled = np.abs(p1 * s - p2) <= gamma(ROUNDED) * (np.abs(p1 * s) + np.abs(p2))
    still = (ctx.column("blocks", "step") == 0) & (p2 * ctx.column("blocks", "inertia") == 0)
    most, spare = _curvature(ctx)
    touching = (np.abs(spare.mid) <= spare.rad) & (spare.rad < most.mid)
    stepped = np.isin(ctx.column("blocks", "update"), STEPS)
    found: Rows = ~(stepped & coupled & (touching | still))
    return found


def _curvature(ctx: Context) -> tuple[Ball, Ball]:
    """L‖d‖² and L‖d‖² − ⟨d, Qd⟩, d = e − p2Δ, in the metric where the step has one."""
    metric = "metric_" if "metric_step" in ctx.trace.blocks else ""
    step, cross, inertia = (
        ctx.ball("blocks", f"{metric}{name}") for name in ("step", "cross", "inertia")
    )
    p2, modulus = (ctx.number("blocks", name) for name in ("p2", "modulus"))
    most = modulus * (step - Ball.of(2.0) * p2 * cross + p2 * p2 * inertia)
    return most, most - ctx.ball("blocks", "bend")
