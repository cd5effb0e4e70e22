r"""Matrices of fractions: what a float64 tensor holds, exactly, and sums of its products."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import flint
from torch import Tensor


def rational(value: float) -> flint.fmpq:
    """A float as the rational number that it is."""
    return flint.fmpq(*value.as_integer_ratio())


def fraction(value: flint.fmpq) -> Fraction:
    """The same number as a fraction of Python's."""
    return Fraction(int(value.p), int(value.q))


def matrix(u: Tensor) -> flint.fmpq_mat:
    """A finite tensor (n, m) exactly; float32 is widened without rounding."""
    rows, columns = u.shape
    return flint.fmpq_mat(rows, columns, [rational(x) for x in u.double().reshape(-1).tolist()])


def total(values: Iterable[flint.fmpq]) -> flint.fmpq:
    """Σ."""
    return sum(values, flint.fmpq(0))


def inner(u: flint.fmpq_mat, v: flint.fmpq_mat) -> flint.fmpq:
    """⟨u, v⟩ of Frobenius."""
    return total(x * y for x, y in zip(u.entries(), v.entries(), strict=True))


def square(u: flint.fmpq_mat) -> flint.fmpq:
    """‖u‖²."""
    return inner(u, u)


def column(rows: int) -> flint.fmpq_mat:
    """The column of ones: its product with a row is the row in every row."""
    return flint.fmpq_mat(rows, 1, [1] * rows)
