"""How S1–S3 and S6 read a trace: expectations by enumeration, or by replays at a state.

An enumerated expectation is a column with its rounding error. Where a state was replayed instead,
its draws give a confidence interval (``amverify.numbers.confidence``), and the ball is that
interval: the evidence is then *statistical*. All states together are missed with probability α at
most (constant ``alpha``, 0.01 unless declared): each gets its share α/n.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.balls import Ball
from amverify.numbers.confidence import betting
from amverify.numbers.given import given
from amverify.numbers.roundoff import gamma
from amverify.theorems.base import Context, Instances, Missing, Parameter
from amverify.theorems.views.columns import block_rows, fact, pairs

FLOOR = Parameter("fstar", "f*, or any lower bound of f", "any")
SAMPLE_MODULUS = Parameter("Lbar", "L̄, a modulus of ∇ℓ(·;ξ) for every ξ")
SIGNIFICANCE = 0.01
REPLAYS = "ReplayedSweeps(…).sweep(replay=…), or ReplayedTraining for single blocks"
State = tuple[Any, ...]
WHOLE = b"*"
"""The kind of a replay of a whole sweep."""


def _predictable(ctx: Context) -> tuple[bool | None, str]:
    """By construction (the setting) and by a probe (``amverify.expectation.draws``)."""
    meta = ctx.setting("meta")
    if meta not in ("lagged", "fixed"):
        return False, f'meta = "{meta}": step sizes are trained on the batch that they serve (S6)'
    probe = ctx.trace.settings.get("probe")
    if not isinstance(probe, Mapping) or not probe.get("compared"):
        return None, "no probe was run (amverify.samt.probe.predictability_probe)"
    if probe.get("earlier_changed"):
        return False, (
            f"a probe changed later batches: {probe['earlier_changed']} of {probe['compared']} "
            "earlier step sizes changed"
        )
    return True, f'meta = "{meta}"; a probe left {probe["compared"]} earlier step sizes unchanged'


PREDICTABLE = fact(
    "predictable", "step sizes are fixed before the batch is drawn to which they apply",
    _predictable,
)  # fmt: skip


def _once(ctx: Context) -> str:
    inner = ctx.trace.settings.get("inner", 1)
    return "" if inner == 1 else f"{inner} inner steps use one batch"


def _fresh(ctx: Context) -> tuple[bool | None, str]:
    if _once(ctx):
        return False, _once(ctx)
    if ctx.setting("resample") or count_blocks(ctx) == 1:
        return True, "each block draws its own batch"
    return False, "one batch serves the whole sweep: S3 is about that"


FRESH = fact("fresh", "each block update draws a fresh batch", _fresh)


def _one_batch(ctx: Context) -> tuple[bool | None, str]:
    if _once(ctx):
        return False, _once(ctx)
    return True, "blocks draw their own" if ctx.setting("resample") else "one batch a sweep"


ONE_BATCH = fact("batch", "each block is updated once with the sweep's batch", _one_batch)


def _honest(ctx: Context) -> tuple[bool | None, str]:
    """Replays are numbered without gaps, and keep the bounds that they were given."""
    if not ctx.trace.replays:
        return True, "expectations by enumeration"
    draw = ctx.column("replays", "draw")
    for rows in _states(ctx).values():
        if (np.sort(draw[rows]) != np.arange(len(rows))).any():
            where = int(ctx.column("replays", "sweep")[rows[0]])
            return False, f"replays of sweep {where}: some draws are missing or occur twice"
    low, high, change = (ctx.column("replays", name) for name in ("low", "high", "change"))
    out = np.flatnonzero((change < low) | (change > high))
    if len(out):
        i = int(out[0])
        return (
            False,
            f"replay {draw[i]}: {change[i]:.6g} lies outside [{low[i]:.6g}, {high[i]:.6g}]",
        )
    return True, f"{len(draw)} replays of {len(_states(ctx))} states"


HONEST = fact("replays", "no replay was left out, and all keep their bounds", _honest)


def _same(ctx: Context) -> tuple[bool | None, str]:
    if ctx.setting("meta") != "same":
        return False, f'meta = "{ctx.setting("meta")}"'
    problem = ctx.trace.settings.get("problem", {})
    if not (isinstance(problem, Mapping) and problem.get("family") == "same_batch"):
        return False, "the claim is about one finite sum, the family same_batch"
    return True, 'meta = "same" on the family same_batch'


SAME = fact("counterexample", 'meta = "same", on the finite sum of the claim', _same)


def count_blocks(ctx: Context) -> int:
    """B: as the settings say, else as many as the trace shows."""
    if "blocks" in ctx.trace.settings:
        return int(ctx.setting("blocks"))
    kind, layer = ctx.column("blocks", "kind"), ctx.column("blocks", "layer")
    return len(set(zip(kind.tolist(), layer.tolist(), strict=True)))


def _states(ctx: Context) -> dict[State, NDArray[np.int64]]:
    """Rows of the replays of each state, in the order of drawing."""
    keys = [ctx.column("replays", n).tolist() for n in ("sweep", "replicate", "kind", "layer")]
    found: dict[State, list[int]] = {}
    for row in np.argsort(ctx.column("replays", "draw"), kind="stable").tolist():
        found.setdefault(tuple(key[row] for key in keys), []).append(row)
    return {state: np.array(rows) for state, rows in found.items()}


@dataclass(frozen=True)
class Drawn:
    """The draws at one state, bounds of each that were known before, a bound on their rounding."""

    change: NDArray[np.float64]
    low: float
    high: float
    error: float


def _drawn(ctx: Context, rows: NDArray[np.int64]) -> Drawn:
    """f's change at one state, by the rows of its replays."""
    names = ("change", "low", "high", "change_error")
    change, low, high, error = (ctx.column("replays", name)[rows] for name in names)
    return Drawn(change, float(low.min()), float(high.max()), float(error.max()))


