"""Threads by the size of the products: small ones wait for one another longer than they work.

At the end of each product, and of each operation on a large tensor, torch's threads wait for the
last of them. Where another process has one of the cores, that is a turn of the scheduler, some
milliseconds, at every one of a sweep's hundreds of operations; a product that takes a second of a
core hardly feels it. So a thread more has to have ``WORTH`` operations to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import torch

WORTH = 1_000_000_000
"""Floating point operations of the largest product for each thread: 10 to 50 ms of a core."""


def worth(samples: int, widths: Sequence[int]) -> int:
    """Threads that layers of these widths, features first, are worth on so many samples."""
    largest = max((before * after for before, after in pairwise(widths)), default=0)
    return max(1, 2 * samples * largest // WORTH)


@contextmanager
def limited(threads: int) -> Iterator[None]:
    """torch on at most so many threads meanwhile, and on no more than it had."""
    with exactly(min(threads, torch.get_num_threads())):
        yield


@contextmanager
def exactly(threads: int) -> Iterator[None]:
    """torch on so many threads meanwhile."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
