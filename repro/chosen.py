"""Settings that were chosen, as the TOML file that is shipped: winners and every score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from repro.spec import Setting

Settings = tuple[tuple[str, Setting], ...]


class Chosen(Protocol):
    """What was chosen for: its ``method``, and the ``section`` of the file below that."""

    @property
    def method(self) -> str:
        """The method."""

    @property
    def section(self) -> str:
        """The data set, or what else it was chosen on."""


def as_toml(
    winners: Sequence[tuple[Chosen, Settings, Mapping[Settings, float], Mapping[Settings, float]]],
    head: Sequence[str],
) -> str:
    """``head``, then the chosen settings, with every candidate's scores as comments.

    The second scores are those of a second comparison, empty where there was none.
    """
    lines = list(head)
    for choice, settings, scores, again in winners:
        lines += ["", f"[{choice.method}.{choice.section}]"]
        lines += [
            f"# {value:.4f}{f', again {again[tried]:.4f}' if tried in again else ''}"
            f"  {_inline(tried)}"
            for tried, value in scores.items()
        ]
        lines += [f"{name} = {_literal(value)}" for name, value in settings]
    return "\n".join(lines) + "\n"


def sections(text: str) -> dict[str, list[str]]:
    """The lines under each header, comments included, without what stands before the first."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in filter(None, text.splitlines()):
        if line.startswith("["):
            lines = found.setdefault(line.strip("[]"), [])
        else:
            lines.append(line)
    return found


def merged(old: str, new: str, head: Sequence[str]) -> str:
    """``old`` with the sections of ``new`` in place of its own, and those that it lacks behind."""
    found = sections(old) | sections(new)
    parts = ["\n".join(head), *("\n".join((f"[{name}]", *lines)) for name, lines in found.items())]
    return "\n\n".join(parts) + "\n"


def _inline(settings: Settings) -> str:
    return ", ".join(f"{name} = {_literal(value)}" for name, value in settings)


def _literal(value: Setting) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)
