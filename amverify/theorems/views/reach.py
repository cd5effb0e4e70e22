r"""The bounds ω, β, Z_l, A_l of a run, from its settings and Ψ^{k₀}, and its layers, row by row."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.balls import Ball
from amverify.numbers.formulas import evaluate
from amverify.numbers.roundoff import gamma
from amverify.theorems import reach
from amverify.theorems.base import Blocks, Context, Instances, Missing
from amverify.theorems.views.columns import fact, shrinking
from amverify.theorems.views.keys import places
from amverify.theorems.views.settings import given, in_moduli, widths
from amverify.trace.sources import JOINT

Rows = NDArray[np.int64]


def settled_from(ctx: Context) -> int:
    """k₀: the sweep after which ε stays what it is."""
    late = shrinking(ctx)
    return int(late.max()) if len(late) else 0


def level(ctx: Context, who: Rows) -> Ball:
    """2c of these replicates.

    Raises:
        Missing: for a replicate without a row of sweep k₀.
    """
    at = ctx.column("sweeps", "sweep") == settled_from(ctx)
    psi, rows = ctx.ball("sweeps", "lyapunov"), np.flatnonzero(at)
    place = {
        r: i for r, i in zip(ctx.column("sweeps", "replicate")[at].tolist(), rows, strict=True)
    }
    if not set(np.unique(who).tolist()) <= set(place):
        raise Missing(f"sweep {settled_from(ctx)}", "amverify.traced(…), every sweep of it")
    start = psi.take(np.array([place[r] for r in who.tolist()], dtype=np.int64))
    return Ball.of(2.0) * (start - given(ctx, "loss_infimum"))


@dataclass(frozen=True)
class Reach:
    """Constants of a run, one entry a replicate asked for.

    Args:
        shared: level, mu, mub, rho, N, h0, lip, and eps of a band or nu of a penalty.
        a: A_0, …, A_L (A_L of no use).
        sizes: √(N n_l), l = 1, …, L.
    """

    shared: dict[str, Ball]
    a: tuple[Ball, ...]
    sizes: tuple[Ball, ...]

    def at(self, layer: int) -> dict[str, Ball]:
        """The symbols of ``reach`` at a layer.

        Raises:
            Missing: for a layer that the settings do not have.
        """
        if not 1 <= layer <= len(self.sizes):
            raise Missing(f"the width of layer {layer}", "amverify.traced(method, problem, …)")
        return {**self.shared, "A": self.a[layer - 1], "S": self.sizes[layer - 1]}

    def omega(self) -> Ball:
        """ω."""
        return evaluate(reach.OMEGA, self.shared)


def reached(ctx: Context, who: Rows) -> Reach:
    """The bounds for the replicates of some rows.

    Raises:
        Missing: for a setting that the trace lacks.
    """
    shape = np.ones(len(who))
    names = {"mu": "mu", "mub": "mu_bias", "rho": "rho", "N": "samples",
             "h0": "activation_at_zero", "lip": "activation_lipschitz"}  # fmt: skip
    shared = {symbol: Ball.of(float(ctx.setting(n)) * shape) for symbol, n in names.items()}
    shared |= {**_coupling(ctx, shape), "level": level(ctx, who)}
    grown = reach.REACH_A_PENALTY if in_moduli(ctx) else reach.REACH_A
    found, sizes = [Ball.of(float(ctx.setting("input_norm")) * shape)], []
    for width in widths(ctx)[1:]:
        size = math.sqrt(int(ctx.setting("samples")) * int(width)) * (1 + gamma(2))
        sizes.append(Ball.of(size * shape))
        symbols = {**shared, "A": found[-1], "S": sizes[-1]}
        found.append(evaluate(grown, symbols))
    return Reach(shared, tuple(found), tuple(sizes))


def _coupling(ctx: Context, shape: NDArray[np.float64]) -> dict[str, Ball]:
    """ν of a penalty, or ε of the band."""
    if in_moduli(ctx):
        return {"nu": Ball.of(float(ctx.setting("nu")) * shape)}
    return {"eps": Ball.of(float(ctx.column("sweeps", "eps").min()) * shape)}


@dataclass(frozen=True)
class Layers:
    """Rows of V_l beside those of (z_l, a_l) or z_L, of sweeps from k₀ on.

    Args:
        v: rows of V_l.
        y: of the other block of the same sweep, replicate and layer.
    """

    v: Rows
    y: Rows


def layers(ctx: Context, past: int = 0) -> Layers:
    """All of them, ordered by replicate, sweep and layer; ``past`` sweeps beyond k₀ at least.

    Raises:
        Missing: if a block has a row that its layer's other block lacks.
    """
    kind = ctx.column("blocks", "kind")
    late = ctx.column("blocks", "sweep") >= settled_from(ctx) + past
    keys = [ctx.column("blocks", n) for n in ("layer", "sweep", "replicate")]
    order = np.lexsort(keys)
    v, y = order[(kind == b"V")[order] & late[order]], order[(kind != b"V")[order] & late[order]]
    same = len(v) == len(y) and all(np.array_equal(key[v], key[y]) for key in keys)
    if not same:
        raise Missing("V_l and z_l in each layer of every sweep", JOINT.argument, JOINT.of)
    return Layers(v, y)


def first(ctx: Context, column: str, rows: Rows) -> Ball:
    """The share of W_l or z_l in a squared length."""
    whole = ctx.ball("blocks", column)
    return (whole - ctx.ball("blocks", f"second_{column}")).take(rows)


def second(ctx: Context, column: str, rows: Rows) -> Ball:
    """The share of b_l or a_l."""
    return ctx.ball("blocks", f"second_{column}").take(rows)


def by_layer(ctx: Context, rows: Rows, beyond: int = 0) -> dict[str, Ball]:
    """The bounds' symbols on block rows, A that of l − 1, or of l for ``beyond`` = 1."""
    layer, who = (ctx.column("blocks", n)[rows] for n in ("layer", "replicate"))
    found = reached(ctx, who)
    a, s = (np.stack([b.mid for b in part]) for part in (found.a, found.sizes))
    spread, at = np.stack([b.rad for b in found.a]), np.arange(len(rows))
    return {
        **found.shared,
        "A": Ball.of(a[layer - 1 + beyond, at], spread[layer - 1 + beyond, at]),
        "S": Ball.of(s[layer - 1, at]),
    }


