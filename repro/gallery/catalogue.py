"""All entries, each judged on its run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from amverify.judge.audit import audit
from amverify.subject.subject import claimed, declared
from amverify.verdict import Finding, Report
from repro.gallery import alternating, composite, ours, smooth, statistics
from repro.gallery.entry import Entry, Known

ENTRIES: dict[str, Entry] = {
    re.sub(r"[^a-z0-9]+", "-", entry.name.lower()).strip("-"): entry
    for room in (smooth, composite, alternating, statistics, ours)
    for entry in room.ENTRIES
}
"""By the name of its page."""


@dataclass(frozen=True)
class Judged:
    """An entry with what the judge says of its claims, in their order."""

    name: str
    entry: Entry
    report: Report

    @property
    def pairs(self) -> list[tuple[Known, Finding]]:
        """Each claim with its finding."""
        return list(zip(self.entry.claims, self.report.findings, strict=True))

    @property
    def wrong(self) -> list[tuple[Known, Finding]]:
        """Those whose verdict is not the expected one."""
        return [(known, found) for known, found in self.pairs if not known.met(found.verdict)]


def judged(name: str) -> Judged:
    """One entry, run and judged."""
    entry = ENTRIES[name]
    trace = entry.run()
    reports = [audit(trace, claimed(k.said), declared(k.said)) for k in entry.claims]
    findings = tuple(
        replace(report.findings[0], source=known.source)
        for report, known in zip(reports, entry.claims, strict=True)
    )
    return Judged(name, entry, replace(reports[0], subject=entry.name, findings=findings))


def wrong(all_of_them: Sequence[Judged]) -> list[str]:
    """A line for each verdict that is not the expected one."""
    return [
        f"{one.entry.name}: {known.claim}: expected {known.expected}, got {found.verdict}: "
        f"{found.reason}"
        for one in all_of_them
        for known, found in one.wrong
    ]
