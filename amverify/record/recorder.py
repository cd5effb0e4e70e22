r"""A trace of anybody's optimiser.

    recorder = Recorder.attach(torch.optim.SGD(model.parameters(), lr=0.1), value=full_batch_loss)
    ...                                              # the training loop, as it was
    trace = recorder.trace(constants={"L": 2.0})     # audit(trace, ["descent", "G1"])

Any other loop calls ``recorder.step(params, value)`` at its start and after every step;
``scipy.optimize.minimize`` takes ``callback=recorder.scipy(f)``. Row 0 is the start.

**Rounding is computed.** Where f is a function of torch tensors (``attach``, ``Recorder(value=f)``)
it is followed operator by operator, forward and backward, in float64, with a bound on every entry
(``operations="auto"``, the default; ``record.shadow``): what is recorded is f and ∇f themselves,
and how far they may be off, whatever format the run has. An evaluation so followed takes some ten
times as long as a plain one.

**Or it is declared**: ``operations``, ``value_error`` and ``gradient_error``, ``exact``
(``record.known.declared``). A declaration that the run refutes is dropped. Where nothing is known
the error columns are absent, an audit that needs them says UNDECIDED, and a note says what to type.

**The rounding of the steps themselves** needs ∇f and a bound on its error
(``record.points.rows``). Without it, it is *measured* where f can be called
(``record.known.probe``), else unknown. A run in a coarser format than that of the arrays that are
handed over says so: ``computed_in="float32"``.

Whatever is not finite never reaches the user's loop: recording ends there, the trace keeps the
rows before, and its header says why under ``stopped``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from amverify.errors import InvalidInput
from amverify.record.blocks import Updates
from amverify.record.header import of_run
from amverify.record.heard import minimizing, refusals
from amverify.record.heard.callbacks import ScipyCallback
from amverify.record.heard.elsewhere import elsewhere
from amverify.record.heard.listener import Listener
from amverify.record.heard.replays import Ends, Replays, by_column
from amverify.record.known.declared import AUTO, Bound, Bounded, Declared
from amverify.record.known.objectives import Objective, Paired, called
from amverify.record.known.seen import Seen
from amverify.record.known.tracked import tracked
from amverify.record.limit import count
from amverify.record.points.vector import Vector, coarser, flat, format_of, scalar
from amverify.record.record import Record, Schedule
from amverify.trace.header import is_number
from amverify.trace.trace import Trace

__all__ = ["Recorder"]


class Recorder:
    """Collects the points that an optimiser visits, and what holds there.

    Args:
        subject: the run's name in reports.
        value_error: bound on the error of each value: a number, or a function of x.
        gradient_error: the same for each entry of the gradient.
        operations: "auto", or n of the rule for sums of non-negative terms.
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
        eta: Schedule = None,
        momentum: Schedule = None,
        keep_iterates: int | None = None,
        seed: int | None = None,
        value: Callable[[Any], Any] | None = None,
        computed_in: str | None = None,
    ) -> None:
        if keep_iterates is not None and keep_iterates < 1:
            raise InvalidInput(f"keep_iterates: expected 1 or more, got {keep_iterates}")
        self.subject, self.seed = subject, seed
        bounds = Declared(value_error, gradient_error, operations, exact)
        self._record = Record(bounds, computed_in, eta, momentum, keep_iterates)
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

    @classmethod
    def attach(
        cls,
        optimizer: torch.optim.Optimizer,
        value: Callable[[], Any] | None = None,
        *,
        gradient: bool = True,
        subject: str | None = None,
        point: Any = None,
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
        ``value`` can reach (``amverify.record.quiet.reach``). What it writes to files, or into
        objects of libraries, is its own.

        Args:
            optimizer: all parameters of all its groups, in order, form x.
            value: the objective to be recorded, evaluated at the present parameters: the full
                batch, without dropout. It may be left out where ``exact`` is given. Compiled
                modules in it run uncompiled.
            gradient: record ∇f too, by one backward pass of ``value`` a step. Frozen parameters
                are part of x, and their entries part of ∇f.
            subject: the run's name; else that of the optimiser's class.
            point: where f, ∇f, distances and tracked quantities are recorded, if not where
                steps are made: a module that averages (``AveragedModel``), ``"eval"``
                (Schedule-Free), ``"average"`` (the mean of the points so far), or a function
                that returns parameters in the optimiser's order. Theorems on the steps
                themselves are then NOT_APPLICABLE; see ``amverify.record.heard.elsewhere``.
            declarations: as for :class:`Recorder`. For ``torch.optim.SGD`` without dampening,
                Nesterov momentum and weight decay, η and β are its ``lr`` and ``momentum``.

        Raises:
            InvalidInput: for what cannot be recorded so, saying what to pass instead: no torch
                optimiser or one without hooks (a wrapper that never called
                ``Optimizer.__init__``); no parameters; a ``value`` that is missing, raises,
                returns no number, depends on no parameter, changes them, gives two numbers at
                one point, reads an iterator, or calls a scripted or traced module; a ``point``
                that gives no parameters, or not those of this optimiser.
        """
        refusals.optimiser(optimizer)
        refusals.objective(value, needed=declarations.get("exact") is None)
        there = elsewhere(point, optimizer, value)
        where = "" if there is None else f" at {there.name}"
        recorder = cls(subject or f"{type(optimizer).__name__}{where}", **declarations)
        record = recorder._record
        record.point = None if there is None else there.name
        if record.declared.exact is not None:
            value = None
        follow = record.declared.follows(gradient)
        listener = Listener(optimizer, value, gradient, record, follow, there)
        recorder._listener, record.standing = listener, listener.standing
        record.objective = None if value is None else listener.at
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
        if self._record.rows:
            raise InvalidInput(f"track: {name}: say it before the first step")
        taken = [one.name for one in self._record.tracked]
        self._record.tracked.append(tracked(name, function, error, operations, taken))
        if self._listener is not None:
            with self._listener.standing(None) as params:
                tracked(name, function, error, operations, taken).row(0, params)

    def replayed(
        self,
        step: Callable[[Any], Any],
        *,
        batches: Sequence[Any] | Callable[[], Any],
        at: Iterable[int],
        draws: int = 400,
        bounds: Mapping[str, Ends] | None = None,
    ) -> Callable[[Any], Any]:
        """For claims with E[…]: chosen steps are made with other batches too, and undone.

            step = recorder.replayed(step, batches=minibatches, at=range(1, 101, 10))

        The loop then calls what it gives. The run stays as it was, bit for bit
        (``amverify.record.heard.replays``).

        Args:
            step: makes one step of the attached optimiser with a batch.
            batches: the list of all batches that can be drawn, equally likely: E[…] is enumerated;
                or a function of no arguments that draws one, independently: E[…] is known by a
                confidence sequence, and ``bounds`` are needed.
            at: the numbers of the steps, said before the run; step k leads to x^k.
            draws: how many at each step, of a function.
            bounds: by the quantity's name, (low, high) of what it can be after a step whichever
                the batch, or a function of no arguments that gives them before the draw; they
                are monitored.

        Raises:
            InvalidInput: without an attached optimiser; once points are recorded; for a step that
                makes not one step, draws random numbers itself or cannot be undone.
        """
        if self._listener is None:
            raise InvalidInput("replayed: Recorder.attach(optimizer, value) comes before")
        if self._record.rows or self._replays is not None:
            raise InvalidInput("replayed: say it once, before the first step")
        record = self._record
        named = by_column(bounds or {}, [one.name for one in record.tracked], record.point)
        self._replays = Replays(self._listener, record, step, batches, at, draws, named)
        return self._replays

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
        if self._updates is not None:
            self._updates.closed(params)
        self._record.take(self._seen(params, value, gradient, eta, momentum))

    def block(
        self,
        name: str,
        params: Any,
        value: Any = None,
        gradient: Any = None,
        *,
        bend: Any = None,
        modulus: float | None = None,
        s: float | None = None,
        t: float | None = None,
        p1: float | None = None,
        p2: float | None = None,
    ) -> None:
        """Record an update of one block, between two calls of ``step``: a sweep's, as they come.

            recorder.block("U", [U, V], f(U, V))      # for each block: value[j] <= value[j-1]

        ``modulus`` says that it was a proximal-gradient step: G3 and T1 to T3 then speak of it,
        with s, t, p1, p2 and ``bend``.

        Args:
            name: of the block: "U", "W1", "codes"; once in each sweep.
            params: x after the update, all blocks of it, as ``step`` takes it.
            value: f there, unless the recorder can call it.
            gradient: ∇f there.
            bend: ⟨d, ∇²H d⟩ along d = e − p2Δ: ``amv.within(number, error)``.
            modulus: L, of the block's part of ∇H.
            s: step scale, the step being 1/(sL).
            t: 1 + p3, the extrapolation behind the step: 1 for none.
            p1: inertia of the proximal centre: 0 for none.
            p2: inertia of the gradient's point: 0 for none.

        Raises:
            InvalidInput: before the start was recorded; for a name that came already in this
                sweep; for what is no number; with an attached optimiser.
        """
        if self._listener is not None:
            raise InvalidInput(
                "block: an attached optimiser steps all blocks at once; record its loop by "
                "Recorder() and recorder.step(x, value)"
            )
        if self.stopped is not None:
            return
        if self._updates is None:
            self._updates = Updates(self._record)
        said = {"bend": bend, "modulus": modulus, "s": s, "t": t, "p1": p1, "p2": p2}
        self._updates.take(name, self._seen(params, value, gradient), said)
        if self._updates.record.stopped is not None:
            self._record.end_as(self._updates.record, self._updates.sweep)

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
        self._record.objective = pair.value
        return ScipyCallback(self.step, pair, (f, grad), x0)

    def minimize(
        self,
        f: Callable[..., Any],
        x0: Any,
        args: Any = (),
        method: str | None = None,
        jac: Any = None,
        callback: Callable[..., Any] | None = None,
        **more: Any,
    ) -> Any:
        """``scipy.optimize.minimize`` with the same arguments, recorded: row 0 is ``x0``.

        What is no step of the method (a rejected trial, an iterate that comes again) is no row.
        What rounding can do to f is declared as for ``scipy``.

        Args:
            f: the objective of x and ``args``; with ``jac=True`` it gives value and gradient.
            x0: the start.
            args: what f and ``jac`` take besides x.
            method: scipy's name of it.
            jac: the gradient, ``True``, or nothing: then no gradients are recorded.
            callback: the run's own, called after the recorder.
            more: what else scipy takes.

        Returns:
            Scipy's result.

        Raises:
            InvalidInput: for an f that gives two values at one point, a method of one's own, and
                SLSQP without ``jac``: nobody is told its iterates.
        """
        problem = minimizing.Problem(f, args, jac)
        pair = problem.pair()
        self._record.objective = pair.value
        self.subject = self.subject if self.subject != "run" else method or "scipy's minimize"
        heard = ScipyCallback(self.step, pair, (f, jac), x0)
        return minimizing.minimize(problem, x0, heard.at, method, callback, more)

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
        record = self._so_far()
        if not record.rows:
            why = f" ({record.stopped})" if record.stopped else ""
            raise InvalidInput(f"{self.subject}: no step was recorded{why}")
        said = {"dtype": record.dtype, **record.settings(), **(settings or {})}
        replays = {}
        if self._replays is not None:
            replays, said["replays"] = self._replays.table(), self._replays.facts()
        updates = self._updates
        if updates is not None:
            said["block_names"] = updates.names
        header = of_run(self.subject, said, {**(constants or {}), **declarations}, self.seed)
        columns = record.columns()
        rows = len(record.rows)
        keys = {"sweep": np.arange(rows), "replicate": np.zeros(rows, dtype=np.int64)}
        if updates is not None and is_number(said.get("rho")):
            keys["rho"] = np.full(rows, float(said["rho"]))
        return Trace(
            {**header, **record.facts(columns)},
            blocks={} if updates is None else updates.table(),
            sweeps={**keys, **columns},
            iterates=dict(record.iterates),
            replays=replays,
        )

    def _so_far(self) -> Record:
        """The record with the point that waits for the next step to start."""
        if self._listener is None:
            return self._record
        whole = self._record.forked()
        whole.heard, whole.late = self._listener.notes(), self._listener.late
        seen = self._listener.last()
        if seen is not None:
            whole.take(self._listener.row(seen))
        return whole
