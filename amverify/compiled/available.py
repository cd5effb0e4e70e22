"""The loops of :mod:`amverify.compiled.loops`, if numba is there to compile them."""

from __future__ import annotations

from functools import cache
from types import ModuleType


@cache
def compiled() -> ModuleType | None:
    """:mod:`amverify.compiled.loops`.

    None without numba, and where numba finds no place to keep what it compiled (a RuntimeError).
    """
    try:
        import amverify.compiled.loops as loops
    except (ImportError, RuntimeError):
        return None
    return loops
