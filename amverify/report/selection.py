"""What of a report a page shows: all of a few findings; of many the first, the worst and the last.

A page is for reading, and its file for opening: at most ``MOST`` findings have a row, of each
theorem and verdict the first, those with the least relative margin, and the last, the weakest
verdict first. Every theorem is seen before any is seen twice as often as the others. What is left
out is counted by theorem and verdict; the JSON report holds all of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from amverify.report import words
from amverify.verdict import Finding, Verdict

MOST = 100
"""Findings that a page shows."""
MANY = 20
"""From so many on, each plot has fewer points."""
ENTRIES, CHARACTERS = 200, 200_000
"""Hypotheses, constants, notes or symbols of a finding; characters of the header or the notes."""
LONGEST = 20_000
"""Characters of one text."""
SECTIONS = 1_300_000
"""Bytes of all sections together."""


@dataclass(frozen=True)
class Selection:
    """The findings that are shown, in their order, and how many are not, by theorem and verdict."""

    shown: tuple[Finding, ...]
    left_out: Mapping[tuple[str, Verdict], int]

    @property
    def missing(self) -> int:
        """How many findings are not shown."""
        return sum(self.left_out.values())

    @property
    def named(self) -> tuple[str, ...]:
        """What is not shown in words, at most twelve of them."""
        found = [
            f"{count:,} of {cut(words.one_line(theorem), 80)} ({words.SPOKEN[verdict]})"
            for (theorem, verdict), count in islice(self.left_out.items(), 12)
        ]
        more = sum(islice(self.left_out.values(), 12, None))
        return (*found, f"{more:,} of others") if more else tuple(found)


def selected(findings: Iterable[Finding], most: int = MOST) -> Selection:
    """At most ``most`` of the findings, weakest verdict first."""
    rank = {verdict: place for place, verdict in enumerate(words.MARKS)}
    groups: dict[tuple[str, Verdict], list[Finding]] = {}
    for finding in sorted(findings, key=lambda f: rank[f.verdict]):
        groups.setdefault((finding.theorem, finding.verdict), []).append(finding)
    room = max(1, most // max(1, len(groups)))
    kept = {key: _spread(own, room) for key, own in islice(groups.items(), most)}
    left = {key: len(own) - len(kept.get(key, ())) for key, own in groups.items()}
    return Selection(
        tuple(f for own in kept.values() for f in own), {k: n for k, n in left.items() if n}
    )


def _spread(found: Sequence[Finding], room: int) -> list[Finding]:
    """At most ``room``: the first third, the worst, the last third, in their order."""
    if len(found) <= room:
        return list(found)
    third = room // 3
    ends = {*range(third), *range(len(found) - third, len(found))}
    between = sorted(set(range(len(found))) - ends, key=lambda i: (_least(found[i]), i))
    return [found[i] for i in sorted(ends | set(between[: room - len(ends)]))]


def _least(finding: Finding) -> float:
    least = words.least(finding)
    return math.inf if least is None else least[1]


def cut(text: str, longest: int = LONGEST) -> str:
    """``text``, or its beginning and how much is left out."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]} … ({len(text) - longest:,} characters more in the JSON report)"


def within(entries: Iterable[str], what: str) -> tuple[str, ...]:
    """As many of the texts as a page has room for, and a line that says how many are not shown."""
    found, size, left = list[str](), 0, 0
    for entry in map(cut, entries):
        size += len(entry)
        if size > CHARACTERS or len(found) >= ENTRIES:
            left += 1
        else:
            found.append(entry)
    return (*found, _more(left, what)) if left else tuple(found)


def _more(count: int, what: str) -> str:
    return f"{count:,} {what} more in the JSON report"


def brief(finding: Finding) -> Finding:
    """``finding`` with no more than ``ENTRIES`` of anything; its notes say what was left out."""
    notes = within(finding.notes, "notes")
    for what in ("hypotheses", "constants", "unmonitored"):
        left = len(getattr(finding, what)) - ENTRIES
        notes += (_more(left, what),) if left > 0 else ()
    witness = finding.witness
    if witness is not None and len(witness.values) > ENTRIES:
        notes += (_more(len(witness.values) - ENTRIES, "symbols of the witness"),)
        witness = replace(witness, values=dict(islice(witness.values.items(), ENTRIES)))
    return replace(
        finding,
        notes=notes,
        witness=witness,
        hypotheses=finding.hypotheses[:ENTRIES],
        constants=finding.constants[:ENTRIES],
        unmonitored=finding.unmonitored[:ENTRIES],
    )
