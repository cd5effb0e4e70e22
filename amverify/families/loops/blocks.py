r"""Block descent with three inertias, and what each update did, with bounds (T1, T2, T3).

Sweep k steps every block u in turn, with Δ = u^k − u^{k−1}, modulus L and step scale s:

    û = u + p2Δ,   u⁺ = prox(u + p1Δ − ∇H(û)/(sL)),   u^{k+1} = Π(u⁺ + p3(u⁺ − u)),   t = 1 + p3.

No inertia is PALM; one block of all coordinates and no inertia is proximal gradient. ``certified``
reduces p2 until δ covers it, takes p1 = p2/s, and leaves δ' = (1−ϑ)L(2s/t − 1), each a little to
the safe side, so that T3's conditions are decided and not at their border.

Where H is quadratic in each block, both of these are exact:

    ΔH = ½⟨∇_iH(x) + ∇_iH(x⁺), e⟩,        ⟨d, ∇²H d⟩ = ⟨q(e) − p2 q(Δ), d⟩,  d = e − p2Δ,

where q(e) = ∇_iH(x⁺) − ∇_iH(x) and q(Δ) = ∇_iH(x) − ∇_iH(x with u^{k−1} for u). Elsewhere they are
differences of values, and ``bend`` is 2(H(x⁺) − H(û) − ⟨∇H(û), d⟩). ``rise`` is ½⟨q(e), e⟩ and
``turn`` p2⟨q(Δ), e⟩: how far H(x⁺) is above its tangent at x, how ∇H turns from x to û along e.

**Execution.** A computed step is the exact step of an argument that is off by ζ, followed by an
extrapolation that is off by ξ. The optimality of u⁺ at u, coordinate by coordinate, then gives
T1 with at most

    Σ_j sL|ζ_j||e_j| + (|∇H(û)|_j + sL(|e_j| + |ξ_j| + |p1Δ_j| + |ζ_j|))|ξ_j| + sL|ξ_j||e_j|

more on its right-hand side: the column ``execution``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amverify.families.loops.gradient import UNITS, Format, format_error, header
from amverify.families.problem import Problem, Vector
from amverify.numbers.balls import Ball, summed
from amverify.numbers.roundoff import gamma
from amverify.record.points.products import difference, inner, squared
from amverify.record.points.rows import Points, step_columns
from amverify.trace.columns import Column
from amverify.trace.trace import Trace

ARGUMENT_ROUNDINGS = 12
"""Roundings of one entry of u + p1Δ − g/(sL) and of a soft threshold, in any order; û and
u⁺ + p3(u⁺ − u) have fewer."""
SAFE = 1 - 2.0**-10


@dataclass(frozen=True)
class Rule:
    """How blocks are stepped: step scale s, inertias p1, p2, p3, and the certified rule's ϑ."""

    s: float = 1.0
    p1: float = 0.0
    p2: float = 0.0
    p3: float = 0.0
    certified: bool = False
    margin: float = 0.125


@dataclass
class BlockPath:
    """What a loop did: row r = (k−1)B + i is block i's update in sweep k.

    Args:
        before: the point at which the block was stepped, (rows, n).
        after: the point behind it.
        last: ``before`` with the block's value of one sweep earlier.
        parameters: modulus, s, t, p1, p2, delta, delta_next as they were used, (rows, 7).
    """

    rule: Rule
    dtype: Format
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    last: NDArray[np.float64]
    parameters: NDArray[np.float64]


PARAMETERS = ("modulus", "s", "t", "p1", "p2", "delta", "delta_next")


