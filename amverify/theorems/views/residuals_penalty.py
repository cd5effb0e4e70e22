r"""What TRp sees of a run: dist(0, ∂F) block by block, steps and coefficients.

Under a penalty ∂F is a product over the blocks (``residuals_penalty``), so the measured distance
of a block is no more than ‖w_i‖ of the proof: what is looked at is the conclusion itself, from
the point alone, in the sweeps that were measured.

What rounding of a step may add to it: the step's equation is kept up to γ_m times the sizes of what
it is made of, m the longest sum, u the run's format. An entry of z_l may be the minimiser of the
wrong piece, if both are as low up to rounding: that costs the root of the roundoff.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amverify.numbers.balls import Ball
from amverify.numbers.formulas import evaluate
from amverify.numbers.roundoff import gamma
from amverify.theorems import reach
from amverify.theorems.base import Context, Instances, Missing
from amverify.theorems.views.columns import fact, unit
from amverify.theorems.views.keys import places
from amverify.theorems.views.kinds import Kind, together
from amverify.theorems.views.penalty import beside, of_kind, size
from amverify.theorems.views.reach import Rows, by_layer, reached
from amverify.theorems.views.settings import given, inertia, stretch, widths

Floats = NDArray[np.float64]
FAMILIES = ("near_j", "next_j", "far_j")
KINDS = {reach.W: b"W", reach.B: b"b", reach.Z: b"z", reach.ACTIVE: b"a", reach.OUT: b"z"}
MEASURED = "‖w^k‖ is the distance of 0 from ∂F(x^k), measured from the point alone"
MEASURE = "residuals of every sweep", "amverify.traced(…, measure_every=1)"
BESIDE: Mapping[str, tuple[tuple[str, bytes, int], ...]] = {
    reach.W: (("near_j", b"z", 0), ("next_j", b"b", 0)),
    reach.B: (("far_j", b"z", 0),),
    reach.Z: (("near_j", b"a", 0),),
    reach.ACTIVE: (("near_j", b"b", 1), ("next_j", b"z", 1), ("far_j", b"W", 1)),
    reach.OUT: (),
}
"""Whose steps a kind of block meets, and how many layers further."""


def _rows(ctx: Context, case: str) -> Rows:
    """The block rows of a kind."""
    hidden = {reach.Z: True, reach.OUT: False}.get(case)
    return of_kind(ctx, KINDS[case], hidden)


def _measured(ctx: Context, rows: Rows) -> Rows:
    known = np.isfinite(ctx.column("blocks", "residual_error")[rows])
    found: Rows = rows[known]
    return found


def _symbols(ctx: Context, case: str, rows: Rows) -> dict[str, Ball]:
    """What the coefficients of a kind are made of."""
    used = {n: ctx.number("blocks", n).take(rows) for n in ("s", "t", "p1", "p2", "gamma")}
    lip = Ball.of(float(ctx.setting("loss_lipschitz")) * np.ones(len(rows)))
    return {**by_layer(ctx, rows, int(case == reach.ACTIVE)), **used, "lipR": lip}


def costs(case: str, symbols: Mapping[str, Ball], count: int) -> dict[str, Ball]:
    """The coefficients of a kind of block; 0 where it has none."""
    own, found = reach.PENALTY[case], {}
    for c in reach.COEFFICIENTS:
        value = evaluate(own[c], symbols) if c in own else Ball.of(0.0)
        mid, rad = (np.broadcast_to(x, (count,)) for x in (value.mid, value.rad))
        found[c.name] = Ball.of(mid, rad)
    return found


def _of_kind(ctx: Context, case: str, rows: Rows) -> dict[str, Ball]:
    """The symbols of rows of one kind."""
    lengths = {n: ctx.ball("blocks", n) for n in ("residual", "step", "inertia")}
    none = Ball.of(np.zeros(len(rows)))
    values = {
        "res_j": lengths["residual"].take(rows).sqrt(),
        "step_j": lengths["step"].take(rows).sqrt(),
        "past_j": lengths["inertia"].take(rows).sqrt(),
        **dict.fromkeys(FAMILIES, none),
    }
    for family, kind, beyond in BESIDE[case]:
        values[family] = lengths["step"].take(beside(ctx, rows, kind, beyond)).sqrt()
    return {**values, **costs(case, _symbols(ctx, case, rows), len(rows))}


def blocks(ctx: Context) -> Instances:
    """Every block in every measured sweep."""
    found = []
    for case in reach.PENALTY:
        mine = _measured(ctx, _rows(ctx, case))
        found.append(Kind(KINDS[case], mine, _of_kind(ctx, case, mine), rounded(ctx, case, mine)))
    return together(ctx, found)


class _Sizes:
    """‖u‖ of blocks around some rows, whichever of the sweep's values was met."""

    def __init__(self, ctx: Context, rows: Rows) -> None:
        self.ctx, self.rows = ctx, rows
        self.layer = ctx.column("blocks", "layer")[rows]
        self.across = float(np.sqrt(int(ctx.setting("samples"))))

    def own(self, rows: Rows) -> Floats:
        """‖u^{k+1}‖ + 2‖e‖ + 2‖Δ‖ of rows."""
        norm, step, past = (
            np.sqrt(self.ctx.column("blocks", n)[rows]) for n in ("norm", "step", "inertia")
        )
        found: Floats = norm + 2 * step + 2 * past
        return found

    def of(self, kind: bytes, beyond: int = 0) -> Floats:
        """Of a neighbour."""
        return self.own(beside(self.ctx, self.rows, kind, beyond))

    def inputs(self, beyond: int = 0) -> Floats:
        """Of a_{l−1+beyond}; a_0 is X."""
        found = np.full(len(self.rows), float(self.ctx.setting("input_norm")))
        inner = self.layer + beyond > 1
        if inner.any():
            some = _Sizes(self.ctx, self.rows[inner])
            found[inner] = some.of(b"a", beyond - 1)
        return found

    def residual(self, beyond: int = 0) -> Floats:
        """What z − aWᵀ − 1bᵀ of layer l + beyond is made of."""
        weight, bias, z = (self.of(kind, beyond) for kind in (b"W", b"b", b"z"))
        found: Floats = self.inputs(beyond) * weight + self.across * bias + z
        return found


