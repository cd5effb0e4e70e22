r"""Stochastic block sweeps on finite sums, with every expectation of S1–S3 enumerated exactly.

A sweep visits the blocks in turn: draw a batch (one a block if ``fresh``, else one a sweep), step
w_i ← w_i − α_i ⊙ g_i in float64, then train α: α_j ← α_j·(1 ± 1/8) by the sign of g_j·g_j^{last},
kept in [α_min, α_max]. What is *recorded* at each state, point and step sizes being the floats that
they are, is computed in fractions along every batch: E f(v − UDg) − f(v), Σα(∇_if)², variances, the
bias, E‖g_j‖. ``meta`` says how step sizes come about:

* ``lagged``: a batch is served by step sizes trained on earlier batches;
* ``fixed``: they are drawn before the run, so that expectations over the *whole* past are linear
  recursions too (``sum_moments``) and S2 is decided exactly;
* ``same``: α is trained on the batch that it then serves (S6; ``SameBatch`` only).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from amverify.families.loops.gradient import header
from amverify.families.loops.sum_moments import mean_columns
from amverify.families.loops.sum_state import Row, SweepState, block_state, sweep_state
from amverify.families.problem import Vector
from amverify.families.sums import FiniteSum, SameBatch
from amverify.numbers.balls import Ball
from amverify.record.points.rows import Points, step_columns
from amverify.samt.probe import predictability_probe
from amverify.trace.columns import Column
from amverify.trace.trace import Trace

Meta = Literal["lagged", "fixed", "same"]
Batch = tuple[int, ...]
Exact = Callable[[int, str, int], Mapping[str, Fraction] | None]
TRAINED = 0.125
"""How much a step size changes at a time, relatively."""


@dataclass(frozen=True)
class SumRule:
    """How the sweeps step.

    Args:
        fresh: a batch of its own for every block.
        meta: how step sizes come about; see the module.
        low: α_min in units of 1/L, L the modulus of ∇f.
        high: α_max in the same units.
        size: samples in a batch.
        reused: a fault: the batch of the first block serves the others, although ``fresh``.
    """

    fresh: bool = True
    meta: Meta = "lagged"
    low: float = 0.0625
    high: float = 0.5
    size: int = 1
    reused: bool = False


@dataclass(frozen=True, eq=False)
class SumPath:
    """What the sweeps did: K sweeps over B blocks of n coordinates.

    Args:
        points: (K+1, n).
        visited: v_i, the point at which block i was updated, (K, B, n).
        alpha: the step sizes that it used, (K, B, n); only those of the block matter.
        batches: the batches drawn, one a block.
        trained: α after the meta-step minus α before, the largest of the block, (K, B).
        bounds: [α_min, α_max].
    """

    points: NDArray[np.float64]
    visited: NDArray[np.float64]
    alpha: NDArray[np.float64]
    batches: list[list[Batch]]
    trained: NDArray[np.float64]
    bounds: tuple[float, float]
    rule: SumRule = field(default_factory=SumRule)


def _short(value: float) -> float:
    """A float of 8 binary digits, not larger: fractions stay small."""
    mantissa, exponent = np.frexp(value)
    return float(np.ldexp(np.floor(mantissa * 256), exponent - 8))


def draw_batches(
    problem: FiniteSum, sweeps: int, rule: SumRule, rng: np.random.Generator
) -> list[list[Batch]]:
    """One batch for each block of each sweep; all the same within a sweep unless ``fresh``."""
    choices = list(problem.batches(rule.size))
    found = []
    for _ in range(sweeps):
        drawn = [choices[int(i)] for i in rng.integers(0, len(choices), len(problem.blocks))]
        found.append(drawn if rule.fresh and not rule.reused else drawn[:1] * len(drawn))
    return found


def sum_path(
    problem: FiniteSum, sweeps: int, rule: SumRule, batches: list[list[Batch]], seed: int = 0
) -> SumPath:
    """The path of some sweeps on given batches.

    Raises:
        ValueError: for meta="same" on another problem than the counterexample.
    """
    if rule.meta == "same" and not isinstance(problem, SameBatch):
        raise ValueError(f"{problem.name}: meta='same' is for the family same_batch")
    rng = np.random.default_rng([problem.seed, seed, 41])
    scale = 1 / float(problem.constants.L or 1)
    bounds = _short(rule.low * scale), _short(rule.high * scale)
    n, count = problem.dimension, len(problem.blocks)
    x, alpha = problem.x0.copy(), np.full(n, _short(np.sqrt(bounds[0] * bounds[1])))
    last = np.zeros(n)
    points, visited = np.empty((sweeps + 1, n)), np.empty((sweeps, count, n))
    used, trained = np.empty((sweeps, count, n)), np.zeros((sweeps, count))
    points[0] = x
    for k in range(sweeps):
        if rule.meta == "fixed":
            alpha = np.array([_short(a) for a in rng.uniform(*bounds, n)])
        for i, block in enumerate(problem.blocks):
            own, batch = list(block.index), batches[k][i]
            if rule.meta == "same":
                alpha = _trained_on(problem, x, bounds[0], batch)
            visited[k, i], used[k, i] = x, alpha
            g = np.array([float(v) for v in problem.batch_gradient(_exact(x), batch)])
            x = x.copy()
            x[own] -= alpha[own] * g[own]
            if rule.meta == "lagged":
                new = alpha.copy()
                new[own] *= 1 + TRAINED * np.sign(g[own] * last[own])
                new[own] = [_short(a) for a in new[own]]
                new = np.clip(new, *bounds)
                trained[k, i] = float(np.abs(new - alpha)[own].max())
                alpha = new
            last[own] = g[own]
        points[k + 1] = x
    return SumPath(points, visited, used, batches, trained, bounds, rule)


def _exact(x: Vector) -> list[Fraction]:
    return [Fraction(float(v)) for v in x]


def _trained_on(problem: FiniteSum, x: Vector, first: float, batch: Sequence[int]) -> Vector:
    assert isinstance(problem, SameBatch)
    return np.array([float(problem.trained(_exact(x), Fraction(first), batch))])


@lru_cache(maxsize=1)
def enumerate_states(problem: FiniteSum, path: SumPath) -> tuple[list[Row], list[SweepState]]:
    """Every block update and every sweep of a path, exactly; kept for its trace and its symbols."""
    rule, rows, states = path.rule, [], []
    for k in range(len(path.visited)):
        states.append(sweep_state(problem, path.points[k], path.alpha[k], rule.size))
        for i in range(len(problem.blocks)):
            # With one batch for all, the batch is no longer random once block 1 has seen it.
            seen = path.batches[k][i] if rule.reused and i else None
            row = block_state(problem, i, path.visited[k, i], path.alpha[k, i], rule, seen)
            rows.append(row | (states[-1].blocks[i] if not rule.fresh else {}))
    return rows, states


def exact_symbols(problem: FiniteSum, path: SumPath) -> Exact:
    """The symbols of S1 and S3 as fractions, for ``audit``'s exact decisions."""
    rows, states = enumerate_states(problem, path)
    names = {f"{b.kind}_{b.layer}": i for i, b in enumerate(problem.blocks)}
    columns = {"dE": "expected_change", "pull": "pull", "square": "square", "noise": "noise"}

    def exact(sweep: int, block: str, _: int) -> Mapping[str, Fraction] | None:
        if not 1 <= sweep <= len(states):
            return None
        if not block:
            state = states[sweep - 1]
            return {"dE": state.change, "g0": state.slope, "G2": state.moment}
        row = rows[(sweep - 1) * len(names) + names[block]]
        found = {symbol: row[column] for symbol, column in columns.items()}
        return {symbol: v for symbol, v in found.items() if isinstance(v, Fraction)}

    return exact


