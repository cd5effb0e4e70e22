"""How many iterations a run may record: the leash of ``amverify audit --iteration-limit``.

Outside an audit there is no limit. Inside, every recorder of the project counts its rows, and the
row too many ends the run with one line.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from amverify.errors import InvalidInput

_MOST: ContextVar[int | None] = ContextVar("iterations", default=None)


@contextmanager
def at_most(iterations: int) -> Iterator[None]:
    """Recorders refuse a later iteration within this context."""
    token = _MOST.set(iterations)
    try:
        yield
    finally:
        _MOST.reset(token)


def count(iteration: int) -> None:
    """Tell that an iteration (a sweep, a step; the start is 0) is about to be recorded.

    Raises:
        InvalidInput: if it is one too many.
    """
    most = _MOST.get()
    if most is not None and iteration > most:
        raise InvalidInput(f"not done after {most} iterations; see --iteration-limit")
