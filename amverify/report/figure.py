"""The slack of a report's claims as a matplotlib figure: one panel a finding.

The axis and the points are those of ``slack``: symmetric-logarithmic, of each stretch the least
margin; the band is what rounding could explain.
"""

from __future__ import annotations

from typing import Any

from amverify.errors import InvalidInput
from amverify.report import slack
from amverify.verdict import Finding, Report


def plot(report: Report) -> Any:
    """A ``matplotlib.figure.Figure``: relative margin over sweeps, for findings that have one.

    Raises:
        InvalidInput: if matplotlib is not installed, or no finding has a margin.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InvalidInput("plot() needs matplotlib: pip install 'amverify[figures]'") from None
    shown = [finding for finding in report.findings if slack.points(finding.slack)]
    if not shown:
        raise InvalidInput("plot(): no finding of this report has a margin to draw")
    figure = Figure(figsize=(7.0, 2.8 * len(shown)), layout="constrained")
    for axes, finding in zip(figure.subplots(len(shown), squeeze=False), shown, strict=True):
        _panel(axes[0], finding)
    return figure


def _panel(axes: Any, finding: Finding) -> None:
    drawn = slack.thinned(sorted(slack.points(finding.slack), key=lambda p: p.sweep))
    sweeps, floors = [p.sweep for p in drawn], [p.floor for p in drawn]
    axes.fill_between(sweeps, [-f for f in floors], floors, alpha=0.25, label="rounding")
    axes.plot(sweeps, [p.margin for p in drawn], label="least relative margin")
    failed = [p for p in drawn if p.violated]
    axes.plot([p.sweep for p in failed], [p.margin for p in failed], "rx", label="violated")
    axes.set_yscale("symlog", linthresh=10.0 ** slack.scale(drawn).decade)
    axes.set_title(f"{finding.theorem} {finding.title}: {finding.verdict}")
    axes.set_xlabel("sweep")
    axes.legend()
