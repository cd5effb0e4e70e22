r"""The rows of one run as they come, and why they ended.

Each point is checked, valued and measured in this order; the first thing that is not finite ends
the record with the rows before it:

    x finite → f, a ball → ∇f, balls → its row of columns → what rounding of the step can do → what
    is tracked beside f

A record can be forked: ``Recorder.trace`` may be called while the run goes on, and what it adds to
show the point that waits for its next step, the run's own record does not see.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import U
from amverify.record.heard.digits import explained
from amverify.record.heard.refusals import one_line
from amverify.record.known.declared import Declared
from amverify.record.known.probe import Probe
from amverify.record.known.seen import Beside, Seen
from amverify.record.known.tracked import NotFinite, Tracked
from amverify.record.known.values import Values
from amverify.record.points.kept import Kept
from amverify.record.points.rows import Columns, Point, last_row, slip, unfit
from amverify.record.points.vector import Vector, coarser, flat, least, unit_roundoff

STEPS_UNKNOWN = (
    "what rounding of the steps can do to f is unknown: record gradients with gradient_error, "
    "or let the recorder call f (Recorder(value=f))"
)
COARSE = (
    "gradients hold no more digits than {1} has and differ from those of value ({0} of the steps), "
    "as if computed in a coarser format than the parameters' (autocast, a half-precision copy): "
    'what their rounding can do to f is unknown; if so, pass computed_in="{1}"'
)
RARE = 0.01
"""A share of the steps below which their few digits are chance: each is still left open."""
THIN = (
    "of every {0} steps one is recorded, with both its ends, and the last point: what is said of "
    "steps is said of those"
)
TRACKED = "the rounding of {0} is unknown ({1}): pass error or operations to track"

Schedule = float | Callable[[int], float] | None
Standing = Callable[[Any], AbstractContextManager[Any]]


@dataclass
class Record:
    """What a recorder keeps.

    Args:
        declared: bounds on values and gradients, as the run's author gave them.
        computed_in: the format of the run's steps, where it was named.
        eta: η of the steps, a number or a function of the step's number.
        momentum: β, the same way.
        keep: keep x itself every so many steps.
        every: of so many steps one is recorded, with both its ends.

    Attributes:
        objective: f at any point, where it can be called.
        standing: an optimiser's own parameters, standing at a point.
        heard: notes of whoever brings the points.
        point: where rows are, in words, if not where steps are made.
        late: what the optimiser had done before row 0, in words, if it has a past.
        stopped: why the record ended, once it has.
    """

    declared: Declared
    computed_in: str | None = None
    eta: Schedule = None
    momentum: Schedule = None
    keep: int | None = None
    every: int = 1
    objective: Callable[[Vector], float] | None = None
    standing: Standing | None = None
    heard: list[str] = field(default_factory=list)
    point: str | None = None
    late: str | None = None
    tracked: list[Tracked] = field(default_factory=list)
    rows: Kept = field(default_factory=Kept)
    iterates: dict[int, dict[str, Vector]] = field(default_factory=dict)
    stopped: str | None = None
    dtype: str = "float64"

    def __post_init__(self) -> None:
        self._values, self._probe = Values(self.declared), Probe(U)
        self._numbers = array("q")
        self._steps_in = "float64" if self.computed_in is None else self.computed_in
        unit_roundoff(self._steps_in)
        self._shapes: tuple[tuple[int, ...], ...] = ()
        self._last: list[Point] = []
        self._coarse: dict[str, int] = {}
        self._lost: str | None = None
        self._measured = False
        self._hidden: Vector | None = None
        self._nonfinite: dict[str, Any] | None = None

    def forked(self) -> Record:
        """The same up to here; what one records from now on the other does not see."""
        found = copy(self)
        found.rows, found.iterates = self.rows.forked(), dict(self.iterates)
        found.tracked = [one.forked() for one in self.tracked]
        found._values, found._probe = self._values.forked(), self._probe.forked()
        found._coarse, found._numbers = dict(self._coarse), copy(self._numbers)
        return found

    def plain(self) -> Record:
        """A fork that neither tracks quantities nor keeps iterates."""
        found = self.forked()
        found.tracked, found.keep, found.iterates = [], None, {}
        return found

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Which step led to each row."""
        return np.array(self._numbers, dtype=np.int64)

    @property
    def here(self) -> Vector:
        """The last point."""
        return self._last[-1].x

    def take(self, seen: Seen, /) -> bool:
        """Append a row, or end the record; whether it goes on."""
        number = len(self.rows) if seen.number is None else seen.number
        if self.stopped is None and seen.error is not None:
            self.stopped = f"step {number}: {seen.error}"
        if self.stopped is None:
            self._add(seen, number)
        return self.stopped is None

    def after(self, seen: Seen, /) -> Columns | str:
        """The row of a point that would come next, or why there is none; none is added."""
        beside = self.forked()
        if beside.take(seen) and len(beside.rows) > len(self.rows):
            return beside.rows.last
        return str(beside.stopped)

    def end(self, reason: str, rows: int, /) -> None:
        """End the record with the first so many rows."""
        self.rows.cut(rows)
        self._numbers = self._numbers[:rows]
        self.iterates = {k: x for k, x in self.iterates.items() if k in self._numbers}
        self.stopped = reason

    def end_as(self, other: Record, sweep: int, /) -> None:
        """End the record in the sweep in which another record of the same run ended."""
        self.stopped, found = other.stopped, other._nonfinite
        self._nonfinite = None if found is None else {**found, "sweep": sweep}

    def differ(self, params: Sequence[Tensor], first: float, second: float, /) -> bool:
        """Whether two values at one point are more than rounding apart."""
        x, dtype, _ = flat(params)
        (a, known), (b, _) = (self.declared.value(x, v, dtype) for v in (first, second))
        apart = abs(a.mid - b.mid) > (a.rad + b.rad if known else 0.0)
        return bool(apart) or np.isfinite(first) != np.isfinite(second)

    def columns(self) -> Columns:
        """All rows; errors that no row knows are left out."""
        columns = self.rows.table()
        columns["value_error"] = self._values.errors(columns["value_error"])
        return {
            name: column
            for name, column in columns.items()
            if not (name.endswith("_error") and np.isinf(column).all())
        }

    def facts(self, columns: Columns) -> dict[str, Any]:
        """What the header says of these columns: why they end, what is not known, what is measured.

        Keys are stopped, nonfinite, notes and execution, each only where there is something to say.
        """
        unknown = bool(np.isinf(columns["execution"]).any()) and not self._coarse
        found = {
            "stopped": self.stopped,
            "nonfinite": self._nonfinite,
            "notes": self._notes() + [STEPS_UNKNOWN] * unknown,
            "execution": "measured" if self._measured else None,
        }
        return {name: said for name, said in found.items() if said}

    def settings(self) -> dict[str, Any]:
        """What the header's settings say of the rows."""
        every = self.every if self.every > 2 else None
        said = {"point": self.point, "late": self.late, "every": every}
        return {name: text for name, text in said.items() if text}

    def _notes(self) -> list[str]:
        """What a reader has to know."""
        lacks = [TRACKED.format(one.name, one.lack) for one in self.tracked if one.lack]
        often = {kind: many for kind, many in self._coarse.items() if many > RARE * len(self.rows)}
        coarse = [COARSE.format(many, kind) for kind, many in often.items()]
        lost = [] if self._lost is None else [self._lost]
        thin = [THIN.format(self.every)] if self.every > 2 else []
        return [*self._values.notes(), *self.heard, *lost, *lacks, *coarse, *thin]

    def _add(self, seen: Seen, number: int) -> None:
        """Append the row of step ``number``, or end the record where something is not finite."""
        self._skipped(seen.before)
        x, dtype = self._vector(seen, number)
        if not np.isfinite(x).all():
            self._stop(number, "a parameter")
            return
        f = self._value(number, x, dtype, seen)
        if f is None:
            at = None if seen.known is None else seen.known.number
            self._stop(number, "its value", at if seen.value is None else seen.value)
            return
        now = self._point(number, x, f, seen)
        row = {"value": np.array([f.mid]), "value_error": np.array([f.rad])}
        self._learn(seen.used)
        row |= last_row([*self._last, now], unit_roundoff(self.dtype), least(self.dtype))
        row |= self._used(number, seen)
        bad = [name for name, column in row.items() if unfit(name, column)]
        if bad:
            self._stop(number, f"its {bad[0]}")
            return
        self._execution(row, number, x, float(f.mid) if seen.value is None else seen.value, seen)
        out = None if seen.beside is None else seen.beside.size
        if self._follow_tracked(row, number, seen.params, out):
            self._append(row, number, now)

    def _skipped(self, before: Sequence[Any] | None) -> None:
        """The last points before the next one, which are no rows."""
        if before is not None:
            self._last = [Point(flat(p)[0], None, None, None, unseen=True) for p in before]
            for one in self.tracked:
                one.skipped(before)

    def _used(self, number: int, seen: Seen) -> Columns:
        """Of a row beside the point of its step: η and β of that step, and how far out it was."""
        if seen.beside is None:
            return {}
        given = {"eta": self._eta(number, seen), "momentum": self._beta(number, seen)}
        found = {name: np.array([x]) for name, x in given.items() if x is not None}
        return {**found, "outside": np.array([seen.beside.norm])}

    def _eta(self, number: int, seen: Seen) -> float | None:
        return seen.eta if seen.eta is not None else _at(self.eta, number)

    def _beta(self, number: int, seen: Seen) -> float | None:
        return seen.momentum if seen.momentum is not None else _at(self.momentum, number)

    def _append(self, row: Columns, number: int, now: Point) -> None:
        self.rows.append(row)
        self._numbers.append(number)
        self._last = [*self._last, now][-2:]
        if self.keep and number % self.keep == 0:
            self.iterates[number] = {"x": now.x}

    def _vector(self, seen: Seen, number: int) -> tuple[Vector, str]:
        """x and its format; the first one's decide what the run is in."""
        x, dtype, shapes = flat(seen.params)
        if not number:
            self.dtype, self._shapes = coarser(dtype, self._steps_in), shapes
            self._probe = Probe(unit_roundoff(self.dtype))
            for one in self.tracked:
                one.start(unit_roundoff(self.dtype))
        elif shapes != self._shapes:
            raise InvalidInput(
                f"parameters: shapes {shapes} at step {number}, but {self._shapes} at the start"
            )
        if seen.slope is not None and seen.slope.shape != x.shape:
            raise InvalidInput(f"gradient: {seen.slope.size} numbers for {x.size} parameters")
        return x, dtype

    def _value(self, number: int, x: Vector, dtype: str, seen: Seen) -> Ball | None:
        """f, if it is finite."""
        known, value = seen.known, seen.value
        kind = coarser(dtype, seen.kind, "float64" if known is None else known.coarsest)
        f = self._values.value(len(self.rows), x, value, kind, known, number)
        followed = known is not None and known.value is not None
        return f if np.isfinite(f.rad if value is None or followed else value) else None

    def _point(self, number: int, x: Vector, f: Ball, seen: Seen) -> Point:
        """The point, with ∇f if it is finite, and what the run's own values are off."""
        known, slope = seen.known, seen.slope
        g, bounded = self._values.gradient(x, slope, known)
        own = slope is None or _finite(slope) or (known is not None and known.gradient is not None)
        if g is not None and not (own and _finite(g.mid)):
            g, bounded = None, False
            self._lost = self._lost or (
                f"the gradient is not finite at step {number}: the record has no gradients"
            )
        off = slip(slope, g if bounded else None)
        out = seen.beside
        if out is not None:
            return Point(x, g, None, None, bounded, self._slipped(off, out), _off(seen.value, f),
                         out.size)  # fmt: skip
        eta, momentum = self._eta(number, seen), self._beta(number, seen)
        return Point(x, g, eta, momentum, bounded, off, _off(seen.value, f))

    def _slipped(self, off: Vector | None, out: Beside) -> Vector | None:
        """The largest error so far of the gradients that steps used, here and where they were."""
        found = [x for x in (off, self._hidden) if x is not None]
        if out.used is not None and out.gradient is not None:
            found.append(explained(out.used, out.gradient, self.dtype) + out.gradient.rad)
        self._hidden = np.max(found, axis=0) if found else None
        return None if off is None else self._hidden

    def _execution(self, row: Columns, number: int, x: Vector, at: float, seen: Seen) -> None:
        """What rounding in the step can do: from its gradients, else by a probe of f."""
        if seen.coarse is not None and self.computed_in is None:
            self._coarse[seen.coarse] = self._coarse.get(seen.coarse, 0) + 1
            for name in {"execution", "departure_error"} & row.keys():
                row[name] = np.full(1, np.inf)
            return
        if not number:
            return
        if not np.isfinite(row["execution"]).all() and self.objective is not None:
            size = np.abs(x) + np.abs(self._last[-1].x)
            size = size if seen.beside is None else size + seen.beside.size
            found = self._probe.allowance(len(self.rows), x, at, self.objective, size)
            row["execution"] = np.array([found])
        self._measured |= bool(np.isfinite(row["execution"]).all())

    def _follow_tracked(self, row: Columns, number: int, params: Any, out: Vector | None) -> bool:
        """The tracked quantities' columns; one that cannot be had ends the record."""
        standing = nullcontext(params) if self.standing is None else self.standing(params)
        try:
            with standing as there:
                for one in self.tracked:
                    row |= one.row(len(self.rows), there, out)
        except NotFinite as error:
            if not number and self.standing is None:
                raise
            self._stop(number, f"its {error.name}", error.number)
            return False
        except Exception as error:
            if not number and self.standing is None:
                raise
            self.stopped = f"step {number}: {one_line(error)}"
            return False
        return True

    def _learn(self, used: Vector | None) -> None:
        """Of the last point: how far the gradient that the step from there used is off."""
        if used is None or not self._last:
            return
        last = self._last[-1]
        if last.bounded and last.gradient is not None and last.slip is not None:
            off = explained(used, last.gradient, self.dtype) + last.gradient.rad
            self._last = [*self._last[:-1], replace(last, slip=np.maximum(last.slip, off))]

    def _stop(self, number: int, what: str, value: float | None = None) -> None:
        """What ends a record: one that the run's own format made of finite f and ∇f says so."""
        self.stopped = f"step {number}: {what} is not finite"
        self._nonfinite = {"sweep": number, "what": what.split()[-1]}
        if value is not None and not np.isfinite(value):
            self._nonfinite["number"] = f"{value}"
        last = self._last[-1] if self._last else None
        if last is not None and what == "a parameter" and last.overflowed:
            self._nonfinite["what"] = f"a parameter (f and ∇f are, where {self.dtype} overflowed)"


def _finite(x: Vector) -> bool:
    """Whether all entries are numbers."""
    return bool(np.isfinite(x).all())


def _off(value: float | None, f: Ball) -> float:
    """How far the run's own value is off the one that is recorded."""
    if value is None:
        return 0.0
    return abs(value - float(f.mid)) if np.isfinite(value) else np.inf


def _at(given: Schedule, number: int) -> float | None:
    return given(number) if callable(given) else given
