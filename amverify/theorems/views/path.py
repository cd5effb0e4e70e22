r"""What T5, T6 and K2 see of a run: r_k, ‖e_k‖, dist(0, ∂Ψ(x^k)) with bounds, and what the rounding
of the steps may add to each claim.

A step that is rounded satisfies H1 up to δ_k and H2 up to bη_k: δ_k = (rounding in f) +
a(2‖e‖ + h)h, η_k = h_k + h_{k−1}, with h a bound on how far x^k lies off the point meant. Where the
error of measuring leaves H1, H2 or KL open besides, they fail by twice their balls' radii at most:
H1's is added to δ_k, and of H2's and KL's (r^θ ≤ c·dist + κ acts as dist + κ/c) the share in η_k.
What is unknown is infinite. Then

* T5: ‖e_{k+1}‖ ≤ (‖e_k‖ + ‖e_{k−1}‖ + η_k)/4 + (b/a)(φ(r_k) − φ(r_{k+1})) + √(δ_k/a), and a step on
  which Ψ rises costs φ(δ_k) besides (φ is subadditive): the sum may exceed its bound by
  Σ_k [2√(δ_k/a) + η_k/2 + (2b/a)φ(δ_k)];
* T6: r^{2θ} ≤ C(r₀ − r₁ + δ + δ') + b²c²(2E + η)η, E = ‖e_k‖ + ‖e_{k−1}‖: call C·κ_j what is added.
  In A = s^{−p}, convexity gives (s + κ)^{−p} ≥ s^{−p} − p·s^{−p−1}κ, so each j loses that much, and
  half as much again while jν is below what was lost (2^{p/(1+p)} ≤ √2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amverify.errors import InvalidInput
from amverify.numbers.balls import Ball
from amverify.numbers.given import given
from amverify.numbers.roundoff import gamma
from amverify.theorems.base import Context, Instances, Missing, Parameter, declare
from amverify.theorems.parameters import INFIMUM, RELATIVE, SUFFICIENT
from amverify.theorems.views.columns import change_of_sweep, executed, fact, pairs, step_off
from amverify.theorems.views.powers import power
from amverify.trace.sources import meaning, source

EXPONENT = Parameter("theta", "θ, the KL exponent", "nonnegative")
CONSTANT = Parameter("c", "c of the KL inequality")
SAFE = 1 + 2.0**-40
"""Allowances are computed by a few dozen operations in float64."""


@dataclass(frozen=True)
class Path:
    """Rows k of a run that have a row k − 1, in order; all arrays are over these rows.

    Args:
        sweep: k.
        replicate: which run of several.
        r1: r_k.
        r0: r_{k−1}.
        rise: Ψ^k − Ψ^{k−1}.
        e1: ‖e_k‖.
        e0: ‖e_{k−1}‖.
        dist: dist(0, ∂Ψ(x^k)).
        rounded: what rounding of the step may add to ``rise``, H1's term included.
        off_step: h_k + h_{k−1}.
        slip: δ, what H1 may fail by.
        off: η, what H2 and KL may fail by, in units of b.
    """

    sweep: NDArray[np.int64]
    replicate: NDArray[np.int64]
    r1: Ball
    r0: Ball
    rise: Ball
    e1: Ball
    e0: Ball
    dist: Ball
    rounded: NDArray[np.float64]
    off_step: NDArray[np.float64]
    slip: NDArray[np.float64]
    off: NDArray[np.float64]

    def first(self) -> NDArray[np.int64]:
        """For each row, where its run of consecutive sweeps begins."""
        new = np.ones(len(self.sweep), dtype=bool)
        new[1:] = (np.diff(self.sweep) != 1) | (np.diff(self.replicate) != 0)
        return np.maximum.accumulate(np.where(new, np.arange(len(new)), 0))


def potential(ctx: Context) -> Ball:
    """Ψ^k, or f where there is no Ψ."""
    return ctx.ball("sweeps", "lyapunov" if "lyapunov" in ctx.trace.sweeps else "value")


def change_of_potential(ctx: Context, before: NDArray[np.int64], after: NDArray[np.int64]) -> Ball:
    """Ψ^k − Ψ^{k−1}: by difference forms where they were recorded, else from two values."""
    if "lyapunov" not in ctx.trace.sweeps:
        return change_of_sweep(ctx, before, after)
    if "lyapunov_change" in ctx.trace.sweeps:
        return ctx.ball("sweeps", "lyapunov_change").take(after)
    psi = ctx.ball("sweeps", "lyapunov")
    return psi.take(after) - psi.take(before)


def residual(ctx: Context) -> Ball:
    """dist(0, ∂Ψ(x^k)): recorded, or ‖∇f‖ where Ψ is f."""
    if "residual" in ctx.trace.sweeps:
        return ctx.ball("sweeps", "residual")
    if "lyapunov" in ctx.trace.sweeps:
        found = source("sweeps", "residual")
        raise Missing(meaning("sweeps", "residual"), found.argument, found.of)
    return ctx.ball("sweeps", "gradient").sqrt()


def path_of(ctx: Context) -> Path:
    """The rows of a run that have a row before them."""
    before, after = pairs(ctx)
    level = potential(ctx) - ctx.known(INFIMUM).value
    rise = change_of_potential(ctx, before, after)
    squared = ctx.ball("sweeps", "step").take(after)
    e1, e0 = squared.sqrt(), ctx.ball("sweeps", "inertia").take(after).sqrt()
    rounded, h = executed(ctx, after), step_off(ctx)
    sweep = ctx.column("sweeps", "sweep")[after]
    replicate = ctx.column("sweeps", "replicate")[after]
    a = ctx.known(SUFFICIENT).value
    with np.errstate(all="ignore"):
        rounded = (rounded + float(a.mid + a.rad) * (2 * (e1.mid + e1.rad) + h) * h) * SAFE
    follow = np.concatenate(([False], (np.diff(sweep) == 1) & (np.diff(replicate) == 0)))
    off = h + np.where(follow, np.concatenate(([0.0], h[:-1])), 0.0)
    r1, dist = level.take(after), residual(ctx).take(after)
    slip, wide = _measuring(ctx, rise, r1, e1, e0, dist)
    with np.errstate(all="ignore"):
        slip, wide = 2 * (rounded + slip) * SAFE, 2 * (off + wide) * SAFE
    return Path(
        sweep, replicate, r1, level.take(before), rise, e1, e0, dist, rounded, off, slip, wide
    )


def _measuring(
    ctx: Context, rise: Ball, r1: Ball, e1: Ball, e0: Ball, dist: Ball
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The radii of H1's ball, and of H2's and KL's in units of b."""
    a, b, theta, c = _declared(ctx).values()
    least = float(b.mid - b.rad), float(c.mid - c.rad)
    step = a * (e1 * e1)
    with np.errstate(all="ignore"):
        kl = (power(r1, theta).rad + (c * dist).rad) / (least[0] * least[1])
        return rise.rad + step.rad, dist.rad / least[0] + e1.rad + e0.rad + kl