def sum_trace(problem: FiniteSum, path: SumPath, subject: str = "stochastic block sweeps") -> Trace:
    """The trace of a path: expectations at every state, enumerated."""
    rule, count = path.rule, len(problem.blocks)
    rows, states = enumerate_states(problem, path)
    blocks = _block_table(problem, path, rows)
    settings = {
        "meta": rule.meta,
        "resample": rule.fresh,
        "blocks": count,
        "inner": 1,
        "batch_size": rule.size,
        "extrapolation": 0.0,
        "sampling": "independent",
        "alpha_bounds": list(path.bounds),
        "probe": _probed(problem, path),
    }
    return Trace(
        header(problem, subject, "float64", settings), blocks, _sweeps(problem, path, rows, states)
    )


def _put(table: dict[str, Column], name: str, values: Sequence[Fraction | Ball]) -> None:
    found = [v if isinstance(v, Ball) else Ball.exact(v) for v in values]
    table[name] = np.array([float(b.mid) for b in found])
    table[f"{name}_error"] = np.array([float(b.rad) for b in found])


def _block_table(problem: FiniteSum, path: SumPath, rows: list[Row]) -> dict[str, Column]:
    count, sweeps = len(problem.blocks), len(path.visited)
    which = np.tile(np.arange(count), sweeps)
    table: dict[str, Column] = {
        "sweep": np.repeat(np.arange(1, sweeps + 1), count),
        "replicate": np.zeros(len(which), dtype=np.int64),
        "kind": np.array([b.kind for b in problem.blocks], dtype="S4")[which],
        "layer": np.array([b.layer for b in problem.blocks], dtype=np.int64)[which],
        "execution": np.zeros(len(which)),
        "hyper_bad": np.zeros(len(which), dtype=np.int64),
        "alpha_change": path.trained.ravel(),
    }
    for name in rows[0]:
        _put(table, name, [row[name] for row in rows])
    return table


