r"""What TC sees of a run: tails of sweeps, with a, b, m from the settings and ‖(w, v)‖ by sweep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amverify.numbers.balls import Ball, summed
from amverify.numbers.formulas import evaluate
from amverify.theorems import reach
from amverify.theorems.base import Context, Instances, Missing
from amverify.theorems.parameters import INFIMUM
from amverify.theorems.views.keys import places
from amverify.theorems.views.path import CONSTANT, EXPONENT, SAFE, Path, tail_sums
from amverify.theorems.views.powers import power
from amverify.theorems.views.reach import Rows, reached
from amverify.theorems.views.settings import given, in_moduli
from amverify.theorems.views.telescoped import Run, over_blocks, rate, run, sharpness

ASKED = (
    "the finite length by φ was not asked: it needs constants theta, c and fstar of a KL "
    "inequality, declared before the run; n sweeps' length by H1 was"
)


def weights(ctx: Context) -> Ball:
    """max δ_i: (1 − ϑ)·max(½, s − 1)."""
    half = Ball.of(0.5)
    most = half.maximum(given(ctx, "scale") - Ball.of(1.0)) if _layered(ctx) else half
    return (Ball.of(1.0) - given(ctx, "margin")) * most


def _layered(ctx: Context) -> bool:
    return int(ctx.setting("layers")) > 1


def scaled(ctx: Context, who: Rows) -> Ball:
    """m = √(max δ_i·max Λ_i): no metric is above Λ_l, ρ or κ̄."""
    if in_moduli(ctx):
        return _scaled_moduli(ctx, who)
    found = reached(ctx, who)
    floor = {"floor": given(ctx, "floor")}
    most = found.shared["rho"]
    for layer in range(1, int(ctx.setting("layers")) + 1):
        here = {**found.at(layer), **floor}
        most = most.maximum(evaluate(sp.Max(reach.CEILING, reach.KAPPA), here))
    return (weights(ctx) * most).sqrt()


def _scaled_moduli(ctx: Context, who: Rows) -> Ball:
    """δ' ≤ (1 − margin)(2s − 1)L̄ where a block takes a gradient step, and γ/2 in z_l."""
    found, scale = reached(ctx, who), given(ctx, "scale")
    most = found.shared["rho"]
    for layer in range(1, int(ctx.setting("layers")) + 1):
        here = found.at(layer)
        tops = [reach.MODULUS_W, reach.MODULUS_B] + [reach.MODULUS_A] * _layered(ctx)
        most = most.maximum(evaluate(sp.Max(*tops), here))
    share = (Ball.of(1.0) - given(ctx, "margin")) * (Ball.of(2.0) * scale - Ball.of(1.0))
    near = Ball.of(0.5) * scale * found.shared["rho"]
    return (share * most).maximum(near).sqrt()


def displacements(ctx: Context, found: Run) -> Ball:
    """‖v^k‖ of the sweeps of a run: √Σδ'‖e‖²_M, or √Σδ'‖e‖² of weights of plain lengths."""
    length = "step" if in_moduli(ctx) else "metric_step"
    own = ctx.number("blocks", "delta_next") * ctx.ball("blocks", length)
    return over_blocks(ctx, found, own).sqrt()


@dataclass(frozen=True)
class _Tails:
    """Rows K of a run that have a next one."""

    found: Run
    now: NDArray[np.int64]

    @classmethod
    def of(cls, ctx: Context) -> _Tails:
        found = run(ctx)
        begins = found.begins
        return cls(found, np.flatnonzero(begins[1:] == begins[:-1]))

    @property
    def following(self) -> NDArray[np.int64]:
        return self.now + 1

    def last(self) -> NDArray[np.int64]:
        """For each K, the last row of its replicate."""
        begins = self.found.begins
        ends = np.append(np.flatnonzero(np.diff(begins)), len(begins) - 1)
        found: NDArray[np.int64] = ends[np.searchsorted(ends, self.now)]
        return found

    def level(self, ctx: Context, infimum: Ball) -> Ball:
        """r_K."""
        before = self.found.values["before"].take(self.following)
        return before - infimum

    def sums(self) -> Ball:
        """Σ_{k≥K}‖e_{k+1}‖."""
        e1, last = self.found.values["e1"], self.last()
        parts = [_sum(e1, k + 1, end + 1) for k, end in zip(self.now, last, strict=True)]
        return Ball.of([p[0] for p in parts], [p[1] for p in parts])

    def instances(self, values: dict[str, Ball], allowance: NDArray[np.float64],
                  notes: tuple[str, ...] = ()) -> Instances:  # fmt: skip
        found = self.found
        shared = {
            "tail": self.sums(),
            "e1": found.values["e1"].take(self.now),
            "e0": found.values["e0"].take(self.now),
            "dpsi": found.values["dpsi"].take(self.following),
            "step2": found.values["total"].take(self.following),
            "a": found.values["a"],
        }
        step = found.values["e1"].take(self.following)
        shared["step2"] = step * step
        where = found.sweep[self.now], found.replicate[self.now]
        return Instances({**shared, **values}, *where, None, allowance, notes)