def _value(ctx: Context, rows: Rows) -> Ball:
    """F − inf R after the sweep of block rows."""
    sweep, who = (ctx.column("blocks", n)[rows] for n in ("sweep", "replicate"))
    value = ctx.ball("sweeps", "value").take(places(ctx, "sweeps", sweep, who))
    return value - given(ctx, "loss_infimum")


def instances(ctx: Context, rows: Rows, values: dict[str, Ball]) -> Instances:
    """Values of block rows beside the bounds of their layers and F − inf R."""
    late = settled_from(ctx)
    notes = (f"ε shrinks until sweep {late}: the bounds are of the sweeps from there on",) * (
        late > 0
    )
    return Instances(
        {**values, **by_layer(ctx, rows), "gap": _value(ctx, rows)},
        ctx.column("blocks", "sweep")[rows],
        ctx.column("blocks", "replicate")[rows],
        Blocks(ctx.column("blocks", "kind")[rows], ctx.column("blocks", "layer")[rows]),
        0.0,
        notes,
    )


def weights(ctx: Context) -> Instances:
    """‖W_l‖ and ‖b_l‖ after every sweep."""
    rows = layers(ctx).v
    values = {"w": first(ctx, "norm", rows).sqrt(), "b": second(ctx, "norm", rows).sqrt()}
    return instances(ctx, rows, values)


def outputs(ctx: Context) -> Instances:
    """‖z_l‖ after every sweep."""
    rows = layers(ctx).y
    return instances(ctx, rows, {"z": first(ctx, "norm", rows).sqrt()})


def activations(ctx: Context) -> Instances:
    """‖a_l‖, l < L, after every sweep."""
    rows = layers(ctx).y
    rows = rows[ctx.column("blocks", "kind")[rows] == b"y"]
    return instances(ctx, rows, {"an": second(ctx, "norm", rows).sqrt()})


def _piecewise(ctx: Context) -> tuple[bool | None, str]:
    if not np.isfinite(float(ctx.setting("loss_infimum"))):
        return False, "R has no lower bound"
    told = f"R = {ctx.setting('loss')}, h = {ctx.setting('activation')}"
    if not np.isfinite(float(ctx.setting("activation_lipschitz"))):
        return False, f"{told}: h has no Lipschitz constant"
    return True, told


BELOW = fact("R bounded below", "R ≥ inf R, and h is Lipschitz", _piecewise)
