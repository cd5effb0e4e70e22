r"""A trace of anybody's optimiser.

    recorder = Recorder.attach(torch.optim.SGD(model.parameters(), lr=0.1), value=full_batch_loss)
    ...                                              # the training loop, as it was
    trace = recorder.trace(constants={"L": 2.0})     # audit(trace, ["descent", "G1"])

Any other loop calls ``recorder.step(params, value)`` at its start and after every step;
``scipy.optimize.minimize`` takes ``callback=recorder.scipy(f)``. Row 0 is the start.

**Rounding is computed.** Where f is a function of torch tensors (``attach``, ``Recorder(value=f)``)
it is followed operator by operator, forward and backward, in float64, with a bound on every entry
(``operations="auto"``, the default; ``recording.shadow``): what is recorded is f and ∇f themselves,
and how far they may be off, whatever format the run has. An evaluation so followed takes some ten
times as long as a plain one.

**Or it is declared.** A value f̂ = f(x)(1 + θ) that is a sum of *non-negative* terms, with n
roundings on the longest way to any of them, has |f̂ − f| ≤ γ_n|f̂|: ``operations=n``, where u is that
of the coarsest format among parameters, value and the operations between them. It is wrong of
what cancels: cross-entropy near 0, an expanded square. Or ``value_error`` and ``gradient_error``
give bounds themselves; or ``exact`` is a problem whose values carry computed bounds, as those of
``amverify.families`` do. A declaration that the run refutes is dropped. Where nothing is known the
error columns are absent, an audit that needs them says UNDECIDED, and a note says what to type.

**The rounding of the steps themselves** needs ∇f and a bound on its error (``recording.rows``).
Without it, it is *measured* where f can be called (``recording.probing``), else unknown. A run in a
coarser format than that of the arrays that are handed over says so: ``computed_in="float32"``.

Whatever is not finite never reaches the user's loop: recording ends there, the trace keeps the
rows before, and its header says why under ``stopped``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import U
from amverify.record import refusals
from amverify.record.blocks import MethodRecorder
from amverify.record.callbacks import ScipyCallback
from amverify.record.declared import AUTO, Bound, Bounded, Declared
from amverify.record.digits import explained
from amverify.record.header import declared, versions
from amverify.record.limit import count
from amverify.record.listener import Listener, Seen
from amverify.record.objectives import Paired, called, objective
from amverify.record.observing import Observed
from amverify.record.points import (
    Vector,
    coarser,
    flat,
    format_of,
    least,
    scalar,
    unit_roundoff,
)
from amverify.record.probing import Probe
from amverify.record.refusals import one_line
from amverify.record.steps import Columns, Point, joined, last_row, slip, unfit
from amverify.record.tracked import Tracked, tracked
from amverify.record.values import Values
from amverify.trace.trace import Trace

__all__ = ["Bounded", "MethodRecorder", "Recorder"]

STEPS_UNKNOWN = (
    "what rounding of the steps can do to f is unknown: record gradients with gradient_error, "
    "or let the recorder call f (Recorder(value=f))"
)

COARSE = (
    "gradients hold no more digits than {1} has and differ from those of value ({0} of the steps), "
    "as if computed in a coarser format than the parameters' (autocast, a half-precision copy): "
    'what their rounding can do to f is unknown; if so, pass computed_in="{1}"'
)


class Recorder:
    """Collects the points that an optimiser visits, and what holds there.

    Args:
        subject: the run's name in reports.
        value_error: bound on the error of each value: a number, or a function of x.
        gradient_error: the same for each entry of the gradient.
        operations: "auto", or n of the module's rule for sums of non-negative terms.
        value: f, called with what ``step`` is given, where ``step`` is given no value.
        computed_in: the format of the run's steps, if it is coarser than that of its arrays.
        exact: an objective with computed bounds; values and gradients are taken from it.
        eta: η, where each step is e = −η∇f + βΔ (a function of the step's number if it varies).
        momentum: β, the same way.
        keep_iterates: keep x itself every so many steps.
        seed: what the run was seeded with, for the header.

    Raises:
        InvalidInput: for more than one declared bound on the value, or one that is negative.
    """

    def __init__(
        self,
        subject: str = "run",
        *,
        value_error: Bound | None = None,
        gradient_error: Bound | None = None,
        operations: int | str = AUTO,
        exact: Bounded | None = None,
        eta: float | Callable[[int], float] | None = None,
        momentum: float | Callable[[int], float] | None = None,
        keep_iterates: int | None = None,
        seed: int | None = None,
        value: Callable[[Any], Any] | None = None,
        computed_in: str | None = None,
    ) -> None:
        if keep_iterates is not None and keep_iterates < 1:
            raise InvalidInput(f"keep_iterates: expected 1 or more, got {keep_iterates}")
        self.subject, self.seed = subject, seed
        self._declared = Declared(value_error, gradient_error, operations, exact)
        self._values, self._probe = Values(self._declared), Probe(U)
        self._value, self._objective = value, None if value is None else objective(value)
        self._measured = False
        self._named = computed_in is not None
        self._coarse: dict[str, int] = {}
        self._computed_in = "float64" if computed_in is None else computed_in
        unit_roundoff(self._computed_in)
        self._keep, self._eta, self._momentum = keep_iterates, eta, momentum
        self._dtype = "float64"
        self._shapes: tuple[tuple[int, ...], ...] = ()
        self._last: list[Point] = []
        self._rows: list[Columns] = []
        self._iterates: dict[int, dict[str, Vector]] = {}
        self._listener: Listener | None = None
        self._notes: list[str] = []
        self._tracked: list[Tracked] = []
        self._standing: Callable[[Any], AbstractContextManager[Any]] | None = None
        self._lost: str | None = None
        self._calls = 0
        self.stopped: str | None = None
        self._nonfinite: dict[str, Any] | None = None

    @property
    def steps(self) -> int:
        """How many points after the start were recorded."""
        return max(len(self._so_far()._rows) - 1, 0)

    @classmethod
    def attach(
        cls,
        optimizer: torch.optim.Optimizer,
        value: Callable[[], Any] | None = None,
        *,
        gradient: bool = True,
        subject: str | None = None,
        **declarations: Any,
    ) -> Recorder:
        """A recorder that listens to a torch optimiser until ``detach``.

        **Rows are the points at which steps start, and the one at which the run ends**: a loop
        that moves the parameters between steps (a projection, a clamp) is recorded as it is, and
        the report says how often it did. A ``step`` within a ``step`` is part of it. Parameters
        that join or leave the groups, or a loaded state of the optimiser with other parameters,
        end the record; so does a value that changes where the parameters do not.

        **The run is left as it was, bit for bit**: parameters, gradients, buffers, modes, the
        random generators of torch, numpy and python, and explicit ones and whatever else
        ``value`` can reach (``amverify.record.reach``). What it writes to files, or into
        objects of libraries, is its own.

        Args:
            optimizer: all parameters of all its groups, in order, form x.
            value: the objective to be recorded, evaluated at the present parameters: the full
                batch, without dropout. It may be left out where ``exact`` is given. Compiled
                modules in it run uncompiled.
            gradient: record ∇f too, by one backward pass of ``value`` a step. Frozen parameters
                are part of x, and their entries part of ∇f.
            subject: the run's name; else that of the optimiser's class.
            declarations: as for :class:`Recorder`. For ``torch.optim.SGD`` without dampening,
                Nesterov momentum and weight decay, η and β are its ``lr`` and ``momentum``.

        Raises:
            InvalidInput: for what cannot be recorded so, saying what to pass instead: no torch
                optimiser or one without hooks (a wrapper that never called
                ``Optimizer.__init__``); no parameters; a ``value`` that is missing, raises,
                returns no number, depends on no parameter, changes them, gives two numbers at
                one point, reads an iterator, or calls a scripted or traced module.
        """
        refusals.optimiser(optimizer)
        if value is None and declarations.get("exact") is None:
            raise InvalidInput("recorder: value, a function that returns the objective, is needed")
        recorder = cls(subject or type(optimizer).__name__, **declarations)
        if recorder._declared.exact is not None:
            value = None
        follow = recorder._declared.follows(gradient)
        listener = Listener(optimizer, value, gradient, _Heard(recorder), follow)
        recorder._listener = listener
        recorder._standing = listener.standing
        recorder._objective = None if value is None else listener.at
        return recorder

    def track(
        self,
        name: str,
        function: Callable[..., Any],
        *,
        error: Bound | None = None,
        operations: int | str = AUTO,
    ) -> None:
        """Record a quantity of one's own at every point; claims call it ``name[k]``.

        Args:
            name: lower-case letters, digits and _.
            function: of x, or of x and the point before; x is what ``step`` is given, or the
                parameter (several: their list) of an attached optimiser.
            error: a bound on the error of its value: a number, or a function of x.
            operations: as for the recorder; by default it is followed where it is torch's.

        Raises:
            InvalidInput: for a name that means something already; once points are recorded.
        """
        if self._rows:
            raise InvalidInput(f"track: {name}: say it before the first step")
        taken = [one.name for one in self._tracked]
        self._tracked.append(tracked(name, function, error, operations, taken))
        if self._listener is not None:
            with self._listener.standing(None) as params:
                tracked(name, function, error, operations, taken).row(0, params)

    def detach(self) -> None:
        """The run ends here: take its last point, and stop listening."""
        if self._listener is not None:
            self._listener.close()

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
        known, kind = None, format_of(value)
        if value is None and self._value is not None:
            known = called(self._value, params, gradient is None, self._declared)
            value, kind = known.number, known.coarsest
            gradient = known.slope if gradient is None else gradient
        if value is None and self._declared.exact is None:
            raise InvalidInput("recorder: value is needed (or an exact problem)")
        slope = None if gradient is None else flat(gradient)[0]
        number = None if value is None else scalar(value)
        if gradient is not None and known is None:
            kind = coarser(kind, flat(gradient)[1])
        self._add(params, number, slope, eta, momentum, known, kind)

    def scipy(
        self,
        f: Callable[[Vector], Any],
        grad: Callable[[Vector], Any] | None = None,
        x0: Any = None,
    ) -> Callable[..., None]:
        """A callback for ``scipy.optimize.minimize``, ``basinhopping`` and others.

        It understands both of scipy's forms, ``callback(xk)`` and
        ``callback(intermediate_result=…)``; an iterate that comes again, or was not accepted, is
        no row. f is evaluated as quietly as for ``attach``. What rounding can do to f is not
        known to numpy's functions: declare it (``value_error``, ``operations``); what it does to
        the steps is measured.

        Args:
            f: the objective; it may return value and gradient (scipy's ``jac=True``).
            grad: the gradient.
            x0: row 0, for scipy does not call at the start; else the first iterate is row 0.

        Raises:
            InvalidInput: if f gives two values at the first point; from within SLSQP, whose
                callbacks are no iterates.
        """
        pair = Paired(f, grad)
        self._objective = pair.value
        return ScipyCallback(self.step, pair, (f, grad), x0)

    def trace(
        self,
        constants: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        **declarations: Any,
    ) -> Trace:
        """What was recorded so far: ``recorder.trace(L=10, fstar=amv.within(0.1, 1e-12))``.

        Args:
            constants: numbers that the claim's author declares (L, mu, fstar, …), plain or as
                ``{"value": 2.0, "origin": "declared"}``.
            settings: facts of the run for its header.
            declarations: further constants by name.

        Raises:
            InvalidInput: for a constant that is not a finite number, or if nothing was recorded.
        """
        whole = self._so_far()
        if whole is not self:
            return whole.trace(constants, settings, **declarations)
        if not self._rows:
            why = f" ({self.stopped})" if self.stopped else ""
            raise InvalidInput(f"{self.subject}: no step was recorded{why}")
        header: dict[str, Any] = {
            "subject": self.subject,
            "iteration": "step",
            "settings": {"dtype": self._dtype, **(settings or {})},
            "constants": declared({**(constants or {}), **declarations}),
            "versions": versions(),
        }
        if self.seed is not None:
            header["seed"] = self.seed
        if self.stopped is not None:
            header["stopped"] = self.stopped
        if self._nonfinite is not None:
            header["nonfinite"] = self._nonfinite
        notes = [*self._values.notes(), *self._notes, *([self._lost] if self._lost else [])]
        notes += [
            f"the rounding of {one.name} is unknown ({one.lack}): pass error or operations to track"
            for one in self._tracked
            if one.lack
        ]
        notes += [COARSE.format(many, kind) for kind, many in self._coarse.items()]
        if notes:
            header["notes"] = notes
        if self._measured:
            header["execution"] = "measured"
        columns = self._columns()
        if np.isinf(columns["execution"]).any() and not self._coarse:
            header.setdefault("notes", []).append(STEPS_UNKNOWN)
        count = len(self._rows)
        keys = {"sweep": np.arange(count), "replicate": np.zeros(count, dtype=np.int64)}
        return Trace(header, sweeps={**keys, **columns}, iterates=dict(self._iterates))

    def _columns(self) -> Columns:
        """All rows; errors that no row knows are left out."""
        columns = joined(self._rows)
        columns["value_error"] = self._values.errors(columns["value_error"])
        return {
            name: column
            for name, column in columns.items()
            if not (name.endswith("_error") and np.isinf(column).all())
        }

    def _add(
        self,
        params: Any,
        value: float | None,
        slope: Vector | None,
        eta: float | None,
        momentum: float | None,
        known: Observed | None = None,
        kind: str = "float64",
        coarse: str | None = None,
        used: Vector | None = None,
    ) -> None:
        """Append a row, or end the recording where something is not finite."""
        if self.stopped is not None:
            return
        x, dtype, shapes = flat(params)
        number = len(self._rows)
        if not number:
            self._dtype, self._shapes = coarser(dtype, self._computed_in), shapes
            self._probe = Probe(unit_roundoff(self._dtype))
            for one in self._tracked:
                one.start(unit_roundoff(self._dtype))
        elif shapes != self._shapes:
            raise InvalidInput(
                f"parameters: shapes {shapes} at step {number}, but {self._shapes} at the start"
            )
        if slope is not None and slope.shape != x.shape:
            raise InvalidInput(f"gradient: {slope.size} numbers for {x.size} parameters")
        if not np.isfinite(x).all():
            self._stop(number, "a parameter")
            return
        kind = coarser(dtype, kind, "float64" if known is None else known.coarsest)
        f = self._values.value(number, x, value, kind, known)
        followed = known is not None and known.value is not None
        if not np.isfinite(f.rad if value is None or followed else value):
            self._stop(number, "its value")
            return
        g, g_known = self._values.gradient(x, slope, known)
        own = slope is None or _finite(slope) or (known is not None and known.gradient is not None)
        if g is not None and not (own and _finite(g.mid)):
            g, g_known = None, False
            self._lost = self._lost or (
                f"the gradient is not finite at step {number}: the record has no gradients"
            )
        eta = eta if eta is not None else _at(self._eta, number)
        momentum = momentum if momentum is not None else _at(self._momentum, number)
        now = Point(
            x, g, eta, momentum, g_known, slip(slope, g if g_known else None), _off(value, f)
        )
        row = {"value": np.array([f.mid]), "value_error": np.array([f.rad])}
        self._learn(used)
        row |= last_row([*self._last, now], unit_roundoff(self._dtype), least(self._dtype))
        bad = [name for name, column in row.items() if unfit(name, column)]
        if bad:
            self._stop(number, f"its {bad[0]}")
            return
        if coarse is not None and not self._named:
            self._coarse[coarse] = self._coarse.get(coarse, 0) + 1
            row |= {
                name: np.full(1, np.inf) for name in ("execution", "departure_error") if name in row
            }
        elif number:
            at = float(f.mid) if value is None else value
            self._measure(row, number, x, at)
        if not self._follow_tracked(row, number, params):
            return
        self._rows.append(row)
        self._last = [*self._last, now][-2:]
        if self._keep and number % self._keep == 0:
            self._iterates[number] = {"x": x}

    def _follow_tracked(self, row: Columns, number: int, params: Any) -> bool:
        """The tracked quantities' columns; one that cannot be had ends the record."""
        standing = nullcontext(params) if self._standing is None else self._standing(params)
        try:
            with standing as there:
                for one in self._tracked:
                    row |= one.row(number, there)
        except Exception as error:
            if not number and self._standing is None:
                raise
            self.stopped = f"step {number}: {one_line(error)}"
            return False
        return True

    def _measure(self, row: Columns, number: int, x: Vector, at: float) -> None:
        """What rounding in the step can do: from its gradients, else by a probe of f."""
        if not np.isfinite(row["execution"]).all() and self._objective is not None:
            size = np.abs(x) + np.abs(self._last[-1].x)
            found = self._probe.allowance(number, x, at, self._objective, size)
            row["execution"] = np.array([found])
        self._measured |= bool(np.isfinite(row["execution"]).all())

    def _learn(self, used: Vector | None) -> None:
        """Of the last point: how far the gradient that the step from there used is off."""
        if used is None or not self._last:
            return
        last = self._last[-1]
        if last.bounded and last.gradient is not None and last.slip is not None:
            off = explained(used, last.gradient, self._dtype) + last.gradient.rad
            self._last = [*self._last[:-1], replace(last, slip=np.maximum(last.slip, off))]

    def _so_far(self) -> Recorder:
        """This record with the point that waits for the next step to start."""
        if self._listener is None:
            return self
        whole = copy(self)
        whole._listener = None
        whole._rows, whole._iterates = list(self._rows), dict(self._iterates)
        whole._tracked = [one.forked() for one in self._tracked]
        whole._notes = self._listener.notes()
        seen = self._listener.last()
        if seen is not None:
            whole._hear(seen)
        return whole

    def _hear(self, seen: Seen) -> None:
        if seen.error is not None:
            self.stopped = f"step {len(self._rows)}: {seen.error}"
            return
        step = seen.eta, seen.momentum
        self._add(
            seen.params,
            seen.value,
            seen.slope,
            *step,
            seen.known,
            coarse=seen.coarse,
            used=seen.used,
        )

    def _stop(self, number: int, what: str) -> None:
        """What ends a record: one that the run's own format made of finite f and ∇f says so."""
        self.stopped = f"step {number}: {what} is not finite"
        self._nonfinite = {"sweep": number, "what": what.split()[-1]}
        last = self._last[-1] if self._last else None
        if last is not None and what == "a parameter" and last.overflowed:
            self._nonfinite["what"] = f"a parameter (f and ∇f are, where {self._dtype} overflowed)"


class _Heard:
    """Rows that a listener brings."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def take(self, seen: Seen, /) -> bool:
        self._recorder._hear(seen)
        return self._recorder.stopped is None

    def end(self, reason: str, rows: int, /) -> None:
        recorder = self._recorder
        recorder._rows = recorder._rows[:rows]
        recorder._iterates = {k: x for k, x in recorder._iterates.items() if k < rows}
        recorder.stopped = reason

    def differ(self, params: Sequence[Tensor], first: float, second: float, /) -> bool:
        x, dtype, _ = flat(params)
        (a, known), (b, _) = (self._recorder._declared.value(x, v, dtype) for v in (first, second))
        apart = abs(a.mid - b.mid) > (a.rad + b.rad if known else 0.0)
        return bool(apart) or np.isfinite(first) != np.isfinite(second)


def _finite(x: Vector) -> bool:
    """Whether all entries are numbers."""
    return bool(np.isfinite(x).all())


def _off(value: float | None, f: Ball) -> float:
    """How far the run's own value is off the one that is recorded."""
    if value is None:
        return 0.0
    return abs(value - float(f.mid)) if np.isfinite(value) else np.inf


def _at(given: float | Callable[[int], float] | None, number: int) -> float | None:
    return given(number) if callable(given) else given