def _sweeps(
    problem: FiniteSum, path: SumPath, rows: list[Row], states: list[SweepState]
) -> dict[str, Column]:
    count, sweeps = len(problem.blocks), len(path.visited)
    value, gradient = problem.value(path.points), problem.gradient(path.points)
    table: dict[str, Column] = {
        "sweep": np.arange(sweeps + 1),
        "replicate": np.zeros(sweeps + 1, dtype=np.int64),
        "value": np.array(value.mid),
        "value_error": np.array(value.rad),
        **step_columns(Points(path.points, gradient)),
    }
    ends = [[row[f"alpha_{e}"] for row in rows] for e in ("low", "high")]
    low, high = (np.array(e, dtype=np.float64).reshape(sweeps, count) for e in ends)
    least, most = low.min(1), high.max(1)
    table["alpha_min"], table["alpha_max"] = (np.concatenate((a[:1], a)) for a in (least, most))
    if not path.rule.fresh:
        zero = Fraction(0)
        _put(table, "expected_change", [zero, *(state.change for state in states)])
        _put(table, "second_moment", [zero, *(state.moment for state in states)])
    if path.rule.meta == "fixed":
        for name, column in mean_columns(problem, path.alpha, path.rule.fresh, path.rule.size):
            _put(table, name, column)
    return table


def _probed(problem: FiniteSum, path: SumPath) -> dict[str, int]:
    """Run again with other batches after some sweep: did earlier step sizes change?"""

    def run(batches: Sequence[list[Batch]]) -> list[list[float]]:
        again = sum_path(problem, len(batches), path.rule, list(batches))
        return [
            [
                float(a)
                for i, b in enumerate(problem.blocks)
                for a in again.alpha[k, i][list(b.index)]
            ]
            for k in range(len(batches))
        ]

    choices = list(problem.batches(path.rule.size))
    others = [[choices[(choices.index(b) + 1) % len(choices)] for b in row] for row in path.batches]
    return predictability_probe(run, path.batches, others, len(path.batches) // 2).told()


def stochastic_descent(
    problem: FiniteSum, sweeps: int = 4, rule: SumRule | None = None, seed: int = 0
) -> Trace:
    """Sweeps on batches drawn by the seed; α bounds and batches by ``rule``."""
    rule = rule or SumRule()
    batches = draw_batches(problem, sweeps, rule, np.random.default_rng([problem.seed, seed, 40]))
    return sum_trace(problem, sum_path(problem, sweeps, rule, batches, seed))


def same_batch(sweeps: int = 1, scale: float = 2.0**-8, meta: Meta = "same") -> Trace:
    """S6's counterexample, with α₀ = ``scale``, from w = 0."""
    problem = SameBatch(0)
    rule = SumRule(fresh=True, meta=meta, low=scale, high=2 * scale)
    batches = draw_batches(problem, sweeps, rule, np.random.default_rng(0))
    path = sum_path(problem, sweeps, rule, batches)
    return sum_trace(problem, replace(path, rule=rule))
