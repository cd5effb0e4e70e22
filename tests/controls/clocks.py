"""Clocks that jump: years back and forth during a run, before 1980, before 1970, far ahead.

    python tests/controls/clocks.py        # status 1 with a fault

In a forked process ``time.time``, ``time.time_ns`` and ``datetime.now`` follow one of the clocks
below at every call. A table ends with the numbers of an undisturbed one, no duration is negative,
what it kept is read back under every other clock, and audits, figures and reports are written.
"""

from __future__ import annotations

import datetime as dates
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import forks
import torments
from written import quadratic

import repro.engine.work as _work  # noqa: F401  (has datetime before it is replaced)
from amverify.trace.file import save_trace

YEAR = 365.25 * 86400
CLOCKS: dict[str, Callable[[], Iterator[float]]] = {
    "ten years back and forth": lambda: cycle((0.0, -10 * YEAR, 10 * YEAR)),
    "1979": lambda: cycle((-47 * YEAR,)),
    "1965": lambda: cycle((-62 * YEAR,)),
    "2500": lambda: cycle((474 * YEAR,)),
    "backwards at each look": lambda: iter(partial(_backwards, [0.0]), None),
}
STAMPS = ("0", "315532799", "x", "-1", "9" * 20, "")
"""SOURCE_DATE_EPOCH."""


def _backwards(at: list[float]) -> float:
    at[0] -= 86400.0
    return at[0]


def turned(clock: str) -> None:
    """In this process the wall clock is that one."""
    offsets, own = CLOCKS[clock](), time.time
    now = lambda: own() + next(offsets)  # noqa: E731
    time.time, time.time_ns = now, lambda: int(now() * 1e9)

    class Turned(dates.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> dates.datetime:  # type: ignore[override]
            return dates.datetime(1970, 1, 1, tzinfo=tz) + dates.timedelta(seconds=now())

    for module in list(sys.modules.values()):
        if vars(module).get("datetime") is dates.datetime and module is not dates:
            module.datetime = Turned


def stamped(epoch: str) -> None:
    """In this process files are to be dated so."""
    os.environ["SOURCE_DATE_EPOCH"] = epoch


def negative(value: Any, name: str = "") -> Iterator[str]:
    """Durations below 0 in a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from negative(inner, f"{name}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from negative(inner, name)
    elif isinstance(value, int | float) and value < 0 and ("second" in name or "time" in name):
        yield f"{name} = {value}"


def of_a_table(place: Path, clock: str, calm: torments.Calm) -> list[str]:
    """A table under the clock; then again, under none: all is read back."""
    folder = place / "clock"
    done = forks.run(torments.plan(folder), place / "log", lambda: turned(clock))
    found = done.faults(0) + calm.faults(folder)
    for path in (*folder.glob("out/*.json"), *folder.glob("cache/*/*.json")):
        found += negative(json.loads(path.read_text()))
    before = torments.stamps(folder)
    found += forks.run(torments.plan(folder), place / "log").faults(0)
    found += ["computed again"] * (before != torments.stamps(folder))
    return found


def commands(place: Path) -> list[tuple[str, ...]]:
    """Other commands that write, or that look at times."""
    audit = ("amverify", "audit", str(place / "source.trace"), "--claim", "value[k] <= value[k-1]")
    files = [(f"--{kind}", str(place / f"report.{kind}"))
             for kind in ("json", "html", "junit", "sarif")]  # fmt: skip
    calm = str(place / "calm")
    return [
        (*audit, *(word for pair in files for word in pair)),
        ("repro", "cache", "status", "--cache", f"{calm}/cache"),
        ("repro", "report", "--results", f"{calm}/out", "--cache", f"{calm}/cache",
         "--out", str(place / "site")),
        ("paper_figures", "published", "--out", f"{calm}/out"),
    ]  # fmt: skip


def checked() -> Iterator[torments.Tally]:
    """The tally after each trial."""
    tally = torments.Tally()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        calm = torments.Calm(place)
        save_trace(quadratic(50), place / "source.trace")
        plain = [forks.run(words, place / "log").status for words in commands(place)]
        for clock in CLOCKS:
            tally.take(f"a table, {clock}", of_a_table(place, clock, calm))
            yield tally
        ways = {clock: partial(turned, clock) for clock in CLOCKS}
        ways |= {f"SOURCE_DATE_EPOCH={epoch}": partial(stamped, epoch) for epoch in STAMPS}
        for way, before in ways.items():
            for words, status in zip(commands(place), plain, strict=True):
                done = forks.run(words, place / "log", before)
                tally.take(f"{' '.join(words[:2])}, {way}", done.faults(status))
                yield tally


def main() -> int:
    """Print the tally; status 1 where something was wrong."""
    *_, tally = checked()
    print(f"{tally.trials} trials, {len(tally.faults)} faults", *tally.faults, sep="\n")
    return int(bool(tally.faults))


if __name__ == "__main__":
    sys.exit(main())
