"""Which tests run which lines, as ``coverage`` saw it."""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from coverage import CoverageData

from tests.controls.mutation.sites import Fault

ROOT = Path(__file__).resolve().parents[3]


class Seen:
    """What tests ran, of a folder where ``measure`` has left it.

    Args:
        folder: with one ``NAME.coverage`` and one ``NAME.seconds.json`` for each part of the suite.
    """

    def __init__(self, folder: Path) -> None:
        self.seconds: dict[str, float] = {}
        self._tests: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for file in sorted(folder.glob("*.seconds.json")):
            self.seconds |= json.loads(file.read_text())
        for file in sorted(folder.glob("*.coverage")):
            self._add(CoverageData(str(file)))

    def _add(self, data: CoverageData) -> None:
        data.read()
        for name in data.measured_files():
            for line, contexts in data.contexts_by_lineno(name).items():
                self._tests[name][line] |= {c.rpartition("|")[0] for c in contexts}

    def tests(self, module: str, lines: Iterable[int]) -> list[str]:
        """Those that run any of these lines in a test, the quickest first."""
        return self._quickest(set().union(*(self._tests[module][n] for n in lines)))

    def using(self, module: str, names: Iterable[str]) -> list[str]:
        """Those that run a line, in the module or elsewhere, with one of its names."""
        words = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in names))
        found: set[str] = set()
        for other in {module, *_speaking_of(Path(module).stem)}:
            for line in _lines_with(other, words):
                found |= self._tests[other][line]
        return self._quickest(found)

    def at_import(self, module: str, fault: Fault) -> bool:
        """Whether an import runs its lines."""
        return any("" in self._tests[module][n] for n in fault.lines)

    def of_module(self, module: str) -> list[str]:
        """Those that run any line of a module."""
        return self.tests(module, list(self._tests[module]))

    def of_files(self, files: Sequence[str]) -> list[str]:
        """Those of some test files or folders."""
        return self._quickest(t for t in self.seconds if files and t.startswith(tuple(files)))

    def _quickest(self, tests: Iterable[str]) -> list[str]:
        return sorted(set(tests) & set(self.seconds), key=lambda t: (self.seconds[t], t))


def chosen(
    seen: Seen, module: str, fault: Fault, watch: Sequence[str], most: float
) -> tuple[list[str], float]:
    """The tests to run for a fault, and their seconds: those of its lines, the quickest first.

    A line that runs as its module is imported, or in no test that is known, is no test's: there
    those that run a line with a name that its statement gives come next, those that watch over
    the room, those of the module.
    """
    names = outside(module, fault.lines[0])
    tests = seen.tests(module, fault.lines) if names is None else []
    if not tests or seen.at_import(module, fault):
        near = seen.using(module, names) if names else []
        tests = [*tests, *seen.of_files(watch), *near, *seen.of_module(module)]
    kept, total = [], 0.0
    for test in dict.fromkeys(tests):
        if not kept or total + seen.seconds[test] <= most:
            kept.append(test)
            total += seen.seconds[test]
    return kept, total


def outside(module: str, line: int) -> list[str] | None:
    """The names that a statement outside of functions gives; None for one inside of a function."""
    for node in ast.walk(tree := _parsed(module)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            body = node.body if isinstance(node.body, list) else [node.body]
            if body[0].lineno <= line <= (body[-1].end_lineno or 0) and line > node.lineno:
                return None
    for top in tree.body:
        if top.lineno <= line <= (top.end_lineno or 0):
            return _given(top)
    return []


def _given(statement: ast.stmt) -> list[str]:
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return [statement.name]
    stored = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
    return [n.id for n in stored if isinstance(n.ctx, ast.Store)]


@cache
def _parsed(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text())


@cache
def _speaking_of(stem: str) -> list[str]:
    """Modules that import from one of this name."""
    files = (f for part in ("amverify", "proofs", "repro") for f in (ROOT / part).rglob("*.py"))
    word = re.compile(rf"(import|from) .*\b{re.escape(stem)}\b")
    return [str(f.relative_to(ROOT)) for f in files if word.search(f.read_text())]


def _lines_with(module: str, words: re.Pattern[str]) -> list[int]:
    text = (ROOT / module).read_text().splitlines()
    return [n for n, line in enumerate(text, 1) if words.search(line)]
