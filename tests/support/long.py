"""Tests of one kind of which every run makes a few, and ``make controls`` all.

Coq takes some seconds for each false statement, however small; the whole suite is to end within
25 minutes on two cores.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

FEW = 2


def few(cases: Iterable[str]) -> list[Any]:
    """The cases by name; those behind the first two are marked ``long``."""
    names = list(cases)
    return names[:FEW] + [pytest.param(name, marks=pytest.mark.long) for name in names[FEW:]]
