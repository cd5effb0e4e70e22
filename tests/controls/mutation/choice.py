"""Which tests run which lines, as ``coverage`` saw it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from coverage import CoverageData


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
        found = set().union(*(self._tests[module].get(line, set()) for line in lines)) - {""}
        return sorted(found & set(self.seconds), key=lambda t: (self.seconds[t], t))

    def of_module(self, module: str) -> list[str]:
        """Those that run any line of a module: a line that runs as it is imported is theirs."""
        return self.tests(module, self._tests[module])

    def ran(self, module: str, lines: Iterable[int]) -> bool:
        """Whether anything ran one of these lines."""
        return any(line in self._tests[module] for line in lines)
