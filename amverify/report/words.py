r"""The words that every form of a report shares: marks, numbers, and what a finding says.

Numbers are written so that nothing is lost: the shortest decimal that reads back as the same
float. Only where a number is a summary (the least slack in a table, an axis) is it rounded.

Text that comes from outside (a subject, a reason) may hold what a terminal would obey or what
XML forbids; ``clean`` replaces such characters by U+FFFD and lets the line break and tab stand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from amverify.shown.plain import clean as clean
from amverify.shown.plain import one_line as one_line
from amverify.verdict import Checked, Constant, Counts, Evidence, Finding, Report, Verdict, Witness

MARKS: Mapping[Verdict, str] = {
    Verdict.VIOLATED: "✗",
    Verdict.NOT_APPLICABLE: "⊘",
    Verdict.UNDECIDED: "?",
    Verdict.VACUOUS: "∅",
    Verdict.HOLDS: "✓",
}

SPOKEN: Mapping[Verdict, str] = {
    Verdict.HOLDS: "holds",
    Verdict.VIOLATED: "violated",
    Verdict.NOT_APPLICABLE: "not applicable",
    Verdict.VACUOUS: "vacuous",
    Verdict.UNDECIDED: "undecided",
}

MEANING: Mapping[Verdict, str] = {
    Verdict.HOLDS: "The hypotheses hold as far as they are monitored, and every instance that "
    "could be decided satisfies the claim.",
    Verdict.VIOLATED: "Some instance fails by more than rounding can explain.",
    Verdict.NOT_APPLICABLE: "A hypothesis fails on this run, so the claim says nothing about it.",
    Verdict.VACUOUS: "Nothing was tested: what the claim is about never happened on this run.",
    Verdict.UNDECIDED: "Data are missing, or too few instances could be decided.",
}

CHECKED: Mapping[bool | None, tuple[str, str]] = {
    True: ("✓", "holds"),
    False: ("✗", "fails"),
    None: ("?", "not seen"),
}


def number(value: float) -> str:
    """``value`` in full: the shortest decimal that reads back as the same float."""
    text = repr(float(value))
    return text.removesuffix(".0")


def short(value: float) -> str:
    """``value`` to three significant digits, for summaries."""
    return f"{value:.3g}"


def span(constant: Constant) -> str:
    """A constant's value, or its range over the run."""
    low, high = number(constant.low), number(constant.high)
    return low if low == high else f"{low} to {high}"


def formula(constant: Constant) -> str:
    """A constant's formula; an empty text where it only repeats the name."""
    return "" if constant.formula == constant.name else constant.formula


def evidence(kinds: tuple[Evidence, ...]) -> str:
    """The evidence levels by name; a dash for none."""
    return ", ".join(kinds) or "–"


def counts(found: Counts) -> str:
    """How many instances were decided in floating point, exactly, and not at all."""
    words = f"{found.decided} in floating point, {found.exact} exactly, {found.floor} at the floor"
    words += f", {found.open} open" if found.open else ""
    return f"{words}; {found.failed} failed" if found.failed else words


def share(found: Counts) -> str:
    """The part of all instances that was decided, in per cent; a dash for none."""
    return f"{100 * found.share:.3g} %" if found.total else "–"


def least(finding: Finding) -> tuple[int, float] | None:
    """The sweep with the least relative margin, and that margin; None where none is known."""
    slack = finding.slack
    known = [
        (margin, sweep)
        for sweep, margin in zip(slack.sweeps, slack.margin, strict=False)
        if not math.isnan(margin)
    ]
    if not known:
        return None
    margin, sweep = min(known)
    return sweep, margin


def broken(finding: Finding) -> tuple[Checked, ...]:
    """The hypotheses that fail on this run."""
    return tuple(h for h in finding.hypotheses if h.holds is False)


def unseen(finding: Finding) -> tuple[Checked, ...]:
    """The hypotheses that the trace could not show."""
    return tuple(h for h in finding.hypotheses if h.holds is None)


def hypothesis(checked: Checked) -> str:
    """A hypothesis in one line: its name, its text, and what was seen of it."""
    said = checked.name
    if checked.text not in ("", checked.name):
        said += f": {checked.text}"
    return one_line(f"{said} — {checked.detail}" if checked.detail else said)


def iteration(report: Report) -> str:
    """What the run calls its iterations: *step*, of an optimiser, or *sweep*, of a method."""
    return "step" if report.header.get("iteration") == "step" else "sweep"


def witness(found: Witness, iteration: str) -> tuple[tuple[str, str], ...]:
    """A witness as (name, value) rows: where, both sides, margin, bound, every symbol."""
    how = {"float": "in floating point, beyond the bound", "exact": "in exact arithmetic"}
    rows = [
        ("where", one_line(found.where(iteration))),
        ("inequality", one_line(found.inequality)),
        ("left side", number(found.lhs)),
        ("right side", number(found.rhs)),
        ("margin (right − left)", number(found.margin)),
        ("bound on rounding", number(found.bound)),
        ("decided", how[found.decided]),
    ]
    return tuple(rows + [(one_line(n), ball(*v)) for n, v in found.values.items()])


def ball(middle: float, radius: float) -> str:
    """A symbol's value, with its radius where that is not zero."""
    return number(middle) if radius == 0 else f"{number(middle)} ± {number(radius)}"


def tally(report: Report) -> str:
    """How many theorems got which verdict, the weakest first."""
    found = [(v, sum(f.verdict is v for f in report.findings)) for v in MARKS]
    said = [f"{n} {'hold' if v is Verdict.HOLDS and n > 1 else SPOKEN[v]}" for v, n in found if n]
    return ", ".join(said) or "no theorem was audited"


def header(report: Report) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The run's header as (name, values): a mapping inside gives one value an entry."""
    return tuple((one_line(str(k)), tuple(_entries(v))) for k, v in report.header.items())


def _entries(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [one_line(f"{k} {plain(v)}") for k, v in value.items()] or ["–"]
    return [one_line(plain(value))]


def plain(value: Any) -> str:
    """A header's value as text: lists with commas, what is inside them in brackets."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, float):
        return number(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_inside(v)}" for k, v in value.items()) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(map(_inside, value)) or "–"
    return str(value)


def _inside(value: Any) -> str:
    return f"({plain(value)})" if isinstance(value, list | tuple | Mapping) else plain(value)
