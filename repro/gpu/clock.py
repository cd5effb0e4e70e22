"""Seconds of work on a device: what was launched is waited for before the clock is read."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median

import torch

REPEATS = 20
"""Turns of which the median is taken."""


def wait(device: torch.device) -> None:
    """Until everything launched on the device is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def in_turn(
    works: Sequence[Callable[[], object]], device: torch.device, repeats: int = REPEATS
) -> list[float]:
    """Median seconds of each work, all taken in turn, the first two turns not counted."""
    taken: list[list[float]] = [[] for _ in works]
    for turn in range(repeats + 2):
        for own, work in zip(taken, works, strict=True):
            wait(device)
            began = time.perf_counter()
            work()
            wait(device)
            if turn >= 2:
                own.append(time.perf_counter() - began)
    return [median(own) for own in taken]
