"""States of the random generators: a batch's first evaluation and its later ones draw the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor


def random_state() -> list[Tensor]:
    """The states of torch's generators: the host's, and the device's if there is one."""
    states = [torch.default_generator.get_state()]
    if _cuda():
        states.append(torch.cuda.get_rng_state())
    return states


def same(one: Sequence[Tensor], other: Sequence[Tensor]) -> bool:
    """Whether two states agree, compared as memory is; torch would go byte by byte."""
    pairs = zip(one, other, strict=True)
    return all(a.numpy().tobytes() == b.numpy().tobytes() for a, b in pairs)


@cache
def _cuda() -> bool:
    return torch.cuda.is_available()


def set_random_state(states: Sequence[Tensor]) -> None:
    """Go back to what ``random_state`` gave."""
    torch.set_rng_state(states[0])
    for state in states[1:]:
        torch.cuda.set_rng_state(state)
