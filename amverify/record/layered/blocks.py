r"""A method's rows as rows of the blocks table, without waiting for the device.

    recorder = MethodRecorder()
    for k in range(1, sweeps + 1):
        state = method.sweep(problem, state)
        recorder.sweep(k, state.rows)           # keeps references; nothing is read
    Trace(header, blocks=recorder.table())

A record's entries are numbers or tensors of the replicates' shape *R; replicates are numbered
in the order of the flattened shape. Rows are stacked, their bounds computed and all brought to the
host once for every ``EVERY`` sweeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.methods.rows.record import Finished, Rows
from amverify.record.limit import count
from amverify.trace.columns import COLUMNS, Column

EVERY = 256
_NUMBERS = tuple(name for name in COLUMNS["blocks"] if name != "update")
_NAMES = (*_NUMBERS, *(f"{name}_error" for name in _NUMBERS))

Part = dict[str, NDArray[Any]]
"""``update`` and the ``fields`` of n records, (n, replicates) or (n, 1)."""


def fields(record: Finished) -> tuple[str, ...]:
    """The numbers of a record, in the order of the table's columns."""
    return tuple(name for name in _NAMES if name in record._fields)


class MethodRecorder:
    """Collects rows sweep by sweep.

    Raises:
        InvalidInput: if rows of one run have different replicates.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[int, Rows]] = []
        self._parts: list[dict[str, Column]] = []

    def sweep(self, number: int, rows: Rows) -> None:
        """Add the rows of a sweep; InvalidInput if it is one too many (``recording.limit``)."""
        count(number)
        self._waiting.append((number, rows))
        if len(self._waiting) >= EVERY:
            self._gather()

    def table(self) -> dict[str, Column]:
        """All rows so far: sweep by sweep, block by block, replicate by replicate."""
        self._gather()
        if not self._parts:
            return {}
        names = self._parts[0].keys()
        return {name: np.concatenate([part[name] for part in self._parts]) for name in names}

    def _gather(self) -> None:
        waiting, self._waiting = self._waiting, []
        some = [sweep for sweep in waiting if len(sweep[1])]
        for _, sweeps in groupby(some, lambda sweep: id(sweep[1].layout)):
            self._add(list(sweeps))

    def _add(self, sweeps: Sequence[tuple[int, Rows]]) -> None:
        """Rows of sweeps that are all of one layout."""
        every = [rows for _, rows in sweeps]
        heads = [head for rows in every for head in rows.heads]
        numbers = [k for k, rows in sweeps for _ in range(len(rows))]
        stacks = every[0].stacked(every)
        grid = _joined([(at, _part(row.finished(), len(at))) for at, row in stacks], len(heads))
        rows, count = grid["change"].shape
        keys: dict[str, Column] = {
            "sweep": np.repeat(np.array(numbers, dtype=np.int64), count),
            "replicate": np.tile(np.arange(count, dtype=np.int64), rows),
            "kind": np.repeat(np.array([h.kind for h in heads], dtype="S4"), count),
            "layer": np.repeat(np.array([h.layer for h in heads], dtype=np.int64), count),
        }
        self._parts.append(keys | {name: column.ravel() for name, column in grid.items()})


def _joined(parts: Sequence[tuple[Sequence[int], Part]], rows: int) -> Part:
    """All parts in one grid (rows, replicates) a field."""
    counts = {column.shape[1] for _, part in parts for column in part.values()} - {1}
    if len(counts) > 1:
        raise InvalidInput(f"records: replicates of different numbers {sorted(counts)}")
    grid: Part = {}
    for name in parts[0][1]:
        grid[name] = np.empty((rows, next(iter(counts), 1)), dtype=parts[0][1][name].dtype)
        for at, part in parts:
            grid[name][at] = part[name]
    return grid


def _part(record: Finished, count: int) -> Part:
    """A record whose entries are stacks of so many rows', or numbers for all."""
    found: Part = {"update": np.full((count, 1), record.update, dtype="S10")}
    for name in fields(record):
        x = getattr(record, name)
        if isinstance(x, Tensor):
            found[name] = x.reshape(count, -1).numpy()
        else:
            found[name] = np.full((count, 1), float(x))
    return found
