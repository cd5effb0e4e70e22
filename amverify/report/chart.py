"""Lines over the iterations of a run as an SVG element: no script, no font, told apart in grey.

Each line has a dash pattern of its own besides its colour; both are by class, so that the page's
style sheet decides. A line of many points is thinned: of each stretch its first, least and
greatest value stay, so that no spike is lost.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass

from amverify.report import drawing
from amverify.report.scales import Axis, axis

MOST_POINTS = 400
WIDTH, HEIGHT = 560, 290
LEFT, RIGHT, TOP, BOTTOM = 70, 540, 34, 236


@dataclass(frozen=True)
class Line:
    """A named line; what is not finite is left out. With ``dots`` points, not a line."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    dots: bool = False


@dataclass(frozen=True)
class Mark:
    """A place that is marked on a line, with a word beside it."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class Frame:
    """What a chart is called, what its axes say, and whether they are logarithmic (None: by need).

    ``id`` begins the ids inside and has to be unique in its page; ``told`` is the chart in words.
    """

    id: str
    title: str
    told: str
    across: str
    up: str = ""
    log_x: bool | None = False
    log_y: bool | None = None


def thinned(x: Sequence[float], y: Sequence[float], most: int = MOST_POINTS) -> list[int]:
    """Places of about ``most`` points at most: each stretch's first, least and greatest."""
    known = [i for i in range(len(y)) if math.isfinite(y[i]) and math.isfinite(x[i])]
    if len(known) <= most:
        return known
    size = math.ceil(3 * len(known) / most)
    kept: set[int] = {known[-1]}
    for k in range(0, len(known), size):
        stretch = known[k : k + size]
        kept |= {stretch[0], min(stretch, key=y.__getitem__), max(stretch, key=y.__getitem__)}
    return sorted(kept)


def chart(
    lines: Sequence[Line], frame: Frame, marks: Sequence[Mark] = (), most: int = MOST_POINTS
) -> str:
    """The SVG element; an empty text where no line has a finite point."""
    drawn = [(line, thinned(line.x, line.y, most)) for line in lines]
    drawn = [(line, kept) for line, kept in drawn if kept]
    if not drawn:
        return ""
    xs = [line.x[i] for line, kept in drawn for i in kept]
    ys = [line.y[i] for line, kept in drawn for i in kept]
    across, up = axis(xs, LEFT, RIGHT, frame.log_x), axis(ys, BOTTOM, TOP, frame.log_y)
    if not across.log:
        across = Axis(min(xs), max(xs) if max(xs) > min(xs) else min(xs) + 1, LEFT, RIGHT)
    root = drawing.picture(frame.id, frame.title, frame.told, WIDTH, HEIGHT, "chart")
    _axes(root, across, up, frame)
    for number, (line, kept) in enumerate(drawn):
        _line(root, line, kept, across, up, number)
    for mark in marks:
        _mark(root, across(mark.x), up(mark.y), mark.label)
    return drawing.finished(root)


def _axes(root: ET.Element, across: Axis, up: Axis, frame: Frame) -> None:
    for value, label in up.ticks():
        drawing.rule(root, "grid", LEFT, up(value), RIGHT, up(value))
        drawing.text(root, LEFT - 8, up(value) + 4, "end", label)
    for value, label in across.ticks():
        drawing.rule(root, "tick", across(value), BOTTOM, across(value), BOTTOM + 5)
        drawing.text(root, across(value), BOTTOM + 22, "middle", label)
    drawing.rule(root, "zero", LEFT, BOTTOM, RIGHT, BOTTOM)
    if frame.up:
        drawing.text(root, 4, 13, "start", frame.up)
    drawing.text(root, RIGHT, HEIGHT - 6, "end", frame.across)


def _line(
    root: ET.Element, line: Line, kept: Sequence[int], across: Axis, up: Axis, number: int
) -> None:
    places = [(across(line.x[i]), up(line.y[i])) for i in kept if not up.log or line.y[i] > 0]
    kind = f"pen pen{number % 8}"
    if line.dots or len(places) == 1:
        path = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in places)
        ET.SubElement(root, "path", {"class": f"{kind} dots", "d": path})
        return
    drawing.run(root, "polyline", kind, places)


def _mark(root: ET.Element, x: float, y: float, label: str) -> None:
    drawing.cross(root, x, y, 5)
    right = x < (LEFT + RIGHT) / 2
    drawing.text(
        root, x + 9 if right else x - 9, max(y - 7, TOP + 4), "start" if right else "end", label
    )
