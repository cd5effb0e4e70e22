"""Verdicts of audited runs, as cells.

A run with claims carries its audit's report. Over several seeds the weakest verdict stands,
with how many runs gave it, and the reason of the first of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from amverify.report import from_json
from amverify.verdict import Finding, Verdict, combine
from repro.engine import FinishedRun, configuration_hash
from repro.render import Cell, Number, Text
from repro.spec import RunSpec

SYMBOL = {
    Verdict.HOLDS: "HOLDS",
    Verdict.VIOLATED: "VIOLATED",
    Verdict.NOT_APPLICABLE: "NOT APPLICABLE",
    Verdict.VACUOUS: "VACUOUS",
    Verdict.UNDECIDED: "UNDECIDED",
}


@dataclass(frozen=True)
class Judged:
    """What several runs, of one configuration (its hash), say of one theorem."""

    theorem: str
    findings: tuple[Finding, ...]
    configuration: str = ""

    @property
    def verdict(self) -> Verdict:
        """The weakest."""
        return combine(finding.verdict for finding in self.findings)

    @property
    def weakest(self) -> Finding:
        """The first finding that gives it."""
        return next(f for f in self.findings if f.verdict is self.verdict)

    @property
    def slack(self) -> float | None:
        """The least relative margin over all sweeps and runs."""
        margins = [m for finding in self.findings for m in finding.slack.margin]
        return min(margins) if margins else None

    def counts(self) -> str:
        """Decided / exact / at the floor, over all runs."""
        names = ("decided", "exact", "floor")
        sums = [sum(getattr(f.counts, n) for f in self.findings) for n in names]
        return "/".join(map(str, sums))

    def verdict_text(self) -> str:
        """The verdict, with how many of the runs gave it if not all did.

        Undecided says besides how many instances were decided, of how many in those runs.
        """
        same = [f.counts for f in self.findings if f.verdict is self.verdict]
        said = [] if len(same) == len(self.findings) else [f"{len(same)} of {len(self.findings)}"]
        if self.verdict is Verdict.UNDECIDED:
            total = sum(counts.total for counts in same)
            settled = sum(counts.settled for counts in same)
            said.append(f"{settled} of {total} decided" if total else "nothing to decide")
        return f"{SYMBOL[self.verdict]} ({'; '.join(said)})" if said else SYMBOL[self.verdict]

    def evidence(self) -> str:
        """How it is known."""
        return ", ".join(dict.fromkeys(str(e) for f in self.findings for e in f.evidence))


def judged(specs: Sequence[RunSpec], runs: Mapping[RunSpec, FinishedRun]) -> dict[str, Judged]:
    """By theorem, what the runs of ``specs`` (one configuration, several seeds) say."""
    reports = [from_json(runs[spec].result.report) for spec in specs]
    return {
        theorem: Judged(
            theorem, tuple(report[theorem] for report in reports), configuration_hash(specs[0])
        )
        for theorem in specs[0].claims
    }


def verdict_cells(found: Judged) -> tuple[Cell, ...]:
    """Verdict, evidence, counts, slack, reason."""
    return (
        Text(found.verdict_text(), found.configuration),
        Text(found.evidence()),
        Text(found.counts()),
        Number(found.slack, ".2g"),
        Text(reason(found)),
    )


def first_failing(found: Mapping[str, Judged]) -> str:
    """The first claim that does not hold, and why; nothing where all hold."""
    for claim, verdicts in found.items():
        if verdicts.verdict is not Verdict.HOLDS:
            return f"{claim}: {verdicts.weakest.reason}"
    return ""


def reason(found: Judged) -> str:
    """Why, in a line."""
    finding = found.weakest
    return "; ".join([finding.reason, *finding.notes])


def constants(found: Judged) -> str:
    """The theorem's constants over all runs: their ranges."""
    ranges: dict[str, tuple[float, float, str]] = {}
    for finding in found.findings:
        for constant in finding.constants:
            low, high, _ = ranges.get(constant.name, (constant.low, constant.high, ""))
            ranges[constant.name] = (
                min(low, constant.low),
                max(high, constant.high),
                constant.origin,
            )
    told = []
    for name, (low, high, origin) in ranges.items():
        value = f"{low:.3g}" if low == high else f"{low:.3g} … {high:.3g}"
        told.append(f"{name} = {value}" + (f" ({origin})" if origin != "computed" else ""))
    return "; ".join(told)
