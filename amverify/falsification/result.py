"""What a search for a counterexample found: a paragraph that a referee can read, and a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from amverify.falsification.found import Found
from amverify.families.problem import Problem
from amverify.files import write

_DIGITS = 24
DECIDED = {
    "fractions": "The method was run again in fractions, without any rounding, and both sides are "
    "rational numbers: the failure is exact.",
    "balls": "The method was run again without rounding, in fractions and balls of up to 4096 bits "
    "(Arb), and the balls of the two sides do not meet: the failure is certain.",
    "floats": "The step cannot run on exact numbers, so these are the points that it made in "
    "float64, taken as the fractions that they are; the failure is beyond what rounding in the "
    "steps can do, as measured.",
    "bounds": "The run was made in floats, and every symbol has a bound on its error; over all "
    "values within these bounds (balls of 200 bits, Arb) the claim fails, by more than what "
    "rounding in the steps can do.",
}
BROKEN = "ended in NaN or ±inf, and of what is not finite nothing is said"


@dataclass(frozen=True)
class Counterexample:
    """An instance, parameters and an index at which a claim fails for certain."""

    problem: Problem
    parameters: Mapping[str, float]
    found: Found

    def __str__(self) -> str:
        return f"{self.facts} {DECIDED[self.found.decided]}"

    @property
    def facts(self) -> str:
        """Instance, parameters, index and both sides."""
        found, problem = self.found, self.problem
        known = {n: getattr(problem.constants, n) for n in ("L", "mu", "fstar")}
        facts = [f"{n} = {_short(v)}" for n, v in known.items() if v is not None]
        told = ", ".join([f"n = {problem.dimension}", *facts])
        start = ", ".join(_short(Fraction(float(v))) for v in problem.x0[:8])
        start += ", …" if problem.dimension > 8 else ""
        used = "".join(f", {n} = {_short(Fraction(v))}" for n, v in self.parameters.items())
        symbols = "".join(f", {name} = {value}" for name, value in found.values.items())
        return (
            f"On {problem.name} ({told}), from x⁰ = ({start}){used}, at k = "
            f"{found.k}{found.where}{symbols}: "
            f"lhs = {_ends(found.lhs)}, rhs = {_ends(found.rhs)}, so rhs − lhs ≤ "
            f"{float(found.margin):.6g} < 0."
        )


@dataclass(frozen=True)
class Result:
    """A search's end.

    Args:
        claim: in mathematics.
        method: its name.
        family: its name.
        examples: how many trials were made.
        tested: in how many of them the claim said anything.
        broken: in how many of these the run ended in NaN or ±inf; it was judged up to there.
        least: the least relative margin in floats that was seen.
        seed: of the search.
        seconds: it took.
        counterexample: or None: the claim survived.
        stopped: whether somebody ended it early.
        again: of a replay, what was decided again, and from what.
        record: what the file holds.
    """

    claim: str
    method: str
    family: str
    examples: int
    tested: int
    broken: int
    least: float
    seed: int
    seconds: float
    counterexample: Counterexample | None
    stopped: bool = False
    again: str = ""
    record: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def falsified(self) -> bool:
        """Whether a counterexample is certain."""
        return self.counterexample is not None

    @property
    def exit_status(self) -> int:
        """What the command line returns: 1 falsified, 0 survived, 130 interrupted before either."""
        return 1 if self.falsified else 130 * self.stopped

    def __str__(self) -> str:
        what = f"{self.claim.rstrip('.')}, for {self.method} on {self.family}"
        spent = f"seed {self.seed}, {self.seconds:.1f} s"
        early = "; stopped early" if self.stopped else ""
        if self.again:
            return self._replayed(what)
        if self.counterexample is not None:
            head = f"FALSIFIED: {what}. {self.counterexample}"
            return (
                f"{head} Found at instance {self.examples} and then made simpler ({spent}{early})."
            )
        untested = self.examples - self.tested
        silent = f"; in {untested} of them it says nothing" if untested else ""
        if self.broken:
            silent += f"; {self.broken} runs {BROKEN}"
        return (
            f"survived {self.examples} instances: {what}{silent}; least relative margin "
            f"{self.least:.3g} ({spent}{early}). That is no proof."
        )

    def _replayed(self, what: str) -> str:
        if self.counterexample is None:
            return f"NOT CONFIRMED: {what}. {self.again} At these points the claim does not fail."
        return f"FALSIFIED again: {what}. {self.counterexample.facts} {self.again}"

    def save(self, path: str | Path) -> None:
        """Write the counterexample as a file that ``amverify falsify --replay`` decides again.

        Raises:
            InvalidInput: if there is none.
            CannotWrite: if the file cannot be written.
        """
        from amverify.errors import InvalidInput
        from amverify.falsification.replaying import text_of

        if self.record is None:
            raise InvalidInput("save: the claim survived; there is no counterexample to write")
        write(Path(path), text_of(self.record))


def _short(value: Fraction) -> str:
    text = str(value)
    return text if len(text) <= _DIGITS else f"{float(value):.12g}"


def _ends(ends: tuple[Fraction, Fraction]) -> str:
    low, high = ends
    return _short(low) if low == high else f"{float((low + high) / 2):.12g}"
