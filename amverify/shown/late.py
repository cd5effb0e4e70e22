"""Renderers that are told from above, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from amverify.errors import InvalidInput

_RENDERERS: dict[str, Callable[..., Any]] = {}


def register(name: str, renderer: Callable[..., Any]) -> None:
    """Let ``rendered`` know a renderer."""
    _RENDERERS[name] = renderer


def rendered(name: str, *given: Any) -> Any:
    """What the renderer of this name makes of a result.

    Raises:
        InvalidInput: if none was registered.
    """
    if name not in _RENDERERS:
        raise InvalidInput(f"no renderer {name!r} is loaded: import amverify.report first")
    return _RENDERERS[name](*given)
