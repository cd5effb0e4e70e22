r"""Does a claim hold for a method on every instance of a family? One trial at a time.

A trial is an instance, the method's parameters, and the run of the method on it: ``margin`` is the
claim's least relative margin in floats (to search with), ``decide`` looks whether it fails for
certain:

* *exactly*: the method runs again without rounding, in fractions or in balls of up to
  ``MOST_BITS`` bits, and so does the claim: lhs > rhs;
* *in floats*, where the step cannot run so: at the points that it made, as fractions, the claim
  fails, and the audit says VIOLATED: by more than what rounding in the steps can do, as measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from amverify.claims.grammar import parsed
from amverify.claims.tree import (
    Statement,
    expectations,
)
from amverify.errors import InvalidInput
from amverify.falsification.columns import Exacts, Floats
from amverify.falsification.deciding import Decider, Sides, Undefined, Unknown
from amverify.falsification.exactly import Exactly, Inexact, Undecided, points
from amverify.falsification.found import Drawn, Found
from amverify.falsification.measured import violated
from amverify.falsification.parameters import Parameter
from amverify.falsification.stepping import Step, Stepping, asked, constant
from amverify.families.draws import Pick, Picked
from amverify.families.family import Family
from amverify.families.problem import Problem
from amverify.numbers.given import plain
from amverify.theorems.base import Theorem

NEAR = 1e-6
"""So near are the points of a step on exact numbers to those in floats, if it does the same."""
BITS = (256, 1024, 4096)
MOST_BITS = BITS[-1]


@dataclass(frozen=True)
class Question:
    """A claim as text, a step function and a family.

    Args:
        claim: made by ``amv.claim``.
        name: of the method.
        step: the method.
        family: of the problems.
        parameters: of the method.
        steps: of a run.
        seconds: that one step may take.
        seed: of what the step draws.
    """

    claim: Theorem
    name: str
    step: Step
    family: Family
    parameters: tuple[Parameter, ...] = ()
    steps: int = 10
    seconds: float = 10.0
    seed: int = 0

    @cached_property
    def said(self) -> Statement:
        """The claim, read."""
        found = parsed(self.claim.id)
        if found.over.blocks:
            raise InvalidInput(
                f"claim {found.text!r}: falsify steps all of x at once; a recorded loop is judged "
                "block by block: recorder.block(name, x, value)"
            )
        if expectations(found.lhs) or expectations(found.rhs):
            raise InvalidInput(
                f"claim {found.text!r}: falsify judges no E[…]; a recorded run is judged by "
                "recorder.replayed(step, batches=…, at=…)"
            )
        return found

    @cached_property
    def given(self) -> tuple[Statement, ...]:
        """Its monitored hypotheses."""
        return tuple(parsed(one.name) for one in self.claim.conclusions[0].conditions)

    def trial(self, pick: Pick, steps: int | None = None) -> tuple[Run, Drawn, list[int]]:
        """An instance and parameters by a source of integers, and the run on it."""
        draws = Picked(pick)
        problem = self.family.make(draws)
        problem.choices = tuple(value for _, _, value in draws.choices)
        values = {one.name: one.drawn(problem, draws) for one in self.parameters}
        return self.run(problem, values, steps), draws.choices, draws.lengths

    @cached_property
    def _reads(self) -> set[str]:
        """Constants of an instance that the claim, the parameters or the step read."""
        own = {one.name for one in self.claim.parameters if one.value is None}
        return own.union(asked(self.step), *(one.constants for one in self.parameters))

    def speaks_of(self, problem: Problem, x: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Points in the box, where F is finite; where L or μ is read, those where it is meant."""
        low, high = self.limits(problem)
        return np.asarray(np.all((x >= low) & (x <= high), axis=1))

    def limits(self, problem: Problem) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The least and the largest coordinates at which a claim is judged; infinite: any."""
        radius = problem.constants.radius
        most = np.inf if radius is None or not self._reads & {"L", "mu"} else float(radius)
        low, high = problem.box or (np.array([-np.inf]), np.array([np.inf]))
        wide = np.ones(problem.dimension)
        return np.maximum(low, -most * wide), np.minimum(high, most * wide)

    def repeated(self, trial: Run) -> None:
        """Refuse a step function that does not do the same twice."""
        trial.stepping.path(trial.problem, trial.steps)

    def run(self, problem: Problem, values: Mapping[str, float], steps: int | None = None) -> Run:
        """The trial of an instance and parameters."""
        stepping = Stepping(self.step, values, self.seconds, self.seed)
        return Run(self, problem, values, stepping, self.steps if steps is None else steps)

    def constants(
        self, problem: Problem, values: Mapping[str, float], exact: bool
    ) -> dict[str, Any]:
        """The claim's constants on an instance: its own, the method's parameters, the instance's.

        Raises:
            InvalidInput: for one that nobody declares.
        """
        found = {}
        for one in self.claim.parameters:
            if one.value is not None:
                ball = _declared(one.name, one.value)
            elif one.name in values:
                ball = Exactly(values[one.name])
            else:
                known = constant(problem, one.name) if one.name in _OF_INSTANCES else None
                if known is None:
                    raise InvalidInput(
                        f"claim: the constant {one.name} is not declared: --constant {one.name}=…"
                    )
                ball = Exactly(known if isinstance(known, Fraction) else known())
            found[one.name] = ball if exact else _float(ball)
        return found


_OF_INSTANCES = ("L", "mu", "fstar", "D")


def _declared(name: str, value: Any) -> Exactly:
    entry = plain(f"constant {name}", value)
    entry = entry if isinstance(entry, Mapping) else {"value": entry}
    middle, off = Exactly(entry["value"]), Exactly(entry.get("error", 0.0))
    if off == 0:
        return middle
    return Exactly(middle.ball + flint.arb(0, off.ball.upper()))


def _float(exact: Exactly) -> float:
    low, high = exact.ends
    return float((low + high) / 2)


@dataclass
class Run:
    """A trial of a step function."""

    question: Question
    problem: Problem
    parameters: Mapping[str, float]
    stepping: Stepping
    steps: int

    @cached_property
    def _path(self) -> NDArray[np.float64]:
        return self.stepping.once(self.problem, self.steps)

    @property
    def broken(self) -> bool:
        """Whether the run ended at a point that is not finite, of which nothing is said."""
        return not bool(np.isfinite(self._path[-1]).all())

    @cached_property
    def x(self) -> NDArray[np.float64]:
        """The points in floats, up to the first at which nothing is said (``speaks_of``)."""
        path = self._path[np.isfinite(self._path).all(1)]
        inside = self.question.speaks_of(self.problem, path)
        return path if inside.all() else path[: int(np.argmin(inside))]

    @cached_property
    def margin(self) -> float:
        """The least relative margin in floats; infinite where there is nothing to judge.

        Raises:
            InvalidInput: for a quantity that paths do not have.
        """
        try:
            with np.errstate(all="ignore"):
                return self._decider(False, self.x).margin()
        except Unknown as lack:
            raise InvalidInput(f"claim: there is no {lack}") from None

    def _decider(self, exact: bool, x: Any) -> Decider:
        columns: Any = (Exacts if exact else Floats)(self.problem, x, self.parameters)
        known = self.question.constants(self.problem, self.parameters, exact)
        lift: Any = Exactly if exact else float
        return Decider(self.question.said, self.question.given, columns, len(x) - 1, known, lift)

    def decide(self) -> Found | None:
        """See the module."""
        self.stepping.path(self.problem, self.steps)
        try:
            return self._exactly()
        except Inexact:
            return self._in_floats()

    def _exactly(self) -> Found | None:
        before = flint.ctx.prec
        try:
            for bits in BITS:
                flint.ctx.prec = bits
                try:
                    return self._found(self._alike(len(self.x) - 1))
                except Undecided:
                    continue
                except ZeroDivisionError:
                    return None
            return None
        finally:
            flint.ctx.prec = before

    def _alike(self, steps: int) -> list[NDArray[Any]]:
        """The exact points.

        Raises:
            Inexact: if they are not near those in floats: then the step does something else.
        """
        exact = self.stepping.exactly(self.problem, steps)
        try:
            middle = np.array([[float(sum(v.ends) / 2) for v in point] for point in exact])
        except OverflowError:
            raise Inexact("on exact numbers the step leaves float64's range") from None
        if not np.allclose(middle, self.x, rtol=NEAR, atol=NEAR):
            raise Inexact("on exact numbers the step goes elsewhere")
        return exact

    def _in_floats(self) -> Found | None:
        found = self.at(self.stored, "floats")
        return found if found is not None and self.beyond_rounding(self.x) else None

    @property
    def stored(self) -> list[NDArray[Any]]:
        """The points in floats, as exact numbers."""
        return [points(x) for x in self.x]

    def beyond_rounding(self, x: Any) -> bool:
        """Whether the audit says VIOLATED of a path of floats."""
        path = np.asarray(x, dtype=np.float64)
        return violated(self.question.claim, self.problem, path, self.parameters)

    def _found(self, x: Sequence[NDArray[Any]]) -> Found | None:
        rational = all(isinstance(v.held, Fraction) for point in x for v in point)
        return self.at(x, "fractions" if rational else "balls")

    def at(self, x: Sequence[NDArray[Any]], decided: str) -> Found | None:
        """The claim at exact points.

        Raises:
            Undecided: if a comparison needs more bits.
        """
        try:
            sides = self._decider(True, x).failure() if self._meant(x) else None
        except (ZeroDivisionError, Undefined, ValueError):
            return None
        return None if sides is None else _certain(sides, x, decided)

    def _meant(self, x: Sequence[NDArray[Any]]) -> bool:
        """Whether exact points lie where something is said: what ``speaks_of`` asks of floats."""
        return all(
            low <= v and v <= high
            for point in x
            for v, low, high in zip(point, *self.question.limits(self.problem), strict=True)
        )


def _certain(sides: Sides, x: Sequence[NDArray[Any]], decided: str) -> Found:
    lhs, rhs = sides.lhs.ends, sides.rhs.ends
    both = all(isinstance(side.held, Fraction) for side in (sides.lhs, sides.rhs))
    return Found(sides.k, decided if both or decided == "floats" else "balls", lhs, rhs, x)
