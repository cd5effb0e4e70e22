"""exp, log and powers with any exponent over balls, enclosed by Arb."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import flint
import numpy as np

from amverify.numbers.balls import Ball
from amverify.theorems.views.powers import BITS, real

_FUNCTIONS: dict[str, Callable[..., flint.arb]] = {
    "exp": lambda x: x.exp(),
    "log": lambda x: x.log(),
    "**": lambda x, y: x**y,
}


def elementary(how: str, of: Sequence[Ball]) -> Ball:
    """A function of balls, row by row; unknown where it is not defined on all of the ball."""
    flint.ctx.prec = BITS
    columns = np.broadcast_arrays(*(x for ball in of for x in (ball.mid, ball.rad)))
    shape = columns[0].shape
    table = np.stack([column.ravel() for column in columns], axis=1)
    rows, back = np.unique(table, axis=0, return_inverse=True)
    found = np.array([_one(_FUNCTIONS[how], row.tolist()) for row in rows]).reshape(-1, 2)
    mid, rad = found[back.ravel()].T
    return Ball.of(mid.reshape(shape), rad.reshape(shape))


def _one(function: Callable[..., flint.arb], row: list[float]) -> tuple[float, float]:
    if not np.isfinite(row).all():
        return 0.0, np.inf
    pairs = zip(row[::2], row[1::2], strict=True)
    result = function(*(real(m) + flint.arb(0, real(r)) if r else real(m) for m, r in pairs))
    if not result.is_finite():
        return 0.0, np.inf
    mid = float(result.mid())
    if not np.isfinite(mid):
        return 0.0, np.inf
    rad = float(abs(result - real(mid)).upper())
    return mid, float(np.nextafter(rad, np.inf)) if rad else 0.0
