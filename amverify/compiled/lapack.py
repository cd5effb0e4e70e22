r"""Linear algebra of small symmetric matrices in the host's memory, by SciPy's BLAS and LAPACK.

Of matrices of order 100, which JointTIAM factors in every sweep, torch's own routines take twice as
long: they copy, transpose and clear triangles, and torch has no product that forms one triangle
only. Where SciPy's library is OpenBLAS it keeps threads of its own, which spin at barriers: on such
small matrices, beside a busy neighbour, for tens of milliseconds. ``one_thread`` holds them still.

Tensors are in C order, and their transposes are LAPACK's own, so nothing is copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import blas, lapack
from threadpoolctl import ThreadpoolController
from torch import Tensor

Matrix = NDArray[Any]


@cache
def _pools() -> ThreadpoolController:
    return ThreadpoolController().select(internal_api="openblas")


@contextmanager
def one_thread() -> Iterator[None]:
    """OpenBLAS on one thread meanwhile; torch's own products keep theirs."""
    pools = _pools()
    if all(pool.num_threads == 1 for pool in pools.lib_controllers):
        yield
        return
    with pools.limit(limits=1):
        yield


def lower_gram(a: Tensor, factor: float = 1.0, *, of_rows: bool = False) -> Tensor:
    """That factor times the lower triangle of aᵀa, or of aaᵀ, a (N, n), in its format.

    Above the triangle there are zeros.
    """
    syrk = blas.ssyrk if a.dtype is torch.float32 else blas.dsyrk
    upper: Matrix = syrk(factor, a.contiguous().numpy().T, trans=of_rows)
    return torch.from_numpy(upper.T)


def cholesky(lower: Tensor) -> Tensor | None:
    """The lower Cholesky factor of a float64 matrix given by its lower triangle.

    ``None`` where it is not positive definite, or not finite. What is given is overwritten.
    """
    factor, failed = lapack.dpotrf(lower.numpy().T, lower=0, clean=0, overwrite_a=1)
    if failed or not np.isfinite(np.einsum("ii", factor)):
        return None
    return torch.from_numpy(factor.T)


def solved(factor: Tensor, right: Tensor) -> Tensor:
    """right·(LLᵀ)⁻¹, (m, n), by the lower factor L (n, n); ``right`` is overwritten."""
    solve = lapack.spotrs if right.dtype is torch.float32 else lapack.dpotrs
    found, _ = solve(factor.numpy().T, right.numpy().T, lower=0, overwrite_b=1)
    return torch.from_numpy(found.T)


def largest_eigenvalue(lower: Tensor) -> float:
    """That of a float64 matrix given by its lower triangle; NaN where there is none."""
    values, _, failed = lapack.dsyevd(lower.numpy().T, compute_v=0, lower=0)
    return float("nan") if failed else float(values[-1])
