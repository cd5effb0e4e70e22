r"""Updates of single blocks, in a loop of one's own: rows of the ``blocks`` table.

Between two calls of ``recorder.step`` the loop calls ``recorder.block(name, x)`` after each update;
x is the whole point. What changed since the call before is the block's e, so

    change = F(x⁺) − F(x),   step = ‖e‖²,   cross = ⟨Δ, e⟩,   inertia = ‖Δ‖²,

with Δ the e of the block's update before (0 at its first: the start has no past). Points are valued
and measured as those of steps are, by a record of their own (``amverify.record.record``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from amverify.errors import InvalidInput
from amverify.numbers.balls import Ball
from amverify.numbers.given import given
from amverify.record.known.seen import Seen
from amverify.record.points.products import difference, inner, squared
from amverify.record.points.told import Told
from amverify.record.points.vector import flat
from amverify.record.record import Record
from amverify.trace.columns import Column
from amverify.trace.names import Key, key_of

_OF_POINTS = ("value", "value_error", "step", "step_error", "norm", "execution",
              "gradient", "gradient_error")  # fmt: skip


@dataclass
class Updates:
    """The updates of blocks so far.

    Args:
        record: of the loop's steps, with its start.
        names: of the blocks, in the order in which they came.
        sweep: that is being made.

    Raises:
        InvalidInput: if it has no start, or steps already.
    """

    record: Record
    names: list[str] = field(default_factory=list)
    sweep: int = 1
    _rows: Told = field(default_factory=Told)
    _last: dict[str, Ball] = field(default_factory=dict)
    _keys: dict[Key, str] = field(default_factory=dict)
    _now: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        made = len(self.record.rows)
        if not made:
            raise InvalidInput("block: recorder.step(x, value) records the start before it")
        if made > 1:
            raise InvalidInput(
                f"block: step {made - 1} was recorded without blocks: call it from the first "
                "sweep on"
            )
        self.record = self.record.plain()

    def take(self, name: str, seen: Seen, said: Mapping[str, Any]) -> None:
        """The update of a block that led to ``seen``.

        Raises:
            InvalidInput: for a name that is none or came in this sweep, a point of another shape,
                a number that is none.
        """
        sweep, known = self.sweep, _numbers(name, said)
        self._named(name)
        if self.record.stopped is not None:
            return
        before = self.record.here
        if not self.record.take(seen):
            why = str(self.record.stopped).partition(": ")[2]
            self.record.stopped = f"sweep {sweep}, block {name}: {why}"
            return
        e = difference(self.record.here, before)
        moved = self._last.get(name, Ball.of(np.zeros(e.mid.shape)))
        balls = {"cross": inner(moved, e), "inertia": squared(moved)}
        balls |= {k: known.pop(k) for k in ("bend",) if k in known}
        told = {k: float(v.mid) for k, v in known.items()}
        self._rows.append(sweep, self.names.index(name), balls, told)
        self._last[name] = e

    def _named(self, name: str) -> None:
        if not isinstance(name, str) or not name.strip() or len(name) > 40:
            raise InvalidInput(f"block: a name has 1 to 40 characters, got {name!r}")
        if name in self._now:
            raise InvalidInput(
                f"block: {name!r} comes twice in sweep {self.sweep}: recorder.step(x, value) ends "
                "a sweep; a second update of a block in it is another block, by another name"
            )
        if name not in self.names:
            key = key_of(name, len(self.names))
            if key in self._keys:
                raise InvalidInput(f"block: {name!r} and {self._keys[key]!r} read alike")
            self._keys[key] = name
            self.names.append(name)
        self._now.add(name)

    def closed(self, params: Any) -> None:
        """A sweep ends at a point, which is where its last update led.

        Raises:
            InvalidInput: if it is another.
        """
        if self.record.stopped is None and not np.array_equal(flat(params)[0], self.record.here):
            raise InvalidInput(
                f"sweep {self.sweep}: x is not where the last update of a block led: call "
                "recorder.block(name, x) after each update, that one too"
            )
        self.sweep += 1
        self._now = set()

    def table(self) -> dict[str, Column]:
        """The rows so far; errors that are unknown are +inf."""
        rows = self._rows
        if not len(rows):
            return {}
        points = self.record.columns()
        points.setdefault("value_error", np.full(len(self.record.rows), np.inf))
        keys = [key_of(name, place) for place, name in enumerate(self.names)]
        value = Ball.of(points["value"], points["value_error"])
        change = value.take(slice(1, None)) - value.take(slice(None, -1))
        place = rows.place
        columns: dict[str, Column] = {
            "sweep": rows.sweep,
            "replicate": np.zeros(len(rows), dtype=np.int64),
            "kind": np.array([kind for kind, _ in keys], dtype="S4")[place],
            "layer": np.array([layer for _, layer in keys], dtype=np.int64)[place],
            "update": rows.update(),
            "change": np.array(change.mid),
            "change_error": np.array(change.rad),
            "before": points["value"][:-1],
            "before_error": points["value_error"][:-1],
        }
        columns |= {name: points[name][1:] for name in _OF_POINTS if name in points}
        return columns | rows.measured() | rows.told()


def _numbers(name: str, said: Mapping[str, Any]) -> dict[str, Ball]:
    """What was told of an update, as balls; None was not told."""
    found = {}
    for key, value in said.items():
        if value is None:
            continue
        whole = isinstance(value, Mapping)
        number, gap = given(f"block {name!r}, {key}", value["value"] if whole else value)
        error = given(f"block {name!r}, {key}", value.get("error", 0.0))[0] if whole else (
            np.inf if key == "bend" else 0.0)  # fmt: skip
        if not np.isfinite(number):
            raise InvalidInput(f"block {name!r}, {key}: expected a finite number, got {number}")
        found[key] = Ball.of(number, error + gap)
    return found