def _longest(ctx: Context) -> int:
    """Additions in the longest sum of a step."""
    return int(ctx.setting("samples")) + 2 * max(widths(ctx)) + 64


def _penalty_size(ctx: Context, sizes: _Sizes) -> Floats:
    """What ν(a − h(z)) is made of."""
    width = np.array(widths(ctx))[sizes.layer]
    zero = float(ctx.setting("activation_at_zero")) * sizes.across * np.sqrt(width)
    lip = float(ctx.setting("activation_lipschitz"))
    found: Floats = float(ctx.setting("nu")) * (sizes.of(b"a") + lip * sizes.of(b"z") + zero)
    return found


@np.errstate(all="ignore")
def rounded(ctx: Context, case: str, rows: Rows) -> Floats:
    """What rounding of these steps may add to ‖w‖; infinite where that is not known."""
    found = _rounded(ctx, case, rows) if len(rows) else np.zeros(0)
    return np.where(np.isnan(found), np.inf, found)


def _rounded(ctx: Context, case: str, rows: Rows) -> Floats:
    few, sizes, rho = gamma(_longest(ctx), unit(ctx)), _Sizes(ctx, rows), float(ctx.setting("rho"))
    s, t, p1, p2 = (ctx.column("blocks", n)[rows] for n in ("s", "t", "p1", "p2"))
    turned = 1 + np.abs(p1) + np.abs(p2)
    if case == reach.Z:
        return _near_rounded(ctx, rows, sizes, few)
    top, own = ctx.column("blocks", "modulus")[rows], sizes.own(rows)
    if case == reach.ACTIVE:
        slope = rho * sizes.of(b"W", 1) * sizes.residual(1) + _penalty_size(ctx, sizes)
    else:
        slope = rho * sizes.residual()
        if case != reach.OUT:
            slope = slope * (sizes.inputs() if case == reach.W else sizes.across)
    if case == reach.OUT:
        top = top + float(ctx.setting("loss_lipschitz"))
        own = own + _mapped(ctx, sizes, s * rho)
    found: Floats = 8 * (1 + s / t) * few * ((1 + t / s) * slope + t * turned * top * own)
    return found


