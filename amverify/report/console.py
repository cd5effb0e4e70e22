r"""A report on the console: one line a theorem, then what did not hold, and why.

    ✗ VIOLATED        T3  Lyapunov decrease   float   199/0/1/0   99.5 %   -4.12e-05

(verdict, id, title, evidence, instances decided in floating point / exactly / left at the floor /
open, the share that was decided, least relative slack). Only a title is ever shortened; where a
line is too narrow for the rest, the rest goes below it. On a terminal without UTF-8 the signs are
written as escapes (``\u0394``), so that nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import NoneType

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from amverify.errors import expect, of_kinds
from amverify.report import words
from amverify.verdict import EVIDENCE_MEANING, HOW_TO_GET_A_REPORT, Finding, Report, Verdict

STYLES: Mapping[Verdict, str] = {
    Verdict.HOLDS: "green",
    Verdict.VIOLATED: "bold red",
    Verdict.NOT_APPLICABLE: "yellow",
    Verdict.VACUOUS: "magenta",
    Verdict.UNDECIDED: "cyan",
}
_NARROWEST = 40
_SHORTEST_TITLE = 12
_GAP = "  "
_WRAPPING = Console()  # Text.wrap asks it for the tab size and justification alone
_CAPTION = (
    "(instances decided in floating point/exactly/at the rounding floor/open; share decided; "
    "least relative slack)"
)


def render(report: Report, console: Console | None = None, verbose: bool = False) -> None:
    """Print ``report``.

    Args:
        report: what the audit says.
        console: where to; standard output by default.
        verbose: also the header, all hypotheses, the constants, the meaning of the evidence and
            every symbol of a witness.

    Raises:
        InvalidInput: if ``report`` is none.
    """
    expect("render", report, Report, HOW_TO_GET_A_REPORT)
    of_kinds(locals(), {"console": (Console, NoneType)})
    console = console or Console()
    width = max(console.width, _NARROWEST)
    for text in _report(report, width, verbose):
        _put(console, text)


def _put(console: Console, text: Text) -> None:
    encoding = console.encoding or "ascii"
    if not encoding.lower().startswith("utf"):
        shown = text.plain.encode(encoding, "backslashreplace").decode(encoding)
        text = Text(shown, style=text.style)
    console.print(text, soft_wrap=True, highlight=False)


def _report(report: Report, width: int, verbose: bool) -> Iterator[Text]:
    yield from _wrapped(report.subject, width, 0, "bold")
    if verbose:
        for name, values in words.header(report):
            yield from _wrapped(f"{name}: {', '.join(values)}", width, 2)
    yield Text()
    yield from _table(report.findings, width)
    if report.findings:
        yield from _wrapped(_CAPTION, width, 0, "dim")
    for finding in report.findings:
        told = list(_finding(finding, verbose, words.iteration(report)))
        if told:
            yield Text()
            yield from _wrapped(_head(finding), width, 0, STYLES[finding.verdict])
            for line in told:
                yield from _wrapped(line, width, 2)
    yield Text()
    for note in report.notes:
        yield from _wrapped(f"note: {note}", width, 0)
    verdict = report.verdict
    total = f"{words.MARKS[verdict]} {verdict}: {words.tally(report)}"
    yield from _wrapped(total, width, 0, STYLES[verdict])


def _wrapped(text: str, width: int, indent: int, style: str = "") -> Iterator[Text]:
    """Rows of at most ``width`` columns; those after the first stand two further in."""
    for i, row in enumerate(Text(words.one_line(text)).wrap(_WRAPPING, width - indent - 2)):
        row.rstrip()
        yield Text(" " * (indent + (2 if i else 0)) + row.plain, style=style)


def _table(findings: tuple[Finding, ...], width: int) -> Iterator[Text]:
    """A line, or where it is too narrow two, for each theorem."""
    heads = [(f"{words.MARKS[f.verdict]} {f.verdict}", words.one_line(f.theorem)) for f in findings]
    tails = [
        (words.evidence(f.evidence), _counts(f), words.share(f.counts), _slack(f)) for f in findings
    ]
    titles = [words.one_line(f.title) for f in findings]
    first, last = _widths(heads), _widths(tails)
    longest = max(map(cell_len, titles), default=0)
    room = width - sum(first) - sum(last) - len(_GAP) * (len(first) + len(last))
    for finding, head, title, tail in zip(findings, heads, titles, tails, strict=True):
        left = _columns(head, first) + _GAP
        if room >= min(longest, _SHORTEST_TITLE):
            row = left + _fitted(title, min(room, longest)) + _GAP + _columns(tail, last)
            yield _coloured(row, finding.verdict)
        else:
            yield _coloured(left + _fitted(title, width - cell_len(left)), finding.verdict)
            yield Text(_GAP + _GAP.join(tail))


def _counts(finding: Finding) -> str:
    counts = finding.counts
    return f"{counts.decided}/{counts.exact}/{counts.floor}/{counts.open}"


def _slack(finding: Finding) -> str:
    least = words.least(finding)
    return "–" if least is None else words.short(least[1])


def _widths(rows: Sequence[tuple[str, ...]]) -> list[int]:
    return [max(map(cell_len, column)) for column in zip(*rows, strict=True)]


def _columns(cells: tuple[str, ...], widths: list[int]) -> str:
    return _GAP.join(set_cell_size(c, width) for c, width in zip(cells, widths, strict=True))


def _fitted(title: str, room: int) -> str:
    """A title in exactly ``room`` columns, shortened if need be."""
    if cell_len(title) <= room:
        return set_cell_size(title, room)
    return set_cell_size(title, room - 1) + "…" if room > 0 else ""


def _coloured(row: str, verdict: Verdict) -> Text:
    """A row whose verdict, which it begins with, has its colour."""
    text = Text(row.rstrip())
    text.stylize(STYLES[verdict], 0, len(f"{words.MARKS[verdict]} {verdict}"))
    return text


def _head(finding: Finding) -> str:
    head = f"{words.MARKS[finding.verdict]} {finding.theorem} {finding.title}"
    return f"{head}: {finding.reason}" if finding.reason else head


def _finding(finding: Finding, verbose: bool, iteration: str) -> Iterator[str]:
    """What stands below the table on one theorem; nothing where it holds without a note."""
    if verbose:
        yield from _background(finding, iteration)
    if verbose or finding.verdict is not Verdict.HOLDS:
        for checked in finding.hypotheses:
            if verbose or checked.holds is not True:
                mark, word = words.CHECKED[checked.holds]
                yield f"{mark} hypothesis {word}: {words.hypothesis(checked)}"
        if finding.witness is not None:
            rows = words.witness(finding.witness, iteration)
            kept = rows if verbose else rows[: len(rows) - len(finding.witness.values)]
            yield from (f"{name}: {value}" for name, value in kept)
        if not (finding.hypotheses or finding.witness or finding.notes or verbose):
            yield f"statement: {finding.statement}"
    for text in finding.unmonitored:
        yield f"not monitored: {text}"
    for note in finding.notes:
        yield f"note: {note}"


def _background(finding: Finding, iteration: str) -> Iterator[str]:
    """What a theorem says and what was known of it, whatever the verdict."""
    yield f"statement: {finding.statement}"
    if finding.source:
        yield f"source: {finding.source}"
    for constant in finding.constants:
        formula = words.formula(constant)
        equal = f" = {formula}" if formula else ""
        yield f"constant {constant.name}{equal}: {words.span(constant)}, {constant.origin}"
    yield f"instances: {words.counts(finding.counts)}"
    for kind in finding.evidence:
        yield f"evidence {kind}: {EVIDENCE_MEANING[kind]}"
    least = words.least(finding)
    if least is not None:
        yield f"least relative slack: {words.number(least[1])} at {iteration} {least[0]}"