def _interval(drawn: Drawn, alpha: float) -> Ball:
    """The mean of the draws, as a confidence interval."""
    low, high = drawn.low, drawn.high
    got = betting(np.clip(drawn.change, low, high), low, high, alpha)
    rad = (got.high - got.low) / 2 + drawn.error + gamma(8) * (high - low)
    return Ball.of((got.low + got.high) / 2, rad)


def _intervals(
    ctx: Context, whole: bool, of: Callable[[State, NDArray[np.int64]], Drawn] | None = None
) -> dict[State, Ball]:
    """The mean change at each replayed state, as a confidence interval; ``of``: of what.

    Raises:
        Missing: if no state of this kind was replayed.
        InvalidInput: if α is not between 0 and 1.
    """
    if not ctx.trace.replays:
        raise Missing("replays", REPLAYS, "training")
    states = {k: rows for k, rows in _states(ctx).items() if (k[2] == WHOLE) == whole}
    if not states:
        raise Missing("replays of these states", REPLAYS, "training")
    share = _significance(ctx) / len(states)
    return {
        state: _interval(_drawn(ctx, rows) if of is None else of(state, rows), share)
        for state, rows in states.items()
    }


def _significance(ctx: Context) -> float:
    return given("constant alpha", ctx.constants.get("alpha", SIGNIFICANCE))[0]


def told(ctx: Context, states: int) -> tuple[str, ...]:
    """How many states were replayed, in words."""
    alpha = _significance(ctx)
    return (f"{states} states replayed, confidence {1 - alpha:.4g} for all of them together",)


def _stacked(balls: list[Ball]) -> Ball:
    return Ball.of([float(b.mid) for b in balls], [float(b.rad) for b in balls])


