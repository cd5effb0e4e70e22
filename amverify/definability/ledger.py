r"""What a walk writes down: rules used, conditions met, and the operation that breaks it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from amverify.definability.structures import RULES


@dataclass(frozen=True)
class Broken:
    """The first operation to which no rule applies, and where it stands."""

    operation: str
    reason: str
    place: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        where = f" at {self.place}" if self.place else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.operation}{where}: {self.reason}{remedy}"


@dataclass(frozen=True)
class Step:
    """A rule, and the operations to which it was applied, each with how often."""

    rule: str
    operations: tuple[tuple[str, int], ...]
    says: str
    source: str


class Refused(Exception):
    """No rule applies: what is missing, and what the user may pass."""

    def __init__(self, reason: str, remedy: str = "", operation: str = "") -> None:
        super().__init__(reason)
        self.reason, self.remedy, self.operation = reason, remedy, operation

    def at(self, operation: str, place: str) -> Broken:
        """With its place."""
        return Broken(self.operation or operation, self.reason, place, self.remedy)


@dataclass
class Ledger:
    """Filled while a loss is walked.

    ``where``: conditions on the domain. ``shown``: obligations that were met. ``jumps``: operations
    that may be discontinuous. ``wild``: why it may not be subanalytic on compact sets.
    """

    used: dict[str, Counter[str]] = field(default_factory=dict)
    where: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    jumps: list[str] = field(default_factory=list)
    wild: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    place: str = ""

    def use(self, rule: str, operation: str) -> None:
        """A rule was applied to an operation."""
        self.used.setdefault(rule, Counter())[operation] += 1

    def note(self, kind: list[str], text: str) -> None:
        """Write a line once, with its place."""
        line = f"{text} ({self.place})" if self.place else text
        if line not in kind:
            kind.append(line)

    def steps(self) -> tuple[Step, ...]:
        """The chain, in the order of the rules."""
        return tuple(
            Step(name, tuple(self.used[name].items()), rule.says, rule.source)
            for name, rule in RULES.items()
            if name in self.used
        )
