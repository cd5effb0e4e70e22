r"""Block gradient descent with a step size for every coordinate (S4, S4m), with bounds.

Sweep k steps every block i in turn, at the point x that the blocks before it have left:

    e_j = −α_j(∇_iH(x))_j,      α_j ∈ [α_min, α_max], drawn anew in every sweep.

H is quadratic in each block, so ΔH = ½⟨∇_iH(x) + ∇_iH(x⁺), e⟩ exactly.

**Rounding.** A computed step is e_j = −α_j(∇_iH)_j + h_j, where |h_j| is at most
γ_m(|x_j| + |x⁺_j| + α_j|∇_jH|) and α_j times the error of the gradient that it used. Then

    ⟨∇_iH, e⟩ + Σ_j e_j²/α_j = Σ_j e_j h_j/α_j,

so Σ_j |e_j||h_j|/α_j is both what the step can be off its formula (part of ``slope_error``) and
what rounding can add to ΔF (``execution``). ``departure`` is ‖h‖ over a whole sweep.

**Momentum** β inside the block (S4m) adds βΔ_j to e_j, Δ the block's last step; h_j then grows by
γ_mβ(|x_j| + |x_j − Δ_j|). A block leaves the weights δ'_j = (2 − β)/α_j − L_i − 2a, all that is
affordable; with β ≤ ¼, α_j ∈ [½/L_i, 1/L_i] and a ≤ L_i/16 they pay for Δ in the next sweep.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amverify.families.loops.blocks import ARGUMENT_ROUNDINGS
from amverify.families.loops.gradient import UNITS, Format, format_error, header
from amverify.families.problem import Problem
from amverify.numbers.balls import Ball, summed
from amverify.numbers.roundoff import gamma
from amverify.record.points.products import difference, inner, squared
from amverify.record.points.rows import Points, step_columns
from amverify.trace.columns import Column
from amverify.trace.trace import Trace


@dataclass(frozen=True)
class ScaledPath:
    """What a loop did: row r = (k−1)B + i is block i's update in sweep k.

    Args:
        dtype: the format in which the steps were computed.
        before: the point at which the block was stepped, (rows, n).
        after: the point behind it.
        alpha: α of the sweep, (rows, n).
        modulus: L_i at ``before``, (rows,).
        momentum: β.
    """

    dtype: Format
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    alpha: NDArray[np.float64]
    modulus: NDArray[np.float64]
    momentum: float = 0.0


def scaled_path(
    problem: Problem,
    steps: int = 20,
    least: float = 0.25,
    dtype: Format = "float64",
    momentum: float = 0.0,
) -> ScaledPath:
    """The path of block descent with α_j drawn from [least/L_i, 1/L_i] by the problem's seed.

    Each step of a block adds ``momentum`` times the block's last step.

    Raises:
        ValueError: if the problem has no blocks, or a nonsmooth part.
    """
    if not problem.blocks or problem.nonsmooth(problem.x0) is not None:
        raise ValueError(f"{problem.name}: S4 is about blocks of a smooth function")
    rng = np.random.default_rng([problem.seed, 31])
    indices = [np.array(block.index) for block in problem.blocks]
    x = problem.x0.astype(dtype)
    rows = steps * len(indices)
    shares = rng.uniform(least, 1.0, (steps, len(x)))
    before, after, alpha = (np.empty((rows, len(x))) for _ in range(3))
    modulus, moved = np.empty(rows), np.zeros_like(x)
    beta = np.dtype(dtype).type(momentum)
    for r in range(rows):
        sweep, i = divmod(r, len(indices))
        before[r] = x
        modulus[r] = problem.modulus(i, before[r])
        own = (shares[sweep] / modulus[r]).astype(dtype)
        new = x.copy()
        new[indices[i]] = (x - own * problem.plain(x))[indices[i]]
        if momentum:
            new[indices[i]] += (beta * moved)[indices[i]]
            moved[indices[i]] = (new - x)[indices[i]]
        x = new
        after[r], alpha[r] = x, own
    return ScaledPath(dtype, before, after, alpha, modulus, momentum)


def scaled_trace(problem: Problem, path: ScaledPath) -> Trace:
    """The trace of a path: block rows and sweep rows with all bounds; the constant M is L."""
    count, rows = len(problem.blocks), len(path.before)
    which, starts = np.arange(rows) % count, np.arange(0, rows, count)
    columns, missed, off = _block_columns(problem, path)
    blocks: dict[str, Column] = {
        "sweep": np.arange(rows, dtype=np.int64) // count + 1,
        "replicate": np.zeros(rows, dtype=np.int64),
        "kind": np.array([b.kind for b in problem.blocks], dtype="S4")[which],
        "layer": np.array([b.layer for b in problem.blocks], dtype=np.int64)[which],
        "update": np.full(rows, b"other", dtype="S10"),
        **columns,
    }
    points = np.concatenate((path.before[:1], path.after[count - 1 :: count]))
    departure = summed(squared(off.widened(missed)), starts).sqrt()
    found = {
        "value": problem.value(points),
        "change": _started(summed(Ball(columns["change"], columns["change_error"]), starts)),
        "departure": _started(departure),
    }
    own = np.array([np.isin(np.arange(problem.dimension), b.index) for b in problem.blocks])[which]
    sweeps: dict[str, Column] = {
        "sweep": np.arange(len(points)),
        "replicate": np.zeros(len(points), dtype=np.int64),
        **step_columns(Points(points, problem.gradient(points))),
    }
    for name, ball in found.items():
        sweeps[name], sweeps[f"{name}_error"] = np.array(ball.mid), np.array(ball.rad)
    rounded = _started(summed(Ball.of(columns["execution"]), starts))
    sweeps["execution"] = np.array(rounded.mid + rounded.rad)
    least = np.minimum.reduceat(np.where(own, path.alpha, np.inf).min(1), starts)
    most = np.maximum.reduceat(np.where(own, path.alpha, 0.0).max(1), starts)
    sweeps["alpha_min"] = np.concatenate((least[:1], least))
    sweeps["alpha_max"] = np.concatenate((most[:1], most))
    told = header(problem, "block gradient descent", path.dtype)
    if "L" in told["constants"]:
        told["constants"]["M"] = told["constants"]["L"]
    if path.momentum:
        told["constants"]["a"] = {"value": least_decrease(path), "origin": "declared"}
    return Trace(told, blocks, sweeps)


def _started(ball: Ball) -> Ball:
    """With a zero for the start."""
    return Ball(np.concatenate(([0.0], ball.mid)), np.concatenate(([0.0], ball.rad)))


def _block_columns(
    problem: Problem, path: ScaledPath
) -> tuple[dict[str, Column], NDArray[np.float64], Ball]:
    """Every column of the blocks table; the bound on h, and e + α∇_iH, entry by entry."""
    count, (rows, n) = len(problem.blocks), path.before.shape
    mask = np.zeros((rows, n))
    for i, block in enumerate(problem.blocks):
        mask[i::count, list(block.index)] = 1.0
    here, there = problem.gradient(path.before), problem.gradient(path.after)
    e, alpha = difference(path.after, path.before), Ball.of(path.alpha)
    ratio, beta = e / alpha, path.momentum
    delta = Ball(_earlier(e.mid, count), _earlier(e.rad, count))
    size = np.abs(path.before) + np.abs(path.after) + path.alpha * (np.abs(here.mid) + here.rad)
    size = size + beta * _earlier(np.abs(path.before) + np.abs(path.after), count)
    missed = gamma(ARGUMENT_ROUNDINGS, UNITS[path.dtype]) * size
    missed = (missed + path.alpha * format_error(here.rad, path.dtype)) * mask
    within = ((np.abs(ratio.mid) + ratio.rad) * missed).sum(1) * (1 + gamma(n + 8))
    found = {
        "change": Ball.of(0.5) * inner(here + there, e),
        "step": squared(e),
        "norm": squared(Ball.of(path.after * mask)),
        "weighted": inner(e, ratio),
        "slope": inner(here, e).widened(within),
    }
    if beta:
        left = _weights_left(path)
        found |= {
            "inverse": inner(delta, delta / alpha),
            "carried": inner(delta, delta * Ball.of(_earlier(left, count))),
            "left": inner(e, e * Ball.of(left)),
        }
    columns: dict[str, Column] = {"modulus": path.modulus, "execution": within}
    columns["momentum"] = np.full(rows, beta)
    columns["alpha_low"] = np.where(mask > 0, path.alpha, np.inf).min(1)
    columns["alpha_high"] = (path.alpha * mask).max(1)
    for name, ball in found.items():
        columns[name], columns[f"{name}_error"] = np.array(ball.mid), np.array(ball.rad)
    return columns, missed, (e + alpha * here - Ball.of(beta) * delta) * Ball.of(mask)


def _earlier(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """What stood in the rows of the sweep before; 0 in the first."""
    return np.concatenate((np.zeros_like(values[:count]), values[:-count]))


def least_decrease(path: ScaledPath) -> float:
    """a of S4m: a sixteenth of the smallest modulus."""
    return float(path.modulus.min()) / 16


def _weights_left(path: ScaledPath) -> NDArray[np.float64]:
    """δ'_j, just below (2 − β)/α_j − L_i − 2a."""
    spare = path.modulus[:, None] + 2 * least_decrease(path)
    found: NDArray[np.float64] = (2 - path.momentum) / path.alpha * (1 - 2.0**-40) - spare
    return found * (1 - 2.0**-40)


def scaled_descent(
    problem: Problem, steps: int = 20, least: float = 0.25, dtype: Format = "float64"
) -> Trace:
    """Block gradient descent with element-wise step sizes on a block-quadratic problem."""
    return scaled_trace(problem, scaled_path(problem, steps, least, dtype))


def scaled_momentum(problem: Problem, steps: int = 20, dtype: Format = "float64") -> Trace:
    """The same with momentum ¼ inside each block and α_j from [½/L_i, 1/L_i] (S4m)."""
    return scaled_trace(problem, scaled_path(problem, steps, 0.5, dtype, momentum=0.25))
