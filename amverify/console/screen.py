"""The console that every command prints on: what a file says reaches the terminal as text only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.segment import Segment

from amverify.shown.plain import clean


class Screen(Console):
    """rich's console, which hands on escapes in texts: names in a trace, a report, a table's JSON.

    Colours and cursor movements are rich's own and stay; in a text such characters are replaced
    (``clean``), wherever in a table or a panel it stands.
    """

    def render(self, *given: Any, **named: Any) -> Iterator[Segment]:
        """The segments of what is printed, their texts cleaned."""
        for segment in super().render(*given, **named):
            yield segment if segment.control else segment._replace(text=clean(segment.text))
