r"""What T5e and T6e see of a run: what H1 and H2 lack on it, as errors, and their sums to its end.

ε_k is the upper end of Ψ^{k+1} − Ψ^k + a‖e_{k+1}‖², η_k that of dist(0, ∂Ψ(x^k)) − b(‖e_k‖ +
‖e_{k−1}‖), and 0 where the ends are below 0: errors of measuring count as errors of the method. So
nothing is excused, and there is no allowance. A row of which an end is unknown has an infinite
error, and the run is undecided.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import gamma
from amverify.theorems.base import Context, Instances, Parameter
from amverify.theorems.parameters import RELATIVE, SUFFICIENT
from amverify.theorems.views.path import CONSTANT, EXPONENT, Path, path_of
from amverify.theorems.views.powers import power

BUDGET = Parameter(
    "tau", "τ, the budget of the errors: at least Σ_k(η_k/b + T_k^θ/(bc))", "nonnegative"
)
LEVEL = Parameter(
    "omega", "ω, the level of the errors: at least 2C(ε_{k−1} + ε_k) + 2c²η_k²", "nonnegative"
)
ROOM = 2.0**-40
"""Of the terms, so that the audit's own rounding leaves H1e and H2e decided."""


def tails(ctx: Context) -> Instances:
    """Every K ≥ 1 of the run that has a row K + 1."""
    path = path_of(ctx)
    first = path.first()
    now = np.flatnonzero(first[1:] == first[:-1])
    if not len(now):
        return Instances({}, path.sweep[:0], path.replicate[:0])
    known = {p.name: ctx.known(p).value for p in (SUFFICIENT, RELATIVE, EXPONENT, CONSTANT)}
    a, b, c, theta = (known[name] for name in ("a", "b", "c", "theta"))
    following, start = now + 1, first[now]
    step2 = path.e1.take(following) * path.e1.take(following)
    eps = _lacking(path.rise.take(following), a * step2)
    eta = _off(path, now, b)
    ahead = _to_the_end(Ball.of(eps), start)
    tt = power(ahead, theta)
    level = path.r1.take(now)
    values = {
        "tail": _to_the_end(path.e1.take(following), start),
        "e1": path.e1.take(now),
        "e0": path.e0.take(now),
        "step2": step2,
        "phi": power(level + ahead, Ball.of(1.0) - theta),
        "rt": power(level, theta),
        "dist": path.dist.take(now),
        "dpsi": path.rise.take(following),
        "ahead": ahead,
        "eps": Ball.of(eps),
        "eta": Ball.of(eta),
        "tt": tt,
        "drift": _to_the_end(Ball.of(eta) / b + tt / (b * c), start),
        "tau": ctx.known(BUDGET).value,
        **known,
    }
    return Instances(values, path.sweep[now], path.replicate[now])


def steps(ctx: Context) -> Instances:
    """T6e: every row k of the run with a row k − 2, each with the errors of two steps."""
    path = path_of(ctx)
    now = np.flatnonzero(np.arange(len(path.sweep)) > path.first())
    if not len(now):
        return Instances({}, path.sweep[:0], path.replicate[:0])
    known = {p.name: ctx.known(p).value for p in (SUFFICIENT, RELATIVE, EXPONENT, CONSTANT)}
    step2 = path.e1 * path.e1
    eps = _lacking(path.rise, known["a"] * step2)
    values = {
        **{name: getattr(path, name).take(now) for name in ("e1", "e0", "r1", "dist")},
        "step2": step2.take(now),
        "step02": step2.take(now - 1),
        "rt": power(path.r1.take(now), known["theta"]),
        "dpsi": path.rise.take(now),
        "dpsi0": path.rise.take(now - 1),
        "r0": path.r0.take(now - 1),
        "eps": Ball.of(eps[now]),
        "eps0": Ball.of(eps[now - 1]),
        "eta": Ball.of(_off(path, now, known["b"])),
        "omega": ctx.known(LEVEL).value,
        **known,
    }
    return Instances(values, path.sweep[now], path.replicate[now])


def halves(ctx: Context) -> Instances:
    """The same where θ = ½ was declared; else none."""
    found, theta = steps(ctx), ctx.known(EXPONENT).value
    if float(theta.mid) == 0.5 and float(theta.rad) == 0.0:
        return found
    return Instances({}, found.sweep[:0], found.replicate[:0])


def _off(path: Path, now: NDArray[np.int64], b: Ball) -> NDArray[np.float64]:
    """η_k."""
    return _lacking(path.dist.take(now), -b * (path.e1.take(now) + path.e0.take(now)))


def _lacking(one: Ball, other: Ball) -> NDArray[np.float64]:
    """The upper end of a sum, or 0 where it is below 0."""
    total = one + other
    size = np.abs(one.mid) + one.rad + np.abs(other.mid) + other.rad
    with np.errstate(all="ignore"):
        found = total.mid + total.rad + ROOM * size
    return np.where(np.isnan(found), np.inf, np.maximum(found, 0.0))


def _to_the_end(each: Ball, start: NDArray[np.int64]) -> Ball:
    """Σ_{k≥K} of rows that begin at the same place, for every K."""
    total, spread = np.zeros(len(start)), np.zeros(len(start))
    mid, rad = (np.broadcast_to(x, start.shape) for x in (each.mid, each.rad))
    with np.errstate(all="ignore"):
        for begin in np.unique(start):
            rows = np.flatnonzero(start == begin)
            n = gamma(len(rows) + 2)
            sums = [np.cumsum(x[rows][::-1])[::-1] for x in (mid, rad)]
            total[rows] = sums[0]
            spread[rows] = sums[1] * (1 + n) + n * np.abs(sums[0])
    return Ball.of(total, np.where(np.isnan(spread), np.inf, spread))


def spent(ctx: Context) -> tuple[str, ...]:
    """What the errors of a run came to."""
    found = tails(ctx)
    if not len(found):
        return ()
    drift, ahead = found.values["drift"], found.values["ahead"]
    most, first = float(np.max(drift.mid + drift.rad)), float(np.max(ahead.mid + ahead.rad))
    budget = float(found.values["tau"].mid)
    return (
        f"errors of the run: Σε_k ≤ {first:.3g}, Σ(η_k/b + T_k^θ/(bc)) ≤ {most:.3g}, of a budget "
        f"τ = {budget:.3g}; that those after its end are summable no run shows",
    )


def levelled(ctx: Context) -> tuple[str, ...]:
    """How large the errors of a run are beside the level that was declared, and that beside r."""
    found = steps(ctx)
    if not len(found):
        return ()
    value = found.values
    both = Ball.of(2.0) * value["c"] * value["c"]
    paid = Ball.of(2.0) * value["b"] * value["b"] * (value["eps"] + value["eps0"]) / value["a"]
    most = both * (paid + value["eta"] * value["eta"])
    largest, level = float(np.max(most.mid + most.rad)), float(value["omega"].mid)
    rt = float(np.max(value["rt"].mid))
    empty = "; no r_k^{2θ} is above ω, so the bound says little" if level >= rt * rt else ""
    return (f"errors of the run: at most {largest:.3g}, of a level ω = {level:.3g}{empty}",)
