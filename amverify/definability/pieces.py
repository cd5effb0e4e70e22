r"""Functions by cases of one variable: what holds inside a case, and whether the cases meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import sympy

from amverify.definability.values import Value


def narrowed(ranges: Mapping[Any, Value], condition: Any, cases: Any) -> dict[Any, Value]:
    """The ranges inside a case: where it says ``symbol < number``, or the like.

    A symbol that is cut there counts as one that jumps: the domain goes on beyond the cut.
    """
    inside = dict(ranges)
    if len(cases.free_symbols) != 1:
        return inside
    (x,) = cases.free_symbols
    region = _region(cases, condition, x)
    if x not in inside or not isinstance(region, sympy.Interval):
        return inside
    was = inside[x]
    low = max(was.low, float(region.start)) if region.start.is_finite else was.low
    high = min(was.high, float(region.end)) if region.end.is_finite else was.high
    edge = (region.start == 0 and region.left_open) or (region.end == 0 and region.right_open)
    inside[x] = replace(was, low=low, high=high, nonzero=was.nonzero or bool(edge), jumps=True)
    return inside


def _region(cases: Any, condition: Any, x: Any) -> Any:
    """Where a case is taken: its condition, and none of those before it."""
    region: Any = sympy.S.Reals
    try:
        for _, earlier in cases.args:
            if earlier == condition:
                return region if condition == sympy.true else region.intersect(_set(condition, x))
            region = region - _set(earlier, x)
    except (NotImplementedError, TypeError, ValueError):
        return None
    return region


def _set(condition: Any, x: Any) -> Any:
    real = sympy.Dummy(real=True)
    return condition.subs(x, real).as_set()


def continuous(cases: Any) -> bool:
    """Whether a function by cases of one variable is shown to be continuous at each boundary."""
    if len(cases.free_symbols) != 1:
        return False
    (x,) = cases.free_symbols
    try:
        ends: set[Any] = set()
        for _, condition in cases.args:
            if condition not in (sympy.true, sympy.false):
                boundary = _set(condition, x).boundary
                if not isinstance(boundary, sympy.FiniteSet | sympy.sets.sets.EmptySet):
                    return False
                ends |= set(boundary)
        return _meets(cases, x, sorted(ends))
    except (NotImplementedError, TypeError, ValueError):
        return False


def _meets(cases: Any, x: Any, ends: list[Any]) -> bool:
    between = [ends[0] - 1, *((a + b) / 2 for a, b in pairwise(ends)), ends[-1] + 1] if ends else []
    for index, end in enumerate(ends):
        at = _piece(cases, x, end).subs(x, end)
        sides = (("-", between[index]), ("+", between[index + 1]))
        for side, near in sides:
            limit = sympy.limit(_piece(cases, x, near), x, end, side)
            if not limit.is_finite or sympy.simplify(limit - at) != 0:
                return False
    return True


def _piece(cases: Any, x: Any, point: Any) -> Any:
    for branch, condition in cases.args:
        if condition.subs(x, point) == sympy.true:
            return branch
    raise ValueError("no case there")
