r"""Listening to a torch optimiser: which points are the run's, and when they are recorded.

**The run's points are those at which its steps start, and the one at which it ends.** f and ∇f
are evaluated where a step ends, and recorded when the next one starts at the same point. Where
the loop moved the parameters in between (a projection, a clamp, weights that were put back after
a rejected trial), the point that the step left was none of the run's: they are evaluated again
where the next step starts, and that is the row. After the last step there is no next one: its
row counts if the parameters are still there when the trace is made. If they have moved, the row
is left out; ``close`` (``Recorder.detach``) says that the run ends here, and takes the point.

**A step is what is called first.** Torch hooks a class's ``step`` and that of its parent, so that
``super().step()`` fires twice. A call within a call is known by its frame on the stack: no count
is left wrong by a step that raises.

**f must be a function of x.** It is evaluated twice at ``attach``, and again where a step starts
at a recorded point although something that f can reach has changed (``Surroundings``), and after
1, 2, 4, 8, … steps in any case. Two numbers for one x end the record before that row.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from typing import Any, Protocol

import torch
from torch import Tensor

from amverify.record.heard.digits import Digits, held
from amverify.record.heard.elsewhere import Elsewhere
from amverify.record.heard.gradients import Gradients
from amverify.record.heard.groups import Held, counted, plain_step, stepped
from amverify.record.heard.looks import Looks
from amverify.record.heard.nesting import Nest
from amverify.record.heard.notes import notes
from amverify.record.heard.refusals import hooked, one_line, readable
from amverify.record.heard.thinned import Thinned
from amverify.record.known.seen import Beside, Seen
from amverify.record.limit import count
from amverify.record.points.vector import Vector, flat, parameters_of, placed
from amverify.record.quiet.surroundings import Surroundings
from amverify.record.quiet.undone import undone


class Sink(Protocol):
    """Who keeps the rows."""

    def take(self, seen: Seen, /) -> bool:
        """Append a row; whether recording goes on."""

    def end(self, reason: str, rows: int, /) -> None:
        """End the recording with the first so many rows."""

    def differ(self, params: Sequence[Tensor], first: float, second: float, /) -> bool:
        """Whether two values at one point are more than rounding apart."""


class Listener:
    """Hooks on an optimiser's ``step`` until ``close``.

    Args:
        optimizer: all parameters of all its groups, in order, form x.
        value: the objective; ``None`` where whoever takes the points knows it.
        gradient: evaluate ∇f too.
        sink: keeps the rows.
        follow: bound the rounding of f and ∇f; see ``record.shadow``.
        point: where rows are, if not where steps are made.
        every: of so many steps one is recorded, with both its ends.

    Raises:
        InvalidInput: for what cannot be recorded; see ``refusals``.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        value: Callable[[], Any] | None,
        gradient: bool,
        sink: Sink,
        follow: bool = False,
        point: Elsewhere | None = None,
        every: int = 1,
    ) -> None:
        self._optimizer, self._value, self._sink, self._point = optimizer, value, sink, point
        self._looks = Looks(value, gradient, follow)
        self._nest = Nest()
        self._held = Held(optimizer)
        self._rows = self._steps = self.moved = 0
        self._thinned = Thinned(every)
        self._verified = 1
        self._here: list[Tensor] = []
        self._from: Seen | None = None
        self._digits, self._gradients = Digits(), Gradients()
        self._around: Surroundings | None = None
        self._pending: Seen | None = None
        self._going, self._loaded, self._deaf = True, False, False
        self._handles = hooked(optimizer, self._before, self._after, self._reload)
        self.late = counted(optimizer)
        self._start = stepped(optimizer)
        try:
            readable(parameters_of(optimizer), value, gradient, sink.differ)
        except BaseException:
            self._unhook()
            raise

    def close(self) -> None:
        """The run ends here: take its last point, and the hooks off."""
        if self._handles and self._going and self._pending is not None:
            seen = self.last()
            if seen is None:
                self._settle(parameters_of(self._optimizer), ends=True)
            else:
                self._take(seen)
            self._pending = None
        if self._handles and (lack := self._gradients.lack(self._held.params)):
            warnings.warn(lack, stacklevel=3)
        self._unhook()

    def arrive(self) -> bool:
        """A step starts here: take the point. Whether recording goes on."""
        if self._going and not self._rows:
            self._begin()
        elif self._going and self._held.other() is None and not self._loaded:
            self._settle(self._held.params)
        return self._going and self._held.other() is None and not self._loaded

    @contextmanager
    def tried(self, step: Callable[..., Any], batch: Any) -> Iterator[None]:
        """Where a step with this batch leads to, inside; afterwards it was never made."""
        digits, self._deaf = self._digits, True
        try:
            with undone(self._optimizer, self._held.params, step):
                self._digits = deepcopy(digits)
                step(batch)
                yield
        finally:
            self._digits, self._deaf = digits, False

    def here(self) -> Seen:
        """The present point as the end of a step."""
        return self._with_gradient(self._look(*plain_step(self._optimizer)), False)

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """Whose steps it hears."""
        return self._optimizer

    @property
    def params(self) -> list[Tensor]:
        """All that the optimiser holds."""
        return self._held.params

    @property
    def made(self) -> int:
        """How many steps it has made."""
        return self._steps

    def last(self) -> Seen | None:
        """The point after the last step, if the run is still there."""
        seen = self._pending
        if seen is None or not self._going or not _same(self._held.params, seen.params):
            return None
        return seen

    def row(self, seen: Seen) -> Seen:
        """What is recorded of a point of the steps: itself, or the point beside it."""
        seen = self._thinned.placed(self._valued(seen))
        if self._point is None or seen.error is not None:
            return seen
        try:
            where = self._point.at(seen.params)
        except Exception as error:
            return replace(seen, error=one_line(error))
        with placed(self._held.params, where):
            there = self._look(seen.eta, seen.momentum)
        return replace(there, coarse=seen.coarse, beside=self._beside(seen))

    def _valued(self, seen: Seen) -> Seen:
        """A point where the run is, with f there."""
        if not seen.unvalued:
            return seen
        return replace(self._look(seen.eta, seen.momentum), used=seen.used, coarse=seen.coarse)

    def _beside(self, seen: Seen) -> Beside:
        """The point of the step, for what rounding can do to the one that is recorded."""
        now = flat(seen.params)[0]
        size = abs(now) + abs(flat(self._here)[0]) if self._here else abs(now)
        known = None if self._from is None else self._from.known
        slope = None if known is None else known.gradient
        return Beside(size, float(now @ now), seen.used, slope)

    def notes(self) -> list[str]:
        """What a reader of the record has to know."""
        left = self._going and self._pending is not None and self.last() is None
        at = None if self._point is None else self._point.name
        lack = self._gradients.lack(self._held.params)
        return notes(self._start, at, self.moved, self._steps, left, lack)

    def _unhook(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def _reload(self, *_: Any) -> None:
        self._loaded |= not self._deaf

    def _before(self, *_: Any) -> None:
        """A step starts."""
        if self._deaf or not self._nest.enter() or not self._going:
            return
        self._gradients.look(self._held.params)
        if not self._rows:
            self._begin()
            return
        reason = self._held.other() or self._other_run()
        if reason is None:
            self._settle(self._held.params)
            return
        seen = self.last()
        if seen is not None and not self._loaded:
            self._take(seen)
        self._end(reason, self._rows)

    def _after(self, _optimizer: Any, args: Any, kwargs: Any) -> None:
        """A step ends."""
        closure = any(callable(given) for given in (*args, *kwargs.values()))
        if self._deaf or not self._nest.leave():
            return
        self._steps += 1
        self._gradients.ended(self._held.params, closure)
        count(self._steps)
        if not self._going:
            return
        reason = self._held.other()
        if reason is not None:
            self._end(reason, self._rows)
            return
        if not self._thinned.due:
            self._pending = self._glance(*plain_step(self._optimizer))
            return
        self._around = self._surroundings()
        seen = self._look(*plain_step(self._optimizer), self._around)
        self._pending = self._with_gradient(seen, closure)

    def _glance(self, eta: float | None = None, momentum: float | None = None) -> Seen:
        """The present point, with nothing of f."""
        return replace(self._looks.glanced(self._held.params), eta=eta, momentum=momentum)

    def _with_gradient(self, seen: Seen, closure: bool) -> Seen:
        """With what is known of the gradient that the step used; a closure's is one of many."""
        params = self._held.params
        before = None if self._thinned.skipped else self._from
        at = [s for s in ([before, seen] if closure else [before]) if s is not None]
        slopes = [None if s.known is None else s.known.gradient for s in at]
        coarse = self._digits.coarse(params, slopes, [s.slope for s in at])
        whole = not closure and any(p.grad is not None for p in params)
        return replace(seen, used=flat(held(params))[0] if whole else None, coarse=coarse)

    def _begin(self) -> None:
        """The first step starts: its point is row 0."""
        self._held = Held(self._optimizer)
        self.late = counted(self._optimizer)
        self._start = self.late or self._start
        self._loaded = False
        self._take(self._look(None, None))

    def _other_run(self) -> str | None:
        """Why what follows is another run, if the optimiser's state was loaded."""
        loaded, self._loaded = self._loaded, False
        seen = self._pending
        back = [self._here] if seen is None else [self._here, seen.params]
        if not loaded or any(_same(self._held.params, point) for point in back):
            return None
        self._loaded = True
        return f"after step {self._steps} the optimiser's state was loaded, with other parameters"

    def _settle(self, params: list[Tensor], ends: bool = False) -> None:
        """The next step starts here, or the run ends: record the point."""
        seen, self._pending = self._pending, None
        moved = not _same(params, self._here if seen is None else seen.params)
        self.moved += moved
        if seen is None:
            if moved:
                self._arrived(self._glance())
            return
        if not self._still(seen):
            return
        if moved:
            there = self._glance(seen.eta, seen.momentum)
            seen = replace(there, used=seen.used, coarse=seen.coarse)
        self._arrived(seen, ends)

    def _arrived(self, seen: Seen, ends: bool = False) -> None:
        """The run is here: a row, or a point that is passed."""
        if ends or self._thinned.due:
            self._take(seen)
        else:
            self._thinned.passed(seen.params)
            self._here = seen.params

    def _still(self, seen: Seen) -> bool:
        """Whether f is what it was where the step ended."""
        if self._value is None or seen.value is None:
            return True
        now = self._surroundings()
        changed = now.changes(self._around) if now and self._around else []
        if not changed and self._rows & (self._rows - 1):
            return True
        with placed(self._held.params, seen.params):
            again = self._look(None, None)
        if again.value is None or self._sink.differ(seen.params, seen.value, again.value):
            what = f" ({', '.join(changed[:3])} changed)" if changed else ""
            reason = f"value at step {self._steps} is {seen.value!r} and then "
            reason += f"{again.error or again.value!r} at the same parameters: it depends on "
            reason += f"something that the optimiser does not hold{what}"
            self._end(reason, self._rows if changed else self._verified)
            return False
        self._verified = self._rows + 1
        return True

    def _surroundings(self) -> Surroundings | None:
        return None if self._value is None else Surroundings(self._value, self._held.params)

    def _look(
        self, eta: float | None, momentum: float | None, around: Surroundings | None = None
    ) -> Seen:
        seen = self._looks.valued(self._held.params, self._rows < 2, around)
        return replace(seen, eta=eta, momentum=momentum)

    @contextmanager
    def standing(self, params: Sequence[Tensor] | None) -> Iterator[list[Tensor]]:
        """The optimiser's own parameters, at another point inside (or where they are)."""
        held = self._held.params
        with placed(held, [p.detach() for p in held] if params is None else params):
            yield held

    def at(self, x: Vector) -> float:
        """f at any point, in the run's format."""
        return self._looks.at(self._held.params, x)

    def _take(self, seen: Seen) -> None:
        """Hand over a row; what goes wrong there ends the recording, never the loop."""
        seen = self._valued(seen)
        row = self.row(seen)
        error = row.error
        if error is None:
            try:
                self._going = self._sink.take(row)
            except Exception as caught:
                error = one_line(caught)
        if error is not None:
            self._end(f"step {self._thinned.number}: {error}", self._rows)
            return
        self._rows += 1
        self._thinned.taken(seen.params)
        self._here, self._from = seen.params, seen
        if self._point is not None:
            self._point.passed(seen.params)

    def _end(self, reason: str, rows: int) -> None:
        self._going, self._pending = False, None
        self._sink.end(reason, rows)


def _same(a: Sequence[Tensor], b: Sequence[Tensor]) -> bool:
    return all(p.shape == q.shape and torch.equal(p, q) for p, q in zip(a, b, strict=True))