def _declared(ctx: Context) -> dict[str, Ball]:
    return {p.name: ctx.known(p).value for p in (SUFFICIENT, RELATIVE, EXPONENT, CONSTANT)}


def memory(ctx: Context) -> int:
    """κ: 1 for one-step methods, 2 (the weaker claim) where nothing was declared.

    Raises:
        InvalidInput: for anything else.
    """
    said = ctx.constants.get("memory", ctx.trace.settings.get("memory", 2))
    found, _ = given("memory", said.get("value") if isinstance(said, Mapping) else said)
    if found not in (1, 2):
        raise InvalidInput(f"memory: expected 1 (one-step method) or 2, got {found!r}")
    return int(found)


def kl_points(ctx: Context) -> Instances:
    """Every recorded point, the start included."""
    theta, c = ctx.known(EXPONENT).value, ctx.known(CONSTANT).value
    level = potential(ctx) - ctx.known(INFIMUM).value
    values = {"rt": power(level, theta), "dist": residual(ctx), "c": c, "theta": theta}
    return Instances(values, ctx.column("sweeps", "sweep"), ctx.column("sweeps", "replicate"))


def tails(ctx: Context) -> Instances:
    """Every K ≥ 1 of the run that has a row K + 1."""
    path, known = path_of(ctx), _declared(ctx)
    first = path.first()
    now = np.flatnonzero(first[1:] == first[:-1])
    if not len(now):
        return Instances({}, path.sweep[:0], path.replicate[:0])
    following = now + 1
    a, b, theta, c = (known[name] for name in ("a", "b", "theta", "c"))
    total, allowance = tail_sums(path, now, first, known)
    r = path.r1.take(now)
    values = {
        "tail": total,
        "e1": path.e1.take(now),
        "e0": path.e0.take(now),
        "step2": path.e1.take(following) * path.e1.take(following),
        "phi": power(r, Ball.of(1.0) - theta),
        "rt": power(r, theta),
        "dist": path.dist.take(now).widened(float(b.mid + b.rad) * path.off_step[now] * SAFE),
        "dpsi": path.rise.take(following).widened(path.rounded[following]),
        **{"a": a, "b": b, "c": c, "theta": theta},
    }
    return Instances(values, path.sweep[now], path.replicate[now], None, allowance)


