"""Paying beforehand for what only the first step of a process does."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from amverify.samt.optimiser import SAMT


def warm_up() -> None:
    """Take SAMT's first step of this process on a network of two numbers, in both formats.

    The first step loads (or, on a machine for the first time, compiles) loops, and torch itself
    prepares much at its first backward pass: some seconds, where later steps take a millisecond.
    Call it where time is measured or limited: before a benchmark, in pytest's ``conftest.py``
    where Hypothesis has its deadline. It draws no random numbers.
    """
    for dtype in (torch.float32, torch.float64):
        with torch.random.fork_rng(devices=[]):
            model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2)).to(dtype)
        x, y = torch.ones(2, 2, dtype=dtype), torch.tensor([0, 1])
        optimiser = SAMT(model, lr=1e-6)
        for _ in range(3):
            optimiser.step(loss=cross_entropy, inputs=x, targets=y)
            optimiser.step(partial(_loss, model, x, y))


def _loss(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return cross_entropy(model(x), y)
