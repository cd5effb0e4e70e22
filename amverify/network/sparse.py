r"""Sparse inputs X: torch's CSR layout, products, and a certified bound of σ_max(X)².

A method that steps W_1 by gradients takes XWᵀ and RᵀX and nothing else, so X is never dense. Its
modulus needs σ_max(X)². With G = |X|ᵀ|X| (or |X||X|ᵀ, if that is smaller) and *any* v > 0

    σ_max(X)² ≤ σ_max(|X|)² = λ_max(G) ≤ max_i (Gv)_i/v_i          (Collatz, Wielandt),

and power steps bring the right side down to λ_max(G). Where no entry is negative (counts, tf-idf)
the first inequality is an equality, and the bound is as near as the steps make it; where both signs
occur it is a bound all the same, of |X|.

Rounding: no summand is negative, so a sum of n products has a relative error of γ_n. Entries are
at most 1, with one that is 1: so λ_max ≥ 1, and what underflows over v ≥ 10⁻³⁰ does not count.
"""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

STEPS = 300
ENOUGH = 1e-7
"""The relative distance of the bound from a Rayleigh quotient, below λ_max, at which steps end."""
LEAST = 1e-30


def csr(starts: Tensor, columns: Tensor, entries: Tensor, shape: tuple[int, int]) -> Tensor:
    """The matrix of this shape in CSR layout: rows' beginnings (N + 1,), columns and entries.

    Torch's warning that such tensors are in beta is not passed on: what is used of them is tested.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return torch.sparse_csr_tensor(starts, columns, entries, size=shape, check_invariants=True)


def is_sparse(x: Tensor) -> bool:
    """Whether x is in CSR layout."""
    return x.layout is torch.sparse_csr


def entries(x: Tensor) -> Tensor:
    """All entries of a dense x, those that are stored of a sparse one."""
    return x.values() if is_sparse(x) else x


def place(x: Tensor, marked: Tensor) -> tuple[int, int]:
    """Row and column of the first of ``entries(x)`` that is marked."""
    first = torch.nonzero(marked)[0]
    if not is_sparse(x):
        row, column = first.tolist()
        return row, column
    row = int(torch.searchsorted(x.crow_indices().long(), first, right=True)) - 1
    return row, int(x.col_indices()[first])


def norm_squared_above(x: Tensor) -> Tensor:
    """A bound above σ_max(x)² of a sparse x (N, n), in its format; see the module."""
    found = entries(x).double().abs()
    scale = float(found.max()) if found.numel() else 0.0
    if scale == 0.0:
        return torch.zeros((), dtype=x.dtype, device=x.device)
    shape = (x.shape[0], x.shape[1])
    across = csr(x.crow_indices(), x.col_indices(), found / scale, shape)
    back = across.mT.to_sparse_csr()
    if shape[0] < shape[1]:
        across, back = back, across
    slack = 4 * (sum(shape) + 16) * torch.finfo(torch.float64).eps
    above = _collatz(across, back) * (1 + slack) * scale * scale
    bound = torch.as_tensor(above * (1 + torch.finfo(x.dtype).eps), dtype=x.dtype, device=x.device)
    return torch.nextafter(bound, torch.full_like(bound, torch.inf))


def _collatz(across: Tensor, back: Tensor) -> float:
    """min over the steps of max_i (Gv)_i/v_i, G = back·across."""
    v = torch.ones((across.shape[1], 1), dtype=torch.float64, device=across.device)
    best = float("inf")
    for _ in range(STEPS):
        w = back @ (across @ v)
        best = min(best, float((w / v).max()))
        if best <= (1 + ENOUGH) * float((v * w).sum() / (v * v).sum()):
            break
        v = (w / w.max()).clamp(min=LEAST)
    return best
