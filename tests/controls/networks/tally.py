"""What the audit said of many drawn runs, counted; kept in a file, so that counting goes on.

A verdict is of one theorem on one run with all its starts: VIOLATED if one of them fails anywhere.
*Alarms* are verdicts that should not be, and exceptions other than ``InvalidInput``.
"""

from __future__ import annotations

import json
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from amverify.errors import InvalidInput
from amverify.files import write
from amverify.judge.audit import audit
from amverify.verdict import Finding, Verdict
from networks.drawn import Drawn, inside
from networks.extreme import extreme
from networks.outside import LOST, outside

THEOREMS = (
    *("TM", "TMG", "TMQ", "TH", "TJ", "TPsi", "TB", "TR", "TC0", "TK", "TC", "TCplus"),
)  # fmt: skip
REFUSED = "refused"
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|inf|nan")


@dataclass
class Tally:
    """Counts so far, of draws 0 … ``done`` − 1."""

    kind: str
    seed: int
    done: int = 0
    networks: int = 0
    sweeps: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    instances: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    alarms: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take in the next draws."""
        self.done += other.done
        self.networks += other.networks
        self.sweeps += other.sweeps
        for name in ("verdicts", "instances", "reasons"):
            getattr(self, name).update(getattr(other, name))
        self.alarms += other.alarms

    def count(self, theorem: str, verdict: str) -> int:
        """How often."""
        return self.verdicts[f"{theorem} {verdict}"]

    def save(self, path: Path) -> None:
        """As JSON.

        Raises:
            CannotWrite: if it cannot be stored.
        """
        write(path, json.dumps(vars(self), ensure_ascii=False, indent=1))

    @staticmethod
    def load(path: Path | None, kind: str, seed: int) -> Tally:
        """What ``path`` holds of this kind and seed; an empty tally where there is no file.

        Raises:
            InvalidInput: if it holds another kind or seed.
        """
        if path is None or not path.is_file():
            return Tally(kind, seed)
        found = Tally(**json.loads(path.read_text(encoding="utf-8")))
        if (found.kind, found.seed) != (kind, seed):
            raise InvalidInput(
                f"--tally: {path} counts {found.kind} draws of seed {found.seed}; give another file"
            )
        for name in ("verdicts", "instances", "reasons"):
            setattr(found, name, Counter(getattr(found, name)))
        return found


def _one(kind: str, seed: int, drawn: Drawn, wrong: Callable[[Finding], bool]) -> Tally:
    """One draw: refused, or run and judged."""
    tally = Tally(kind, seed, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            trace = drawn.trace()
            report = audit(trace, THEOREMS)
        except InvalidInput as told:
            tally.verdicts[REFUSED] += 1
            tally.reasons[f"{REFUSED}: {_NUMBER.sub('…', str(told))}"] += 1
            return tally
        except Exception as fault:  # whatever it is: no draw may end so
            tally.alarms.append(f"{type(fault).__name__}: {fault}; {drawn}")
            return tally
    tally.networks += drawn.networks
    tally.sweeps += drawn.networks * len(set(trace.sweeps["sweep"].tolist()) - {0})
    for finding in report.findings:
        tally.verdicts[f"{finding.theorem} {finding.verdict}"] += 1
        for name in ("decided", "floor", "failed", "open"):
            tally.instances[f"{finding.theorem} {name}"] += getattr(finding.counts, name)
        if finding.verdict is not Verdict.HOLDS:
            reason = _NUMBER.sub("…", finding.reason)
            tally.reasons[f"{finding.theorem} {finding.verdict}: {reason}"] += 1
        if wrong(finding):
            tally.alarms.append(f"{finding.theorem} {finding.verdict}: {finding.reason}; {drawn}")
    return tally


def of_inside(seed: int, index: int) -> Tally:
    """Draw ``index`` within the theorems' range: none may be VIOLATED."""
    return _one("inside", seed, inside(seed, index), _violated)


def of_extreme(seed: int, index: int) -> Tally:
    """Draw ``index`` at the ends of what numbers can say: none may be VIOLATED."""
    return _one("extreme", seed, extreme(seed, index), _violated)


def of_outside(seed: int, index: int) -> Tally:
    """Draw ``index`` outside the region: no theorem that the fault takes may be HOLDS."""
    fault, drawn = outside(seed, index)

    def wrong(finding: Finding) -> bool:
        return finding.theorem in LOST[fault] and finding.verdict is Verdict.HOLDS

    found = _one("outside", seed, drawn, wrong)
    if fault == REFUSED and not found.verdicts[REFUSED]:
        found.alarms.append(f"not refused; {drawn}")
    return found


def _violated(finding: Finding) -> bool:
    return finding.verdict is Verdict.VIOLATED


KINDS: dict[str, Callable[[int, int], Tally]] = {
    "inside": of_inside,
    "extreme": of_extreme,
    "outside": of_outside,
}


def total(kind: str, seed: int, indices: Iterable[int]) -> Tally:
    """Several draws."""
    found = Tally(kind, seed)
    for index in indices:
        found.add(KINDS[kind](seed, index))
    return found
