r"""SAMT's sweeps on finite sums, one batch each, with extrapolation: everything enumerated exactly.

    y = w + βΔ,  v_i = y moved by the blocks before,  w_i⁺ = y_i − α_i ⊙ ∇_iℓ(v_i;ξ),  Δ⁺ = w⁺ − w,

then α is trained on the batch that it served: α_j ← α_j·(1 ± ``rate``) by the sign of
g_j·g_j^{last}, kept in [α_min, α_max] and short, so that the next batch meets step sizes that are
known before it is drawn. β, α and the start are floats, taken as the rationals that they are; a
sweep is computed in fractions, so that no rounding belongs to the path.

``sweep_state`` enumerates one sweep's batches. ``over_the_past`` enumerates *all* sequences of
batches, step sizes trained along each of them: the expectations of the rates, and the extremes of
the step sizes that any past can lead to.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from amverify.families.loops.gradient import header
from amverify.families.sums import FiniteSum
from amverify.numbers.balls import Ball
from amverify.trace.columns import Column
from amverify.trace.trace import Trace

Rationals = list[Fraction]
Batch = tuple[int, ...]
ZERO = Fraction(0)


@dataclass(frozen=True)
class AheadRule:
    """How the sweeps step.

    Args:
        beta: β.
        most: α_max in units of 1/L̄, p of S7 and S8.
        least: α_min as a share of α_max.
        rate: how much a step size is trained at a time, relatively; 0 for fixed ones.
        size: samples in a batch.
        fault: what is done wrong, for mutants: see ``FAULTS``.
    """

    beta: float = 0.0
    most: float = 0.0625
    least: float = 0.25
    rate: float = 0.125
    size: int = 1
    fault: str = ""


FAULTS = ("fresh", "same", "late", "double")
"""Step sizes trained on the batch that they serve (same); a batch for each block; a block that is
extrapolated only when its turn comes (late); a step of twice the size (double)."""


@dataclass(frozen=True)
class State:
    """w, Δ, α and the last gradient, where a sweep begins."""

    w: Rationals
    moved: Rationals
    alpha: Rationals
    last: Rationals


@dataclass(frozen=True)
class Sums:
    """A finite sum under a rule, with its bounds of α."""

    problem: FiniteSum
    rule: AheadRule
    bounds: tuple[float, float]
    batches: list[Batch] = field(default_factory=list)

    @classmethod
    def of(cls, problem: FiniteSum, rule: AheadRule) -> Sums:
        """The bounds are floats of few digits, α_max not above ``most``/L̄."""
        high = short(rule.most / float(problem.sample_modulus))
        return cls(problem, rule, (short(rule.least * high), high), [*problem.batches(rule.size)])

    def start(self, seed: int) -> State:
        """The first state: Δ = 0, and step sizes drawn between the bounds."""
        rng = np.random.default_rng([self.problem.seed, seed, 43])
        zero = [ZERO] * self.problem.dimension
        alpha = [Fraction(short(a)) for a in rng.uniform(*self.bounds, self.problem.dimension)]
        alpha = [max(a, Fraction(self.bounds[0])) for a in alpha]
        return State([Fraction(float(x)) for x in self.problem.x0], zero, alpha, zero)

    def ahead(self, state: State) -> Rationals:
        """Y."""
        beta = Fraction(self.rule.beta)
        return [w + beta * d for w, d in zip(state.w, state.moved, strict=True)]

    def swept(self, state: State, batch: Batch) -> State:
        """The state after a sweep on this batch, step sizes trained."""
        rule, beta = self.rule, Fraction(self.rule.beta)
        alpha = self.trained(state, self.gradient(state, batch)) if rule.fault == "same" else None
        alpha = alpha or state.alpha
        now = list(state.w) if rule.fault == "late" else self.ahead(state)
        gradient = [ZERO] * len(now)
        for place, block in enumerate(self.problem.blocks):
            if rule.fault == "late":
                for j in block.index:
                    now[j] += beta * state.moved[j]
            own = batch
            if rule.fault == "fresh":
                own = self.batches[(self.batches.index(batch) + place) % len(self.batches)]
            g = self.problem.batch_gradient(now, own)
            for j in block.index:
                gradient[j] = g[j]
                now[j] -= alpha[j] * g[j] * (2 if rule.fault == "double" else 1)
        moved = [x - w for x, w in zip(now, state.w, strict=True)]
        trained = alpha if rule.fault == "same" else self.trained(state, gradient)
        return State(now, moved, trained, gradient)

    def gradient(self, state: State, batch: Batch) -> Rationals:
        """∇ℓ(y;ξ)."""
        return self.problem.batch_gradient(self.ahead(state), batch)

    def trained(self, state: State, gradient: Rationals) -> Rationals:
        """α after the meta-step."""
        found, rate = [], self.rule.rate
        for a, g, last in zip(state.alpha, gradient, state.last, strict=True):
            turn = (g * last > 0) - (g * last < 0)
            tried = short(float(a) * (1 + rate * turn))
            found.append(Fraction(min(max(tried, self.bounds[0]), self.bounds[1])))
        return found


def short(value: float) -> float:
    """A float of 8 binary digits, not larger: fractions stay small."""
    mantissa, exponent = np.frexp(value)
    return float(np.ldexp(np.floor(mantissa * 256), exponent - 8))


def _squared(v: Sequence[Fraction]) -> Fraction:
    return sum((x * x for x in v), ZERO)


def _leading(sums: Sums, w: Rationals, moved: Rationals) -> Rationals:
    """z = w + (β/(1−β))Δ."""
    beta = Fraction(sums.rule.beta)
    share = beta / (1 - beta)
    return [x + share * d for x, d in zip(w, moved, strict=True)]


def sweep_state(sums: Sums, state: State) -> dict[str, Fraction]:
    """The columns of one sweep: its batches enumerated, each with the same probability."""
    problem, share = sums.problem, Fraction(1, len(sums.batches))
    z, y = _leading(sums, state.w, state.moved), sums.ahead(state)
    f_w, f_z = problem.exact_value(state.w), problem.exact_value(z)
    plain = ahead = moved = ZERO
    for batch in sums.batches:
        after = sums.swept(state, batch)
        plain += share * (problem.exact_value(after.w) - f_w)
        ahead += share * (problem.exact_value(_leading(sums, after.w, after.moved)) - f_z)
        moved += share * _squared(after.moved)
    slope, spread = _moments(sums, y)
    return {
        "expected_change": plain,
        "ahead_change": ahead,
        "displacement": _squared(state.moved),
        "displacement_next": moved,
        "pull": sum((a * g * g for a, g in zip(state.alpha, slope, strict=True)), ZERO),
        "noise": sum((a * a * v for a, v in zip(state.alpha, spread, strict=True)), ZERO),
    }


def _moments(sums: Sums, y: Rationals) -> tuple[Rationals, Rationals]:
    """∇f(y), and the variance of each coordinate of ∇ℓ(y;ξ)."""
    drawn = [sums.problem.batch_gradient(y, batch) for batch in sums.batches]
    share = Fraction(1, len(drawn))
    mean = [share * sum(column, ZERO) for column in zip(*drawn, strict=True)]
    spread = [
        share * sum(((x - m) ** 2 for x in column), ZERO)
        for column, m in zip(zip(*drawn, strict=True), mean, strict=True)
    ]
    return mean, spread


def over_the_past(sums: Sums, start: State, sweeps: int) -> dict[str, list[Any]]:
    """By sweep: E‖∇f(y)‖², EΣσ_j², and the extremes of the step sizes, over all pasts."""
    names = ("mean_slope", "mean_spread", "past_alpha_min", "past_alpha_max")
    found: dict[str, list[Any]] = {name: [] for name in names}
    states = [start]
    for k in range(sweeps):
        share = Fraction(1, len(states))
        moments = [_moments(sums, sums.ahead(state)) for state in states]
        found["mean_slope"].append(share * sum((_squared(m) for m, _ in moments), ZERO))
        found["mean_spread"].append(share * sum((sum(s, ZERO) for _, s in moments), ZERO))
        found["past_alpha_min"].append(float(min(min(state.alpha) for state in states)))
        found["past_alpha_max"].append(float(max(max(state.alpha) for state in states)))
        if k + 1 < sweeps:
            states = [sums.swept(s, b) for s, b in itertools.product(states, sums.batches)]
    return found


def ahead_trace(
    problem: FiniteSum,
    sweeps: int = 4,
    rule: AheadRule | None = None,
    seed: int = 0,
    pasts: int = 0,
) -> tuple[Trace, list[dict[str, Fraction]]]:
    """A path of sweeps, enumerated, and its columns in fractions, sweep by sweep.

    Args:
        problem: the finite sum.
        sweeps: how many.
        rule: how they step.
        seed: of the first step sizes and of the batches drawn.
        pasts: for how many sweeps all pasts are enumerated; 0 for none.
    """  # fmt: skip
    sums = Sums.of(problem, rule or AheadRule())
    rng = np.random.default_rng([problem.seed, seed, 44])
    state = first = sums.start(seed)
    rows, extremes, values = [], [], [problem.exact_value(state.w)]
    for _ in range(sweeps):
        rows.append(sweep_state(sums, state))
        extremes.append((float(min(state.alpha)), float(max(state.alpha))))
        state = sums.swept(state, sums.batches[int(rng.integers(len(sums.batches)))])
        values.append(problem.exact_value(state.w))
    table: dict[str, Column] = {
        "sweep": np.arange(sweeps + 1),
        "replicate": np.zeros(sweeps + 1, dtype=np.int64),
    }
    _put(table, "value", values)
    for name in rows[0]:
        _put(table, name, [ZERO, *(row[name] for row in rows)])
    least, most = zip(*extremes, strict=True)
    table["alpha_min"], table["alpha_max"] = (np.array([a[0], *a]) for a in (least, most))
    if pasts:
        table = _with_pasts(table, over_the_past(sums, first, pasts), pasts)
    settings = {
        "meta": "same" if sums.rule.fault == "same" else "lagged",
        "resample": False,
        "blocks": len(problem.blocks),
        "inner": 1,
        "batch_size": sums.rule.size,
        "extrapolation": sums.rule.beta,
        "sampling": "independent",
        "jumps": [],
        "alpha_bounds": list(sums.bounds),
        "probe": {"compared": sweeps, "earlier_changed": 0},
    }
    named = header(problem, "SAMT's sweeps", "float64", settings)
    return Trace(named, sweeps=table), rows


def _with_pasts(
    table: Mapping[str, Column], found: Mapping[str, Any], pasts: int
) -> dict[str, Column]:
    """The first sweeps, with what was enumerated of their pasts."""
    kept = {name: column[: pasts + 1] for name, column in table.items()}
    for name, values in found.items():
        if name.startswith("mean"):
            _put(kept, name, [ZERO, *values])
        else:
            kept[name] = np.array([values[0], *values])
    return kept


def _put(table: dict[str, Column], name: str, values: Sequence[Fraction]) -> None:
    found = [Ball.exact(v) for v in values]
    table[name] = np.array([float(b.mid) for b in found])
    table[f"{name}_error"] = np.array([float(b.rad) for b in found])
