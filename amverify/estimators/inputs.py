"""Features as torch takes them: dense, or sparse as they are where products are enough."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from amverify.compiled.threads import worth
from amverify.errors import InvalidInput
from amverify.network.sparse import csr

Features = Any
"""(N, n): an array, or a sparse one of SciPy's in CSR format."""
PART = 2**22
"""Entries of sparse features that are made dense at a time where a network is evaluated."""


def tensor(x: Features, dtype: torch.dtype, *, keeps: bool = False) -> Tensor:
    """Features as a tensor; sparse ones stay sparse if ``keeps``, else a dense copy is made.

    Raises:
        InvalidInput: where the dense copy does not fit into memory.
    """
    if not sparse.issparse(x):
        return torch.from_numpy(np.ascontiguousarray(x)).to(dtype)
    if keeps:
        starts, columns, entries = map(torch.from_numpy, (x.indptr, x.indices, x.data))
        return csr(starts, columns, entries.to(dtype), x.shape)
    try:
        return torch.from_numpy(x.toarray()).to(dtype)
    except (MemoryError, RuntimeError) as error:
        rows, columns = x.shape
        size = x.dtype.itemsize * rows * columns / 2**30
        raise InvalidInput(
            f"X: a dense copy of {rows:,} x {columns:,} sparse features, {size:.1f} GiB, does not "
            "fit: method 'tiam', 'mdlam' or 'dladmm', without audit, takes them as they are"
        ) from error


def outputs(network: nn.Sequential, x: Features, dtype: torch.dtype) -> Tensor:
    """What the network says, (N, n_L) in float64; of sparse features some rows at a time."""
    rows = max(1, PART // x.shape[1]) if sparse.issparse(x) else x.shape[0]
    with torch.no_grad():
        parts = [network(tensor(x[i : i + rows], dtype)) for i in range(0, x.shape[0], rows)]
    return torch.cat(parts).double() if len(parts) > 1 else parts[0].double()


def threads(x: Features, widths: tuple[int, ...], *, keeps: bool = False) -> int:
    """What products of these layers are worth; kept sparse, a sample has so many features."""
    features = -(-x.nnz // x.shape[0]) if keeps and sparse.issparse(x) else widths[0]
    return worth(x.shape[0], (features, *widths[1:]))
