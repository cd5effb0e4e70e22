"""What a shell may complete an argument to."""

from __future__ import annotations


def ids(incomplete: str) -> list[tuple[str, str]]:
    """Theorems for a shell to complete, with their titles."""
    from amverify.theorems import CATALOGUE

    return [(t.id, t.title) for t in CATALOGUE.values() if t.id.startswith(incomplete)]
