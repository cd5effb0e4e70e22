"""A method of the gallery: a run of it, and what is known to be true and to be false of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from amverify.subject.subject import Claim
from amverify.trace.trace import Trace
from amverify.verdict import Verdict

REFUTED = (Verdict.VIOLATED, Verdict.NOT_APPLICABLE)
"""What a false claim may get: its hypothesis fails on the run, or it does itself."""


@dataclass(frozen=True)
class Known:
    """A claim, whether it is true of the run, and who says so.

    Args:
        claim: as text, or a theorem's id.
        true: what is known.
        source: where it is proved, or shown to be false.
        constants: by name.
        given: hypotheses that are monitored.
        trust: hypotheses that no run can check.
    """

    claim: str
    true: bool
    source: str
    constants: Mapping[str, Any] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    trust: tuple[str, ...] = ()

    @property
    def said(self) -> Claim:
        """As a subject claims it."""
        return Claim(self.claim, self.constants, self.given, self.trust)

    @property
    def expected(self) -> str:
        """The verdict that it is to get, in words."""
        if self.true:
            return "HOLDS or UNDECIDED" if self._equality else "HOLDS"
        return "refuted"

    def met(self, verdict: Verdict) -> bool:
        """Whether a verdict is the expected one.

        That two measured numbers are equal no run can show, for they have errors.
        """
        if not self.true:
            return verdict in REFUTED
        return verdict is Verdict.HOLDS or (self._equality and verdict is Verdict.UNDECIDED)

    @property
    def _equality(self) -> bool:
        return "==" in self.claim


@dataclass(frozen=True)
class Entry:
    """One method on one problem.

    Args:
        name: of the method.
        problem: what it is run on, in a few words.
        run: makes the trace.
        claims: about it.
    """

    name: str
    problem: str
    run: Callable[[], Trace]
    claims: tuple[Known, ...]


def true(claim: str, source: str, **constants: Any) -> Known:
    """A claim that is known to be true."""
    return Known(claim, True, source, constants)


def false(claim: str, source: str, **constants: Any) -> Known:
    """A claim that is known to be false."""
    return Known(claim, False, source, constants)
