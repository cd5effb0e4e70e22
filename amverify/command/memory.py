"""Memory that a column leaves is kept for the next one: an audit makes and drops hundreds of them.

The C library gives a large block back to the system as soon as it is free; the next column of the
same size is then fetched, and cleared, page by page. And Python's garbage collector goes through
all that was imported, theorems and sympy, again and again, though it stays.
"""

from __future__ import annotations

import ctypes
import gc
from functools import cache

_TRIM, _MMAP = -1, -3
"""glibc's M_TRIM_THRESHOLD and M_MMAP_THRESHOLD (malloc.h)."""
_LARGEST = 1 << 25
"""The largest block that glibc lets stand in the heap: 32 MiB, a column of four million rows."""
_TRIMMED = 1 << 30


@cache
def keep() -> bool:
    """Keep what is freed, until the process ends; False where the C library cannot be told so.

    What was imported by now is no garbage for the collector any more.
    """
    gc.freeze()
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(_MMAP, _LARGEST)) and bool(mallopt(_TRIM, _TRIMMED))
