"""A point of a run, with what its loop or its listener says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amverify.numbers.balls import Ball
from amverify.record.known.observed import Observed
from amverify.record.points.vector import Vector


@dataclass(frozen=True)
class Beside:
    """Of a row that is not where its step was made: that point y^k, and the step before it.

    Args:
        size: |y^k| + |y^{k−1}|, entry by entry.
        norm: ‖y^k‖².
        used: the gradient that the step from y^{k−1} used, where it is known.
        gradient: ∇f(y^{k−1}), where it is known.
    """

    size: Vector
    norm: float
    used: Vector | None = None
    gradient: Ball | None = None


@dataclass(frozen=True)
class Seen:
    """A point with f and ∇f there, and η and β of the step that led to it.

    Args:
        params: x, as the run has it: of an optimiser, copies of its parameters.
        value: f, if it was evaluated.
        slope: ∇f.
        eta: η.
        momentum: β.
        error: what the objective raised instead.
        known: what is known of f and ∇f, if the evaluation was followed.
        used: the gradient that the step used, where it is one at the point where it started.
        coarse: its format, if its digits are fewer than its own.
        kind: the coarsest format of f and ∇f as they were given.
        beside: of a row beside the point of its step.
        unvalued: f was not asked for here.
        number: of the step that led here; else the row's own.
        before: the last points before it, two at most, where the run's last one is no row.
    """

    params: Any
    value: float | None = None
    slope: Vector | None = None
    eta: float | None = None
    momentum: float | None = None
    error: str | None = None
    known: Observed | None = None
    used: Vector | None = None
    coarse: str | None = None
    kind: str = "float64"
    beside: Beside | None = None
    unvalued: bool = False
    number: int | None = None
    before: tuple[Any, ...] | None = None