def tail_sums(
    path: Path, now: NDArray[np.int64], first: NDArray[np.int64], known: Mapping[str, Ball]
) -> tuple[Ball, NDArray[np.float64]]:
    """Σ_{k≥K} ‖e_{k+1}‖ for each K of ``now``, and how far rounding may push it up."""
    a, b = known["a"].mid - known["a"].rad, known["b"].mid + known["b"].rad
    lost = power(Ball.of(path.slip), Ball.of(1.0) - known["theta"])
    bent = known["c"] * lost / (Ball.of(1.0) - known["theta"])
    with np.errstate(all="ignore"):
        each = 2 * np.sqrt(path.slip / a) + 2 * b / a * (bent.mid + bent.rad)
    each = each + np.concatenate(([0.0], path.off[:-1])) / 2
    total, spread, allowance = np.zeros(len(now)), np.zeros(len(now)), np.zeros(len(now))
    for start in np.unique(first[now]):
        rows = first[now] == start
        inside = now[rows] + 1
        n = gamma(len(inside) + 2)
        sums = [np.cumsum(x[inside][::-1])[::-1] for x in (path.e1.mid, path.e1.rad, each)]
        total[rows] = sums[0]
        spread[rows] = sums[1] * (1 + n) + n * sums[0]
        allowance[rows] = sums[2] * (1 + n) * SAFE
    return Ball.of(total, spread), allowance


def _steps(ctx: Context) -> tuple[dict[str, Ball], Path, NDArray[np.int64], NDArray[np.float64]]:
    """Rows k with k − κ in the trace; the allowance is what rounding adds to r^{2θ}."""
    path, known, kappa = path_of(ctx), _declared(ctx), memory(ctx)
    first = path.first()
    rows = np.arange(len(path.sweep))
    rows = rows[rows - first >= kappa - 1]
    before = rows - (kappa - 1)
    a, b, c = (known[name] for name in ("a", "b", "c"))
    e1, e0 = path.e1.take(rows), path.e0.take(rows)
    values = {
        **known,
        "kappa": Ball.of(float(kappa)),
        "e1": e1,
        "e0": e0,
        "step2": e1 * e1,
        "step02": e0 * e0,
        "dist": path.dist.take(rows).widened(float(b.mid + b.rad) * path.off_step[rows] * SAFE),
        "dpsi": path.rise.take(rows).widened(path.rounded[rows]),
        "dpsi0": path.rise.take(before).widened(path.rounded[before])
        if kappa == 2
        else Ball.of(np.zeros(len(rows))),
        "r1": path.r1.take(rows),
        "r0": path.r0.take(before),
        "rt": power(path.r1.take(rows), known["theta"]),
    }
    with np.errstate(all="ignore"):
        squared = float((b.mid + b.rad) * (c.mid + c.rad)) ** 2
        slip = path.slip[rows] + (path.slip[before] if kappa == 2 else 0.0)
        most = squared * kappa / float(a.mid - a.rad)
        length = e1.mid + e1.rad + (e0.mid + e0.rad) * (kappa - 1)
        allowance = (most * slip + squared * (2 * length + path.off[rows]) * path.off[rows]) * SAFE
    return values, path, rows, allowance


def _regime(ctx: Context) -> str:
    """Which of the four formulas a declared θ asks for."""
    theta = ctx.known(EXPONENT).value
    low, high = float(theta.mid - theta.rad), float(theta.mid + theta.rad)
    if low == high and low in (0.0, 0.5):
        return "finite" if low == 0.0 else "linear"
    if low > 0.5:
        return "sublinear"
    if low > 0.0 and high < 0.5:
        return "superlinear"
    raise Missing("constant theta on one side of 0 and ½ for sure", declare("theta"))


