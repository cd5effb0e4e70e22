"""w ← w + βΔ, and which entries would not come back by w − βΔ; see :mod:`amverify.samt.ahead`.

Sums are taken as they stand: no order but this one tells what is lost.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, njit

from amverify.compiled.memory import pointer


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def lost(w: int, moved: int, size: int, single: bool, beta: float) -> int:
    """How many entries of w are not (w + βΔ) − βΔ, to the last bit.

    Args:
        w: address of w.
        moved: address of Δ.
        size: how many entries each has.
        single: whether entries are of float32, not float64.
        beta: β.
    """
    count: int
    if single:
        count = _lost(w, moved, size, np.float32, np.int32, beta)
    else:
        count = _lost(w, moved, size, np.float64, np.int64, beta)
    return count


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _lost(at_w: int, at_moved: int, size: int, form: Any, whole: Any, beta: float) -> int:
    """``lost`` for entries of one format; −0 is the smallest whole number of as many bits."""
    w, moved = carray(pointer(at_w), size, form), carray(pointer(at_moved), size, form)
    bits, b = carray(pointer(at_w), size, whole), form(beta)
    minus = np.iinfo(whole).min
    count = 0
    for i in range(size):
        step = b * moved[i]
        y = w[i] + step
        count += (y - step != w[i]) | (bits[i] == minus)
    return count


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def go_ahead(
    w: int, moved: int, places: int, values: int, size: int, single: bool, beta: float
) -> None:
    """w ← w + βΔ; where ``lost`` counts an entry, its place and what it was are kept.

    Args:
        w: address of w.
        moved: address of Δ.
        places: address of int32, as many as ``lost`` counted; 0 where nothing is to be kept.
        values: address of as many entries.
        size: how many entries w and Δ have.
        single: whether entries are of float32, not float64.
        beta: β.
    """
    if single:
        _go_ahead(w, moved, places, values, size, np.float32, np.int32, beta)
    else:
        _go_ahead(w, moved, places, values, size, np.float64, np.int64, beta)


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _go_ahead(
    at_w: int,
    at_moved: int,
    at_places: int,
    at_values: int,
    size: int,
    form: Any,
    whole: Any,
    beta: float,
) -> None:
    """``go_ahead`` for entries of one format."""
    w, moved = carray(pointer(at_w), size, form), carray(pointer(at_moved), size, form)
    bits, b = carray(pointer(at_w), size, whole), form(beta)
    places = carray(pointer(at_places), size, np.int32)
    values = carray(pointer(at_values), size, form)
    minus = np.iinfo(whole).min
    if not at_places:
        for i in range(size):
            w[i] += b * moved[i]
        return
    k = 0
    for i in range(size):
        step = b * moved[i]
        y = w[i] + step
        if (y - step != w[i]) | (bits[i] == minus):
            places[k], values[k] = i, w[i]
            k += 1
        w[i] = y
