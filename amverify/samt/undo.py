"""A sweep that is tried and undone: everything that a step of SAMT changes, kept and put back.

A step changes weights, θ, what is remembered of the last gradients and steps, the counters, the
generator of random orders and, if there is one, the meta-optimiser. All of it is put back in
place: objects that others refer to (a parameter, θ, a group) stay the objects that they are.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor


class Kept:
    """An optimiser's state and its weights, as they are when this is made."""

    def __init__(self, optimiser: Any) -> None:
        self._optimiser = optimiser
        self._weights = {w: w.detach().clone() for w in optimiser.state}
        self._states = {w: _copied(own) for w, own in optimiser.state.items()}
        self._generator = optimiser._generator.get_state()
        self._counters, self._bad = optimiser.counters.as_dict(), optimiser._bad
        meta = optimiser.meta_optimiser
        self._meta = None if meta is None else deepcopy(meta.state_dict())

    def put_back(self) -> None:
        """Make everything again what it was, to the last bit; any number of times."""
        optimiser = self._optimiser
        with torch.no_grad():
            for w, kept in self._weights.items():
                w.copy_(kept)
                own, theta = optimiser.state[w], optimiser.state[w]["theta"]
                theta.copy_(self._states[w]["theta"])
                own.clear()
                own.update({**_copied(self._states[w]), "theta": theta})
        optimiser._generator.set_state(self._generator)
        optimiser.counters.restore(self._counters)
        optimiser._bad = self._bad
        if optimiser.meta_optimiser is not None and self._meta is not None:
            optimiser.meta_optimiser.load_state_dict(deepcopy(self._meta))


def _copied(state: dict[str, Any]) -> dict[str, Any]:
    return {name: v.clone() if isinstance(v, Tensor) else v for name, v in state.items()}