def block_expectations(ctx: Context) -> Instances:
    """Every block update whose expected change is known."""
    rows = np.ones(ctx.trace.rows("blocks"), dtype=bool)
    statistical = "expected_change" not in ctx.trace.blocks
    notes: tuple[str, ...] = ()
    known: list[Ball] = []
    if statistical:
        found = _intervals(ctx, whole=False)
        keys = [ctx.column("blocks", n).tolist() for n in ("sweep", "replicate", "kind", "layer")]
        names = list(zip(*keys, strict=True))
        rows = np.array([name in found for name in names])
        known = [found[name] for name in names if name in found]
        notes = told(ctx, len(found))
    base = block_rows(ctx, rows, "L")
    change = _stacked(known) if statistical else ctx.ball("blocks", "expected_change")
    values = {
        **base.values,
        "dE": change,
        "alow": ctx.number("blocks", "alpha_low").take(rows),
        **{name: ctx.ball("blocks", name).take(rows) for name in ("pull", "square", "noise")},
    }
    return Instances(
        values, base.sweep, base.replicate, base.blocks, 0.0, notes, statistical=statistical
    )


def replayed_sweeps(
    ctx: Context, of: Callable[[NDArray[np.int64], int], Drawn] | None = None
) -> tuple[NDArray[np.int64], Ball]:
    """The rows of the replayed sweeps, and the mean change of each.

    Args:
        ctx: the trace.
        of: what changes, by the rows of a state's replays and its sweep's row; f, unless given.
    """
    _, after = pairs(ctx)
    sweep, replicate = ctx.column("sweeps", "sweep"), ctx.column("sweeps", "replicate")
    rows = {(int(sweep[r]), int(replicate[r]), WHOLE, 0): int(r) for r in after.tolist()}
    own = None if of is None else lambda state, drawn: of(drawn, rows[state])
    found = _intervals(ctx, whole=True, of=own)
    chosen = [state for state in rows if state in found]
    return (
        np.array([rows[state] for state in chosen], dtype=np.int64),
        _stacked([found[state] for state in chosen]),
    )


def sweep_expectations(ctx: Context) -> Instances:
    """Every sweep whose expected change is known."""
    _, after = pairs(ctx)
    sweep, replicate = ctx.column("sweeps", "sweep"), ctx.column("sweeps", "replicate")
    statistical = "expected_change" not in ctx.trace.sweeps
    notes: tuple[str, ...] = ()
    if statistical:
        after, change = replayed_sweeps(ctx)
        notes = told(ctx, len(after))
    else:
        change = ctx.ball("sweeps", "expected_change").take(after)
    before = _before(ctx, after)
    values = {
        "dE": change,
        "g0": ctx.ball("sweeps", "gradient").take(before),
        "G2": ctx.ball("sweeps", "second_moment").take(after),
        "amin": ctx.number("sweeps", "alpha_min").take(after),
        "amax": ctx.number("sweeps", "alpha_max").take(after),
        "Lbar": ctx.known(SAMPLE_MODULUS).value,
        "B": Ball.of(float(count_blocks(ctx))),
    }
    return Instances(
        values, sweep[after], replicate[after], None, 0.0, notes, statistical=statistical
    )


