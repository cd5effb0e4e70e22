"""A report as one HTML page that needs nothing else: no network, no scripts, no fonts.

It opens from a file, reads on a phone, in the dark and on paper, and says every verdict in words
and by a symbol besides its colour. All text is escaped by the template; a content security
policy in the page forbids whatever is not in it. Equal reports give equal bytes: what is dated
is dated by the report's own header.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from amverify.errors import expect
from amverify.report import drawn, slack, words
from amverify.shown import mathml
from amverify.verdict import EVIDENCE_MEANING, HOW_TO_GET_A_REPORT, Finding, Report, Verdict


def to_html(
    report: Report, made: Mapping[str, str] | None = None, proofs: Mapping[str, str] | None = None
) -> str:
    """``report`` as an HTML document: the tally, then what does not hold, then the rest, folded.

    Args:
        report: what an audit said.
        made: what the page says of its making, by name: version, commit, date.
        proofs: by theorem, the address of its statement and proof.

    Raises:
        InvalidInput: if ``report`` is none, or a finding's slack has not one margin and floor
            a sweep.
    """
    expect("to_html", report, Report, HOW_TO_GET_A_REPORT)
    findings = tuple(sorted(report.findings, key=lambda f: list(words.MARKS).index(f.verdict)))
    names = _names(findings)
    header = words.header(report)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            sections=[
                _section(report, f, name, (proofs or {}).get(f.theorem, ""))
                for f, name in zip(findings, names, strict=True)
            ],
            iteration=words.iteration(report),
            made={"amverify": metadata.version("amverify")} if made is None else made,
            header=[own for own in header if not _is_hash(own)],
            hashes=[own for own in header if _is_hash(own)],
            tally=words.tally(report),
            run=drawn.run(report, findings, "run"),
            kl=drawn.kl(report),
        )
    )


def page(report: Report, by: str = "") -> str:
    """``report`` as a page that says when it was made, and ``by`` which version and commit."""
    now = datetime.now(UTC).isoformat(sep=" ", timespec="seconds")
    by = by or f"amverify {metadata.version('amverify')}"
    return to_html(report, {"made by": by, "on": now.removesuffix("+00:00") + " UTC"})


def _is_hash(entry: tuple[str, tuple[str, ...]]) -> bool:
    """Whether an entry of the header is one of hashes, which stand at the page's end."""
    name, values = entry
    return "hash" in name or all(re.search(r"\b[0-9a-f]{40,}$", value) for value in values)


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


def _section(report: Report, finding: Finding, name: str, proof: str) -> dict[str, Any]:
    """What the template needs of one finding besides the finding itself."""
    iteration, least = words.iteration(report), words.least(finding)
    label = words.one_line(f"Slack of {finding.theorem} by {iteration}")
    failed = finding.verdict is Verdict.VIOLATED
    return {
        "finding": finding,
        "name": name,
        "least": "–" if least is None else words.short(least[1]),
        "proof": proof,
        "run": drawn.run(report, (finding,), f"run-{name}") if failed else None,
        "plot": slack.svg(finding.slack, f"plot-{name}", label, iteration),
        "plot_summary": slack.summary(finding.slack, iteration),
    }


def _names(findings: tuple[Finding, ...]) -> list[str]:
    """An id for each section: the theorem's letters and digits, with a number where it recurs."""
    found: set[str] = set()
    count: Counter[str] = Counter()
    names = []
    for finding in findings:
        base = re.sub(r"[^A-Za-z0-9_-]+", "-", finding.theorem).strip("-") or "theorem"
        count[base] += 1
        name = base if count[base] == 1 else f"{base}-{count[base]}"
        while name in found:
            count[base] += 1
            name = f"{base}-{count[base]}"
        found.add(name)
        names.append(name)
    return names
