"""Faults in what was recorded: a right run whose trace was changed in one way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amverify.trace.trace import Trace

Change = Callable[[NDArray[Any]], NDArray[Any]]


def column(table: str, name: str, change: Change) -> Callable[[Trace], Trace]:
    """The trace with one column changed; its error bound stays."""

    def edit(trace: Trace) -> Trace:
        found = dict(trace.table(table))
        found[name] = change(found[name].copy())
        if (table, name) == ("blocks", "change"):
            return _summed(replace(trace, blocks=found))
        return replace(trace, **{table: found})

    return edit


def _summed(trace: Trace) -> Trace:
    """The sweeps' changes are sums over the blocks, whatever was recorded there."""
    sweeps = dict(trace.sweeps)
    if "change" in sweeps:
        sweeps["change"] = np.bincount(trace.blocks["sweep"], trace.blocks["change"])
    return replace(trace, sweeps=sweeps)


def times(factor: float) -> Change:
    """All entries times a factor."""
    return lambda x: factor * x


def largest(change: Callable[[float], float]) -> Change:
    """The entry of largest size is changed."""

    def apply(x: NDArray[Any]) -> NDArray[Any]:
        row = int(np.abs(x).argmax())
        x[row] = change(float(x[row]))
        return x

    return apply


def lagging(x: NDArray[Any]) -> NDArray[Any]:
    """Each row reports what belongs to the row before."""
    return np.concatenate((x[:1], x[:-1]))


def rising(x: NDArray[Any]) -> NDArray[Any]:
    """The second decrease is reported as an increase of the same size."""
    x[2] = 2 * x[1] - x[2]
    return x


def unset(x: NDArray[Any]) -> NDArray[Any]:
    """Forgotten: all zero."""
    return np.zeros_like(x)


def not_a_number(x: NDArray[Any]) -> NDArray[Any]:
    """The middle row is NaN."""
    x[len(x) // 2] = np.nan
    return x


FLIP: Change = largest(lambda x: -x)
QUADRUPLE: Change = largest(lambda x: 4 * x)
