"""A step of an optimiser that is made and undone: parameters, gradients, state, and all around it.

Beside what ``quietly`` puts back (generators, buffers, names, what the step function can reach), a
step changes what the optimiser holds. All of it is put back in place, to the last bit: a parameter,
a tensor of the state, a group stay the objects that they are.
"""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from amverify.record.quiet.evaluation import Restore, quietly, restoring
from amverify.record.quiet.spaces import Attributes, Items, Space

_CODE = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.ModuleType, type)
_GENERATORS = (torch.Generator, np.random.Generator, np.random.RandomState)


class Kept:
    """What an optimiser holds now: its parameters, and all that its attributes lead to."""

    def __init__(self, optimizer: torch.optim.Optimizer, params: Sequence[Tensor]) -> None:
        self._params = [(p, p.data, p.detach().clone()) for p in params]
        self._seen: set[int] = {id(p) for p in params}
        self._alive: list[Any] = []
        self._tensors: list[tuple[Tensor, Tensor, Tensor]] = []
        self._arrays: list[tuple[np.ndarray[Any, Any], Any]] = []
        self._spaces: list[tuple[Space, dict[str, Any]]] = []
        self._generators: list[Restore] = []
        self._walk(optimizer)

    def put_back(self) -> None:
        """Make everything again what it was; any number of times."""
        for space, before in self._spaces:
            space.write(before)
        for array, entries in self._arrays:
            array[...] = entries
        for put in self._generators:
            put()
        with torch.no_grad():
            for tensor, memory, copy in (*self._params, *self._tensors):
                tensor.data = memory
                tensor.data.copy_(copy)

    def _walk(self, root: Any) -> None:
        queue = deque([root])
        while queue:
            thing = queue.popleft()
            if id(thing) not in self._seen:
                self._seen.add(id(thing))
                self._alive.append(thing)
                queue.extend(self._keep(thing))

    def _keep(self, thing: Any) -> list[Any]:
        """Keep one thing; what it leads to."""
        match thing:
            case Tensor():
                self._tensors.append((thing, thing.data, thing.detach().clone()))
            case np.ndarray():
                self._arrays.append((thing, thing.copy()))
            case _ if isinstance(thing, _GENERATORS):
                self._generators.append(restoring([thing]))
            case dict():
                self._space(Items(thing))
                return [*thing.keys(), *thing.values()]
            case list() | set() | deque():
                self._space(Items(thing))
                return list(thing)
            case tuple():
                return list(thing)
            case _ if hasattr(thing, "__dict__") and not isinstance(thing, (*_CODE, nn.Module)):
                self._space(Attributes(thing))
                return list(vars(thing).values())
        return []

    def _space(self, space: Space) -> None:
        self._spaces.append((space, space.read()))


@contextmanager
def undone(
    optimizer: torch.optim.Optimizer, params: Sequence[Tensor], step: Callable[..., Any]
) -> Iterator[None]:
    """Make a step inside; afterwards nothing of it is left.

    Args:
        optimizer: whose step.
        params: all that it holds.
        step: the function that makes it.
    """
    slopes = [None if p.grad is None else p.grad.detach().clone() for p in params]
    with quietly(params, step):
        kept = Kept(optimizer, params)
        for p, slope in zip(params, slopes, strict=True):
            p.grad = slope
        try:
            yield
        finally:
            kept.put_back()
