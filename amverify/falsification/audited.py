r"""Theorems on methods with traces of their own: audited, and the witness is decided again.

``without`` leaves hypotheses out by name: a false theorem is often a true one that has lost one.
A trial fails for certain where the audit says VIOLATED and the witness's inequality, evaluated at
200 bits over all values that the bounds on its symbols admit (Arb), fails over all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from amverify.errors import InvalidInput
from amverify.falsification.found import Drawn, Found
from amverify.falsification.loops import Loop
from amverify.falsification.parameters import Parameter
from amverify.families.draws import Pick, Picked
from amverify.families.family import Family
from amverify.families.problem import Problem
from amverify.judge.audit import audit
from amverify.judge.witness import replay
from amverify.numbers.exact import endpoints
from amverify.theorems.base import Theorem
from amverify.trace.trace import Trace
from amverify.verdict import Finding, Verdict, Witness


def weakened(theorem: Theorem, without: Iterable[str]) -> Theorem:
    """A theorem without some of its hypotheses, by the names of conditions and facts.

    Raises:
        InvalidInput: for a name that it has not.
    """
    left = tuple(without)
    if not left:
        return theorem
    names = [f.name for f in theorem.facts]
    names += [c.name for part in theorem.conclusions for c in part.conditions]
    for name in left:
        if name not in names:
            has = ", ".join(dict.fromkeys(names)) or "none"
            raise InvalidInput(
                f"without {name!r}: {theorem.id} has no such hypothesis; it has {has}"
            )
    return replace(
        theorem,
        id=f"{theorem.id} without {' and '.join(f'“{name}”' for name in left)}",
        facts=tuple(f for f in theorem.facts if f.name not in left),
        hypotheses=tuple(h for h in theorem.hypotheses if not set(h.monitored) & set(left)),
        conclusions=tuple(
            replace(part, conditions=tuple(c for c in part.conditions if c.name not in left))
            for part in theorem.conclusions
        ),
    )


@dataclass(frozen=True)
class Audited:
    """A theorem, a loop and a family.

    Args:
        claim: the theorem, its hypotheses left out already.
        name: of the loop.
        loop: the method.
        family: of the problems.
        parameters: of the loop.
        constants: declared for the theorem.
        steps: of a run.
        whole: the theorem with all its hypotheses.
        without: names of those that were left out.
    """

    claim: Theorem
    name: str
    loop: Loop
    family: Family
    parameters: tuple[Parameter, ...] = ()
    constants: Mapping[str, Any] | None = None
    steps: int = 10
    whole: Theorem | None = None
    without: tuple[str, ...] = ()

    def trial(self, pick: Pick, steps: int | None = None) -> tuple[AuditedRun, Drawn, list[int]]:
        """An instance and parameters by a source of integers."""
        draws = Picked(pick)
        problem = self.family.make(draws)
        problem.choices = tuple(value for _, _, value in draws.choices)
        values = {one.name: one.drawn(problem, draws) for one in self.parameters}
        run = AuditedRun(self, problem, values, self.steps if steps is None else max(steps, 2))
        return run, draws.choices, draws.lengths

    def repeated(self, trial: Any) -> None:
        """Our own loops do the same twice; the suite sees to that."""


@dataclass
class AuditedRun:
    """A trial: an instance, parameters, and the audit of the run."""

    asks: Audited
    problem: Problem
    parameters: Mapping[str, float]
    steps: int

    @cached_property
    def trace(self) -> Trace | None:
        """The run's trace; None where the method cannot start."""
        with np.errstate(all="ignore"):
            try:
                return self.asks.loop(self.problem, self.parameters, self.steps)
            except InvalidInput:
                raise
            except (ValueError, ArithmeticError):
                return None

    @cached_property
    def finding(self) -> Finding | None:
        """What the audit says.

        Raises:
            InvalidInput: if the trace lacks what the theorem needs.
        """
        if self.trace is None:
            return None
        found = audit(self.trace, self.asks.claim, self.asks.constants).findings[0]
        if found.reason.startswith("the trace lacks"):
            raise InvalidInput(f"{self.asks.claim.id} on {self.asks.name}: {found.reason}")
        return found

    @property
    def broken(self) -> bool:
        """Never: the audit judges runs that stop."""
        return False

    @cached_property
    def margin(self) -> float:
        """The least relative margin; infinite where the theorem says nothing of the run."""
        said = self.finding
        if said is None or said.verdict in (Verdict.NOT_APPLICABLE, Verdict.VACUOUS):
            return float("inf")
        if said.witness is not None:
            return -abs(min(said.slack.margin, default=-1.0))
        return max(min(said.slack.margin, default=float("inf")), 0.0)

    def decide(self) -> Found | None:
        """See the module."""
        said = self.finding
        if said is None or said.verdict is not Verdict.VIOLATED or said.witness is None:
            return None
        return _certain(said.witness, self.asks.claim)


def _certain(witness: Witness, claim: Theorem) -> Found | None:
    if not np.isfinite(witness.lhs):
        return None
    lhs, rhs, margin = replay(witness, claim)
    ends = endpoints(lhs), endpoints(rhs), endpoints(margin)
    if ends[0] is None or ends[1] is None or ends[2] is None or ends[2][1] >= 0:
        return None
    where = f" ({witness.block})" if witness.block else ""
    values = {name: _ball(*pair) for name, pair in witness.values.items()}
    return Found(witness.sweep, "bounds", ends[0], ends[1], (), where, ends[2][1], values)


def _ball(middle: float, radius: float) -> str:
    return str(Fraction(middle)) if not radius else f"{middle!r} ± {radius:.3g}"
