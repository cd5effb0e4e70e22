"""Verdicts on claims, read from the JSON files of tables that were made before.

Nothing is computed here but comparisons, and no verdict is written down by a person: each is an
audit's, combined with its like (the weakest stands), or that of a test on the seeds of a table.
Where a table is not there, its verdict is UNDECIDED and its command is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amverify.errors import CorruptFile
from amverify.files import read_json
from amverify.verdict import Verdict, combine
from repro.render import Estimate
from repro.tables.parts.means import LEVEL, greater

Row = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Said:
    """A verdict and what it rests on."""

    verdict: Verdict
    evidence: str


@dataclass(frozen=True)
class Documents:
    """The tables that were made into ``folder``."""

    folder: Path

    def rows(self, document: str, table: str) -> list[Row] | None:
        """The rows of one of a document's tables; None where it was not made.

        Raises :class:`CorruptFile` for a file that is no such document.
        """
        file = self.folder / f"{document}.json"
        if not file.is_file():
            return None
        try:
            tables = read_json(file)["tables"]
            found: list[Row] = next((t["rows"] for t in tables if t["name"] == table), [])
            return [
                row for row in found if not any(c["kind"] == "unavailable" for c in row.values())
            ]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CorruptFile(f"{file}: is no table's file ({error}); make it again") from error


def text(row: Row, key: str) -> str:
    """The text of a cell, empty where the row has none."""
    return str(row.get(key, {}).get("text", ""))


def estimate(row: Row, key: str) -> Estimate:
    """An estimate as the table's JSON has it."""
    cell = row[key]
    values, seeds, diverged = (tuple(cell[name]) for name in ("values", "seeds", "diverged"))
    return Estimate(values, seeds, diverged, str(cell["configuration"]))


def verdict_in(words: str) -> Verdict:
    """The verdict that a cell begins with; ``NOT APPLICABLE (1 of 2)`` says NOT_APPLICABLE."""
    return Verdict(words.partition(" (")[0].replace(" ", "_"))


def not_made(document: str) -> Said:
    """What is said where a table is not there."""
    return Said(Verdict.UNDECIDED, f"python -m repro {document} has not been made here")


def audited(rows: Sequence[Row], method: str, theorems: Sequence[str]) -> Said:
    """The weakest verdict of these theorems on a method's runs, over all data sets of table 10.

    They are a claim's premises and its conclusion: it HOLDS where all of them were asked and hold;
    a premise that is violated or does not apply decides alone.
    """
    found = [r for r in rows if text(r, "method") == method and text(r, "theorem") in theorems]
    missing = [t for t in theorems if t not in {text(r, "theorem") for r in found}]
    verdicts = [verdict_in(text(r, "verdict")) for r in found]
    if missing and not {Verdict.VIOLATED, Verdict.NOT_APPLICABLE} & set(verdicts):
        return Said(Verdict.UNDECIDED, f"not in the table: {', '.join(missing)} of {method}")
    weakest = combine(verdicts)
    if weakest is Verdict.HOLDS:
        sets = ", ".join(dict.fromkeys(text(r, "dataset") for r in found))
        return Said(weakest, f"{', '.join(theorems)} HOLD on {sets}")
    row = next(r for r in found if verdict_in(text(r, "verdict")) is weakest)
    about = f"{text(row, 'theorem')} on {text(row, 'dataset')}"
    return Said(weakest, f"{about}: {text(row, 'reason').partition(';')[0]}")


def most_accurate(rows: Sequence[Row], method: str) -> Said:
    """Whether a method's mean accuracy is above every other's on every data set, by Welch's test.

    HOLDS takes the test at 5 % for every pair; VIOLATED some other method that is above it, at 5 %
    over the number of comparisons.
    """
    pairs = list(_beside(rows, method))
    if not pairs:
        return Said(Verdict.UNDECIDED, f"{method} stands beside no other method in the table")
    ours = [(estimate(own, "test_accuracy"), estimate(o, "test_accuracy"), o) for own, o in pairs]
    if all(greater(mine, theirs) for mine, theirs, _ in ours):
        return Said(Verdict.HOLDS, f"above every other method in {len(pairs)} comparisons")
    level = LEVEL / len(pairs)
    above = [(mine, theirs, o) for mine, theirs, o in ours if greater(theirs, mine, level)]
    if above:
        mine, theirs, row = max(above, key=lambda own: own[1].mean - own[0].mean)
        return Said(
            Verdict.VIOLATED,
            f"counterexample: {text(row, 'method')} on {text(row, 'dataset')}, {theirs.plain()} "
            f"against {mine.plain()}, n = {theirs.n} (and {len(above) - 1} more of {len(pairs)})",
        )
    return Said(Verdict.UNDECIDED, f"{len(pairs)} comparisons; the seeds do not tell all apart")


def soonest(rows: Sequence[Row], method: str, keys: Sequence[str]) -> Said:
    """Whether a method gets to the target first on every data set, in every one of ``keys``.

    VIOLATED only where another gets there earlier in all of ``keys`` and both from two seeds or
    more; a method that never gets there is the later one.
    """
    pairs = [
        (own, other)
        for own, other in _beside(rows, method)
        if min(estimate(r, "test_accuracy").n for r in (own, other)) > 1
    ]
    if not pairs or not any(_reached(own, key) for own, _ in pairs for key in keys):
        return Said(Verdict.UNDECIDED, "no target was reached from two seeds or more")
    if all(_sooner(own, other, key) for own, other in pairs for key in keys):
        return Said(Verdict.HOLDS, f"before every other method in {len(pairs)} comparisons")
    before = [(a, b) for a, b in pairs if all(_sooner(b, a, key) for key in keys)]
    if before:
        own, other = before[0]
        theirs, ours = (_time(row, keys[0]) for row in (other, own))
        return Said(
            Verdict.VIOLATED,
            f"earlier: {text(other, 'method')} on {text(other, 'dataset')}, {theirs:.3g} "
            f"against {ours:.3g} (and {len(before) - 1} more of {len(pairs)})",
        )
    return Said(Verdict.UNDECIDED, f"{len(pairs)} comparisons; first in some and tied in others")


def _beside(rows: Sequence[Row], method: str) -> Iterator[tuple[Row, Row]]:
    """A method's rows with each other row of the same data set; its own variants are none."""
    for own in rows:
        if text(own, "method") != method:
            continue
        for other in rows:
            name = text(other, "method").partition(",")[0]
            same = text(other, "dataset") == text(own, "dataset")
            if same and "TIAM" not in name:
                yield own, other


def _time(row: Row, key: str) -> float:
    value = row[key].get("value")
    return float("inf") if value is None else float(value)


def _reached(row: Row, key: str) -> bool:
    return _time(row, key) < float("inf")


def _sooner(first: Row, second: Row, key: str) -> bool:
    return _time(first, key) < _time(second, key)


def joined(found: Iterable[Said]) -> Said:
    """The weakest of several, with its evidence."""
    every = list(found)
    weakest = combine(one.verdict for one in every)
    return next(one for one in every if one.verdict is weakest)
