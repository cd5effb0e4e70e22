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
from types import NoneType
from typing import TYPE_CHECKING, Any

from amverify.errors import expect, of_kinds
from amverify.report import drawn, slack, words
from amverify.report.selection import (
    CHARACTERS,
    ENTRIES,
    MANY,
    SECTIONS,
    brief,
    cut,
    selected,
    within,
)
from amverify.shown import mathml
from amverify.verdict import EVIDENCE_MEANING, HOW_TO_GET_A_REPORT, Finding, Report, Verdict

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


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
    of_kinds(locals(), dict.fromkeys(("made", "proofs"), (Mapping, NoneType)))
    selection = selected(report.findings)
    rows = _rows(report, selection.shown, proofs or {})
    header = words.header(report)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            selection=selection,
            rows=rows,
            long=sum(not row["section"] for row in rows),
            notes=within(report.notes, "notes"),
            made={"amverify": metadata.version("amverify")} if made is None else made,
            header=_short([own for own in header if not _is_hash(own)]),
            hashes=_short([own for own in header if _is_hash(own)]),
            tally=words.tally(report),
            run=drawn.run(report, report.findings, "run"),
            kl=drawn.kl(report),
        )
    )


def _rows(
    report: Report, findings: tuple[Finding, ...], proofs: Mapping[str, str]
) -> list[dict[str, Any]]:
    """What the table needs of each finding, and its section as long as the page has room."""
    from markupsafe import Markup

    most = slack.MOST_POINTS // (5 if len(findings) > MANY else 1)
    template, room, rows = _environment().get_template("finding.html.j2"), SECTIONS, []
    for finding, name in zip(map(brief, findings), _names(findings), strict=True):
        own = _section(report, finding, name, proofs.get(finding.theorem, ""), most)
        text = template.render(section=own, iteration=words.iteration(report))
        size = len(text.encode())
        kept = size <= room
        room -= size * kept
        least = words.least(finding)
        shown = {"least": "–" if least is None else words.short(least[1])}
        rows.append(shown | {"name": name, "finding": finding, "section": Markup(text * kept)})
    return rows


def page(report: Report, by: str = "") -> str:
    """``report`` as a page that says when it was made, and ``by`` which version and commit."""
    now = datetime.now(UTC).isoformat(sep=" ", timespec="seconds")
    by = by or f"amverify {metadata.version('amverify')}"
    return to_html(report, {"made by": by, "on": now.removesuffix("+00:00") + " UTC"})


def _short(header: list[tuple[str, tuple[str, ...]]]) -> list[tuple[str, tuple[str, ...]]]:
    """The entries of a header that a page has room for."""
    found, room = [], CHARACTERS
    for name, values in header[:ENTRIES]:
        own = (cut(name, 300), within(values, "values"))
        room -= len(own[0]) + sum(map(len, own[1]))
        if room < 0:
            break
        found.append(own)
    left = len(header) - len(found)
    return [*found, ("…", (f"{left:,} entries more in the JSON report",))] if left else found


def _is_hash(entry: tuple[str, tuple[str, ...]]) -> bool:
    """Whether an entry of the header is one of hashes, which stand at the page's end."""
    name, values = entry
    return "hash" in name or all(re.search(r"\b[0-9a-f]{40,}$", value) for value in values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

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
        "cut": cut,
    }
    return environment


def _cleaned(value: Any) -> Any:
    """``value`` as it goes into the page: text cleaned, what is HTML already as it is."""
    return (
        words.clean(cut(value))
        if isinstance(value, str) and not hasattr(value, "__html__")
        else value
    )


def _mathml(latex: str) -> Markup:
    """A formula as MathML, which is HTML already; nothing where it cannot be set."""
    from markupsafe import Markup

    return Markup(mathml(words.clean(latex)) or "")


def _section(report: Report, finding: Finding, name: str, proof: str, most: int) -> dict[str, Any]:
    """What the template needs of one finding besides the finding itself."""
    iteration = words.iteration(report)
    label = words.one_line(f"Slack of {finding.theorem} by {iteration}")
    failed = finding.verdict is Verdict.VIOLATED
    state = finding.witness.state if finding.witness else None
    return {
        "finding": finding,
        "name": name,
        "proof": proof,
        "state": "" if state is None else ", ".join(within(state, "entries")),
        "run": drawn.run(report, (finding,), f"run-{name}", most) if failed else None,
        "plot": slack.svg(finding.slack, f"plot-{name}", label, iteration, most),
        "plot_summary": slack.summary(finding.slack, iteration),
    }


def _names(findings: tuple[Finding, ...]) -> list[str]:
    """An id for each section: the theorem's letters and digits, with a number where it recurs."""
    found: set[str] = set()
    count: Counter[str] = Counter()
    names = []
    for finding in findings:
        base = re.sub(r"[^A-Za-z0-9_-]+", "-", finding.theorem[:80]).strip("-") or "theorem"
        count[base] += 1
        name = base if count[base] == 1 else f"{base}-{count[base]}"
        while name in found:
            count[base] += 1
            name = f"{base}-{count[base]}"
        found.add(name)
        names.append(name)
    return names
