r"""A claim as text on the columns of a run, in any numbers: floats to search, exact ones to decide.

``Decider`` walks the claim's own tree (``amverify.claims.tree``); it shares no arithmetic with
the audit. Its instances are the audit's: the k of the claim's range for which every index is in
the run. With ``Exactly`` numbers a failure is certain: lhs and rhs are fractions, or balls that do
not meet.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amverify.claims.grammar import OF_A_STEP
from amverify.claims.tree import (
    At,
    Call,
    Constant,
    Index,
    Node,
    Number,
    Running,
    Slice,
    Statement,
    element,
    quantities,
    slices,
)

Lift = Callable[[Any], Any]
_WORST = math.inf


class Unknown(Exception):
    """A quantity or constant of the claim that a run does not have."""


class Undefined(ArithmeticError):
    """A side without a value, as 1/0 has none: such a run neither refutes nor confirms."""


@dataclass(frozen=True)
class Sides:
    """One instance: its k, and both sides in the order lhs ≤ rhs."""

    k: int
    lhs: Any
    rhs: Any
    strict: bool

    def fails(self) -> bool:
        """Whether lhs ≤ rhs (<, where strict) surely fails."""
        return bool(self.lhs >= self.rhs) if self.strict else bool(self.lhs > self.rhs)

    def relative(self) -> float:
        """(rhs − lhs)/(|lhs| + |rhs|) of floats, in [−1, 1]; infinite where it is no number."""
        size = abs(self.lhs) + abs(self.rhs)
        if not math.isfinite(size):
            return -1.0 if self.lhs > self.rhs else _WORST
        return float((self.rhs - self.lhs) / size) if size else 0.0


@dataclass(frozen=True)
class Decider:
    """A claim on one run.

    Args:
        said: the claim.
        given: its monitored hypotheses.
        column: by name: the quantity at the indices 0, …, last; raises ``Unknown``.
        last: the run's last index.
        constants: by name.
        lift: a fraction in the run's numbers.
    """

    said: Statement
    given: tuple[Statement, ...]
    column: Callable[[str], Sequence[Any]]
    last: int
    constants: Mapping[str, Any]
    lift: Lift

    def instances(self) -> list[list[Sides]]:
        """What is said at each k; both directions of an equality."""
        return [self._at(self.said, k) for k in self._rows(self.said)]

    def applies(self) -> bool:
        """Whether the monitored hypotheses hold on every row."""
        return not any(
            sides.fails()
            for one in self.given
            for k in self._rows(one)
            for sides in self._at(one, k)
        )

    def margin(self) -> float:
        """The least relative margin, of floats; infinite where there is nothing to judge."""
        try:
            found = self.instances() if self.applies() else []
            each = [min(sides.relative() for sides in there) for there in found]
        except (ArithmeticError, ValueError):
            return _WORST
        if not each:
            return _WORST
        if not self.said.over.exists:
            return min(each)
        return max(each) if self._whole() else _WORST

    def failure(self) -> Sides | None:
        """The first instance that surely fails; of a claim that some k exists, the nearest one."""
        if not self.applies():
            return None
        failing = (
            next((sides for sides in there if sides.fails()), None) for there in self.instances()
        )
        if not self.said.over.exists:
            return next((sides for sides in failing if sides is not None), None)
        found = list(failing) if self._whole() else [None]
        return found[-1] if None not in found and found else None

    def _whole(self) -> bool:
        last = self.said.over.last
        return last is not None and last <= self.last

    def _at(self, said: Statement, k: int) -> list[Sides]:
        lhs, rhs = self.side(said.lhs, k), self.side(said.rhs, k)
        match said.sign:
            case "<=" | "<":
                return [Sides(k, lhs, rhs, said.sign == "<")]
            case ">=" | ">":
                return [Sides(k, rhs, lhs, said.sign == ">")]
        return [Sides(k, lhs, rhs, False), Sides(k, rhs, lhs, False)]

    def _rows(self, said: Statement) -> Iterable[int]:
        over = self.said.over
        stop = self.last if over.last is None else min(over.last, self.last)
        for k in range(over.first, stop + 1):
            if all(self._there(side, k) for side in (said.lhs, said.rhs)):
                yield k

    def _there(self, node: Node, k: int) -> bool:
        for one in quantities(node):
            where = _place(one.index, k)
            if not (one.name in OF_A_STEP) <= where <= self.last:
                return False
        for part in slices(node):
            end = _place(part.stop, k) - 1
            if end > self.last or end < 0 or (not part.start.moving and end < part.start.offset):
                return False
        return True

    def side(self, node: Node, k: int) -> Any:
        """A side at k.

        Raises:
            Unknown: for what the run does not have.
        """
        match node:
            case Number(value):
                return self.lift(value)
            case Constant("k"):
                return self.lift(k)
            case Constant(name):
                if name not in self.constants:
                    raise Unknown(f"constant {name}")
                return self.constants[name]
            case At(name, index):
                return self.column(name)[_place(index, k)]
            case Running(how, of):
                return self._running(how, of, k)
            case Call(how, of):
                return _applied(how, [self.side(one, k) for one in of])
        raise Unknown(type(node).__name__)

    def _running(self, how: str, of: Node, k: int) -> Any:
        lead: Slice = slices(of)[0]
        start = _place(lead.start, k)
        if lead.start.moving:
            start = max(start, int(lead.name in OF_A_STEP))
        each = element(of, lead.start)
        found = [self.side(each, j) for j in range(start, _place(lead.stop, k))]
        if how in ("min", "max"):
            return _applied(how, found)
        total = sum(found[1:], found[0])
        return total / self.lift(len(found)) if how == "mean" else total


def _place(index: Index, k: int) -> int:
    return index.offset + (k if index.moving else 0)


def _applied(how: str, of: list[Any]) -> Any:
    match how, of:
        case "neg", [x]:
            return -x
        case "+", [x, y]:
            return x + y
        case "-", [x, y]:
            return x - y
        case "*", [x, y]:
            return x * y
        case "/", [x, y]:
            if y == 0:
                raise Undefined("division by zero")
            return x / y
        case "**", [x, y]:
            found = x**y
            if isinstance(found, complex):
                raise Undefined("a root of a negative number")
            return found
        case "abs", [x]:
            return abs(x)
        case "max", _:
            return max(of)
        case "min", _:
            return min(of)
        case (("sqrt" | "exp" | "log"), [x]):
            return getattr(math, how)(x) if isinstance(x, float) else getattr(x, how)()
    raise Unknown(how)
