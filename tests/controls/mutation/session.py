"""A pytest session that has collected its tests once, and runs some of them for each fault.

Each fault is tried in a process forked from the session, where ``swap`` puts it into the function.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.controls.mutation import trial
from tests.controls.mutation.clock import Clock
from tests.controls.mutation.swap import Functions, functions

Put = Callable[[], bool]
"""Puts a fault into this process; False if it cannot."""


class Session:
    """A plugin: the tests by name, and the work to be done with them."""

    def __init__(self, work: Callable[[Session], None], log: Path) -> None:
        self._work, self._log, self._clock = work, log, Clock()
        self._items: dict[str, pytest.Item] = {}
        self.functions: Functions = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Pytest calls this when it has collected."""
        session.config.pluginmanager.register(self._clock)
        self._items = {item.nodeid: item for item in session.items}
        self.functions = functions()
        self._work(self)
        return True

    def failing(self, tests: Sequence[str], seconds: float, put: Put) -> tuple[str, str | None]:
        """*unfit*, *survived*, *killed* or *endless*; and the test that failed first."""
        answers = self._log.with_suffix(".json")
        answers.write_text("[]")

        def task() -> int:
            trial.limited(seconds, self._log)
            if not put():
                return 1
            self._run(self._named(tests))
            answers.write_text(json.dumps(self._clock.failed))
            return int(bool(self._clock.failed))

        status = trial.ended(task, seconds)
        if os.WIFSIGNALED(status):
            return "endless", None
        failed = json.loads(answers.read_text())
        if os.WEXITSTATUS(status) == 0:
            return "survived", None
        return ("killed", failed[0]) if failed else ("unfit", None)

    def _named(self, tests: Sequence[str]) -> list[pytest.Item]:
        """Tests by their names, or all of a file or folder."""
        own = [self._items[t] for t in tests if t in self._items]
        wide = tuple(t for t in tests if t not in self._items)
        return own + [item for name, item in self._items.items() if wide and name.startswith(wide)]

    def _run(self, items: Sequence[pytest.Item]) -> None:
        for item, following in zip(items, [*items[1:], None], strict=False):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._clock.failed:
                return
