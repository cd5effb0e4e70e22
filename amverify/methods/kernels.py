"""The loops of :mod:`amverify.methods.compiled`, if numba is there to compile them."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

import torch
from numpy.typing import NDArray


@cache
def empty(dtype: torch.dtype) -> NDArray[Any]:
    """What tells the kernel the format of the entries."""
    array: NDArray[Any] = torch.empty(0, dtype=dtype).numpy()
    return array


@cache
def compiled() -> ModuleType | None:
    """:mod:`amverify.methods.compiled`.

    None without numba, and where numba finds no place to keep what it compiled (a RuntimeError).
    """
    try:
        import amverify.methods.compiled as loops
    except (ImportError, RuntimeError):
        return None
    return loops
