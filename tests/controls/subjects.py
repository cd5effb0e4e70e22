"""What a control starts from: a right run and what holds of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from amverify.trace.trace import Trace


@dataclass(frozen=True)
class Subject:
    """A right run and what holds of it, with declared constants."""

    trace: Callable[[], Trace]
    theorems: tuple[str, ...]
    constants: dict[str, float]
