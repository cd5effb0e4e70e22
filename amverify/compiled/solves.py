"""What stands around the solution in the step of V; see :mod:`amverify.methods.solves`.

Arithmetic is in the entries' own format.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, njit
from numpy.typing import NDArray

from amverify.compiled.memory import ANY_ORDER, pointer


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def ridged(operands: int, rows: int, columns: int, single: bool, mu: float, mu_bias: float) -> None:
    """[μW, μ_b bᵀ].

    Args:
        operands: address of (3,), the addresses of W, b and of where it goes.
        rows: how many W has.
        columns: how many W has.
        single: whether entries are of float32, not float64.
        mu: μ.
        mu_bias: μ_b.
    """
    if single:
        _ridged(operands, rows, columns, np.float32, mu, mu_bias)
    else:
        _ridged(operands, rows, columns, np.float64, mu, mu_bias)


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _ridged(operands: int, rows: int, columns: int, form: Any, mu: float, mu_bias: float) -> None:
    at = carray(pointer(operands), 3, np.int64)
    w = carray(pointer(at[0]), (rows, columns), form)
    b = carray(pointer(at[1]), rows, form)
    to = carray(pointer(at[2]), (rows, columns + 1), form)
    for i in range(rows):
        _scaled(w[i], form(mu), to[i])
        to[i, columns] = form(mu_bias) * b[i]


@njit(fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _scaled(x: NDArray[Any], factor: Any, to: NDArray[Any]) -> None:
    for j in range(x.size):
        to[j] = factor * x[j]


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def solves(operands: int, rows: int, columns: int, single: bool, t: float, c: float) -> None:
    """u' = u + t(cΔ − S) and e = u' − u, for the parts W and b of V.

    Args:
        operands: address of (9,), the addresses of S = [S_W, S_bᵀ], W, ΔW, b, Δb, and of where
            W', e_W, b' and e_b go.
        rows: how many W has.
        columns: how many W has.
        single: whether entries are of float32, not float64.
        t: 1 + p3.
        c: the momentum; at 0 Δ is not looked at.
    """
    if single:
        _solves(operands, rows, columns, np.float32, t, c)
    else:
        _solves(operands, rows, columns, np.float64, t, c)


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _solves(operands: int, rows: int, columns: int, form: Any, t: float, c: float) -> None:
    at = carray(pointer(operands), 9, np.int64)
    found = carray(pointer(at[0]), (rows, columns + 1), form)
    for i in range(rows):
        off = i * columns * found.itemsize
        w, d, new, e = at[1] + off, at[2] + off, at[5] + off, at[6] + off
        _moved(
            found[i],
            carray(pointer(w), columns, form),
            carray(pointer(d), columns, form),
            carray(pointer(new), columns, form),
            carray(pointer(e), columns, form),
            (form(t), form(c)),
        )
    last = found[:, columns].copy()
    _moved(
        last,
        carray(pointer(at[3]), rows, form),
        carray(pointer(at[4]), rows, form),
        carray(pointer(at[7]), rows, form),
        carray(pointer(at[8]), rows, form),
        (form(t), form(c)),
    )


@njit(fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _moved(
    found: NDArray[Any],
    u: NDArray[Any],
    d: NDArray[Any],
    new: NDArray[Any],
    e: NDArray[Any],
    factors: tuple[Any, Any],
) -> None:
    t, c = factors
    for j in range(u.size):
        x = -found[j]
        if c != 0:
            x += c * d[j]
        new[j] = u[j] + t * x
    for j in range(u.size):
        e[j] = new[j] - u[j]
