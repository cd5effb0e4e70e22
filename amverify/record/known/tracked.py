r"""Quantities of one's own beside f: a distance to a solution, a Lyapunov function, a regret.

    recorder.track("dist2", lambda x: ((x - xstar) ** 2).sum())
    recorder.track("psi", lambda x, old: f(x) + c * ((x - old) ** 2).sum())

A function of the point, or of the point and the one before (at the start, the start itself). It is
evaluated at every recorded point, with a bound on its rounding where it is a function of torch
tensors (``record.shadow``), else with the one that was declared; and beside the point, to see
what rounding in the steps can do to it (``record.probing``): the columns NAME, NAME_error and
NAME_execution.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.numbers.balls import Ball
from amverify.record.known.declared import Bound, Declared
from amverify.record.known.objectives import called
from amverify.record.known.probe import Probe
from amverify.record.points.rows import Columns
from amverify.record.points.vector import Vector, evaluating, flat, format_of, placed, scalar
from amverify.trace.columns import COLUMNS

_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_TAKEN = ("sweep", "replicate", "grad", "grad2", "norm2", "step2", "k", "x")


class NotFinite(InvalidInput):
    """A tracked quantity that is NaN or infinite."""

    def __init__(self, name: str, number: float) -> None:
        super().__init__(f"{name} is not finite")
        self.name, self.number = name, number


@dataclass
class Tracked:
    """One quantity of a run; see the module.

    Args:
        name: its column's, and in claims.
        function: of x, or of x and the x before.
        declared: what is known of its rounding.
        unit: u of the run's format.
    """

    name: str
    function: Callable[..., Any]
    declared: Declared
    lack: str | None = None
    _two: bool = False
    _probe: Probe = field(default_factory=lambda: Probe(2.0**-53))
    _old: Any = None
    _size: Vector | None = None

    def __post_init__(self) -> None:
        self._two = _arguments(self.name, self.function) == 2

    def start(self, unit: float) -> None:
        """The format of the run's steps, known once it starts."""
        self._probe = Probe(unit)

    def forked(self) -> Tracked:
        """The same up to here; what one records from now on the other does not see."""
        found = copy(self)
        found._probe = self._probe.forked()
        return found

    def skipped(self, before: Sequence[Any]) -> None:
        """The last points before the next one are no rows: one or two of them, as they were."""
        old, older = _alone(before[-1]), _alone(before[0])
        points = (old, older) if self._two else (old,)
        self._old = old if self._two else None
        self._size = np.abs(flat(_leaves(points))[0])

    def row(self, number: int, params: Any, out: Vector | None = None) -> Columns:
        """The columns of one point.

        Args:
            number: of the row.
            params: x; an optimiser's own parameters, so that a function may read them as it likes.
            out: of a row beside the point of its step, how large the entries of that one are.

        Raises:
            InvalidInput: if the function does not return one number.
            NotFinite: if that is not finite.
        """
        now = _alone(params)
        old = copied(now) if self._old is None or not self._two else self._old
        points = (now, old) if self._two else (now,)
        ball = self._ball(points)
        if not np.isfinite(ball.mid):
            raise NotFinite(self.name, float(ball.mid))
        x = flat(_leaves(points))[0]
        size = np.abs(x)
        if self._size is not None:
            size = size + self._size
        reach = size if out is None else size + np.resize(out, size.shape)
        moved = self._probe.allowance(
            number, x, float(ball.mid), lambda there: self._beside(points, there), reach
        )
        self._size = np.abs(x)
        if self._two:
            self._old = copied(now)
        return {
            self.name: np.array([ball.mid]),
            f"{self.name}_error": np.array([ball.rad]),
            f"{self.name}_execution": np.array([moved]),
        }

    def _ball(self, points: tuple[Any, ...]) -> Ball:
        leaves = _leaves(points)
        seen = called(lambda _: self.function(*points), leaves, False, self.declared)
        if seen.value is None and not np.isfinite(seen.number):
            return Ball(np.asarray(seen.number), np.asarray(np.inf))
        given, known = self.declared.value(flat(leaves)[0], seen.number, format_of(leaves[0]))
        if known:
            return given
        if seen.value is not None:
            return seen.value
        self.lack = self.lack or seen.lack or "its numbers alone were recorded"
        return Ball(np.asarray(seen.number), np.asarray(np.inf))

    def _beside(self, points: tuple[Any, ...], x: Vector) -> float:
        """The quantity at another point; what it reads of an optimiser's parameters moves too."""
        leaves = _leaves(points)
        there = _shaped(x, leaves)
        if not all(isinstance(leaf, Tensor) for leaf in leaves):
            return scalar(self.function(*_like(there, points)), self.name)
        with placed(leaves, there), evaluating(lambda: self.function(*points), leaves, False):
            return scalar(self.function(*points), self.name)


def tracked(
    name: str,
    function: Callable[..., Any],
    error: Bound | None,
    operations: int | str,
    taken: Sequence[str],
) -> Tracked:
    """A quantity to be tracked.

    Raises:
        InvalidInput: for a name that is no column's or means something else already, and for a
            function that takes neither one nor two arguments.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidInput(
            f"track: {name!r} is no name; lower-case letters, digits and _, a letter first"
        )
    if name in (*COLUMNS["sweeps"], *_TAKEN, *taken) or name.endswith(("_error", "_execution")):
        raise InvalidInput(f"track: {name} has a meaning already; choose another name")
    return Tracked(name, function, Declared(value_error=error, operations=operations))


def _arguments(name: str, function: Callable[..., Any]) -> int:
    if not callable(function):
        raise InvalidInput(f"track: {name}: expected a function of x, got {function!r:.40}")
    try:
        kinds = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 1
    needed = [p for p in kinds if p.default is p.empty and p.kind in (0, 1)]
    if len(needed) not in (1, 2):
        raise InvalidInput(
            f"track: {name}: its function takes {len(needed)} arguments; it is one of x, or of x "
            "and the point before"
        )
    return len(needed)


def _alone(params: Any) -> Any:
    """One parameter stands for itself."""
    if isinstance(params, list | tuple) and len(params) == 1:
        return params[0]
    return params


def _leaves(points: tuple[Any, ...]) -> list[Any]:
    """All parameters of some points."""
    return [leaf for x in points for leaf in (x if isinstance(x, list | tuple) else (x,))]


def copied(x: Any) -> Any:
    """A point of its own, in the form of x."""
    found = [p.detach().clone() if isinstance(p, Tensor) else np.array(p) for p in _leaves((x,))]
    return found if isinstance(x, list | tuple) else found[0]


def _like(leaves: list[Any], points: tuple[Any, ...]) -> tuple[Any, ...]:
    """Leaves as the points that they came from."""
    rest, found = iter(leaves), []
    for x in points:
        several = isinstance(x, list | tuple)
        found.append([next(rest) for _ in x] if several else next(rest))
    return tuple(found)


def _shaped(vector: Vector, leaves: Sequence[Any]) -> list[Any]:
    """A vector as leaves of the shapes and kinds of others."""
    shapes = [tuple(leaf.shape) if isinstance(leaf, Tensor) else np.shape(leaf) for leaf in leaves]
    ends = np.cumsum([int(np.prod(shape, dtype=np.int64)) for shape in shapes])
    parts = [p.reshape(s) for p, s in zip(np.split(vector, ends[:-1]), shapes, strict=True)]
    return [
        torch.from_numpy(part.copy()).to(leaf.device, leaf.dtype)
        if isinstance(leaf, Tensor)
        else part
        for part, leaf in zip(parts, leaves, strict=True)
    ]
