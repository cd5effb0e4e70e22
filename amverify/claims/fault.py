"""How a claim that cannot be read is refused: one line, a mark in it, and what was meant."""

from __future__ import annotations

import re
from typing import NoReturn

from amverify.errors import InvalidInput

_OTHER_SIGNS = (
    ("≤", "<="), ("≥", ">="), ("=<", "<="), ("=>", ">="), ("≠", "== or <="), ("²", "**2")
)  # fmt: skip


def hint(body: str) -> str:
    """What was probably meant, of the slips that are seen most."""
    for wrong, right in _OTHER_SIGNS:
        if wrong in body:
            return f" (write {right} for {wrong})"
    if body.count("(") != body.count(")") or body.count("[") != body.count("]"):
        return " (brackets do not pair)"
    if re.search(r"(?<![<>=!])=(?!=)", body):
        return " (write == for =)"
    return ""


def refuse(text: str, column: int, why: str) -> NoReturn:
    """One line, with a mark where the fault is."""
    shown = f"{text[:column]}⟨here⟩{text[column:]}" if text else "⟨empty⟩"
    raise InvalidInput(f"claim, column {column + 1}: {why}: {shown}")
