"""A side on the instances: a ball, and how far the rounding of the steps can have moved it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amverify.claims.formula import evaluated
from amverify.claims.real import elementary
from amverify.numbers.balls import Ball

Array = NDArray[np.float64]
SAFE = 1 + 2.0**-40


@dataclass(frozen=True)
class Bound:
    """An atom on the instances, and how far the rounding of the steps can have moved it."""

    ball: Ball
    moved: Array | float = 0.0


def combined(formula: sp.Expr, inner: Mapping[str, Bound]) -> Bound:
    """A formula of bound symbols, and how far the steps' rounding can have moved it."""
    used = {symbol.name: inner[symbol.name] for symbol in formula.free_symbols}
    ball = evaluated(formula, {name: b.ball for name, b in used.items()})
    if not any(np.any(b.moved) for b in used.values()):
        return Bound(ball)
    wide = evaluated(formula, {name: b.ball.widened(b.moved) for name, b in used.items()})
    return Bound(ball, _further(wide, ball))


def _further(wide: Ball, ball: Ball) -> Array:
    """By how much more the wide ball reaches than the ball."""
    with np.errstate(all="ignore"):
        more = np.abs(wide.mid - ball.mid) + wide.rad - ball.rad
    return np.where(np.isfinite(ball.rad), np.maximum(more, 0.0), 0.0) * SAFE


def of_function(how: str, sides: list[Bound]) -> Bound:
    """exp, log or a power of sides."""
    ball = elementary(how, [s.ball for s in sides])
    if not any(np.any(s.moved) for s in sides):
        return Bound(ball)
    wide = elementary(how, [s.ball.widened(s.moved) for s in sides])
    return Bound(ball, _further(wide, ball))
