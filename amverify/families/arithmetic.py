r"""One formula, four arithmetics: floats, balls, fractions, symbols.

An objective is written once, over *entries*: a ball array (…, n), where it is evaluated in
float64 with a bound on its rounding error, for a whole stack of points at once; an object
array of fractions (or of sympy symbols), where it is exact; or a plain array of float32 or
float64, as an optimiser's step evaluates it. ``+``, ``−``, ``*`` and ``abs``
are the entries' own. The functions here do the rest; matrix products of balls have the bound

    |fl(AB) − (A + dA)(B + dB)| ≤ γ_k |A||B| + |A|·rB + rA·|B| + rA·rB + kη,      k terms each.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import ETA, gamma

Entries = Any
"""A :class:`~amverify.numbers.balls.Ball`, or an array of floats, fractions or symbols."""


def rationals(numbers: Any) -> NDArray[Any]:
    """Floats as an object array of the fractions that they are."""
    array = np.asarray(numbers)
    if array.dtype == object:
        return array
    found = np.empty(array.shape, dtype=object)
    found.ravel()[:] = [Fraction(float(x)) for x in array.ravel()]
    return found


def lift(constant: Any, like: Entries) -> Entries:
    """Exact constants (floats or fractions) in the arithmetic of ``like``."""
    if isinstance(like, Ball):
        if isinstance(constant, Fraction):
            return Ball.exact(constant)
        return Ball.of(constant)
    if like.dtype != object:
        return np.asarray(constant, dtype=like.dtype)
    exact = rationals(constant)
    if any(isinstance(x, sp.Basic) for x in like.ravel()):
        lifted = np.empty(exact.shape, dtype=object)
        lifted.ravel()[:] = [sp.Rational(q.numerator, q.denominator) for q in exact.ravel()]
        exact = lifted
    return exact


def part(x: Entries, index: Any) -> Entries:
    """Some entries of the last dimension."""
    if isinstance(x, Ball):
        return Ball(x.mid[..., index], x.rad[..., index])
    return x[..., index]


def shaped(x: Entries, *shape: int) -> Entries:
    """The last dimension as several."""
    if isinstance(x, Ball):
        full = (*x.mid.shape[:-1], *shape)
        return Ball(x.mid.reshape(full), x.rad.reshape(full))
    return x.reshape(*x.shape[:-1], *shape)


def flattened(x: Entries, dimensions: int = 2) -> Entries:
    """The last dimensions as one."""
    if isinstance(x, Ball):
        full = (*x.mid.shape[:-dimensions], -1)
        return Ball(x.mid.reshape(full), x.rad.reshape(full))
    return x.reshape(*x.shape[:-dimensions], -1)


def transposed(x: Entries) -> Entries:
    """The last two dimensions exchanged."""
    if isinstance(x, Ball):
        return Ball(np.swapaxes(x.mid, -1, -2), np.swapaxes(x.rad, -1, -2))
    return np.swapaxes(x, -1, -2)


def joined(parts: list[Entries]) -> Entries:
    """Entries one after the other in the last dimension."""
    if isinstance(parts[0], Ball):
        mids = np.concatenate([p.mid for p in parts], axis=-1)
        return Ball(mids, np.concatenate([p.rad for p in parts], axis=-1))
    return np.concatenate(parts, axis=-1)


def total(x: Entries, dimensions: int = 1) -> Entries:
    """Sum over the last dimensions."""
    axes = tuple(range(-dimensions, 0))
    if isinstance(x, Ball):
        n = int(np.prod(x.mid.shape[-dimensions:]))
        with np.errstate(all="ignore"):
            error = gamma(n) * np.abs(x.mid).sum(axes) + x.rad.sum(axes)
            return Ball.of(x.mid.sum(axes), error * (1 + 2 * gamma(n + 4)) + n * ETA)
    return x.sum(axes)


def product(a: Entries, b: Entries) -> Entries:
    """Matrix product of the last two dimensions."""
    if not isinstance(a, Ball):
        return a @ b
    k = a.mid.shape[-1]
    size_a, size_b = np.abs(a.mid), np.abs(b.mid)
    with np.errstate(all="ignore"):
        error = gamma(k) * (size_a @ size_b)
        if a.rad.any():
            error = error + a.rad @ (size_b + b.rad)
        if b.rad.any():
            error = error + size_a @ b.rad
        return Ball.of(a.mid @ b.mid, error * (1 + 2 * gamma(2 * k + 8)) + 2 * k * ETA)


def apply(matrix: NDArray[np.float64], x: Entries) -> Entries:
    """A fixed matrix (m, n) times each vector (…, n)."""
    if isinstance(x, Ball):
        return product(x, Ball(matrix.T, np.zeros_like(matrix.T)))
    return x @ lift(matrix, x).T


def power(x: Entries, p: int) -> Entries:
    """x^p for an integer p ≥ 1, by products from left to right."""
    found = x
    for _ in range(p - 1):
        found = found * x
    return found


def larger(x: Entries, y: Entries) -> Entries:
    """max(x, y), elementwise."""
    if isinstance(x, Ball):
        return x.maximum(y)
    return np.maximum(x, y)


def smaller(x: Entries, y: Entries) -> Entries:
    """min(x, y), elementwise."""
    if isinstance(x, Ball):
        return x.minimum(y)
    return np.minimum(x, y)


def cut(x: Entries, *indices: Any) -> Entries:
    """Entries [..., indices] of the last dimensions."""
    where = (..., *indices)
    if isinstance(x, Ball):
        return Ball(x.mid[where], x.rad[where])
    return x[where]