def _mapped(ctx: Context, sizes: _Sizes, weight: Floats) -> Floats:
    """R's proximal map mixes a sample's entries, and soft targets cancel to a unit over sρ."""
    outputs = widths(ctx)[-1]
    root = sizes.across * float(np.sqrt(outputs))
    found: Floats = 8 * outputs**2 * (sizes.of(b"z") + sizes.residual() + root) * (1 + 1 / weight)
    return found


def _near_rounded(ctx: Context, rows: Rows, sizes: _Sizes, few: float) -> Floats:
    """An exact minimiser: its centre, its piece's minimum, and the choice of the piece."""
    rho, nu = float(ctx.setting("rho")), float(ctx.setting("nu"))
    lip, weight = float(ctx.setting("activation_lipschitz")), ctx.column("blocks", "gamma")[rows]
    total, pull = rho + weight + nu * lip * lip, _penalty_size(ctx, sizes)
    reached = sizes.residual() + sizes.own(rows) * (1 + np.abs(ctx.column("blocks", "p1")[rows]))
    compared = total * reached**2 + pull**2 / nu
    found: Floats = 8 * few * (total * reached + lip * pull) + np.sqrt(8 * few * total * compared)
    return found


def largest(ctx: Context, who: Rows) -> dict[str, Ball]:
    """The largest coefficients that the settings allow, for these replicates.

    s = scale; t between 1 and 1 + p3; the certified rule scales p1 and p2 together, by at most 1.
    """
    found, count = reached(ctx, who), len(who)
    one, zero = Ball.of(np.ones(count)), Ball.of(np.zeros(count))
    asked = [Ball.of(p) for p in inertia(ctx)[:2]]
    scale = given(ctx, "scale")
    used = {"s": scale, "t": one, "p1": asked[0], "p2": asked[1]}
    used |= {"gamma": scale * given(ctx, "rho"), "lipR": given(ctx, "loss_lipschitz")}
    layered = int(ctx.setting("layers"))
    worst = {c.name: [zero] for c in reach.COEFFICIENTS}
    for layer in range(1, layered + 1):
        cases = [(reach.W, layer, one), (reach.B, layer, one)]
        if layer < layered:
            cases += [(reach.Z, layer, one), (reach.ACTIVE, layer + 1, one)]
        else:
            cases += [(reach.OUT, layer, one), (reach.OUT, layer, one * stretch(ctx))]
        for case, at, t in cases:
            symbols = {**found.at(at), **used, "t": t}
            for name, ball in costs(case, symbols, count).items():
                worst[name].append(ball)
    return {name.replace("c_", "b_"): _most(balls) for name, balls in worst.items()}


def _most(balls: list[Ball]) -> Ball:
    found = balls[0]
    for ball in balls[1:]:
        found = found.maximum(ball)
    return found


def totals(ctx: Context, sweep: Rows, who: Rows) -> tuple[Ball, Floats]:
    """Dist(0, ∂F) after these sweeps, and what rounding of their steps may add.

    Raises:
        Missing: if one of them was not measured.
    """
    table = zip(*(ctx.column("measures", n).tolist() for n in ("sweep", "replicate")), strict=True)
    place = {key: i for i, key in enumerate(table)}
    keys = list(zip(sweep.tolist(), who.tolist(), strict=True))
    if not set(keys) <= set(place):
        raise Missing(*MEASURE)
    at = np.array([place[key] for key in keys], dtype=np.int64)
    added: dict[tuple[int, int], float] = {}
    for case in reach.PENALTY:
        rows = _rows(ctx, case)
        own = rounded(ctx, case, rows).tolist()
        names = (ctx.column("blocks", n)[rows].tolist() for n in ("sweep", "replicate"))
        for key, value in zip(zip(*names, strict=True), own, strict=True):
            added[key] = (added.get(key, 0.0) + value) * (1 + 2.0**-50)
    rounding = np.array([added.get(key, np.inf) for key in keys])
    return ctx.ball("measures", "residual_block").take(at), rounding


