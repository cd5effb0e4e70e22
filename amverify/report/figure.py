"""The slack of a report's claims as a matplotlib figure: one panel a finding.

The axis and the points are those of ``slack``: symmetric-logarithmic, of each stretch the least
margin; the band is what rounding could explain.
"""

from __future__ import annotations

from textwrap import fill
from typing import Any

from amverify.errors import InvalidInput
from amverify.report import slack, words
from amverify.report.selection import selected
from amverify.verdict import Finding, Report

_WIDE = 80
"""So many characters of a title stand on a line."""
_MOST = 60
"""Panels of a figure."""


def plot(report: Report) -> Any:
    """A ``matplotlib.figure.Figure``: relative margin over sweeps, for findings that have one.

    Of more than 60 such findings the first, the worst and the last are drawn (``selection``).

    Raises:
        InvalidInput: if matplotlib is not installed, or no finding has a margin.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InvalidInput("plot() needs matplotlib: pip install 'amverify[figures]'") from None
    found = [finding for finding in report.findings if slack.points(finding.slack)]
    shown = selected(found, _MOST).shown if len(found) > _MOST else found
    if not shown:
        raise InvalidInput("plot(): no finding of this report has a margin to draw")
    figure = Figure(figsize=(7.0, 2.6 * len(shown) + 0.4), layout="constrained")
    called, handles = words.iteration(report), dict[str, Any]()
    for axes, finding in zip(figure.subplots(len(shown), squeeze=False), shown, strict=True):
        handles |= _panel(axes[0], finding)
        axes[0].set_xlabel(called)
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=len(handles))
    return figure


def _panel(axes: Any, finding: Finding) -> dict[str, Any]:
    """Draw it; returns what a legend has to explain, by its label."""
    drawn = slack.thinned(sorted(slack.points(finding.slack), key=lambda p: p.sweep))
    sweeps, floors = [p.sweep for p in drawn], [p.floor for p in drawn]
    band = axes.fill_between(sweeps, [-f for f in floors], floors, alpha=0.25)
    found = {"what rounding could explain": band}
    (found["least relative margin"],) = axes.plot(sweeps, [p.margin for p in drawn])
    if failed := [p for p in drawn if p.violated]:
        (found["fails beyond rounding"],) = axes.plot(
            [p.sweep for p in failed], [p.margin for p in failed], "rx"
        )
    _scale(axes, slack.scale(drawn))
    title = f"{finding.theorem} {finding.title}: {finding.verdict}"
    axes.set_title(fill(words.one_line(title), _WIDE), parse_math=False)
    return found


def _scale(axes: Any, scale: slack.Scale) -> None:
    """The axis and its ticks are those of the page, with room for a line at either end."""
    unit = 10.0**scale.decade
    axes.set_yscale("symlog", linthresh=unit)
    axes.set_ylim(2 * scale.low - unit / 4, 2 * scale.high + unit / 4)
    axes.set_yticks([at for at, _ in scale.ticks()])
    axes.set_yticks([], minor=True)
