"""The slack plot: every dip is kept, only numbers are drawn, words say what it shows."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reports import slacks

from amverify.errors import InvalidInput
from amverify.report.slack import MOST_POINTS, Point, points, scale, summary, svg, thinned
from amverify.verdict import Slack

EDGES = (-1.0, -1e-300, -5e-324, -0.0, 0.0, 5e-324, 1e-16, 1.0)
MARGINS = st.floats(-1, 1) | st.sampled_from(EDGES)
POINTS = st.builds(Point, st.integers(0, 10**6), MARGINS, st.floats(0, 1))


def drawn(slack: Slack) -> ET.Element:
    return ET.fromstring(svg(slack, "plot", "Slack of T1"))


def coordinates(root: ET.Element) -> list[float]:
    """All numbers in the attributes that place things."""
    names = ("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "points", "d")
    texts = [part.get(name, "") for part in root.iter() for name in names]
    return [float(x) for text in texts for x in re.findall(r"[-+.\w]+", re.sub("[Mlm]", " ", text))]


@settings(deadline=None)
@given(slacks())
def test_only_finite_numbers_inside_the_frame_are_drawn(slack: Slack) -> None:
    text = svg(slack, "plot", "a <title> & more")
    assert bool(text) == any(map(math.isfinite, slack.margin))
    assume(text)
    assert all(math.isfinite(x) and -10 <= x <= 560 for x in coordinates(ET.fromstring(text)))


@settings(deadline=None)
@given(st.lists(POINTS, min_size=1, max_size=30), st.integers(1, 10))
def test_thinning_keeps_the_least_margin(found: list[Point], most: int) -> None:
    kept = thinned(found, most)
    assert len(kept) <= most
    assert set(kept) <= set(found)
    assert any(p.violated for p in kept) == any(p.violated for p in found)
    if not any(p.violated for p in found):
        assert min(p.margin for p in kept) == min(p.margin for p in found)


def test_a_long_run_is_drawn_with_its_one_dip() -> None:
    sweeps = tuple(range(10_000))
    margin = [1e-3] * 10_000
    margin[7777] = -1e-9
    root = drawn(Slack(sweeps, tuple(margin), (1e-12,) * 10_000))
    line = root.find("polyline[@class='margin']")
    assert line is not None
    assert len(line.get("points", "").split()) <= MOST_POINTS
    assert len(root.findall("path[@class='violated']")) == 1


@settings(deadline=None)
@given(st.lists(POINTS, min_size=1, max_size=8), MARGINS, MARGINS)
def test_the_axis_keeps_the_order_and_zero(found: list[Point], a: float, b: float) -> None:
    height = scale(found)
    assert height.units(0.0) == 0
    assert height.units(-a) == -height.units(a)
    if a < b:
        assert height.units(a) <= height.units(b)
        assert height(a) >= height(b)


def test_a_decade_has_the_same_height_everywhere() -> None:
    height = scale([Point(0, 1.0, 1e-6), Point(1, -1e-2, 1e-6)])
    steps = [height(10.0**k) - height(10.0 ** (k + 1)) for k in range(-6, 0)]
    assert [f"{step:.6f}" for step in steps] == [f"{steps[0]:.6f}"] * 6


@settings(deadline=None)
@given(st.lists(POINTS, min_size=1, max_size=8))
def test_the_ticks_are_few_different_and_have_zero(found: list[Point]) -> None:
    height = scale(found)
    ticks = height.ticks()
    assert 0.0 in [value for value, _ in ticks]
    assert len({label for _, label in ticks}) == len(ticks) <= 9


def test_failing_sweeps_are_crossed_out_and_the_floor_is_a_band() -> None:
    root = drawn(Slack((1, 2, 3, 4), (0.1, -1e-3, -1e-9, 0.2), (1e-8,) * 4))
    assert len(root.findall("path[@class='violated']")) == 1
    assert root.find("polygon[@class='floor']") is not None
    assert root.find("line[@class='zero']") is not None
    texts = [part.text for part in root.iter("text")]
    assert {"relative margin", "sweep", "0"} <= set(texts)


def test_where_rounding_is_not_bounded_no_sweep_fails() -> None:
    slack = Slack((1, 2, 3), (-1.0, -0.5, -0.5), (math.nan, math.inf, 1e300))
    assert [p.floor for p in points(slack)] == [1.0, 1.0, 1.0]
    assert not any(p.violated for p in points(slack))
    assert "none below the rounding floor" in summary(slack)


def test_the_title_and_the_description_are_named() -> None:
    root = drawn(Slack((1, 2, 3), (0.5, math.nan, -0.25), (1e-9,) * 3))
    described = {part.get("id"): part.text for part in root if part.tag in ("title", "desc")}
    assert root.get("aria-labelledby", "").split() == list(described)
    assert described["plot-title"] == "Slack of T1"
    assert described["plot-desc"] == (
        "2 sweeps; least relative margin -0.25 at sweep 3; 1 below the rounding floor, the first "
        "at sweep 3. 1 sweeps without a margin are left out."
    )


def test_one_sweep_is_a_dot() -> None:
    assert drawn(Slack((7,), (0.5,), (0.0,))).find("circle") is not None


def test_sides_of_different_lengths_are_refused() -> None:
    with pytest.raises(InvalidInput, match="2 sweeps has 1 margins and 2 floors"):
        svg(Slack((1, 2), (0.5,), (0.0, 0.0)), "plot", "Slack")


def test_a_violation_is_kept_beside_a_lower_margin_under_its_floor() -> None:
    found = points(Slack((0, 1), (-0.3, -0.2), (0.4, 0.1)))
    assert [point.sweep for point in thinned(found, most=1)] == [1]


def test_without_negative_margins_the_axis_ends_at_zero() -> None:
    assert scale(points(Slack((1, 2), (1e-3, 0.5)))).low == 0.0
