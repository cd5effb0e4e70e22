"""The loops of :mod:`amverify.methods.compiled`, if numba is there to compile them."""

from __future__ import annotations

from functools import cache
from types import ModuleType


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
