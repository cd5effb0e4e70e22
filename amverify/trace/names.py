"""Blocks by the names that a loop of one's own gives them, and how a table keeps these.

A name such as W2 or z_3 is its kind and its layer, as in ``amverify.traced``'s runs; any other is
known by its place in the header's ``block_names``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_NATIVE = re.compile(r"([A-Za-z]{1,4})_?(\d{1,6})")
Key = tuple[bytes, int]


def key_of(name: str, place: int) -> Key:
    """Kind and layer of a block.

    Args:
        name: as its loop calls it.
        place: how many blocks came before it.
    """
    found = _NATIVE.fullmatch(name)
    return (b"#", place) if found is None else (found[1].encode(), int(found[2]))


def block_names(settings: Mapping[str, Any]) -> dict[Key, str]:
    """The loop's own names by kind and layer; empty where blocks are known by these alone."""
    names: Sequence[str] = settings.get("block_names", ())
    return {key_of(name, place): name for place, name in enumerate(names)}
