"""A recorder that listens to a torch optimiser."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import signature
from typing import Any, Self

import torch

from amverify.errors import InvalidInput
from amverify.record.heard import refusals
from amverify.record.heard.elsewhere import elsewhere
from amverify.record.heard.listener import Listener
from amverify.record.heard.replays import Ends, Replays, by_column
from amverify.record.heard.thinned import ENDS
from amverify.record.known.declared import AUTO, Bound
from amverify.record.known.tracked import tracked
from amverify.record.loop import Loop


class Attached(Loop):
    """``Recorder.attach`` and what belongs to it."""

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
    ) -> Self:
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
            InvalidInput: for an argument that there is not; for what cannot be recorded so, saying
                what to pass instead: no torch
                optimiser or one without hooks (a wrapper that never called
                ``Optimizer.__init__``); no parameters; a ``value`` that is missing, raises,
                returns no number, depends on no parameter, changes them, gives two numbers at
                one point, reads an iterator, or calls a scripted or traced module; a ``point``
                that gives no parameters, or not those of this optimiser.
        """
        refusals.arguments(declarations, signature(cls).parameters)
        refusals.optimiser(optimizer)
        refusals.objective(value, needed=declarations.get("exact") is None)
        there = elsewhere(point, optimizer, value)
        where = "" if there is None else f" at {there.name}"
        if there is not None and int(declarations.get("every") or 1) > ENDS:
            raise InvalidInput(
                f"every: rows are at {there.name}, of which every step is needed; leave one out"
            )
        recorder = cls(subject or f"{type(optimizer).__name__}{where}", **declarations)
        record = recorder._record
        record.point = None if there is None else there.name
        if record.declared.exact is not None:
            value = None
        follow = record.declared.follows(gradient)
        listener = Listener(optimizer, value, gradient, record, follow, there, record.every)
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
        if self._record.every > ENDS:
            raise InvalidInput("replayed: it says itself which steps, at=…; leave every out")
        record = self._record
        named = by_column(bounds or {}, [one.name for one in record.tracked], record.point)
        self._replays = Replays(self._listener, record, step, batches, at, draws, named)
        return self._replays

    def detach(self) -> None:
        """The run ends here: take its last point, and stop listening."""
        if self._listener is not None:
            self._listener.close()
