r"""The gradient that a step used, beside that of the recorded objective: how far off, and why.

A step's own gradient ĝ is what its parameters hold when it ends. It need not be evaluated as the
recorded f is: f in float64, the loss in float32; the loss under autocast; a batch that is summed in
parts. How far rounding alone can make it differ is known to first order: a bound on the rounding of
∇f is linear in the unit roundoff, so in a format with unit roundoff u it is u/2⁻⁵³ times the
radius that the shadow of f has in float64, and ``FACTOR`` times that where factors are rounded to
the format as well. What lies within counts as rounding, *measured*; what lies beyond is something
else (a part of the data, clipping).

**A coarser format** than that of the parameters shows in the digits:

| parameters | an entry of at most | so it was computed in |
|---|---|---|
| float32 | 8 binary digits | bfloat16 |
| float32 | 11 | float16 |
| float32 | 16 | a sum of a few such numbers: bfloat16 |
| float64 | 24, or 32 | float32, or a sum of a few such numbers |

An entry of a float32 gradient ends in so many zeros by chance once in 256 to 65,000 times, so an
array in which most do was not computed in float32, or its terms cancel, or its data are integers.
The latter two agree with ∇f to rounding, and terms do not cancel from the start: so a gradient is
called coarse if it differs, or, where ∇f is unknown, if all of many had few digits. If the
recorded objective has the same gradient in the run's own format, its error is seen; else what
rounding of coarse steps can do to f is unknown until the run's author names the format
(``computed_in``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import U
from amverify.record.points.vector import Vector, filled, flat, unit_roundoff

_DIGITS = {
    "float32": ((8, "bfloat16"), (11, "float16"), (16, "bfloat16")),
    "float64": ((24, "float32"), (32, "float32")),
}
"""Formats by the binary digits that they leave, in the format of the parameters."""
_BITS = {
    "float32": (torch.int32, 2**8 - 1, 0x7F800000, -(2**31)),
    "float64": (torch.int64, 2**21 - 1, 0x7FF0000000000000, -(2**63)),
}
"""Of a format: its integers; what is 0 in entries of at most 16, or 32, digits; exponent; sign."""
MOST = 0.5
"""The share of the entries of an array that have so few digits."""
MANY = 16
"""Different mantissas that all have few digits, before this is no chance."""
APART = 8
"""Last places by which two evaluations of one gradient may differ."""
FACTOR = 4.0
"""Roundings of factors to a coarser format, beside those of their products."""


def explained(used: Vector, gradient: Ball, kind: str) -> Vector:
    """How far off ∇f a gradient is, as far as rounding in a format explains it, entry by entry."""
    with np.errstate(all="ignore"):
        most = FACTOR * unit_roundoff(kind) / U * gradient.rad
        off: Vector = np.minimum(np.abs(used - gradient.mid), most)
    return np.where(np.isnan(off), np.inf, off)


class Digits:
    """The gradients of one run, step by step."""

    def __init__(self) -> None:
        self._always = True
        self._seen: set[float] = set()

    def coarse(
        self,
        params: Sequence[Tensor],
        slopes: Sequence[Ball | None],
        own: Sequence[Vector | None] = (),
    ) -> str | None:
        """The format in which a step's gradient was computed, if it is coarser than its own.

        Args:
            params: the parameters, with the gradients that the step used.
            slopes: ∇f at the points where these may have been evaluated, if they are known.
            own: the same as the recorded objective gives it in the run's format.
        """
        held_now = [p.grad.detach() for p in params if p.grad is not None]
        early = len(self._seen) < MANY
        given = [_mantissas(g) for g in held_now if early or not _full(g)]
        found = [kind for kind in map(_format, given) if kind is not None]
        self._always &= bool(found)
        if early:
            self._seen.update(*(mantissa[:MANY].tolist() for _, mantissa in given))
        if not found:
            return None
        used, kind, _ = flat(held(params))
        if any(g is not None and _equal(used, g, kind) for g in own):
            return None
        known = [g for g in slopes if g is not None]
        if not known:
            sure = self._always and len(self._seen) >= MANY
            return max(found, key=unit_roundoff) if sure else None
        if any((np.abs(used - g.mid) <= explained(used, g, kind)).all() for g in known):
            return None
        return max(found, key=unit_roundoff)


def held(params: Sequence[Tensor]) -> list[Tensor]:
    """The gradients that parameters hold; 0 where there is none."""
    return filled(params, [None if p.grad is None else p.grad.detach() for p in params])


def _equal(a: Vector, b: Vector, kind: str) -> bool:
    """Whether two evaluations in one format agree to some last places."""
    most = APART * unit_roundoff(kind) * np.maximum(np.abs(a), np.abs(b))
    return bool((np.abs(a - b) <= most).all())


def _full(gradient: Tensor) -> bool:
    """Whether fewer than most entries can have few digits, seen from their bits alone.

    Numbers below the normal range, infinite or NaN count as if they had.
    """
    kind = str(gradient.dtype).removeprefix("torch.")
    if kind not in _BITS or gradient.is_sparse:
        return False
    integers, low, exponent, sign = _BITS[kind]
    bits = gradient.contiguous().view(integers)
    power = bits & exponent
    few = ((bits & low) == 0) | (power == 0) | (power == exponent)
    there = (bits & ~sign) != 0
    return int((few & there).sum()) <= MOST * int(there.sum())


def _mantissas(gradient: Tensor) -> tuple[str, Vector]:
    """The format of an array, and the mantissas of its entries that are not 0."""
    values = gradient.coalesce().values() if gradient.is_sparse else gradient
    entries = values[values != 0].to("cpu", torch.float64).numpy()
    kind = str(gradient.dtype).removeprefix("torch.")
    return kind, np.abs(np.frexp(entries[np.isfinite(entries)])[0])


def _format(given: tuple[str, Vector]) -> str | None:
    """The format that most entries of an array fit into."""
    held_in, mantissa = given
    for digits, kind in _DIGITS.get(held_in, ()) if mantissa.size else ():
        scaled = np.ldexp(mantissa, digits)
        if float((scaled == np.floor(scaled)).mean()) > MOST:
            return kind
    return None
