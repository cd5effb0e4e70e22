"""Text from outside made harmless: no character that a terminal obeys or that turns the line."""

from __future__ import annotations

import re

_FORBIDDEN = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TURNING = re.compile("[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """``text`` without characters that XML forbids, a terminal obeys or that turn the line.

    Each becomes U+FFFD; the line break and the tab stand.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _TURNING.sub("\ufffd", _FORBIDDEN.sub("\ufffd", plain))


def one_line(text: str) -> str:
    """``text``, cleaned, on one line."""
    return " ".join(clean(text).split())
