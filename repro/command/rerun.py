"""``rerun FILE``: a table's numbers once more from nothing, and how far they are from those kept.

The command that the file names is given again, into a folder of its own that is gone afterwards.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from amverify.errors import AmverifyError, CorruptFile, InvalidInput
from amverify.files import read_json
from repro.command.tables import WITHOUT_RUNS
from repro.engine.provenance import environment
from repro.names import CONTENTS

TIMED = frozenset({"seconds", "seconds_to_target", "milliseconds", "floor", "ratio", "share"})
"""Columns that depend on the clock."""
GROWTH = frozenset({("table9", "growth")})
"""Tables that do."""
PLACES = ("--out", "--cache", "--data-dir", "--scheduler", "--cluster")
OF_RUNS = ("--jobs", "--threads")
"""Options that a table without runs does not have, though ``all`` may have been given them."""
FLAGS = ("--quiet", "-q", "--fresh")
SAME = ("versions", "hardware", "code_version", "stochastic_code_version", "threads")


@dataclass(frozen=True)
class Difference:
    """A cell's number before and now."""

    place: str
    before: Any
    now: Any

    @property
    def size(self) -> float:
        """Relative; infinite where one is no number."""
        if not (isinstance(self.before, int | float) and isinstance(self.now, int | float)):
            return float("inf")
        try:
            return abs(self.now - self.before) / max(abs(self.before), abs(self.now))
        except OverflowError:
            return float("inf")

    def __str__(self) -> str:
        return f"{self.place}: {self.before} before, {self.now} now"


def rerun_file(
    file: Path, data_dir: Path | None, command: Callable[[Sequence[str]], int], screen: Console
) -> int:
    """Make the table of ``file`` again by ``command`` and say what is not the same.

    Returns 1 where numbers differ though code, versions and machine are the same, else 0.

    Raises :class:`InvalidInput` or :class:`CorruptFile` for a file that is no table's.
    """
    before = document_of(file)
    name, given = before["document"], arguments(before)
    with tempfile.TemporaryDirectory() as folder:
        places = ["--out", folder, "--quiet"]
        if name not in WITHOUT_RUNS:
            places += ["--cache", str(Path(folder) / "cache"), "--fresh"]
        if data_dir is not None:
            places += ["--data-dir", str(data_dir)]
        status = command([name, *given, *places])
        made = Path(folder) / f"{name}.json"
        if not made.is_file():
            raise Unmade(f"{file}: its command could not be carried out again (status {status})")
        now = document_of(made)
    theirs, ours = before["provenance"]["environment"], json.loads(json.dumps(environment()))
    other = [key for key in SAME if theirs.get(key) != ours.get(key)]
    pairs = list(compared(before, now))
    apart = [pair for pair in pairs if pair.before != pair.now]
    for line in told(len(pairs), apart, other):
        screen.print(Text(line), soft_wrap=True)
    return int(bool(apart) and not other)


class Unmade(AmverifyError):
    """The command of the file failed; why, it has said itself."""

    exit_status = 1


def document_of(file: Path) -> dict[str, Any]:
    """The document in a table's JSON file."""
    try:
        document: dict[str, Any] = read_json(file)
        known = document["document"] in CONTENTS
        if not (known and document["provenance"]["command"][3] and document["tables"]):
            raise ValueError("of no table that is made here")
        rows = [row for table in document["tables"] for row in table["rows"]]
        named = isinstance(document["provenance"]["environment"], dict)
        named = named and all(isinstance(table["name"], str) for table in document["tables"])
        if not (named and all(isinstance(row, dict) for row in rows)):
            raise ValueError("it has rows that are none, or does not say where it was made")
    except OSError as error:
        raise InvalidInput(f"{file}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise CorruptFile(f"{file}: is no table's JSON file ({error})") from error
    return document


def arguments(document: Mapping[str, Any]) -> list[str]:
    """The options of its command, without those that say where things lie.

    Raises :class:`InvalidInput` for a table that is made from others, which cannot be given again.
    """
    words = [str(word) for word in document["provenance"]["command"][4:]]
    if document["document"] == "table12":
        raise InvalidInput("table12 has no runs: rerun the tables that it was made from")
    places = PLACES + (OF_RUNS if document["document"] in WITHOUT_RUNS else ())
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in places:
            skip = True
        elif word not in FLAGS and not word.startswith(tuple(f"{p}=" for p in places)):
            kept.append(word)
    return kept


def compared(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    """Every number of ``before`` beside that of ``now``, but for times."""
    tables = {table["name"]: table for table in now["tables"]}
    for table in before["tables"]:
        if (before["document"], table["name"]) in GROWTH:
            continue
        others = tables.get(table["name"], {"rows": []})["rows"]
        for number, row in enumerate(table["rows"]):
            other = others[number] if number < len(others) else {}
            for key in row:
                place = f"{table['name']}, row {number + 1}, {key}"
                if key not in TIMED:
                    yield from _numbers(place, row[key], other.get(key, {}))


def _numbers(place: str, before: Any, now: Any) -> Iterator[Difference]:
    """The numbers inside a cell, one after the other."""
    if isinstance(before, dict):
        for key, value in before.items():
            yield from _numbers(place, value, now.get(key) if isinstance(now, dict) else None)
    elif isinstance(before, list):
        others = now if isinstance(now, list) and len(now) == len(before) else [None] * len(before)
        for value, other in zip(before, others, strict=True):
            yield from _numbers(place, value, other)
    elif isinstance(before, int | float) and not isinstance(before, bool):
        yield Difference(place, before, now)


def told(count: int, apart: Sequence[Difference], other: Sequence[str]) -> Iterator[str]:
    """What is to be said, a line each."""
    if other:
        yield f"not as it was made: {', '.join(other).replace('_', ' ')}"
    if not apart:
        yield f"all {count} numbers are the same, bit for bit"
        return
    worst = max(apart, key=lambda pair: pair.size)
    yield f"{len(apart)} of {count} numbers differ; farthest ({worst.size:.2g} of it): {worst}"
