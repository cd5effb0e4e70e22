"""What this machine does at best: operations a second in a large product, bytes a second in a copy.

Both are the best of some repeats, with the threads that torch has: what the neighbours took away in
the others is not the machine's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch

SIDE = 1_536
REPEATS = 9
LENGTH = 2**25


@dataclass(frozen=True)
class Machine:
    """``rate``: floating point operations a second; ``bandwidth``: bytes a second; float32."""

    rate: float
    bandwidth: float
    threads: int


@lru_cache
def measured() -> Machine:
    """This machine now; a second or two, once a process."""
    a, b = torch.randn(SIDE, SIDE), torch.randn(SIDE, SIDE)
    out, source = torch.empty(SIDE, SIDE), torch.ones(LENGTH)
    target = torch.empty_like(source)
    product = _best(lambda: torch.mm(a, b, out=out))
    copied = _best(lambda: target.copy_(source))
    moved = 2 * source.numel() * source.element_size()
    return Machine(2 * SIDE**3 / product, moved / copied, torch.get_num_threads())


def _best(work: Callable[[], object]) -> float:
    """Seconds of the fastest of some repeats, the first not counted."""
    work()
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)
