"""What an objective can reach: modules, tensors, generators of random numbers, and names.

A function of no arguments reads what its closure, its defaults and the globals named in its code
bind, and what can be had from these: a method's object, a partial's arguments, a module's
children, a compiled function's original, the entries of lists and dictionaries. The walk follows
those; it does not enter libraries (torch, numpy, scipy, the standard library), nor optimisers,
and it ends after ``MOST`` objects.
"""

from __future__ import annotations

import argparse
import dis
import random
import sys
import types
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from io import IOBase
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from amverify.record.quiet.spaces import Attributes, Cells, Globals, Items, Space

MOST = 20_000
"""Objects after which a walk ends."""
WIDE = 1_000
"""Entries of one container that are looked at."""
_LIBRARIES = {*sys.stdlib_module_names, "torch", "numpy", "scipy", "numba"} - {"__main__"}
_PLAIN = (str, bytes, int, float, complex, type(None), torch.dtype, torch.device, torch.Size)
_GENERATORS = (torch.Generator, np.random.Generator, np.random.RandomState, random.Random)
_OPEN = (
    types.SimpleNamespace,
    argparse.Namespace,
    torch.optim.lr_scheduler.LRScheduler,
    torch.amp.GradScaler,
)


@dataclass
class Reach:
    """What was found, by the path of names that leads there.

    Args:
        modules: torch modules, children included.
        tensors: tensors, those of modules not included.
        arrays: numpy arrays.
        generators: explicit generators of random numbers.
        spaces: where names are bound: closures, globals, objects, containers.
        iterators: what a name of a function binds and only ``next`` can read.
        scripted: modules and functions of torch.jit.
    """

    modules: dict[str, nn.Module] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    generators: dict[str, Any] = field(default_factory=dict)
    spaces: dict[str, Space] = field(default_factory=dict)
    iterators: dict[str, Any] = field(default_factory=dict)
    scripted: dict[str, Any] = field(default_factory=dict)


def reach(value: Any) -> Reach:
    """Walk from a function (or any callable object)."""
    walk = _Walk()
    walk.meet("value", value)
    return walk.finish()


