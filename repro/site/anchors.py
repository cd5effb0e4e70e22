"""Names inside a page that stay the same when a table is made again.

    table2.html#accuracy.cora.mdlam.test-accuracy

A table, what its first columns say of the row, a column. Only where rows agree in all of these do
the columns behind them count, and at last a number.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Mapping[str, Any]]
LONGEST = 80


def slug(text: str) -> str:
    """``text`` in lower-case ASCII letters, digits and hyphens; ρ is *rho*; never empty."""
    plain = "".join(map(_spelt, unicodedata.normalize("NFKD", text)))
    words = "".join(sign if sign.isalnum() else " " for sign in plain).lower().split()
    return "-".join(words)[:LONGEST].rstrip("-") or "x"


def _spelt(sign: str) -> str:
    if sign.isascii():
        return sign
    name = unicodedata.name(sign, "")
    letter = name.rpartition(" LETTER ")[2] if " LETTER " in name else ""
    return f" {letter.split()[0]} " if letter else (" minus " if sign == "−" else " ")


def rows(name: str, found: Sequence[Row], keys: int) -> list[str]:
    """An anchor for each row of the table ``name``, whose first ``keys`` columns name a row."""
    parts = [[slug(_said(cell)) for cell in row.values()] for row in found]
    named = [tuple(own[:keys]) for own in parts]
    for more in range(keys, max(map(len, parts), default=0)):
        again = {key for key, n in Counter(named).items() if n > 1}
        if not again:
            break
        named = [
            (*key, *own[more : more + 1]) if key in again else key
            for key, own in zip(named, parts, strict=True)
        ]
    return unique(".".join([slug(name), *key]) for key in named)


def unique(names: Any) -> list[str]:
    """``names``, with a number behind each that was there before."""
    found: dict[str, None] = {}
    for name in names:
        own, count = name, 1
        while own in found:
            count += 1
            own = f"{name}.{count}"
        found[own] = None
    return list(found)


def _said(cell: Mapping[str, Any]) -> str:
    if cell.get("kind") == "text":
        return str(cell.get("text", ""))
    return str(cell.get("value", cell.get("verdict", "")))
