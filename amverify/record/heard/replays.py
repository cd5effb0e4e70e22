r"""Chosen steps of a run, made with other batches too: rows of the table ``replays``.

    step = recorder.replayed(step, batches=minibatches, at=(1, 10, 100))
    for k in range(100):
        step(minibatches[k % len(minibatches)])

Before step k is made, it is made from the same state with each batch of a list, or with ``draws``
fresh batches of a function, and undone (``record.quiet.undone``); every point that it leads to is
measured like a row of the run. Which steps, how many draws and which bounds is said before the run.

**That it is the run's own step** is tried at each of them: the step that follows, made with the
run's batch and undone, has to lead to the point to which the run then goes, bit for bit. Where it
does not, or a replay is not finite, the expectation at this step is *lost*, and a claim about it
UNDECIDED. A step that draws random numbers itself (dropout) is refused: its expectation is not one
over batches.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from amverify.console.entry import say
from amverify.console.pace import clock
from amverify.errors import InvalidInput
from amverify.record.heard.listener import Listener
from amverify.record.heard.refusals import one_line
from amverify.record.known.seen import Seen
from amverify.record.points.rows import Columns
from amverify.record.quiet.evaluation import quietly, states
from amverify.record.quiet.reach import reach
from amverify.trace.columns import RENAMED, Column, spoken

Step = Callable[[Any], Any]
Ends = tuple[Any, Any] | Callable[[], tuple[Any, Any]]
LONG = 10.0
"""Seconds of replays from which on their cost is told before they begin."""


class Measuring(Protocol):
    """Who knows what a row is."""

    def after(self, seen: Seen, /) -> Columns | str:
        """The row of a point that would come next, or why there is none."""


def by_column(
    bounds: Mapping[str, Ends], tracked: Iterable[str], point: str | None
) -> dict[str, Ends]:
    """Bounds of quantities, by the columns of these.

    Args:
        bounds: by the names that claims have for them.
        tracked: quantities of the run's own.
        point: where rows are, if not where steps lead.

    Raises:
        InvalidInput: for a name that is none, and for rows elsewhere.
    """
    if point is not None:
        raise InvalidInput(
            f"replayed: E[…] is of where steps lead, and rows are at {point}; "
            "attach another recorder, without point"
        )
    have = {"value", *RENAMED.values(), *tracked}
    named = {RENAMED.get(name, name): ends for name, ends in bounds.items()}
    for name in named:
        if name not in have:
            known = ", ".join(sorted({spoken(n) for n in have}))
            raise InvalidInput(f"replayed, bounds: no quantity {name}; there are {known}")
    return named


class Replays:
    """The replays of one run, and the step function that makes them.

    Args:
        listener: to the optimiser.
        record: measures points.
        step: makes one step of the optimiser with a batch.
        batches: all of them, or a function that draws one.
        at: the numbers of the steps.
        draws: of a function, at each of them.
        bounds: of quantities after the step, by their columns.

    Raises:
        InvalidInput: for what is no such step, batch, number or bound; found by one trial.
    """

    def __init__(
        self,
        listener: Listener,
        record: Measuring,
        step: Step,
        batches: Sequence[Any] | Callable[[], Any],
        at: Iterable[int],
        draws: int,
        bounds: Mapping[str, Ends],
    ) -> None:
        self._listener, self._record, self._step = listener, record, step
        self._batches, self._bounds = batches, dict(bounds)
        self.drawn = callable(batches)
        self.at = frozenset(_steps(at))
        self.draws = draws if self.drawn else _many(batches)
        self.rows: dict[int, dict[str, Column]] = {}
        self.lost: list[str] = []
        self._checked()
        self._cost = self._trial()

    def __call__(self, batch: Any) -> Any:
        """One step of the run; what goes wrong with its replays never reaches the loop."""
        k = self._listener.made + 1
        ahead = self._ahead(k, batch) if k in self.at and self._listener.arrive() else None
        result = self._step(batch)
        if ahead is not None and self._listener.made != k:
            made = self._listener.made - k + 1
            self._lose(k, f"the step function made {made} steps of the optimiser, not one")
        elif ahead is not None and not _same(ahead, self._listener.params):
            self._lose(k, "made again with the run's own batch it leads elsewhere")
        return result

    def facts(self) -> dict[str, Any]:
        """What the header says of them."""
        how = "drawn" if self.drawn else "enumerated"
        return {"how": how, "draws": self.draws, "lost": self.lost}

    def table(self) -> dict[str, Column]:
        """The table ``replays``; columns that every draw has."""
        return _stacked(list(self.rows.values()))

    def _ahead(self, k: int, batch: Any) -> list[Tensor] | None:
        """Replay step k; where the run's own batch will lead."""
        try:
            self._replay(k)
            with self._listener.tried(self._step, batch):
                return [p.detach().clone() for p in self._listener.params]
        except Exception as error:
            self._lose(k, one_line(error))
            return None

    def _replay(self, k: int) -> None:
        began, limits = time.monotonic(), self._limits()
        rows: list[dict[str, Column]] = []
        for number, batch in enumerate(self._each()):
            with self._listener.tried(self._step, batch):
                found = self._record.after(self._listener.here())
            if isinstance(found, str):
                raise InvalidInput(f"replay {number}: {found.partition(': ')[2] or found}")
            keys = {"sweep": k, "replicate": 0, "layer": 0, "draw": number}
            row: dict[str, Column] = {n: np.array([v]) for n, v in keys.items()}
            row["kind"] = np.array([b"*"], dtype="S4")
            rows.append(row | found | limits)
        self.rows[k] = _stacked(rows)
        later = sum(one > k for one in self.at) * (time.monotonic() - began)
        if self._cost > LONG and later:
            say(f"replays of step {k} made; about {clock(later)} of replays are left")

    def _lose(self, k: int, why: str) -> None:
        self.rows.pop(k, None)
        self.lost.append(f"the expectation at step {k} is unknown: {why}")

    def _each(self) -> Iterator[Any]:
        """The batches of one step; what draws them is as it was afterwards."""
        if not callable(self._batches):
            yield from self._batches
            return
        with quietly((), self._batches):
            for _ in range(self.draws):
                yield self._batches()

    def _limits(self) -> dict[str, Column]:
        """The declared bounds, as they are before anything is drawn."""
        found: dict[str, Column] = {}
        for name, ends in self._bounds.items():
            with quietly((), ends) if callable(ends) else nullcontext():
                given = ends() if callable(ends) else ends
            try:
                low, high = (float(end) for end in given)
            except (TypeError, ValueError):
                raise InvalidInput(f"replayed: bounds of {name} are (low, high)") from None
            if not -np.inf < low < high < np.inf:
                raise InvalidInput(f"replayed: bounds of {name}: [{low}, {high}] is no interval")
            found |= {f"{name}_low": np.array([low]), f"{name}_high": np.array([high])}
        return found

    def _checked(self) -> None:
        if not callable(self._step):
            raise InvalidInput("replayed: step is a function of a batch that makes one step")
        if not isinstance(self.draws, int) or self.draws < 1:
            raise InvalidInput(f"replayed: draws is 1 or more, got {self.draws!r}")
        for what, function in (("step", self._step), ("batches", self._batches)):
            moving = reach(function).iterators if callable(function) else {}
            if moving:
                raise InvalidInput(
                    f"replayed: {what} reads {next(iter(moving))!r}, an iterator, which only moves "
                    "on; let step take its batch, and batches draw it"
                )
        self._limits()

    def _trial(self) -> float:
        """Make a step twice and undo it: does it do, always, the same? Its seconds, in all."""
        first = next(iter(self._each()))
        began = time.monotonic()
        ends = [self._tried(first) for _ in range(2)]
        if not _same(*ends):
            raise InvalidInput(
                "replayed: step leads to two points from one state with one batch; what it reads "
                "besides cannot be put back"
            )
        cost = (time.monotonic() - began) / 2 * self.draws * len(self.at)
        if cost > LONG:
            many = f"{len(self.at)} steps × {self.draws} batches"
            say(f"replays: {many}, about {clock(cost)} in all")
        return cost

    def _tried(self, batch: Any) -> list[Tensor]:
        listener, calls = self._listener, _Calls(self._listener.optimizer)
        generators = reach(self._step).generators.values()
        before = _numbers(generators)
        try:
            with calls, listener.tried(self._step, batch):
                drew = _numbers(generators) != before
                listener.here()
                ends = [p.detach().clone() for p in listener.params]
        except InvalidInput:
            raise
        except Exception as error:
            raise InvalidInput(f"replayed: step: {one_line(error)}") from error
        if calls.made != 1:
            raise InvalidInput(
                f"replayed: step makes {calls.made} steps of the optimiser with a batch, not one"
            )
        if drew:
            raise InvalidInput(
                "replayed: step draws random numbers itself (dropout, noise): let batches draw "
                "them, or E[…] would be over a part of what is random"
            )
        return ends


