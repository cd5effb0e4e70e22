"""Entry points of other packages: found by group and name, imported when they are asked for."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from amverify.errors import InvalidInput, one_line

THEOREMS, FAMILIES, METHODS = "amverify.theorems", "amverify.families", "amverify.methods"

_told: set[tuple[str, str, str]] = set()


def asked(group: str, name: str, kind: Any, label: str = "") -> Any | None:
    """The plugin of a name; None if there is none.

    Args:
        group: ``THEOREMS``, ``FAMILIES`` or ``METHODS``.
        name: of the entry point.
        kind: the class, or abstract class, that it has to be of.
        label: of its attributes the one that has to be the name; none if empty.

    Raises:
        InvalidInput: if it is broken: its name, its package, and why.
    """
    for point in entry_points(group=group, name=name):
        return _loaded(point, kind, label)
    return None


def names(group: str) -> list[str]:
    """The names of all plugins of a group; none is imported."""
    return sorted({point.name for point in entry_points(group=group)})


def everything(
    group: str, kind: Any, label: str = "", ours: Container[str] = ()
) -> Iterator[tuple[str, Any]]:
    """All plugins of a group that can be had; of the others a line on standard error, once.

    Args:
        group: ``THEOREMS``, ``FAMILIES`` or ``METHODS``.
        kind: the class, or abstract class, that they have to be of.
        label: of their attributes the one that has to be the name.
        ours: names that are taken.
    """
    seen: set[str] = set()
    for point in sorted(entry_points(group=group), key=lambda one: one.name):
        if point.name in ours or point.name in seen:
            _tell(point, f"{_called(point)}: the name is taken; it is left out")
            continue
        seen.add(point.name)
        try:
            yield point.name, _loaded(point, kind, label)
        except InvalidInput as error:
            _tell(point, str(error))


def _loaded(point: EntryPoint, kind: Any, label: str) -> Any:
    try:
        found = point.load()
    except (Exception, SystemExit) as error:
        why = one_line(f"{type(error).__name__}: {error}")
        raise InvalidInput(f"{_called(point)} cannot be loaded: {why}") from None
    if not isinstance(found, kind):
        raise InvalidInput(f"{_called(point)} is a {type(found).__name__}, not a {kind.__name__}")
    if label and getattr(found, label) != point.name:
        raise InvalidInput(f"{_called(point)} calls itself {getattr(found, label)!r}")
    return found


def _called(point: EntryPoint) -> str:
    package = point.dist.name if point.dist is not None else "an unknown package"
    return f"plugin {point.name!r} of {package} ({point.group})"


def _tell(point: EntryPoint, line: str) -> None:
    key = (point.group, point.name, point.value)
    if key not in _told:
        _told.add(key)
        print(f"warning: {line}", file=sys.stderr)