def block_path(
    problem: Problem, steps: int = 20, rule: Rule | None = None, dtype: Format = "float64"
) -> BlockPath:
    """The path of block descent; it ends before the sweep in which a modulus leaves the format.

    Raises:
        ValueError: if the problem has no blocks, or the first modulus is none of the format's.
    """
    if not problem.blocks:
        raise ValueError(f"{problem.name}: it has no blocks")
    rule = rule or Rule()
    kind = np.dtype(dtype).type
    indices = [np.array(block.index) for block in problem.blocks]
    x = problem.x0.astype(dtype)
    old = x.copy()
    rows = steps * len(indices)
    before, after, last = (np.empty((rows, len(x))) for _ in range(3))
    parameters = np.empty((rows, len(PARAMETERS)))
    carried = [math.inf] * len(indices)
    for r in range(rows):
        i = r % len(indices)
        index = indices[i]
        before[r] = last[r] = x
        last[r, index] = old[index]
        with np.errstate(over="ignore"):
            modulus = float(kind(problem.modulus(i, before[r]) * (1 + 4 * UNITS[dtype])))
        if not math.isfinite(modulus):
            rows = r - i
            break
        p1, p2, t, given, left = _admitted(rule, modulus, carried[i])
        p1, p2, third = float(kind(p1)), float(kind(p2)), kind(t - 1)
        u, moved = x[index], x[index] - old[index]
        at = x
        if p2:
            at = x.copy()
            at[index] = u + kind(p2) * moved
        centre = u + kind(p1) * moved if p1 else u
        argument = x.copy()
        argument[index] = centre - kind(1 / (rule.s * modulus)) * problem.plain(at)[index]
        plus = problem.prox(argument, 1 / (rule.s * modulus))[index]
        new = x.copy()
        new[index] = plus
        if third:
            new[index] = plus + third * (plus - u)
            new[index] = problem.prox(new, 0.0)[index]
        old[index], x, carried[i] = u, new, left
        after[r] = new
        parameters[r] = modulus, rule.s, 1 + float(third), p1, p2, given, left
    if not rows:
        raise ValueError(f"{problem.name}: a modulus of the first sweep is no number of {dtype}")
    return BlockPath(rule, dtype, *(table[:rows] for table in (before, after, last, parameters)))


def _admitted(
    rule: Rule, modulus: float, carried: float
) -> tuple[float, float, float, float, float]:
    """p1, p2, t, δ^k and δ^{k+1}; with ``certified`` reduced so that T3 applies.

    δ¹ is arbitrary, for Δ¹ = 0.
    """
    s, t = rule.s, 1 + rule.p3
    if not rule.certified:
        return rule.p1, rule.p2, t, 0.0, 0.0
    t = min(t, 1 + (2 * s - 1) / 2) if t >= 2 * s else t
    left = (1 - rule.margin) * modulus * (2 * s / t - 1) * SAFE
    given = left if math.isinf(carried) else carried
    p2 = min(rule.p2, math.sqrt(given / modulus) * SAFE)
    return p2 / s, p2, t, given, left


def block_trace(problem: Problem, path: BlockPath) -> Trace:
    """The trace of a path: block rows and sweep rows with all bounds."""
    count, rows = len(problem.blocks), len(path.before)
    sweeps = rows // count
    blocks = _block_columns(problem, path)
    which = np.arange(rows) % count
    keys: dict[str, Column] = {
        "sweep": np.arange(rows, dtype=np.int64) // count + 1,
        "replicate": np.zeros(rows, dtype=np.int64),
        "kind": np.array([b.kind for b in problem.blocks], dtype="S4")[which],
        "layer": np.array([b.layer for b in problem.blocks], dtype=np.int64)[which],
        "update": np.full(rows, b"gradient", dtype="S10"),
    }
    points = np.concatenate((path.before[:1], path.after[count - 1 :: count]))
    value = problem.value(points)
    starts = np.arange(0, rows, count)
    change = summed(Ball(blocks["change"], blocks["change_error"]), starts)
    rounded = summed(Ball.of(blocks["execution"]), starts)
    columns: dict[str, Column] = {
        "sweep": np.arange(sweeps + 1),
        "replicate": np.zeros(sweeps + 1, dtype=np.int64),
        "value": np.array(value.mid),
        "value_error": np.array(value.rad),
        "change": np.concatenate(([0.0], change.mid)),
        "change_error": np.concatenate(([0.0], change.rad)),
        "execution": np.concatenate(([0.0], rounded.mid + rounded.rad)),
        **step_columns(Points(points, problem.gradient(points))),
    }
    rule = path.rule
    inertia = [rule.p1, rule.p2, rule.p3]
    settings = {
        "margin": rule.margin,
        "certified": rule.certified,
        "scale": rule.s,
        "inertia": inertia if any(inertia) else [],
    }
    return Trace(
        header(problem, "block descent", path.dtype, settings),
        blocks=keys | blocks,
        sweeps=columns,
    )