class _Walk:
    """Breadth first; every object once."""

    def __init__(self) -> None:
        self.found = Reach()
        self._seen: dict[int, Any] = {}
        self._queue: deque[tuple[str, Any]] = deque()

    def meet(self, name: str, thing: Any) -> None:
        if id(thing) not in self._seen and not isinstance(thing, _PLAIN):
            self._seen[id(thing)] = thing
            self._queue.append((name, thing))

    def finish(self) -> Reach:
        while self._queue and len(self._seen) < MOST:
            self._look(*self._queue.popleft())
        return self.found

    def _look(self, name: str, thing: Any) -> None:
        match thing:
            case Tensor():
                self.found.tensors[name] = thing
            case np.ndarray():
                self.found.arrays[name] = thing
            case torch.optim.Optimizer():
                pass
            case torch.jit.ScriptModule() | torch.jit.ScriptFunction():
                self.found.scripted[name] = thing
            case _ if isinstance(thing, _GENERATORS):
                self.found.generators[name] = thing
            case types.FunctionType():
                self._function(name, thing)
            case types.MethodType():
                self.meet(name, thing.__self__)
                self.meet(name, thing.__func__)
            case partial():
                self._arguments(name, thing)
            case nn.Module():
                self._module(name, thing)
            case dict() | list() | set() | deque() | tuple() | frozenset():
                self._container(name, thing)
            case type():
                self._class(name, thing)
            case _:
                self._object(name, thing)

    def _bound(self, space: Space, name: str) -> None:
        """The names that a function reads; an iterator is consumed by reading it."""
        self.found.spaces[name] = space
        for key, thing in space.read().items():
            if isinstance(thing, Iterator) and not isinstance(thing, IOBase):
                self.found.iterators[key] = thing
            self.meet(key, thing)

    def _function(self, name: str, function: types.FunctionType) -> None:
        if _library(function.__module__):
            self._wrapper(name, function)
            return
        self._bound(Cells(function), f"{name}.closure")
        for thing in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self.meet(name, thing)
        self._bound(Globals(function, _globals(function.__code__)), f"{name}.globals")
        if vars(function):
            self._attributes(name, function)
        for key in _globals(function.__code__):
            module = function.__globals__.get(key)
            if isinstance(module, types.ModuleType) and not _library(module.__name__):
                for attribute in _attributes(function.__code__):
                    self.meet(f"{key}.{attribute}", vars(module).get(attribute))

    def _wrapper(self, name: str, function: types.FunctionType) -> None:
        """What a library's function wraps; its own variables are its own business."""
        for thing in Cells(function).read().values():
            if isinstance(thing, types.FunctionType | types.MethodType | partial | nn.Module):
                self.meet(name, thing)

    def _arguments(self, name: str, call: partial[Any]) -> None:
        for thing in (call.func, *call.args, *call.keywords.values()):
            if isinstance(thing, Iterator) and not isinstance(thing, IOBase):
                self.found.iterators[name] = thing
            self.meet(name, thing)

    def _module(self, name: str, module: nn.Module) -> None:
        self.found.modules[name] = module
        for key, child in module.named_children():
            self.meet(f"{name}.{key}", child)
        self._attributes(name, module)
        self.meet(f"{name}.class", type(module))

    def _container(self, name: str, things: Any) -> None:
        if isinstance(things, dict | list | set | deque):
            self.found.spaces[f"{name}[]"] = Items(things)
        pairs = things.items() if isinstance(things, dict) else enumerate(things)
        for number, (key, thing) in enumerate(pairs):
            if number == WIDE:
                return
            self.meet(f"{name}[{key!r}]" if isinstance(key, str | int) else name, thing)

    def _class(self, name: str, cls: type) -> None:
        if _library(cls.__module__):
            return
        for key, thing in vars(cls).items():
            function = thing.__func__ if isinstance(thing, staticmethod | classmethod) else thing
            if isinstance(thing, property) and thing.fget is not None:
                function = thing.fget
            if isinstance(function, (types.FunctionType, *_GENERATORS)):
                self.meet(f"{name}.{key}", function)
        for base in cls.__bases__:
            self.meet(name, base)

    def _object(self, name: str, thing: Any) -> None:
        if not hasattr(thing, "__dict__") or isinstance(thing, types.ModuleType):
            return
        module = type(thing).__module__
        if module.startswith("torch.utils.data"):
            for key, part in vars(thing).items():
                self.meet(f"{name}.{key}", part)
        elif isinstance(thing, _OPEN) or not _library(module):
            self._attributes(name, thing)
            self.meet(f"{name}.class", type(thing))

    def _attributes(self, name: str, thing: Any) -> None:
        space = Attributes(thing)
        self.found.spaces[name] = space
        for key, part in space.read().items():
            self.meet(f"{name}.{key}", part)


def _library(module: str | None) -> bool:
    """Whether code of this module is not the user's."""
    name = module or ""
    return name.partition(".")[0] in _LIBRARIES or name.startswith("amverify.record")


@lru_cache(maxsize=4096)
def _globals(code: types.CodeType) -> tuple[str, ...]:
    """The globals that a function's code names, that of inner functions included."""
    return _named(code, ("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL"))


@lru_cache(maxsize=4096)
def _attributes(code: types.CodeType) -> tuple[str, ...]:
    """The attributes that it names."""
    return _named(code, ("LOAD_ATTR", "LOAD_METHOD"))


def _named(code: types.CodeType, operations: tuple[str, ...]) -> tuple[str, ...]:
    own = [i.argval for i in dis.get_instructions(code) if i.opname in operations]
    inner = [
        _named(part, operations) for part in code.co_consts if isinstance(part, types.CodeType)
    ]
    return tuple(dict.fromkeys(sum(inner, tuple(own))))
