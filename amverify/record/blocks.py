r"""A method's rows as rows of the blocks table, without waiting for the device.

    recorder = MethodRecorder()
    for k in range(1, sweeps + 1):
        state = method.sweep(problem, state)
        recorder.sweep(k, state.rows)           # keeps references; nothing is read
    Trace(header, blocks=recorder.table())

A record's entries are numbers or tensors of the replicates' shape *R; replicates are numbered
in the order of the flattened shape. Tensors are stacked and brought to the host once for every
``EVERY`` sweeps. A row that was measured but not bounded yet (``Unfinished``) waits until then
too: rows of one key are stacked number by number, and their bounds computed all at once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import chain, groupby
from operator import attrgetter
from typing import Any, Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.record.limit import count
from amverify.trace.columns import COLUMNS, Column

EVERY = 256
_NUMBERS = tuple(name for name in COLUMNS["blocks"] if name != "update")
FIELDS = (*_NUMBERS, *(f"{name}_error" for name in _NUMBERS))
"""What is taken of a record, where it has it."""
_ORDER = ("update", *FIELDS)


class Record(Protocol):
    """Which block was updated; every other attribute is one of ``FIELDS``, or ``update``."""

    @property
    def kind(self) -> str:
        """Kind of the block."""

    @property
    def layer(self) -> int:
        """Its layer."""


class Unfinished(Record, Protocol):
    """A row whose record is still to be computed, alone or stacked with others of its key."""

    @property
    def key(self) -> Hashable:
        """Rows with equal keys may be stacked."""

    def numbers(self) -> Sequence[Any]:
        """What differs from row to row: numbers, or tensors of the replicates' shape."""

    def restored(self, numbers: Sequence[Any]) -> Unfinished:
        """The row with other numbers: stacks (K, *R) of many rows'."""

    def finished(self) -> Record:
        """The record."""


Part = dict[str, NDArray[Any]]
"""Fields of n records, (n, replicates) or (n, 1)."""


class MethodRecorder:
    """Collects block records sweep by sweep.

    Raises:
        InvalidInput: if records of one run have different columns or replicates.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[int, Sequence[Record]]] = []
        self._parts: list[dict[str, Column]] = []
        self._fields: tuple[str, ...] = ()

    def sweep(self, number: int, rows: Sequence[Record]) -> None:
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
        for _, sweeps in groupby(waiting, lambda sweep: id(getattr(sweep[1], "layout", None))):
            self._add([sweep for sweep in sweeps if len(sweep[1])])

    def _add(self, sweeps: Sequence[tuple[int, Sequence[Record]]]) -> None:
        """Rows of sweeps that are all of one layout, or of none."""
        if not sweeps:
            return
        records = [row for _, rows in sweeps for row in _named(rows)]
        numbers = [k for k, rows in sweeps for _ in range(len(rows))]
        first = sweeps[0][1]
        parts = _swept(first, [rows for _, rows in sweeps]) if hasattr(first, "layout") else None
        grid = _joined(_parts(records) if parts is None else parts, len(records))
        fields = tuple(grid)
        if self._fields and fields != self._fields:
            raise InvalidInput(
                f"records: sweep {numbers[0]} has other columns than those before: "
                f"{sorted(set(fields) ^ set(self._fields))}"
            )
        self._fields = fields
        rows, count = next(iter(grid.values())).shape
        keys: dict[str, Column] = {
            "sweep": np.repeat(np.array(numbers, dtype=np.int64), count),
            "replicate": np.tile(np.arange(count, dtype=np.int64), rows),
            "kind": np.repeat(np.array([r.kind for r in records], dtype="S4"), count),
            "layer": np.repeat(np.array([r.layer for r in records], dtype=np.int64), count),
        }
        self._parts.append(keys | {name: column.ravel() for name, column in grid.items()})


def _named(rows: Any) -> Sequence[Record]:
    """Records that tell kind and layer: the rows, or what a sweep's layout says of them."""
    return rows.layout.facts if hasattr(rows, "layout") else rows  # type: ignore[no-any-return]


def _swept(first: Any, sweeps: Sequence[Any]) -> list[tuple[list[int], Part]]:
    """The records of sweeps of one layout, block by block."""
    rows, total = len(first), len(sweeps)
    return [
        (list(range(i, rows * total, rows)), _part(row.finished(), total))
        for i, row in enumerate(first.stacked(sweeps))
    ]


def _parts(records: Sequence[Record]) -> list[tuple[list[int], Part]]:
    """The records in batches, each with its places: stacks of one key, and all the others."""
    alone: list[int] = []
    groups: dict[Hashable, list[int]] = {}
    for i, record in enumerate(records):
        key = getattr(record, "key", None)
        (alone if key is None else groups.setdefault(key, [])).append(i)
    found = [(at, _stacked([cast(Unfinished, records[i]) for i in at])) for at in groups.values()]
    if alone:
        found.append((alone, _taken_singly([records[i] for i in alone])))
    return found


