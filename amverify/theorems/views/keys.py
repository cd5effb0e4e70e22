"""Rows told apart by several columns at once: a number for each, and where others have it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from amverify.theorems.base import Blocks, Context, Missing

Columns = Sequence[NDArray[np.int64]]
_ROOM = 1 << 62
WHOLE = "amverify.traced(…), every sweep of it"


def codes(columns: Columns) -> NDArray[np.int64]:
    """One number for each row, ordered as the rows are by the first column, then the second, …

    Shape (rows,); columns of whole numbers, at least one of them.
    """
    found, room = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        least, span = _span(column)
        if room * span > _ROOM:
            found, column = _ranks(found), _ranks(column)
            (_, room), (least, span) = _span(found), _span(column)
        room *= span
        found *= span
        found += column
        found -= least
    return found


def _ranks(column: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.unique(column, return_inverse=True)[1].reshape(-1)


def _span(column: NDArray[np.int64]) -> tuple[int, int]:
    """The least entry, and how many there are from it to the largest."""
    if not len(column):
        return 0, 1
    least = int(column.min())
    return least, int(column.max()) - least + 1


def matched(mine: Columns, theirs: Columns) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of ``mine`` that ``theirs`` has as well, and where: the last of several."""
    count = len(mine[0])
    both = codes([np.concatenate(pair) for pair in zip(mine, theirs, strict=True)])
    own, others = both[:count], both[count:]
    order = np.argsort(others, kind="stable")
    others = others[order]
    at = np.searchsorted(others, own, side="right") - 1
    known = at >= 0
    known[known] = others[at[known]] == own[known]
    rows = np.flatnonzero(known)
    return rows, order[at[rows]]


def places(
    ctx: Context, table: str, sweep: NDArray[np.int64], replicate: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The rows of a table of these sweeps and replicates; (n,) as they are.

    Raises:
        Missing: if the table lacks one of them.
    """
    theirs = ctx.column(table, "sweep"), ctx.column(table, "replicate")
    mine, found = matched((sweep, replicate), theirs)
    if len(mine) < len(sweep):
        lost = int(np.delete(sweep, mine)[0])
        raise Missing(f"sweep {lost} among the {table}", WHOLE, "layered")
    return found


def numbered(ctx: Context) -> tuple[NDArray[np.int64], list[tuple[str, int]]]:
    """Which block each row is about, as its place in the list of (kind, layer), which is sorted."""
    own = Blocks(ctx.column("blocks", "kind"), ctx.column("blocks", "layer"))
    there = np.unique(own.codes)
    names = [_name(code) for code in there.tolist()]
    order = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(names), dtype=np.int64)
    place[order] = np.arange(len(names))
    return place[np.searchsorted(there, own.codes)], [names[i] for i in order]


def _name(code: int) -> tuple[str, int]:
    """The block of one of ``Blocks.codes``."""
    return (code & 0xFFFFFFFF).to_bytes(4, "little").rstrip(b"\0").decode(), code >> 32
