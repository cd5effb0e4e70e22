"""Points that a loop tells of: ``recorder.step(x, value)``, and what was recorded so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from numbers import Integral
from types import NoneType
from typing import Any

from amverify.errors import InvalidInput, brief, is_whole, of_kinds
from amverify.record.blocks import Updates
from amverify.record.heard.listener import Listener
from amverify.record.heard.replays import Replays
from amverify.record.heard.thinned import Thinned
from amverify.record.known.declared import AUTO, Bound, Bounded, Declared
from amverify.record.known.objectives import Objective, called
from amverify.record.known.seen import Seen
from amverify.record.known.tracked import copied
from amverify.record.limit import count
from amverify.record.points.vector import coarser, flat, format_of, scalar
from amverify.record.record import Record, Schedule


class Loop:
    """What a recorder holds, and the loop's own call of it; arguments as for ``Recorder``."""

    def __init__(
        self,
        subject: str = "run",
        *,
        value_error: Bound | None = None,
        gradient_error: Bound | None = None,
        operations: int | str = AUTO,
        exact: Bounded | None = None,
        eta: Schedule = None,
        momentum: Schedule = None,
        keep_iterates: int | None = None,
        seed: int | None = None,
        value: Callable[[Any], Any] | None = None,
        computed_in: str | None = None,
        every: int = 1,
    ) -> None:
        if keep_iterates is not None and not is_whole(keep_iterates, 1):
            raise InvalidInput(f"keep_iterates: expected 1 or more, got {brief(keep_iterates)}")
        of_kinds(locals(), {"operations": (Integral, str), "computed_in": (str, NoneType)})
        if not is_whole(every, 1):
            raise InvalidInput(f"every: expected a whole number, 1 or more, got {every!r}")
        self.subject, self.seed = subject, seed
        bounds = Declared(value_error, gradient_error, operations, exact)
        self._record = Record(bounds, computed_in, eta, momentum, keep_iterates, every)
        self._thinned = Thinned(every)
        self._passed: tuple[Seen, Any, Any] | None = None
        self._value = value
        self._record.objective = None if value is None else Objective(value)
        self._listener: Listener | None = None
        self._replays: Replays | None = None
        self._updates: Updates | None = None
        self._calls = 0

    @property
    def stopped(self) -> str | None:
        """Why recording has ended, once it has."""
        return self._record.stopped

    @property
    def steps(self) -> int:
        """How many points after the start were recorded."""
        return max(len(self._so_far().rows) - 1, 0)

    def step(
        self,
        params: Any,
        value: Any = None,
        gradient: Any = None,
        *,
        eta: float | None = None,
        momentum: float | None = None,
    ) -> None:
        """Record a point: once at the start, then after every step.

        Args:
            params: x: an array, a tensor, or a list of these.
            value: f(x); may be left out where ``exact`` was given.
            gradient: ∇f(x), in the shapes of ``params``.
            eta: η of the step that led here, where it is e = −η∇f + βΔ.
            momentum: β of that step.

        Raises:
            InvalidInput: if shapes differ from those of the start, or ``value`` is not one
                number.
        """
        self._calls += 1
        count(self._calls - 1)
        if self.stopped is not None:
            return
        if self._updates is not None:
            self._updates.closed(params)
        due, thin = self._thinned.due, self._thinned.thin
        if due:
            seen = self._seen(params, value, gradient, eta, momentum)
            self._record.take(self._thinned.placed(seen) if thin else seen)
        if thin:
            kept = copied(params)
            here = self._thinned.placed(Seen(kept, eta=eta, momentum=momentum))
            self._passed = None if due else (here, value, gradient)
            (self._thinned.taken if due else self._thinned.passed)(kept)

    def _seen(
        self,
        params: Any,
        value: Any,
        gradient: Any,
        eta: float | None = None,
        momentum: float | None = None,
    ) -> Seen:
        """A point, with f called there if it was not given."""
        known, kind = None, format_of(value)
        if isinstance(self._record.objective, Objective):
            self._record.objective.like(params)
        if value is None and self._value is not None:
            known = called(self._value, params, gradient is None, self._record.declared)
            value, kind = known.number, known.coarsest
            gradient = known.slope if gradient is None else gradient
        if value is None and self._record.declared.exact is None:
            raise InvalidInput("recorder: value is needed (or an exact problem)")
        slope = None if gradient is None else flat(gradient)[0]
        number = None if value is None else scalar(value)
        if gradient is not None and known is None:
            kind = coarser(kind, flat(gradient)[1])
        return Seen(params, number, slope, eta, momentum, known=known, kind=kind)

    def _so_far(self) -> Record:
        """The record with the point that waits for the next step to start, or was not due."""
        if self._listener is None and self._passed is None:
            return self._record
        whole = self._record.forked()
        if self._listener is None:
            assert self._passed is not None
            here, value, gradient = self._passed
            last = self._seen(here.params, value, gradient, here.eta, here.momentum)
            whole.take(replace(last, number=here.number, before=here.before))
            return whole
        whole.heard, whole.late = self._listener.notes(), self._listener.late
        seen = self._listener.last()
        if seen is not None:
            whole.take(self._listener.row(seen))
        return whole
