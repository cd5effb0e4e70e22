r"""Exact expectations at one state of a stochastic sweep on a finite sum.

At a point v and with step sizes α (floats taken as the rationals that they are) everything over the
batch is a finite average of rationals. Norms, the only irrational numbers, are square roots of
rationals and come as balls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np

from amverify.families.problem import Vector
from amverify.families.sums import FiniteSum, SameBatch
from amverify.numbers.balls import Ball

Rationals = list[Fraction]
Row = dict[str, Fraction | Ball]
"""What is known of one update, by column: exactly, or as a ball."""


class Rule(Protocol):
    """What of a rule matters here."""

    @property
    def meta(self) -> str:
        """How step sizes come about."""

    @property
    def low(self) -> float:
        """α_min in units of 1/L."""

    @property
    def high(self) -> float:
        """α_max in the same units."""

    @property
    def size(self) -> int:
        """Samples in a batch."""


def exact(x: Vector) -> Rationals:
    """Floats as the fractions that they are."""
    return [Fraction(float(v)) for v in x]


def _squared(v: Sequence[Fraction]) -> Fraction:
    return sum((x * x for x in v), Fraction(0))


def _root(value: Fraction) -> Ball:
    """√, exactly 0 at 0."""
    return Ball.exact(value).sqrt() if value else Ball.of(0.0)


def block_state(
    problem: FiniteSum,
    block: int,
    at: Vector,
    alpha: Vector,
    rule: Rule,
    seen: Sequence[int] | None = None,
) -> Row:
    """The columns of S1 for one block update at ``at``.

    Args:
        problem: the finite sum.
        block: which block is updated.
        at: v_i.
        alpha: α of all coordinates.
        rule: how step sizes come about, and the batch's size.
        seen: the batch, where it is not drawn anew (a fault).
    """
    own = problem.blocks[block].index
    v, steps = exact(at), exact(alpha)
    gradients = {batch: problem.batch_gradient(v, batch) for batch in problem.batches(rule.size)}
    batches = list(gradients) if seen is None else [tuple(seen)]
    full = problem.exact_gradient(at)
    here = problem.exact_value(v)
    change, step, lows, highs = Fraction(0), Fraction(0), [], []
    for batch in batches:
        g, used = gradients[batch], list(steps)
        if rule.meta == "same" and isinstance(problem, SameBatch):
            used = [problem.trained(v, steps_first(problem, rule), batch)]
        moved = list(v)
        for j in own:
            moved[j] -= used[j] * g[j]
        change += (problem.exact_value(moved) - here) / len(batches)
        step += sum(((used[j] * g[j]) ** 2 for j in own), Fraction(0)) / len(batches)
        lows.append(min(used[j] for j in own))
        highs.append(max(used[j] for j in own))
    drawn = list(gradients.values())
    mean = {j: sum((g[j] for g in drawn), Fraction(0)) / len(drawn) for j in own}
    variance = {
        j: sum(((g[j] - mean[j]) ** 2 for g in drawn), Fraction(0)) / len(drawn) for j in own
    }
    zero = Fraction(0)
    found: Row = {} if rule.meta != "same" else {"predictable_change": _fixed(problem, rule, v)}
    return found | {
        "expected_change": change,
        "pull": sum((steps[j] * full[j] ** 2 for j in own), zero),
        "square": sum(((steps[j] * full[j]) ** 2 for j in own), zero),
        "noise": sum((steps[j] ** 2 * variance[j] for j in own), zero),
        "variance": sum(variance.values(), zero),
        "step": step,
        "modulus": Fraction(problem.modulus(block, at)),
        "alpha_low": min(lows),
        "alpha_high": max(highs),
    }


def _fixed(problem: FiniteSum, rule: Rule, w: Sequence[Fraction]) -> Fraction:
    """E f(w⁺) − f(w) with α_max, the upper bound of the step sizes, fixed before."""
    most = [Fraction(rule.high) / (problem.constants.L or 1)] * len(w)
    return problem.expected_value(w, most, fresh=True, size=rule.size) - problem.exact_value(w)


def steps_first(problem: FiniteSum, rule: Rule) -> Fraction:
    """α₀ of S6: the lower bound of the step sizes."""
    return Fraction(rule.low) / (problem.constants.L or 1)


@dataclass(frozen=True)
class SweepState:
    """A sweep with one batch: E of f's change, the largest E‖∇_jℓ‖², ‖∇f‖², and block by block."""

    change: Fraction
    moment: Fraction
    slope: Fraction
    blocks: list[Row]


def sweep_state(problem: FiniteSum, at: Vector, alpha: Sequence[Vector], size: int) -> SweepState:
    """One batch for the whole sweep from ``at``; block i uses α of ``alpha[i]``."""
    batches = list(problem.batches(size))
    share = Fraction(1, len(batches))
    steps = [exact(a) for a in alpha]
    count = len(problem.blocks)
    start = exact(at)
    f0, change = problem.exact_value(start), Fraction(0)
    at_start, at_point = [Fraction(0)] * count, [Fraction(0)] * count
    bias: list[dict[int, Fraction]] = [dict.fromkeys(b.index, Fraction(0)) for b in problem.blocks]
    lengths = [Ball.of(0.0)] * count
    for batch in batches:
        now, first = list(start), problem.batch_gradient(start, batch)
        for i, block in enumerate(problem.blocks):
            g = first if i == 0 else problem.batch_gradient(now, batch)
            full = problem.exact_gradient(np.array(now, dtype=object))
            squared = _squared([g[j] for j in block.index])
            at_point[i] += share * squared
            at_start[i] += share * _squared([first[j] for j in block.index])
            lengths[i] = lengths[i] + Ball.exact(share) * _root(squared)
            for j in block.index:
                bias[i][j] += share * (g[j] - full[j])
                now[j] -= steps[i][j] * g[j]
        change += share * (problem.exact_value(now) - f0)
    rows: list[Row] = []
    before = Ball.of(0.0)
    for i in range(count):
        off = _root(_squared(list(bias[i].values())))
        rows.append({"bias": off, "earlier": before})
        before = before + lengths[i]
    slope = _squared(problem.exact_gradient(at))
    return SweepState(change, max(*at_start, *at_point), slope, rows)