def _block_columns(problem: Problem, path: BlockPath) -> dict[str, Column]:
    """Every measured column of the blocks table."""
    count, rows = len(problem.blocks), len(path.before)
    mask = np.zeros((rows, problem.dimension))
    for i, block in enumerate(problem.blocks):
        mask[i::count, list(block.index)] = 1.0
    used = dict(zip(PARAMETERS, path.parameters.T, strict=True))
    e, moved = difference(path.after, path.before), difference(path.before, path.last)
    here, there = problem.gradient(path.before), problem.gradient(path.after)
    earlier = problem.gradient(path.last)
    p2 = Ball.of(used["p2"][:, None])
    d = e - p2 * moved
    if all(block.quadratic for block in problem.blocks):
        change = Ball.of(0.5) * inner(here + there, e)
        bend = inner((there - here) - p2 * (here - earlier), d)
        rise, turn = Ball.of(0.5) * inner(there - here, e), inner(p2 * (here - earlier), e)
    else:
        change, bend = _from_values(problem, path, d)
        rise, turn = _from_here(problem, path, e, d)
    change = change + _rough_change(problem, path)
    found = {"change": change, "bend": bend, "rise": rise, "turn": turn, "step": squared(e),
             "cross": inner(moved, e), "inertia": squared(moved),
             "norm": squared(Ball.of(path.after * mask))}  # fmt: skip
    columns: dict[str, Column] = {}
    for name, ball in found.items():
        columns[name], columns[f"{name}_error"] = np.array(ball.mid), np.array(ball.rad)
    columns |= {name: np.array(column) for name, column in used.items()}
    columns["gamma"] = columns["backtracks"] = np.zeros(rows)
    columns["execution"] = execution(problem, path, mask, e, moved)
    return columns


def _from_values(problem: Problem, path: BlockPath, d: Ball) -> tuple[Ball, Ball]:
    """ΔH, and what H(x⁺) is above its tangent at û, twice: all that T1 asks of the modulus."""
    after: Ball = problem.smooth(Ball.of(path.after))
    before: Ball = problem.smooth(Ball.of(path.before))
    at = Ball.of(path.after) - d
    rest: Ball = problem.smooth(at)
    above = after - rest - inner(problem.slope(at), d)
    return after - before, above + above


def _from_here(problem: Problem, path: BlockPath, e: Ball, d: Ball) -> tuple[Ball, Ball]:
    """H(x⁺) − H(x) − ⟨∇H(x), e⟩, and ⟨∇H(û) − ∇H(x), e⟩."""
    here, at = Ball.of(path.before), Ball.of(path.after) - d
    slope: Ball = problem.slope(here)
    change = problem.smooth(Ball.of(path.after)) - problem.smooth(here)
    return change - inner(slope, e), inner(problem.slope(at) - slope, e)


def _rough_change(problem: Problem, path: BlockPath) -> Ball:
    """g(x⁺) − g(x)."""
    after = problem.nonsmooth(Ball.of(path.after))
    before = problem.nonsmooth(Ball.of(path.before))
    if after is None or before is None:
        return Ball.of(np.zeros(len(path.before)))
    change: Ball = after - before
    return change


def execution(
    problem: Problem, path: BlockPath, mask: NDArray[np.float64], e: Ball, moved: Ball
) -> Vector:
    """What the rounding of each step can add to ΔF (see the module); 0 outside ``mask``."""
    unit = UNITS[path.dtype]
    modulus, s, t, p1, p2 = (path.parameters[:, i : i + 1] for i in range(5))
    scale, few = s * modulus, gamma(ARGUMENT_ROUNDINGS, unit)
    at = problem.gradient(path.before + mask * p2 * moved.mid)
    size_e, size_m = np.abs(e.mid) + e.rad, np.abs(moved.mid) + moved.rad
    size_u = np.abs(path.before) * mask
    missed = few * (size_u + np.abs(p2) * size_m)
    slope = (np.abs(at.mid) + at.rad) * mask
    off = modulus * np.sqrt((missed**2).sum(1, keepdims=True))
    wrong = (format_error(at.rad, path.dtype) + off) * mask
    zeta = few * (size_u + np.abs(p1) * size_m + slope / scale) + wrong / scale
    xi = np.where(t > 1, few * (size_u + np.abs(path.after) * mask + t * size_e), 0.0)
    first = scale * (zeta + xi) * size_e
    second = (slope + wrong + scale * (size_e + xi + np.abs(p1) * size_m + zeta)) * xi
    found: Vector = (first + second).sum(1) * (1 + gamma(64))
    return found


def block_descent(
    problem: Problem, steps: int = 20, rule: Rule | None = None, dtype: Format = "float64"
) -> Trace:
    """Block descent (PALM, iPALM, TIAM's three inertias) on a block-quadratic problem.

    A run that leaves its format ends before that sweep.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return block_trace(problem, block_path(problem, steps, rule, dtype))
