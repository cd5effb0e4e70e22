"""Generators of random numbers, wherever a step may draw from: how each is read and set back."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

OWN = (torch.Generator, random.Random, np.random.Generator, np.random.RandomState)
"""Types of generators that a program may hold."""


class Source(NamedTuple):
    """A generator: its state now, and going back to one."""

    read: Callable[[], Any]
    write: Callable[[Any], object]


def source_of(generator: object) -> Source | None:
    """How a generator of its own is read and set; None if it is none."""
    if isinstance(generator, Tensor) or not isinstance(generator, OWN):
        return None
    if isinstance(generator, torch.Generator):
        return Source(generator.get_state, generator.set_state)
    if isinstance(generator, random.Random):
        return Source(generator.getstate, generator.setstate)
    if isinstance(generator, np.random.RandomState):
        return Source(partial(generator.get_state, legacy=False), generator.set_state)
    if isinstance(generator, np.random.Generator):
        bits = generator.bit_generator
        return Source(lambda: bits.state, partial(setattr, bits, "state"))
    return None


@cache
def shared(torchs: bool) -> tuple[Source, ...]:
    """What everybody draws from: torch's, the present GPU's, and Python's and NumPy's.

    Args:
        torchs: whether nothing but torch's own code runs.
    """
    found = [Source(torch.default_generator.get_state, torch.set_rng_state)]
    if not torchs:
        found += [
            Source(random.getstate, random.setstate),
            Source(partial(np.random.get_state, legacy=False), np.random.set_state),
        ]
    if torch.cuda.is_available():
        found.append(Source(torch.cuda.get_rng_state, torch.cuda.set_rng_state))
    return tuple(found)


def alike(one: Any, other: Any) -> bool:
    """Whether two states agree, compared as memory is; torch would go byte by byte."""
    if isinstance(one, Tensor):
        return bool(one.numpy().tobytes() == other.numpy().tobytes())
    if isinstance(one, np.ndarray):
        return bool(one.tobytes() == other.tobytes())
    if isinstance(one, Mapping):
        return all(alike(value, other[key]) for key, value in one.items())
    return bool(one == other)
