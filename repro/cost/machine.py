"""What this machine does at best: operations a second in a product, bytes a second in a copy.

Both are the best of many short repeats, on as many threads as the runs had. Short, so that some of
them fall between two turns of a busy neighbour: what he takes in the others is not the machine's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch

from amverify.compiled.threads import exactly

SIDES = (256, 512, 1_024)
BUDGET = 0.8
"""Seconds for each product and for the copy."""
LENGTH = 2**23


@dataclass(frozen=True)
class Machine:
    """``rate``: floating point operations a second; ``bandwidth``: bytes a second; float32."""

    rate: float
    bandwidth: float
    threads: int


@lru_cache
def measured(threads: int) -> Machine:
    """This machine now, on so many threads; three seconds, once a process."""
    source = torch.ones(LENGTH)
    target = torch.empty_like(source)
    moved = 2 * source.numel() * source.element_size()
    with exactly(threads):
        copied = _best(lambda: target.copy_(source))
        return Machine(max(map(_rate, SIDES)), moved / copied, threads)


def _rate(side: int) -> float:
    """Operations a second in a product of square matrices."""
    a, b, out = torch.randn(side, side), torch.randn(side, side), torch.empty(side, side)
    return 2 * side**3 / _best(lambda: torch.mm(a, b, out=out))


def _best(work: Callable[[], object]) -> float:
    """Seconds of the fastest repeat within the budget, the first not counted."""
    work()
    fastest, end = float("inf"), time.perf_counter() + BUDGET
    while (began := time.perf_counter()) < end:
        work()
        fastest = min(fastest, time.perf_counter() - began)
    return fastest
