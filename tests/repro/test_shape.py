"""The shape of ``repro``: floors without a circle; who does not know whom."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import repro

ROOT = Path(repro.__file__).parent
FLOORS = (
    ("names", "spec", "data"),
    ("published", "chosen"),
    ("full_batch", "minibatch", "render"),
    ("run", "gallery", "cost"),
    ("engine", "gpu"),
    ("tables",),
    ("site",),
    ("command",),
    ("__main__",),
)
"""The rooms of ``repro`` from the ground up; each imports from floors below its own alone.

So the engine knows no table and a table knows no command.
"""
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}


def imported(source: str) -> Iterator[str]:
    """The rooms that a module imports, wherever the import stands."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            package, _, rest = name.partition(".")
            if package == "repro":
                yield rest.partition(".")[0]


def faults(sources: Mapping[str, str]) -> list[str]:
    """Imports that do not lead down, and rooms that stand on no floor."""
    found = []
    for path, source in sources.items():
        room = path.partition("/")[0].removesuffix(".py")
        if room == "__init__":
            continue
        if room not in LEVEL:
            found.append(f"{path} stands on no floor")
            continue
        found += [
            f"{path} imports {other}"
            for other in imported(source)
            if other != room and LEVEL.get(other, len(FLOORS)) >= LEVEL[room]
        ]
    return found


def sources() -> dict[str, str]:
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(ROOT.rglob("*.py"))
    }


def test_every_import_leads_down():
    assert faults(sources()) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("engine/run.py", "from repro.tables import TABLES"),
        ("engine/laboratory.py", "from repro.command.options import Options"),
        ("tables/table2.py", "def later():\n    from repro.command import make"),
        ("full_batch/tuning.py", "from repro.minibatch.tuning import as_toml"),
        ("minibatch/run.py", "import repro.engine.run"),
        ("data/registry.py", "from repro import published"),
        ("attic/old.py", "import repro.spec"),
    ],
)
def test_a_planted_import_is_seen(path, line):
    found = faults({**sources(), path: line})
    assert len(found) == 1
    assert found[0].startswith(path)


def test_tables_know_each_other_by_their_parts_alone():
    for path, source in sources().items():
        if path.startswith("tables/") and path not in ("tables/registry.py", "tables/__init__.py"):
            assert "repro.tables.table" not in source, path
            assert "repro.tables.registry" not in source, path