def jointly(ctx: Context) -> Instances:
    """Every measured sweep, over all its blocks."""
    sweep, who = (ctx.column("measures", n) for n in ("sweep", "replicate"))
    late = sweep > 0
    sweep, who = sweep[late], who[late]
    after, before = (places(ctx, "sweeps", sweep - back, who) for back in (0, 1))
    total, rounding = totals(ctx, sweep, who)
    step = ctx.ball("sweeps", "step")
    values = {
        "total": total,
        "e1": step.take(after).sqrt(),
        "e0": step.take(before).sqrt(),
        **largest(ctx, who),
    }
    return Instances(values, sweep, who, None, rounding)


def _ridges(ctx: Context) -> tuple[bool | None, str]:
    for name, told in (("mu", "μ"), ("mu_bias", "μ_b"), ("rho", "ρ"), ("nu", "ν")):
        if not float(ctx.setting(name)) > 0:
            return False, f"{told} = 0: level sets may be unbounded (TBp), and no b1, b2 hold"
    return True, "μ, μ_b, ρ and ν are positive"


RIDGES = fact("ridges", "μ, μ_b, ρ, ν > 0 (else TBp is lost, and TRp with it)", _ridges)


def _inside(ctx: Context) -> tuple[bool | None, str]:
    """Norms and moduli against TBp's bounds."""
    of = {case: _rows(ctx, case) for case in reach.PENALTY}
    tops = {reach.W: reach.MODULUS_W, reach.B: reach.MODULUS_B, reach.ACTIVE: reach.MODULUS_A}
    norms: tuple[tuple[str, str, sp.Expr], ...] = (
        ("‖W_l‖ ≤ ω", reach.W, reach.OMEGA),
        ("‖b_l‖ ≤ β", reach.B, reach.BETA),
        ("‖z_l‖ ≤ Z_l", reach.Z, reach.REACH_Z),
        ("‖z_L‖ ≤ Z_L", reach.OUT, reach.REACH_Z),
        ("‖a_l‖ ≤ A_l", reach.ACTIVE, reach.REACH_A_PENALTY),
    )
    for told, case, bound in norms:
        gap = evaluate(bound, by_layer(ctx, of[case])) - size(ctx, of[case])
        if gap.surely_negative.any():
            return False, f"{told} fails"
    for case, top in tops.items():
        rows = of[case]
        used = ctx.column("blocks", "modulus")[rows]
        own = Ball.of(used, gamma(_longest(ctx), unit(ctx)) * used)
        gap = evaluate(top, by_layer(ctx, rows, int(case == reach.ACTIVE))) - own
        if gap.surely_negative.any():
            return False, f"a modulus of {case} is above L̄ (TRp asks for exact moduli)"
    return True, f"TBp's bounds hold, and L ≤ L̄, in {len(of[reach.W])} layers seen"


BOUNDED = fact(
    "TBp", "the run stays within ω, β, Z_l and A_l, and no modulus is above L̄_W, L̄_b, L̄_a", _inside
)


def signs(ctx: Context) -> tuple[bool | None, str]:
    """The coefficients of every row are at most those of the settings."""
    s, t = (ctx.column("blocks", n) for n in ("s", "t"))
    if (t < 1).any() or (t > 2 * s).any():
        return False, "1 ≤ t ≤ 2s is asked"
    count = 0
    for case in reach.PENALTY:
        rows = _rows(ctx, case)
        who = ctx.column("blocks", "replicate")[rows]
        bounds = largest(ctx, who)
        for name, own in costs(case, _symbols(ctx, case, rows), len(rows)).items():
            if own.surely_negative.any():
                return False, f"{case}: {name} is negative"
            if (bounds[name.replace("c_", "b_")] - own).surely_negative.any():
                return False, f"{case}: {name} is larger than the settings allow"
        count += len(rows)
    return True, f"seen on {count} blocks"


SIGNS = fact(
    "coefficients",
    "each block's coefficients are their formulas, not negative, and at most those of the settings",
    signs,
)
