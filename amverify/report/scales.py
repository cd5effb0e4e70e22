"""Axes of a chart: where a value lies, linearly or by its logarithm, and its round ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
WIDE = 30.0
"""Values that lie farther apart than this factor are drawn on a logarithmic axis."""
MOST_DECADES = 40
LEAST, GREATEST = 1e-290, 1e300
"""What is smaller is one value, and what is greater lies at the border."""


@dataclass(frozen=True)
class Axis:
    """From ``low`` to ``high``; ``start`` and ``end`` are pixels, in either order."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of ``value``, kept inside the axis."""
        low, high, own = (self._unit(x) for x in (self.low, self.high, value))
        share = (own - low) / (high - low)
        return self.start + (self.end - self.start) * min(1.0, max(0.0, share))

    def _unit(self, value: float) -> float:
        return math.log10(max(value, 1e-320)) if self.log else value

    def ticks(self) -> list[tuple[float, str]]:
        """At most seven round values with their labels."""
        return _decades(self.low, self.high) if self.log else _round(self.low, self.high)


def axis(values: Iterable[float], start: float, end: float, log: bool | None = None) -> Axis:
    """The axis that holds all finite ``values``; logarithmic where asked, or where they span much.

    A logarithmic axis leaves out what is not positive.
    """
    found = [max(-GREATEST, min(GREATEST, v)) for v in values if math.isfinite(v)]
    positive = [v for v in found if v > 0]
    if log is None:
        log = bool(positive) and len(positive) == len(found) and max(found) > WIDE * min(found)
    if log and positive:
        return _logarithmic(min(positive), max(positive), start, end)
    low, high = (min(found), max(found)) if found else (0.0, 1.0)
    if high - low < LEAST:
        low, high = low - (abs(low) / 2 or 0.5), high + (abs(high) / 2 or 0.5)
    room = (high - low) / 20
    return Axis(low - room, high + room, start, end)


def _logarithmic(low: float, high: float, start: float, end: float) -> Axis:
    low = max(low, high * 10.0**-MOST_DECADES)
    if high <= 1.2 * low:
        low, high = low / 2, high * 2
    room = (high / low) ** 0.04
    return Axis(low / room, high * room, start, end, log=True)


def _decades(low: float, high: float) -> list[tuple[float, str]]:
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    if last - first < 1:
        found = [
            m * 10.0**p for p in range(first - 1, last + 1) for m in (1, 2, 5)
        ]  # fmt: skip
        return [(x, short(x)) for x in found if low <= x <= high]
    step = -(-(last - first) // 6) or 1
    return [(10.0**p, "10" + str(p).translate(SUPERSCRIPT)) for p in range(first, last + 1, step)]


def _round(low: float, high: float) -> list[tuple[float, str]]:
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
    first = math.ceil(low / step)
    return [(k * step, short(k * step)) for k in range(first, math.floor(high / step) + 1)]


def short(value: float) -> str:
    """A round value in few characters."""
    return f"{value:.4g}".replace("e-0", "e-").replace("e+0", "e").replace("-", "−")
