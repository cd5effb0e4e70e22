"""What every module imports, read from the sources, function-level imports included.

A module's imports are the modules named by its import statements, wherever they stand, and by
``import_module`` or ``__import__`` with a literal. ``from package import name`` means the
module package.name where there is one, else the package itself.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

PACKAGES = ("amverify", "proofs", "repro", "paper_figures")


def module_files(root: Path) -> dict[str, Path]:
    """Every module of the repository's packages by its dotted name."""
    found = {}
    for package in PACKAGES:
        for file in sorted((root / package).rglob("*.py")):
            parts = file.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imports_of(name: str, file: Path, modules: Mapping[str, Path]) -> set[str]:
    """The modules that one module imports."""
    found: set[str] = set()
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                found |= {alias.name for alias in names}
            case ast.ImportFrom(module=module, names=names, level=level):
                base = module or ""
                if level:
                    above = package.split(".")[: len(package.split(".")) + 1 - level]
                    base = ".".join([*above, *([module] if module else [])])
                whole = {f"{base}.{alias.name}" for alias in names}
                found |= {full if full in modules else base for full in whole}
            case ast.Call(
                func=ast.Name(id=called) | ast.Attribute(attr=called),
                args=[ast.Constant(value=str(literal)), *_],
            ) if called in ("import_module", "__import__"):
                found.add(literal)
    return found


def import_graph(root: Path) -> dict[str, set[str]]:
    """Every module with what it imports."""
    modules = module_files(root)
    return {name: imports_of(name, file, modules) for name, file in modules.items()}
