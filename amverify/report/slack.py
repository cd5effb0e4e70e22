r"""The slack of a claim over a run, as a picture: how far it was from failing at each sweep.

Relative margins span many orders of magnitude and both signs. The axis is symmetric-logarithmic:
with c a power of ten no larger than any margin or floor that is not zero,

    y(m) = m/c                            |m| ≤ c
    y(m) = sign(m)(1 + log10(|m|/c))      |m| > c

so a decade has the same height everywhere, and zero has its place. The band ±floor is what
rounding alone could do; a sweep is violated where its margin lies below −floor.

A long run is cut into at most 400 stretches of which the least margin is drawn: no dip is lost.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from amverify.errors import InvalidInput
from amverify.report import drawing
from amverify.report.scales import SUPERSCRIPT
from amverify.verdict import Finding, Slack, Verdict

MOST_POINTS = 400
_WIDTH, _HEIGHT = 560, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 536, 30, 222
_MOST_DECADES = 18


@dataclass(frozen=True)
class Point:
    """One sweep: its least relative margin and the rounding bound relative to the same size."""

    sweep: int
    margin: float
    floor: float

    @property
    def violated(self) -> bool:
        """Whether the margin lies below what rounding could explain."""
        return self.margin < -self.floor


def points(slack: Slack) -> list[Point]:
    """The sweeps whose margin is a number; a floor is at most 1, as relative margins are.

    Where rounding is not bounded (a floor that is infinite, or no number) it is 1: nothing can
    be said of that sweep.

    Raises:
        InvalidInput: if sweeps, margins and floors differ in number (no floors at all is 0).
    """
    floors = slack.floor or (0.0,) * len(slack.sweeps)
    if not len(slack.sweeps) == len(slack.margin) == len(floors):
        raise InvalidInput(
            f"a slack of {len(slack.sweeps)} sweeps has {len(slack.margin)} margins and "
            f"{len(slack.floor)} floors; give one of each a sweep"
        )
    return [
        Point(sweep, margin, 1.0 if math.isnan(floor) else min(abs(floor), 1.0))
        for sweep, margin, floor in zip(slack.sweeps, slack.margin, floors, strict=True)
        if math.isfinite(margin)
    ]


def failures(finding: Finding) -> tuple[int, int] | None:
    """The first sweep at which a violated claim fails and the one at which it fails worst.

    Worst by the relative margin; a claim whose slack shows no failure fails at its witness.
    """
    if finding.verdict is not Verdict.VIOLATED or finding.witness is None:
        return None
    failed = [p for p in points(finding.slack) if p.violated]
    if not failed:
        return finding.witness.sweep, finding.witness.sweep
    return min(p.sweep for p in failed), min(failed, key=lambda p: p.margin).sweep


def thinned(found: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """At most ``most`` points: of each stretch the least margin, among violated ones if any."""
    size = -(-len(found) // most) or 1
    return [
        min(found[i : i + size], key=lambda p: (not p.violated, p.margin))
        for i in range(0, len(found), size)
    ]


def summary(slack: Slack, iteration: str = "sweep") -> str:
    """The plot in words: how many iterations, the least margin, how many violated or unknown."""
    found = points(slack)
    if not found:
        return f"No {iteration} has a margin."
    worst = min(found, key=lambda p: p.margin)
    failed = [p.sweep for p in found if p.violated]
    said = f"{len(found)} {iteration}s; least relative margin {worst.margin!r} "
    said += f"at {iteration} {worst.sweep}; "
    said += (
        f"{len(failed)} below the rounding floor, the first at {iteration} {failed[0]}."
        if failed
        else "none below the rounding floor."
    )
    lost = len(slack.sweeps) - len(found)
    return said + (f" {lost} {iteration}s without a margin are left out." if lost else "")


@dataclass(frozen=True)
class Scale:
    """The symmetric-logarithmic axis: its linear threshold 10^decade and what it must show."""

    decade: int
    low: float
    high: float

    def __call__(self, margin: float) -> float:
        """The height of ``margin``, in pixels from the top."""
        bottom, top = self.units(self.low), self.units(self.high)
        share = (self.units(margin) - bottom) / (top - bottom)
        return _BOTTOM - (_BOTTOM - _TOP) * min(1.0, max(0.0, share))

    def units(self, margin: float) -> float:
        """``margin`` in decades from zero."""
        size = abs(margin)
        if size == 0:
            return 0.0
        decades = math.log10(size) - self.decade
        return math.copysign(1 + decades if decades > 0 else 10**decades, margin)

    def ticks(self) -> list[tuple[float, str]]:
        """Zero and powers of ten on both sides, at most nine in all, with their labels."""
        reach = max(abs(self.units(self.low)), abs(self.units(self.high)))
        count = sum(abs(self.units(x)) for x in (self.low, self.high))
        step = max(1, math.ceil(count / 6))
        found = [(0.0, "0")]
        for i in range(step, int(reach) + 1, step):
            power = self.decade + i - 1
            label = "10" + str(power).translate(SUPERSCRIPT)
            found += [(10.0**power, label), (-(10.0**power), "−" + label)]
        return [(x, label) for x, label in found if self.low <= x <= self.high]


def scale(drawn: Sequence[Point]) -> Scale:
    """The axis for these points: whole decades up to 1, both signs only where one is negative."""
    sizes = [min(x, 1.0) for p in drawn for x in (abs(p.margin), p.floor) if x > 0] or [1.0]
    highest = math.ceil(math.log10(max(sizes)))
    decade = max(math.floor(math.log10(min(sizes))), highest - _MOST_DECADES)
    top = max(x for p in drawn for x in (p.margin, p.floor, 0.0))
    low = min(x for p in drawn for x in (p.margin, 0.0))
    return Scale(decade, -_whole(-low, decade) if low < 0 else 0.0, _whole(top, decade))


def _whole(size: float, decade: int) -> float:
    """The power of ten at or above ``size``, at least the threshold and at most 1."""
    power = math.ceil(math.log10(min(size, 1.0))) if size > 0 else decade
    return 10.0 ** max(power, decade)


def svg(
    slack: Slack, name: str, label: str, iteration: str = "sweep", most: int = MOST_POINTS
) -> str:
    """The plot as an SVG element; an empty text where no sweep has a margin.

    ``name`` begins the ids inside and must be unique in the page; ``label`` is the plot's title
    for a screen reader; at most ``most`` points are drawn.

    Raises:
        InvalidInput: if sweeps, margins and floors differ in number.
    """
    found = points(slack)
    if not found:
        return ""
    drawn = thinned(sorted(found, key=lambda p: p.sweep), most)
    height, across = scale(drawn), _across(drawn)
    told = summary(slack, iteration)
    root = drawing.picture(name, label, told, _WIDTH, _HEIGHT)
    _axes(root, height, drawn, iteration)
    _floor(root, drawn, across, height)
    places = [(across(p.sweep), height(p.margin)) for p in drawn]
    drawing.run(root, "polyline", "margin", places)
    if len(drawn) == 1:
        _circle(root, *places[0])
    for point, place in zip(drawn, places, strict=True):
        if point.violated:
            drawing.cross(root, *place, 4)
    return drawing.finished(root)


def _across(drawn: Sequence[Point]) -> Callable[[int], float]:
    first, last = drawn[0].sweep, drawn[-1].sweep
    if first == last:
        return lambda _: (_LEFT + _RIGHT) / 2
    return lambda sweep: _LEFT + (_RIGHT - _LEFT) * ((sweep - first) / (last - first))


def _axes(root: ET.Element, height: Scale, drawn: Sequence[Point], iteration: str) -> None:
    for value, label in height.ticks():
        y = height(value)
        kind = "zero" if value == 0 else "grid"
        drawing.rule(root, kind, _LEFT, y, _RIGHT, y)
        drawing.text(root, _LEFT - 8, y + 4, "end", label)
    across = _across(drawn)
    for sweep in _whole_ticks(drawn[0].sweep, drawn[-1].sweep):
        x = across(sweep)
        drawing.rule(root, "tick", x, _BOTTOM, x, _BOTTOM + 5)
        drawing.text(root, x, _BOTTOM + 22, "middle", str(sweep))
    drawing.text(root, _LEFT, _TOP - 12, "start", "relative margin")
    drawing.text(root, _RIGHT, _HEIGHT - 4, "end", iteration)


def _whole_ticks(first: int, last: int) -> range:
    """At most six round sweeps."""
    rough = max(1, (last - first) / 5)
    power = 10 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
    return range(-(-first // step) * step, last + 1, step)


def _floor(
    root: ET.Element, drawn: Sequence[Point], across: Callable[[int], float], height: Scale
) -> None:
    """The band that rounding could explain: from −floor to +floor."""
    if not any(p.floor for p in drawn):
        return
    above = [(across(p.sweep), height(p.floor)) for p in drawn]
    below = [(across(p.sweep), height(-p.floor)) for p in reversed(drawn)]
    drawing.run(root, "polygon", "floor", above + below)
    drawing.run(root, "polyline", "edge", above)


def _circle(root: ET.Element, x: float, y: float) -> None:
    ET.SubElement(root, "circle", {"class": "dot", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "3"})
