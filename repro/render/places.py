"""Texts without this machine's folders: what is written for others says none."""

from __future__ import annotations

import re

_ABSOLUTE = re.compile(r"(?<![\w:/.~])(?:~|[A-Za-z]:)?(?:[/\\][\w.\-+@]+){2,}[/\\]?")


def placeless(text: str) -> str:
    """``text`` with each absolute path cut down to its last part; addresses on the web stay.

    >>> placeless("x is not in /home/ann/data; get it from https://example.org/data/x")
    'x is not in …/data; get it from https://example.org/data/x'
    """
    return _ABSOLUTE.sub(lambda found: "…/" + re.split(r"[/\\]", found[0].rstrip("/\\"))[-1], text)
