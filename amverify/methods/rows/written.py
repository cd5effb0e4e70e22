"""Rows that were made one by one, and how many of them become one row of columns.

Bounds (``bounds.py``) are formulas of a row's numbers, so they take one row or the stack of a
thousand at the same cost in Python. Rows of equal keys are stacked number by number.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor

from amverify.methods.rows.record import Row, Stack
from amverify.network.scalars import Scalar


class Written(tuple[Row, ...]):
    """The rows of a sweep, each by itself; ``left`` is what the next need not measure."""

    layout = None
    left: object

    def __new__(cls, rows: Iterable[Row] = (), left: object = None) -> Written:
        """These rows."""
        made = super().__new__(cls, rows)
        made.left = left
        return made

    @property
    def heads(self) -> Sequence[Row]:
        """The rows themselves."""
        return self

    def stacked(self, sweeps: Sequence[Written]) -> list[Stack]:
        """The rows of these sweeps, those of one key together."""
        rows, places = list(chain.from_iterable(sweeps)), dict[Hashable, list[int]]()
        for i, row in enumerate(rows):
            places.setdefault(row.key, []).append(i)
        return [(at, _stack([rows[i] for i in at])) for at in places.values()]


def _stack(rows: Sequence[Row]) -> Row:
    """Rows of one key as one, its numbers columns (K, *R) or (K, 1, …, 1)."""
    numbers: list[Sequence[Any]] = [row.numbers() for row in rows]
    if set(map(type, chain.from_iterable(numbers))) <= {float, int}:
        flat = array("d", chain.from_iterable(numbers))
        grid = torch.frombuffer(flat, dtype=torch.float64).view(len(rows), -1)
        return rows[0].restored(list(grid.T.contiguous()))
    columns = [column(x) for x in zip(*numbers, strict=True)]
    deepest = max(x.ndim for x in columns)
    return rows[0].restored([x.reshape(x.shape + (1,) * (deepest - x.ndim)) for x in columns])


def column(entries: Sequence[Scalar]) -> Tensor:
    """One number of many rows, (K, *R), or (K,) if replicates share it; float64 on the host."""
    tensors = [x for x in entries if isinstance(x, Tensor)]
    if not tensors:
        return torch.tensor(entries, dtype=torch.float64)
    like = max(tensors, key=Tensor.dim)
    wide, place = torch.float64, like.device  # a bare number would become a float32
    whole = [torch.as_tensor(x, dtype=wide, device=place).expand(like.shape) for x in entries]
    return torch.stack(whole).cpu()
