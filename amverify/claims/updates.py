r"""Claims for each block: the updates of blocks as a run of their own, whose index is j.

Row 0 is the start, row j the point after the j-th update: ``value[j]``, ``value[j-1]``,
``step2[j]`` and what else a row of the ``blocks`` table has. A constant that is one for each block
is a column.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amverify.claims.quantities import KNOWN, UPDATE, column_of
from amverify.errors import InvalidInput
from amverify.numbers.given import given
from amverify.theorems.base import Blocks, Context, Instances, Missing
from amverify.trace.columns import Column
from amverify.trace.names import block_names
from amverify.trace.sources import OF_UPDATES, UPDATES
from amverify.trace.trace import Trace

_EXACT = (*OF_UPDATES, "delta", "delta_next", "gamma")
"""Columns that hold what an update used: they have no error."""


@dataclass(frozen=True)
class Updates:
    """The updates of a run's blocks.

    Args:
        ctx: of the run whose rows are the updates.
        source: for each of its rows, the row of the ``blocks`` table; −1 at the start.
        table: that table.
        names: of blocks, by kind and layer.
    """

    ctx: Context
    source: NDArray[np.int64]
    table: Mapping[str, Column]
    names: Mapping[tuple[bytes, int], str]

    def placed(self, found: Instances, rows: NDArray[np.int64]) -> Instances:
        """Instances at rows of this run, as they are about sweeps and blocks."""
        at = self.source[rows]
        blocks = Blocks(self.table["kind"][at], self.table["layer"][at], self.names)
        return replace(found, sweep=self.table["sweep"][at], blocks=blocks, named={})


def updates(ctx: Context, each: Mapping[str, Any]) -> Updates:
    """The updates of a run's blocks, with constants for each block.

    Raises:
        Missing: if the run has no rows of single blocks.
        InvalidInput: for constants that do not fit the blocks.
    """
    table = ctx.trace.blocks
    if not table:
        raise Missing("updates of single blocks", UPDATES.argument, UPDATES.of)
    order = np.lexsort((table["sweep"], table["replicate"]))
    who, starts = np.unique(table["replicate"][order], return_index=True)
    source = np.insert(order, starts, -1)
    first = np.flatnonzero(source < 0)
    begin = np.maximum.accumulate(np.where(source < 0, np.arange(len(source)), 0))
    columns: dict[str, Column] = {
        "sweep": (np.arange(len(source)) - begin).astype(np.int64),
        "replicate": np.insert(table["replicate"][order], starts, who),
    }
    for name in table:
        if name not in ("sweep", "replicate", "kind", "layer", "update") and name[:6] != "before":
            columns |= _column(table, name, source)
    for end in ("", "_error"):
        if f"before{end}" in table and f"value{end}" in columns:
            columns[f"value{end}"][first] = table[f"before{end}"][source[first + 1]]
    names = block_names(ctx.trace.settings)
    for name, given_ in each.items():
        columns |= _constants(ctx, name, given_, source)
    trace = Trace({**ctx.trace.header, "iteration": UPDATE}, sweeps=columns)
    return Updates(replace(ctx, trace=trace), source, table, names)


def _column(table: Mapping[str, Column], name: str, source: NDArray[np.int64]) -> dict[str, Column]:
    """A column with a row for the start, of which nothing is known but that it is where it is."""
    start = np.inf if name.endswith("_error") and not name.startswith("change") else 0.0
    found = {name: np.where(source < 0, start, table[name][source].astype(np.float64))}
    return found | (_exact(name, source) if name in _EXACT else {})


def _exact(name: str, source: NDArray[np.int64]) -> dict[str, Column]:
    zero = np.where(source < 0, np.inf, 0.0)
    return {f"{name}_error": zero, f"{name}_execution": np.zeros(len(source))}


def _constants(ctx: Context, name: str, said: Any, source: NDArray[np.int64]) -> dict[str, Column]:
    """One number for each block, as a column."""
    table, column = ctx.trace.blocks, column_of(name)
    if name in KNOWN or name in table:
        raise InvalidInput(f"claim: {name}[j] is a quantity; call the constant otherwise")
    own = block_names(ctx.trace.settings)
    keys = list(dict.fromkeys(zip(table["kind"].tolist(), table["layer"].tolist(), strict=True)))
    called = [own.get(key, f"{key[0].decode()}_{key[1]}") for key in keys]
    balls = [given(f"{name}[{block}]", number) for block, number in _each(name, said, called)]
    for block, (number, _) in zip(called, balls, strict=True):
        if not np.isfinite(number):
            raise InvalidInput(f"claim, {name}[{block}]: expected a finite number, got {number}")
    known = dict(zip(keys, balls, strict=True))
    rows = [known[table["kind"][i], table["layer"][i]] if i >= 0 else (0.0, 0.0) for i in source]
    found = {column: np.array([number for number, _ in rows])} | _exact(column, source)
    found[f"{column}_error"] = found[f"{column}_error"] + np.array([gap for _, gap in rows])
    return found


def _each(name: str, said: Any, blocks: list[str]) -> list[tuple[str, Any]]:
    """The numbers in the order of the blocks."""
    if isinstance(said, Mapping):
        for block in said:
            if block not in blocks:
                near = difflib.get_close_matches(str(block), blocks, n=1)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(blocks)}"
                raise InvalidInput(f"claim, {name}: the run has no block {block!r}; {hint}")
        for block in blocks:
            if block not in said:
                raise InvalidInput(f"claim, {name}: no number for the block {block}")
        return [(block, said[block]) for block in blocks]
    if isinstance(said, list | tuple | np.ndarray):
        if len(said) != len(blocks):
            raise InvalidInput(
                f"claim, {name}: {len(said)} numbers for {len(blocks)} blocks, {', '.join(blocks)}"
            )
        return list(zip(blocks, said, strict=True))
    return [(block, said) for block in blocks]
