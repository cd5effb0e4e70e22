"""Which call of ``step`` is the outermost, by the frames on the stack.

A counter goes wrong when a step raises, for then nobody tells that it has ended. A frame that has
ended is not on the stack any more.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import FrameType

_BETWEEN = (__name__, "amverify.record.heard.listener", "torch._dynamo", "torch.compiler")


class Nest:
    """The calls of one optimiser's ``step`` that have begun and not ended."""

    def __init__(self) -> None:
        self._open: list[FrameType] = []

    def enter(self) -> bool:
        """A call begins; whether it is the outermost."""
        stack = list(_stack())
        self._prune(stack)
        self._open += stack[:1]
        return len(self._open) == 1

    def leave(self) -> bool:
        """A call ends; whether it was the outermost."""
        self._prune(list(_stack()))
        self._open = self._open[:-1]
        return not self._open

    def _prune(self, stack: list[FrameType]) -> None:
        alive = {id(frame) for frame in stack}
        self._open = [frame for frame in self._open if id(frame) in alive]


def _stack() -> Iterator[FrameType]:
    """The frames above, but for our own and those of the compiler; the first one runs the hook."""
    frame = inspect.currentframe()
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if not name.startswith(_BETWEEN):
            yield frame
        frame = frame.f_back
