"""Where names are bound: closures, globals, objects, containers; read as one, written back as one.

``read`` gives what every name is bound to now; ``write`` binds what ``read`` gave before. Both
are shallow: what is inside an entry is another space.
"""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from torch import nn

_PLUMBING = frozenset(vars(nn.Module())) - {"training"}
"""A torch module's own dictionaries: parameters, buffers, children, hooks."""


class Space(Protocol):
    """Names and what they are bound to."""

    def read(self) -> dict[str, Any]:
        """What is bound now."""

    def write(self, before: Mapping[str, Any]) -> None:
        """Bind what was bound before."""


class Cells:
    """The variables of a function's closure."""

    def __init__(self, function: types.FunctionType) -> None:
        names, cells = function.__code__.co_freevars, function.__closure__ or ()
        self._cells = dict(zip(names, cells, strict=True))

    def read(self) -> dict[str, Any]:
        """What is bound now; a variable that has no value yet is left out."""
        found = {}
        for name, cell in self._cells.items():
            try:
                found[name] = cell.cell_contents
            except ValueError:
                continue
        return found

    def write(self, before: Mapping[str, Any]) -> None:
        """Bind what was bound before."""
        for name, thing in _changed(self.read(), before):
            self._cells[name].cell_contents = thing


class Globals:
    """Some of a function's globals."""

    def __init__(self, function: types.FunctionType, names: Iterable[str]) -> None:
        self._space, self._names = function.__globals__, tuple(names)

    def read(self) -> dict[str, Any]:
        """What is bound now; builtins are left out."""
        return {name: self._space[name] for name in self._names if name in self._space}

    def write(self, before: Mapping[str, Any]) -> None:
        """Bind what was bound before."""
        for name in self.read().keys() - before.keys():
            del self._space[name]
        self._space.update(_changed(self.read(), before))


class Attributes:
    """An object's attributes; of a torch module those that are not torch's own, and its mode."""

    def __init__(self, thing: Any) -> None:
        self._thing = thing
        self._module = isinstance(thing, nn.Module)

    def read(self) -> dict[str, Any]:
        """What is bound now."""
        if not self._module:
            return dict(vars(self._thing))
        if type(self._thing).__module__.partition(".")[0] == "torch":
            return {"training": self._thing.training}
        return {k: v for k, v in vars(self._thing).items() if k not in _PLUMBING}

    def write(self, before: Mapping[str, Any]) -> None:
        """Bind what was bound before."""
        for name in self.read().keys() - before.keys():
            delattr(self._thing, name)
        for name, thing in _changed(self.read(), before):
            setattr(self._thing, name, thing)


class Items:
    """The entries of a list, dictionary, set or deque."""

    def __init__(self, things: Any) -> None:
        self._things = things

    def read(self) -> dict[str, Any]:
        """All entries, under one name."""
        things = self._things
        return {"": list(things.items() if isinstance(things, dict) else things)}

    def write(self, before: Mapping[str, Any]) -> None:
        """Put back the entries that were there."""
        things, old = self._things, before[""]
        if same_entries(self.read()[""], old):
            return
        things.clear()
        if isinstance(things, list | deque):
            things.extend(old)
        else:
            things.update(old)


def same_entries(now: list[Any], old: list[Any]) -> bool:
    """Whether two lists of entries (or of keys with entries) hold the same objects."""
    return len(now) == len(old) and all(_same(a, b) for a, b in zip(now, old, strict=True))


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b) == 2:
        return a[0] is b[0] and a[1] is b[1]
    return a is b


def _changed(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(k, v) for k, v in before.items() if k not in now or now[k] is not v]
