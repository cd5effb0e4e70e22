"""A report as one HTML page that needs nothing else: no network, no scripts, no fonts.

It opens from a file, reads on a phone, in the dark and on paper, and says every verdict in words
and by a symbol besides its colour. All text is escaped by the template; a content security
policy in the page forbids whatever is not in it. Equal reports give equal bytes: what is dated
is dated by the report's own header.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from amverify.errors import expect
from amverify.report import slack, words
from amverify.shown import mathml
from amverify.verdict import EVIDENCE_MEANING, HOW_TO_GET_A_REPORT, Finding, Report


def to_html(report: Report) -> str:
    """``report`` as an HTML document.

    Raises:
        InvalidInput: if ``report`` is none, or a finding's slack has not one margin and floor
            a sweep.
    """
    expect("to_html", report, Report, HOW_TO_GET_A_REPORT)
    called = words.iteration(report)
    names = _names(report.findings)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            sections=[
                _section(f, name, called) for f, name in zip(report.findings, names, strict=True)
            ],
            iteration=called,
            header=words.header(report),
            tally=words.tally(report),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("amverify.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_cleaned,
    )
    environment.globals |= {
        "marks": words.MARKS,
        "spoken": words.SPOKEN,
        "meaning": words.MEANING,
        "checked": words.CHECKED,
        "evidence_meaning": EVIDENCE_MEANING,
        "formula": words.formula,
        "mathml": _mathml,
        "span": words.span,
        "number": words.number,
        "ball": words.ball,
        "names": words.evidence,
        "share": words.share,
    }
    return environment


def _cleaned(value: Any) -> Any:
    """``value`` as it goes into the page: text cleaned, what is HTML already as it is."""
    return (
        words.clean(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
    )


def _mathml(latex: str) -> Markup:
    """A formula as MathML, which is HTML already; nothing where it cannot be set."""
    return Markup(mathml(words.clean(latex)) or "")


def _section(finding: Finding, name: str, iteration: str) -> dict[str, Any]:
    """What the template needs of one finding besides the finding itself."""
    least = words.least(finding)
    label = words.one_line(f"Slack of {finding.theorem} by {iteration}")
    return {
        "finding": finding,
        "name": name,
        "least": "–" if least is None else words.short(least[1]),
        "plot": slack.svg(finding.slack, f"plot-{name}", label, iteration),
        "plot_summary": slack.summary(finding.slack, iteration),
    }


def _names(findings: tuple[Finding, ...]) -> list[str]:
    """An id for each section: the theorem's letters and digits, with a number where it recurs."""
    found: list[str] = []
    for finding in findings:
        base = re.sub(r"[^A-Za-z0-9_-]+", "-", finding.theorem).strip("-") or "theorem"
        name, count = base, 1
        while name in found:
            count += 1
            name = f"{base}-{count}"
        found.append(name)
    return found
