"""What a compiled step is handed: how α lies over a parameter, and numbers in a table."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import cache
from math import prod
from typing import NamedTuple

import numpy as np
from torch import Tensor

WIDTH = 12
"""Numbers for each parameter; see :func:`amverify.compiled.steps.steps`."""
GO_ON, KEEP = 1, 2
"""Flags: sums are added to what is there; d becomes g."""


class Sides(NamedTuple):
    """A parameter as a matrix: its rows and columns, and whether α has those."""

    rows: int
    columns: int
    by_row: bool
    by_column: bool


@cache
def sides(whole: tuple[int, ...], alpha: tuple[int, ...]) -> Sides | None:
    """How step sizes of shape ``alpha`` lie over a parameter; None if not by rows and columns.

    The first dimensions are the rows, the others the columns, at whatever cut makes α one number,
    a column, a row or a whole matrix of them.
    """
    for cut in (*range(1, len(whole)), 0):
        rows, columns = prod(whole[:cut]), prod(whole[cut:])
        mine = prod(alpha[:cut]), prod(alpha[cut:])
        if mine[0] in (1, rows) and mine[1] in (1, columns):
            return Sides(rows, columns, mine[0] > 1, mine[1] > 1)
    return None


class Slot(NamedTuple):
    """Where a parameter's α is, and where its sums go: views of a pool's vectors, of α's shape.

    ``squares`` are two: reduce(g²) of this step, and of the one before.
    """

    alpha: Tensor
    inner: Tensor
    squares: tuple[Tensor, Tensor]


class Table:
    """Numbers in one place, where a loop reads them; written one by one."""

    def __init__(self, numbers: Sequence[int]) -> None:
        held = bytearray(8 * len(numbers))
        self.cells = memoryview(held).cast("q")
        self.address = int(np.frombuffer(held, dtype=np.int64).ctypes.data)
        self.cells[:] = array("q", numbers)