LOOK = fact("memory", "κ is 1 or 2", lambda ctx: (True, f"κ = {memory(ctx)}"))
REGIME = fact(
    "exponent",
    "θ lies on one side of 0 and ½, or is one of them: the formula of its own regime is asked",
    lambda ctx: (True, _regime(ctx)),
)


def _all(ctx: Context, regimes: tuple[str, ...], scale: bool = False) -> Instances:
    values, path, rows, allowance = _steps(ctx)
    if _regime(ctx) not in regimes:
        rows = rows[:0]
        return Instances({}, path.sweep[rows], path.replicate[rows])
    if scale:
        constant = values["kappa"] * values["b"] * values["b"] * values["c"] * values["c"]
        allowance = allowance / (1 + float((constant / values["a"]).mid) * (1 - 2.0**-40)) * SAFE
    return Instances(values, path.sweep[rows], path.replicate[rows], None, allowance)


def recursion_steps(ctx: Context) -> Instances:
    """r_k^{2θ} against r_{k−κ} − r_k, for θ > 0."""
    return _all(ctx, ("linear", "sublinear", "superlinear"))


def linear_steps(ctx: Context) -> Instances:
    """θ = ½."""
    return _all(ctx, ("linear",), scale=True)


def superlinear_steps(ctx: Context) -> Instances:
    """0 < θ < ½."""
    return _all(ctx, ("superlinear",))


def finite_steps(ctx: Context) -> Instances:
    """θ = 0, where r_k > 0 beyond rounding."""
    found = _all(ctx, ("finite",))
    if not len(found):
        return found
    r1 = found.values["r1"]
    rows = np.flatnonzero(r1.mid - r1.rad > 0)
    values = {name: ball.take(rows) for name, ball in found.values.items()}
    allowance = np.broadcast_to(found.allowance, r1.mid.shape)[rows]
    return Instances(values, found.sweep[rows], found.replicate[rows], None, allowance)


def sublinear_steps(ctx: Context) -> Instances:
    """½ < θ < 1: every κ-th row of each run, s_0 the run's start."""
    values, path, rows, extra = _steps(ctx)
    if _regime(ctx) != "sublinear":
        return Instances({}, path.sweep[:0], path.replicate[:0])
    kappa, p = memory(ctx), Ball.of(2.0) * values["theta"] - Ball.of(1.0)
    first = path.first()
    number = rows - first[rows] + 1
    chosen = np.flatnonzero(number % kappa == 0)
    j = (number[chosen] // kappa).astype(float)
    values = {name: ball.take(chosen) for name, ball in values.items()}
    start = path.r0.take(first[rows[chosen]])
    values |= {
        "A0": power(start, -p),
        "Aj": power(values["r1"], -p),
        "j": Ball.of(j),
        "two": power(Ball.of(2.0), p / (p + Ball.of(1.0))),
    }
    allowance = _lost(values, p, j, extra[chosen])
    return Instances(
        values, path.sweep[rows[chosen]], path.replicate[rows[chosen]], None, allowance
    )


def _lost(
    values: Mapping[str, Ball],
    p: Ball,
    j: NDArray[np.float64],
    extra: NDArray[np.float64],
) -> NDArray[np.float64]:
    """What rounding may have taken from s_j^{−p} since s_0 (see the module)."""
    a, b, c, kappa = (values[name] for name in ("a", "b", "c", "kappa"))
    constant = kappa * b * b * c * c / a
    gain = (p / (constant + constant)).minimum((values["two"] - Ball.of(1.0)) * values["A0"])
    steep = p * power(values["r0"], -p - Ball.of(1.0))
    with np.errstate(all="ignore"):
        each = (steep.mid + steep.rad) * extra / float(constant.mid - constant.rad) * SAFE
        least = np.maximum(gain.mid - gain.rad, 0.0)
    found, lost = np.zeros(len(j)), 0.0
    for i, number in enumerate(j.tolist()):
        lost = each[i] + (0.0 if number == 1 else lost)
        if (number - 1) * least[i] < lost:
            lost *= 1.5
        found[i] = lost
    return found * SAFE
