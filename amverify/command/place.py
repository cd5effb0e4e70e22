"""Where in a repository a subject stands: what code scanning marks. Nothing is imported for it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from pathlib import Path

from amverify.report.sarif import Lines
from amverify.verdict import Report


def place(subject: str, report: Report) -> tuple[Path | None, Lines]:
    """The file in which a subject stands, and the line of it, or of each claim.

    Args:
        subject: as ``amverify audit`` takes it.
        report: on it.
    """
    path = Path(subject)
    if path.suffix == ".toml":
        return path, _of_claims(_read(path), [finding.theorem for finding in report.findings])
    module, colon, name = subject.partition(":")
    if not colon or path.exists():
        return path, 1
    source = _source(module)
    return source, 1 if source is None else _of_function(_read(source), name)


def _source(module: str) -> Path | None:
    """The file of a module, where one lies on the path of imports."""
    below = Path(*module.split("."))
    for folder in ("", *sys.path):
        for file in (Path(folder, below).with_suffix(".py"), Path(folder, below, "__init__.py")):
            if file.is_file():
                return file
    return None


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _of_function(text: str, name: str) -> int:
    """The line on which a name is defined or bound; 1 where that is not seen."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return 1
    first = name.partition(".")[0]
    for node in tree.body:
        bound = getattr(node, "name", None)
        targets = node.targets if isinstance(node, ast.Assign) else []
        if bound == first or any(isinstance(t, ast.Name) and t.id == first for t in targets):
            return int(node.lineno)
    return 1


def _of_claims(text: str, ids: Iterable[str]) -> dict[str, int]:
    """The line of a specification on which each claim stands, where it stands on one."""
    lines = text.splitlines()
    found = {}
    for one in ids:
        for number, line in enumerate(lines, start=1):
            key, _, value = line.partition("=")
            if key.strip() in ("theorem", "holds") and " ".join(value.split()).strip("\"' ") == one:
                found[one] = number
                break
    return found
