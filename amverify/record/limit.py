"""How many iterations a run may record: the leash of ``amverify audit --iteration-limit``.

Outside an audit there is no limit. Inside, every recorder of the project counts its rows, and the
row too many ends the run with one line. Whoever holds the leash may listen how far the run is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from amverify.errors import InvalidInput

Heard = Callable[[int, int | None], None]
"""Told the iteration that is about to be recorded, and how many there will be, if that is known."""


@dataclass
class _Leash:
    most: int
    heard: Heard | None
    total: int | None = None


_LEASH: ContextVar[_Leash | None] = ContextVar("leash", default=None)


@contextmanager
def at_most(iterations: int, heard: Heard | None = None) -> Iterator[None]:
    """Recorders refuse a later iteration within this context, and tell ``heard`` of each."""
    token = _LEASH.set(_Leash(iterations, heard))
    try:
        yield
    finally:
        _LEASH.reset(token)


def expect(iterations: int | None) -> None:
    """Tell how many iterations the run that now starts will have, None if nobody knows."""
    leash = _LEASH.get()
    if leash is not None:
        leash.total = iterations


def count(iteration: int) -> None:
    """Tell that an iteration (a sweep, a step; the start is 0) is about to be recorded.

    Raises:
        InvalidInput: if it is one too many.
    """
    leash = _LEASH.get()
    if leash is None:
        return
    if iteration > leash.most:
        raise InvalidInput(f"not done after {leash.most} iterations; see --iteration-limit")
    if leash.heard is not None:
        leash.heard(iteration, leash.total)
