"""Tests of one kind of which every run makes a few, and ``make controls`` all.

Coq takes some seconds for each false statement, however small; random draws find as much in a part
of them every day as in all of them once. The whole suite is to end within 12 minutes on two cores.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

FEW = 2


def few(cases: Iterable[T], keep: int = FEW) -> list[Any]:
    """The cases by name; those behind the first ``keep`` are marked ``long``."""
    names = list(cases)
    return names[:keep] + [pytest.param(name, marks=pytest.mark.long) for name in names[keep:]]
