"""A copy of the tree in which faults are tried, one after the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.controls.mutation import trial
from tests.controls.mutation.choice import ROOT
from tests.controls.mutation.session import Session
from tests.controls.mutation.sites import Fault
from tests.controls.mutation.swap import swapped

LEFT = ("survived", "untested")
Try = Callable[[Sequence[str], bool], tuple[str, str | None]]
"""Runs tests, with the fault or without it: a word, and the test that failed first."""


@dataclass(frozen=True)
class Outcome:
    """What became of a fault: *killed*, *survived*, *endless* (its time ran out), *untested*."""

    module: str
    fault: Fault
    outcome: str
    tests: int
    by: str | None = None

    def __str__(self) -> str:
        return f"{self.outcome:9} {self.module}:{self.fault} ({self.tests} tests)"


@dataclass(frozen=True)
class Task:
    """A fault, the tests to run, and the processor's seconds that they may take.

    ``inside``: of a function, so that its code can be changed where it is. ``known``: that no
    import calls that function; else a fault that survives so is tried in a process of its own.
    """

    module: str
    fault: Fault
    changed: str
    tests: tuple[str, ...]
    seconds: float
    inside: bool = False
    known: bool = True


class Bench:
    """The copy, and what is known of tests in it as it is.

    Args:
        folder: for the copy.
        sheet: each outcome becomes a line of JSON at its end; those not killed are printed.
    """

    def __init__(self, folder: Path, sheet: Path) -> None:
        self.tree, self.sheet = trial.copied(ROOT, folder.resolve()), sheet
        self._log = self.tree / "trial.log"
        self._unfit = self.tree / "unfit.json"
        self._sound: dict[str, bool] = {}
        trial.ready(self.tree)

    def work(self, tasks: Sequence[Task]) -> None:
        """Tries all: those inside of functions in one session, the others in one each."""
        swift = [t for t in tasks if t.inside and t.tests]
        if swift:
            names = sorted({test for task in swift for test in task.tests})
            self._unfit.write_text("[]")
            session = Session(lambda s: self._swift(s, swift), self._log)
            trial.ended(lambda: trial.collected(names, session), 24.0 * 3600)
        again = {swift[i] for i in json.loads(self._unfit.read_text())} if swift else set()
        for task in tasks:
            if task not in swift or task in again:
                self._note(task, *self._tried(task, self._slow(task)))

    def _swift(self, session: Session, tasks: Sequence[Task]) -> None:
        unfit = []
        for i, task in enumerate(tasks):
            word, by, tests = self._tried(task, self._inside(session, task))
            if word == "unfit" or (word == "survived" and not task.known):
                unfit.append(i)
                self._unfit.write_text(json.dumps(unfit))
            else:
                self._note(task, word, by, tests)

    def _inside(self, session: Session, task: Task) -> Try:
        file = self.tree / task.module

        def put() -> bool:
            return swapped(
                session.functions, str(file), file.read_text(), task.changed, task.fault.line
            )

        def run(tests: Sequence[str], faulty: bool) -> tuple[str, str | None]:
            return session.failing(tests, task.seconds, put if faulty else lambda: True)

        return run

    def _slow(self, task: Task) -> Try:
        def run(tests: Sequence[str], faulty: bool) -> tuple[str, str | None]:
            if not faulty:
                return trial.failing(tests, 600.0, self._log)
            with trial.instead(self.tree / task.module, task.changed):
                return trial.failing(tests, task.seconds, self._log)

        return run

    def _tried(self, task: Task, run: Try) -> tuple[str, str | None, int]:
        """The outcome, of tests that pass in the copy as it is: of others nothing can be learnt."""
        tests = list(task.tests)
        while tests:
            word, by = run(tests, True)
            if word != "killed" or self._passes(by, tests, run):
                return word, by, len(tests)
            if by not in tests:  # one of a file that was named: it fails without the fault too
                return "untested", by, len(tests)
            tests = [t for t in tests if t != by]
        return "untested", None, 0

    def _passes(self, test: str | None, tests: Sequence[str], run: Try) -> bool:
        if test is None:
            return run(["--collect-only", *tests], False)[0] == "survived"
        if test not in self._sound:
            self._sound[test] = run([test], False)[0] == "survived"
        return self._sound[test]

    def _note(self, task: Task, word: str, by: str | None, tests: int) -> None:
        outcome = Outcome(task.module, task.fault, word, tests, by)
        with self.sheet.open("a") as file:
            file.write(json.dumps(asdict(outcome)) + "\n")
        if word != "killed":
            print(outcome, flush=True)


def noted(sheet: Path) -> list[Outcome]:
    """The outcomes of a sheet."""
    found = []
    for one in map(json.loads, sheet.read_text().splitlines()):
        fault = Fault(**one["fault"] | {"lines": tuple(one["fault"]["lines"])})
        found.append(Outcome(**one | {"fault": fault}))
    return found
