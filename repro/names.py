"""Names that a user gives, checked against those that there are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from amverify.errors import InvalidInput


def nearest(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` with the nearest known names, or all that there are."""
    names = list(known)
    close = [f"'{match}'" for match in difflib.get_close_matches(name, names, n=2)]
    return f"; did you mean {' or '.join(close)}?" if close else f"; known: {', '.join(names)}"


def check_names(kind: str, given: Iterable[str], known: Sequence[str]) -> None:
    """Raise :class:`InvalidInput` for the first of ``given`` that is not ``known``."""
    for name in given:
        if name not in known:
            raise InvalidInput(f"unknown {kind} '{name}'{nearest(name, known)}")