def _sum(ball: Ball, start: int, stop: int) -> tuple[float, float]:
    part = summed(ball.take(slice(start, stop)), np.array([0]))
    return float(part.mid[0]), float(part.rad[0])


def lengths(ctx: Context) -> Instances:
    """Every K, with λ = √(r_K/(an)), the best there is."""
    tails_ = _Tails.of(ctx)
    r1 = tails_.level(ctx, given(ctx, "loss_infimum"))
    n = (tails_.last() - tails_.now).astype(float)
    a = rate(ctx)
    with np.errstate(all="ignore"):
        best = np.sqrt(np.maximum(r1.mid, 0.0) / (float(a.mid) * n))
        lam = np.where(np.isfinite(best) & (best > 0), best, 1.0)
        slip = tails_.found.slip[tails_.last()]
        allowance = slip / (2 * float(a.mid - a.rad) * lam) * SAFE
    values = {"r1": r1, "n": Ball.of(n), "lam": Ball.of(lam)}
    known = all(_declared(ctx, p.name) for p in (EXPONENT, CONSTANT, INFIMUM))
    return tails_.instances(values, allowance, () if known else (ASKED,))


def _declared(ctx: Context, name: str) -> bool:
    return name in ctx.constants or name in ctx.trace.constants


def tails(ctx: Context) -> Instances:
    """Every K, where a KL inequality was declared; else none."""
    if not all(_declared(ctx, p.name) for p in (EXPONENT, CONSTANT, INFIMUM)):
        return Instances({}, np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    tails_ = _Tails.of(ctx)
    found, now = tails_.found, tails_.now
    sharp, eta = sharpness(ctx, found)
    m, v = scaled(ctx, found.replicate), displacements(ctx, found)
    b = (sharp["b1"] + m).maximum(sharp["b2"])
    dist = (sharp["w1"] * sharp["w1"] + v * v).sqrt()
    theta, c, star = (ctx.known(p).value for p in (EXPONENT, CONSTANT, INFIMUM))
    if not len(now):
        raise Missing("two sweeps in a row beyond k₀", "amverify.traced(…, sweeps=…), more of them")
    level = _levels(ctx, found) - star
    path = Path(
        found.sweep, found.replicate, level, level, found.values["dpsi"], found.values["e1"],
        found.values["e0"], dist, np.zeros(len(eta)), eta, _each(found.slip, found.begins),
        _shared(eta + v.rad + dist.rad, _low(b)),
    )  # fmt: skip
    known = {"a": rate(ctx), "b": _worst(b), "c": c, "theta": theta}
    _, allowance = tail_sums(path, now, path.first(), known)
    r1 = level.take(now)
    values = {
        "r1": r1,
        "rt": power(r1, theta),
        "phi": power(r1, Ball.of(1.0) - theta),
        "dist": dist.take(now),
        **{name: ball.take(now) for name, ball in sharp.items()},
        **{"v1": v.take(now), "m": m.take(now), "b": b.take(now), "c": c, "theta": theta},
    }
    return tails_.instances(values, allowance)


def _levels(ctx: Context, found: Run) -> Ball:
    """Ψ^k."""
    at = places(ctx, "sweeps", found.sweep, found.replicate)
    return ctx.ball("sweeps", "lyapunov").take(at)


def _each(total: NDArray[np.float64], begins: NDArray[np.int64]) -> NDArray[np.float64]:
    """What each row added to sums since its replicate began, at most."""
    before = np.concatenate(([0.0], total[:-1]))
    first = np.arange(len(total)) == begins
    with np.errstate(all="ignore"):
        return np.where(first, total, np.maximum(total - before, 0.0) + 2.0**-50 * total) * SAFE


def _shared(width: NDArray[np.float64], least: float) -> NDArray[np.float64]:
    """Width in units of b; infinite where b is unknown, or 0."""
    with np.errstate(all="ignore"):
        found = width / least * SAFE
    return np.where(found >= 0, found, np.inf)


def _low(ball: Ball) -> float:
    return float(np.min(ball.mid - ball.rad))


def _worst(ball: Ball) -> Ball:
    """One number, no less than any."""
    return Ball.of(float(np.max(ball.mid + ball.rad)))
