"""What every picture of a page is made of: an SVG element with its title, rules, texts, crosses.

No script and no font; colours and dashes are by class, so that the page's style sheet decides.
Coordinates are pixels of the view box, written to a tenth.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable

Point = tuple[float, float]


def picture(
    name: str, title: str, told: str, width: int, height: int, kind: str = ""
) -> ET.Element:
    """An empty picture; ``name`` begins the ids of its title and of ``told``, it in words."""
    box = {"viewBox": f"0 0 {width} {height}"} | ({"class": kind} if kind else {})
    named = {"role": "img", "aria-labelledby": f"{name}-title {name}-desc"}
    root = ET.Element("svg", box | named)
    ET.SubElement(root, "title", {"id": f"{name}-title"}).text = title
    ET.SubElement(root, "desc", {"id": f"{name}-desc"}).text = told
    return root


def finished(root: ET.Element) -> str:
    """The picture as text."""
    return ET.tostring(root, encoding="unicode")


def rule(root: ET.Element, kind: str, x1: float, y1: float, x2: float, y2: float) -> None:
    """A straight line between two points."""
    ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    ET.SubElement(root, "line", {"class": kind} | {k: f"{v:.1f}" for k, v in ends.items()})


def text(root: ET.Element, x: float, y: float, anchor: str, said: str) -> None:
    """A text that starts, ends or has its *middle* (``anchor``) there."""
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    ET.SubElement(root, "text", place).text = said


def cross(root: ET.Element, x: float, y: float, arm: int) -> None:
    """What marks a failure, ``arm`` to each side."""
    size = 2 * arm
    arms = f"M{x - arm:.1f} {y - arm:.1f}l{size} {size}m0 -{size}l-{size} {size}"
    ET.SubElement(root, "path", {"class": "violated", "d": arms})


def run(root: ET.Element, shape: str, kind: str, places: Iterable[Point]) -> None:
    """A *polyline* or *polygon* through the places."""
    ET.SubElement(root, shape, {"class": kind, "points": _joined(places)})


def _joined(places: Iterable[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