class _Calls:
    """How often an optimiser's step is called, within."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self._optimizer, self.made = optimizer, 0

    def __enter__(self) -> None:
        self._handle = self._optimizer.register_step_post_hook(self._count)

    def __exit__(self, *_: object) -> None:
        self._handle.remove()

    def _count(self, *_: Any) -> None:
        self.made += 1


def _stacked(parts: Sequence[Mapping[str, Column]]) -> dict[str, Column]:
    """The columns that all parts have, one below the other."""
    shared = [name for name in next(iter(parts), {}) if all(name in part for part in parts)]
    return {name: np.concatenate([part[name] for part in parts]) for name in shared}


def _numbers(generators: Iterable[Any]) -> list[bytes]:
    found = [state for _, state in states(generators)]
    return [bytes(s.numpy()) if isinstance(s, Tensor) else pickle.dumps(s) for s in found]


def _same(a: Sequence[Tensor], b: Sequence[Tensor]) -> bool:
    return all(torch.equal(p, q) for p, q in zip(a, b, strict=True))


def _steps(at: Iterable[int]) -> list[int]:
    try:
        found = list(at)
    except TypeError:
        found = [at]  # type: ignore[list-item]
    whole = all(isinstance(k, int | np.integer) and k >= 1 for k in found)
    if not found or not whole:
        raise InvalidInput(f"replayed: at is some numbers of steps, 1 or more, got {at!r:.60}")
    return [int(k) for k in found]


def _many(batches: Any) -> int:
    """How many batches a list has."""
    if not isinstance(batches, Sequence) or not len(batches):
        raise InvalidInput(
            "replayed: batches is a list of all batches, or a function that draws one; got "
            f"{type(batches).__name__}"
        )
    return len(batches)