def _before(ctx: Context, after: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows of the sweeps before these."""
    first, second = pairs(ctx)
    known = dict(zip(second.tolist(), first.tolist(), strict=True))
    return np.array([known[row] for row in after.tolist()], dtype=np.int64)


def biases(ctx: Context) -> Instances:
    """Block rows whose bias was enumerated; none where it was not."""
    rows = np.ones(ctx.trace.rows("blocks"), dtype=bool)
    base = block_rows(ctx, rows)
    if "bias" not in ctx.trace.blocks:
        return Instances({}, base.sweep[:0], base.replicate[:0])
    sweep = ctx.column("sweeps", "sweep")
    most = dict(zip(sweep.tolist(), ctx.column("sweeps", "alpha_max").tolist(), strict=True))
    values = {
        "bias": ctx.ball("blocks", "bias"),
        "earlier": ctx.ball("blocks", "earlier"),
        "amax": Ball.of([most[k] for k in base.sweep.tolist()]),
        "Lbar": ctx.known(SAMPLE_MODULUS).value,
    }
    return Instances(values, base.sweep, base.replicate, base.blocks)


def _horizon(ctx: Context) -> dict[str, Ball]:
    """f(w⁰) − f* and the extreme step sizes of the first K sweeps, K = 1, 2, ….

    Raises:
        Missing: for a trace of several runs, or one that lacks sweeps between.
    """
    _, after = pairs(ctx)
    sweep = ctx.column("sweeps", "sweep")
    if not len(after) or (sweep[after] != np.arange(1, len(after) + 1)).any():
        raise Missing("sweeps 0, 1, 2, … of one run", REPLAYS, "training")
    least, most = (ctx.column("sweeps", f"alpha_{end}")[after] for end in ("min", "max"))
    start = int(np.flatnonzero(sweep == 0)[0])
    return {
        "f0": ctx.ball("sweeps", "value").take(start),
        "fstar": ctx.known(FLOOR).value,
        "K": Ball.of(sweep[after].astype(float)),
        "amin": Ball.of(np.minimum.accumulate(least)),
        "amax": Ball.of(np.maximum.accumulate(most)),
    }


def rising(ball: Ball) -> Ball:
    """The largest so far, as a ball that no true maximum exceeds by more than its radius."""
    return Ball.of(np.maximum.accumulate(ball.mid), np.maximum.accumulate(ball.rad))


def averages(ctx: Context) -> Instances:
    """S2 for every K."""
    _, after = pairs(ctx)
    values = _horizon(ctx)
    slopes = ctx.ball("sweeps", "mean_slopes").take(after)
    n = gamma(len(after) + 2)
    total = np.cumsum(slopes.mid)
    values |= {
        "average": Ball.of(total, np.cumsum(slopes.rad) * (1 + n) + n * total) / values["K"],
        "level": rising(ctx.ball("sweeps", "mean_noise").take(after)),
        "Lmax": Ball.of(float(ctx.column("blocks", "modulus").max())),
    }
    sweep, replicate = ctx.column("sweeps", "sweep"), ctx.column("sweeps", "replicate")
    return Instances(values, sweep[after], replicate[after])


def rates(ctx: Context) -> Instances:
    """S3's rate for every K, where expectations over the whole past are known."""
    before, after = pairs(ctx)
    sweep, replicate = ctx.column("sweeps", "sweep"), ctx.column("sweeps", "replicate")
    if "mean_gradient" not in ctx.trace.sweeps:
        return Instances({}, sweep[:0], replicate[:0])
    g = ctx.ball("sweeps", "mean_gradient").take(before)
    values = _horizon(ctx) | {
        "lowest": Ball.of(np.minimum.accumulate(g.mid), np.maximum.accumulate(g.rad)),
        "G2": rising(ctx.ball("sweeps", "mean_moment").take(after)),
        "Lbar": ctx.known(SAMPLE_MODULUS).value,
        "B": Ball.of(float(count_blocks(ctx))),
    }
    return Instances(values, sweep[after], replicate[after])


BELOW = 74
"""A step size that is fixed decreases S6's E f below 1/74, and increases it beyond."""


def increases(ctx: Context) -> Instances:
    """S6: every update of the counterexample."""
    rows = np.ones(ctx.trace.rows("blocks"), dtype=bool)
    base = block_rows(ctx, rows)
    low, high = ctx.setting("alpha_bounds")
    values = {
        "dE": ctx.ball("blocks", "expected_change"),
        "alow": ctx.number("blocks", "alpha_low"),
        "amin": Ball.of(float(low)),
        "amax": Ball.of(float(high)),
        "Lbar": ctx.known(SAMPLE_MODULUS).value,
    }
    return Instances(values, base.sweep, base.replicate, base.blocks)


def fixed_steps(ctx: Context) -> Instances:
    """S6, α_max fixed before the sample is drawn: where α_max lies below 1/74."""
    _, high = ctx.setting("alpha_bounds")
    rows = np.full(ctx.trace.rows("blocks"), float(high) * BELOW < 1)
    base = block_rows(ctx, rows)
    values = {
        "dP": ctx.ball("blocks", "predictable_change").take(rows),
        "amax": Ball.of(float(high)),
    }
    return Instances(values, base.sweep, base.replicate, base.blocks)