def _joined(parts: Sequence[tuple[list[int], Part]], rows: int) -> Part:
    """The fields that all parts have, in one grid (rows, replicates) each."""
    names = [name for name in parts[0][1] if all(name in part for _, part in parts)]
    counts = {column.shape[1] for _, part in parts for column in part.values()} - {1}
    if len(counts) > 1:
        raise InvalidInput(f"records: replicates of different numbers {sorted(counts)}")
    count = next(iter(counts), 1)
    grid: Part = {}
    for name in sorted(names, key=_ORDER.index):
        grid[name] = np.empty((rows, count), dtype=parts[0][1][name].dtype)
        for at, part in parts:
            grid[name][at] = part[name]
    return grid


def _stacked(rows: Sequence[Unfinished]) -> Part:
    """The records of rows of one key, computed together."""
    numbers = [row.numbers() for row in rows]
    if _numeric(chain.from_iterable(numbers)):
        columns = list(torch.from_numpy(np.array(numbers, dtype=np.float64).T.copy()))
    else:
        columns = [_column(x) for x in zip(*numbers, strict=True)]
    deepest = max(column.ndim for column in columns)
    aligned = [x.reshape(x.shape + (1,) * (deepest - x.ndim)) for x in columns]
    return _part(rows[0].restored(aligned).finished(), len(rows))


def _part(record: Record, count: int) -> Part:
    """The fields of a record whose entries are stacks of so many rows', or numbers for all."""
    found: Part = {}
    for name in FIELDS:
        x = getattr(record, name, None)
        if isinstance(x, Tensor):
            found[name] = x.reshape(count, -1).numpy()
        elif x is not None:
            found[name] = np.full((count, 1), float(x))
    if hasattr(record, "update"):
        found["update"] = np.full((count, 1), record.update, dtype="S10")
    return found


def _column(entries: Sequence[Any]) -> Tensor:
    """One number of many rows, (K, *R), or (K,) if replicates share it; float64 on the host."""
    tensors = [x for x in entries if isinstance(x, Tensor)]
    if not tensors:
        return torch.tensor(entries, dtype=torch.float64)
    like = max(tensors, key=Tensor.dim)
    wide, place = torch.float64, like.device  # a bare number would become a float32
    whole = [torch.as_tensor(x, dtype=wide, device=place).expand(like.shape) for x in entries]
    return torch.stack(whole).cpu()


def _taken_singly(records: list[Record]) -> Part:
    """The fields of finished records."""
    entries = _entries(records)
    shape = _replicates(entries)
    found = _columns(len(records), entries, shape)
    if all(hasattr(record, "update") for record in records):
        updates = [getattr(record, "update") for record in records]  # noqa: B009
        found["update"] = np.array(updates, dtype="S10")[:, None]
    return found


def _entries(records: list[Record]) -> dict[str, tuple[Any, ...]]:
    """Every field that all records have; γ is 0 where T1 was used and not T1p."""
    names = [name for name in FIELDS if hasattr(records[0], name)]
    try:
        taken = _taken(records, names)
    except AttributeError:
        names = [name for name in names if all(hasattr(record, name) for record in records)]
        taken = _taken(records, names)
    found = {}
    for name, entry in zip(names, taken, strict=True):
        if name == "gamma":
            entry = tuple(0.0 if x is None else x for x in entry)
        if type(None) not in set(map(type, entry)):
            found[name] = entry
    return found


def _taken(records: list[Record], names: list[str]) -> list[tuple[Any, ...]]:
    """The named attributes of all records, attribute by attribute."""
    if len(names) < 2:
        return [tuple(getattr(record, name) for record in records) for name in names]
    return list(zip(*map(attrgetter(*names), records), strict=True))


def _replicates(entries: dict[str, tuple[Any, ...]]) -> tuple[int, ...]:
    """*R: the one shape of all tensors that have dimensions."""
    shapes = {
        tuple(x.shape)
        for entry in entries.values()
        if not _numeric(entry)
        for x in entry
        if isinstance(x, Tensor) and x.ndim
    }
    if len(shapes) > 1:
        raise InvalidInput(f"records: replicates of different shapes {sorted(shapes)}")
    return next(iter(shapes), ())


def _numeric(entry: Iterable[Any]) -> bool:
    """Whether all of them are plain numbers."""
    return set(map(type, entry)) <= {float, int}


def _columns(rows: int, entries: dict[str, tuple[Any, ...]], shape: tuple[int, ...]) -> Part:
    """Every field (records, replicates); one transfer to the host for each dtype."""
    count = max(int(np.prod(shape)), 1)
    grid = np.empty((len(entries), rows, count))
    groups: dict[tuple[Any, ...], list[tuple[int, int, Tensor]]] = {}
    for i, entry in enumerate(entries.values()):
        if _numeric(entry):
            grid[i] = np.array(entry, dtype=np.float64)[:, None]
            continue
        for j, x in enumerate(entry):
            if isinstance(x, Tensor):
                groups.setdefault((x.dtype, x.device, x.ndim), []).append((i, j, x.detach()))
            else:
                grid[i, j] = float(x)
    for members in groups.values():
        stacked: NDArray[Any] = torch.stack([x for _, _, x in members]).cpu().double().numpy()
        first, second = (np.array([m[n] for m in members]) for n in (0, 1))
        grid[first, second] = stacked.reshape(len(members), -1)
    return {name: grid[i] for i, name in enumerate(entries)}
