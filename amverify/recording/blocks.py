r"""A method's block records as rows of the blocks table, without waiting for the device.

    recorder = MethodRecorder()
    for k in range(1, sweeps + 1):
        state = method.sweep(problem, state)
        recorder.sweep(k, state.records)        # keeps references; nothing is read
    Trace(header, blocks=recorder.table())

A record's entries are numbers or tensors of the replicates' shape *R; replicates are numbered
in the order of the flattened shape. Tensors are stacked and brought to the host once for every
``EVERY`` sweeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.trace import COLUMNS, Column

EVERY = 256
_NUMBERS = tuple(name for name in COLUMNS["blocks"] if name != "update")
FIELDS = (*_NUMBERS, *(f"{name}_error" for name in _NUMBERS))
"""What is taken of a record, where it has it."""


class Record(Protocol):
    """Which block was updated; every other attribute is one of ``FIELDS``, or ``update``."""

    @property
    def kind(self) -> str:
        """Kind of the block."""

    @property
    def layer(self) -> int:
        """Its layer."""


class MethodRecorder:
    """Collects block records sweep by sweep.

    Raises:
        InvalidInput: if records of one run have different columns or replicates.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[int, Record]] = []
        self._sweeps = 0
        self._parts: list[dict[str, Column]] = []
        self._fields: tuple[str, ...] = ()

    def sweep(self, number: int, records: Sequence[Record]) -> None:
        """Add the records of a sweep."""
        self._waiting += [(number, record) for record in records]
        self._sweeps += 1
        if self._sweeps >= EVERY:
            self._gather()

    def table(self) -> dict[str, Column]:
        """All rows so far: sweep by sweep, block by block, replicate by replicate."""
        self._gather()
        if not self._parts:
            return {}
        names = self._parts[0].keys()
        return {name: np.concatenate([part[name] for part in self._parts]) for name in names}

    def _gather(self) -> None:
        waiting, self._waiting, self._sweeps = self._waiting, [], 0
        if not waiting:
            return
        entries = _entries([record for _, record in waiting])
        fields = tuple(entries)
        if self._fields and fields != self._fields:
            raise InvalidInput(
                f"records: sweep {waiting[0][0]} has other columns than those before: "
                f"{sorted(set(fields) ^ set(self._fields))}"
            )
        self._fields = fields
        shape = _replicates(entries)
        columns = _columns(waiting, entries, shape)
        rows, count = len(waiting), max(int(np.prod(shape)), 1)
        keys: dict[str, Column] = {
            "sweep": np.repeat(np.array([k for k, _ in waiting], dtype=np.int64), count),
            "replicate": np.tile(np.arange(count, dtype=np.int64), rows),
            "kind": np.repeat(np.array([r.kind for _, r in waiting], dtype="S4"), count),
            "layer": np.repeat(np.array([r.layer for _, r in waiting], dtype=np.int64), count),
        }
        if all(hasattr(r, "update") for _, r in waiting):
            updates = np.array([getattr(r, "update") for _, r in waiting], dtype="S10")  # noqa: B009
            keys["update"] = np.repeat(updates, count)
        self._parts.append(keys | columns)


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


def _numeric(entry: tuple[Any, ...]) -> bool:
    """Whether all of them are plain numbers."""
    return set(map(type, entry)) <= {float, int}


def _columns(
    waiting: list[tuple[int, Record]], entries: dict[str, tuple[Any, ...]], shape: tuple[int, ...]
) -> dict[str, Column]:
    """Every field as one column (records × replicates); one transfer to the host for each dtype."""
    count = max(int(np.prod(shape)), 1)
    grid = np.empty((len(entries), len(waiting), count))
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
    return {name: grid[i].ravel() for i, name in enumerate(entries)}
