"""How much of what the papers print was reproduced: every published cell with what became of it.

It reads the JSON files of tables that were made, and computes nothing. A verdict there names the
published cell that it is on (``published``); of several verdicts on one cell that of most seeds
counts. A cell without any is *no data here* where a table says that its data set could not be had,
else *not made*. What was measured and has no counterpart in the papers at hand is counted for the
paper that its method belongs to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from repro.published.cells import PublishedCell, cells_of
from repro.published.values import Published

KINDS = ("reproduced", "differs", "undecided", "not comparable", "no data here", "not made")
UNPUBLISHED = "no published value"
OPEN = ("no data here", "not made")
VARIANTS = "mdlam_setting"


@dataclass(frozen=True)
class Outcome:
    """What became of a cell: ``difference`` is measured minus published, ``table`` where from."""

    cell: PublishedCell
    kind: str
    difference: float | None = None
    table: str = ""
    why: str = ""

    def json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "cell": self.cell.key,
            "published": self.cell.value,
            "verdict": self.kind,
            "difference": self.difference,
            "table": self.table,
            "why": self.why,
        }


@dataclass(frozen=True)
class Paper:
    """A paper's cells, and how many were measured that it has no value for at hand."""

    name: str
    outcomes: tuple[Outcome, ...]
    unpublished: int

    def counts(self) -> dict[str, int]:
        """By kind, how many."""
        found = Counter(outcome.kind for outcome in self.outcomes)
        return {kind: found[kind] for kind in KINDS} | {UNPUBLISHED: self.unpublished}


def score(values: Published, documents: Sequence[Mapping[str, Any]]) -> tuple[Paper, ...]:
    """Every paper of ``values`` beside ``documents``, the JSON files of tables."""
    rows = list(_rows(documents))
    missing = {row_name(row) for _, row in rows if _kinds(row) & {"unavailable"}}
    verdicts = _verdicts(rows)
    reasons = _reasons(rows)
    outcomes = [_outcome(cell, verdicts, missing, reasons) for cell in cells_of(values)]
    labels = [label for _, row in rows for label in _unpublished(row)]
    return tuple(
        Paper(
            name,
            tuple(own for own in outcomes if own.cell.paper == name),
            sum(_belongs(label, name) for label in labels),
        )
        for name in values.papers
    )


def row_name(row: Mapping[str, Any]) -> str:
    """The text of a row's first cell: its data set, in the tables that have them."""
    return str(next(iter(row.values())).get("text", ""))


Row = Mapping[str, Mapping[str, Any]]


def _rows(documents: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Row]]:
    """Every row, with the name of its document."""
    for document in documents:
        for table in document["tables"]:
            for row in table["rows"]:
                yield document["document"], row


def _kinds(row: Row) -> set[str]:
    return {str(cell.get("kind")) for cell in row.values()}


def _verdicts(rows: Iterable[tuple[str, Row]]) -> dict[str, tuple[int, str, float | None, str]]:
    """By published cell: seeds, kind, difference and table of the verdict of most seeds."""
    found: dict[str, tuple[int, str, float | None, str]] = {}
    for name, row in rows:
        for cell in row.values():
            key = cell.get("published")
            if cell.get("kind") == "verdict" and key:
                own = int(cell["seeds"]), str(cell["verdict"]), cell["difference"], name
                found[key] = max(found.get(key, own), own, key=lambda verdict: verdict[0])
    return found


def _outcome(
    cell: PublishedCell,
    verdicts: Mapping[str, tuple[int, str, float | None, str]],
    missing: set[str],
    reasons: Mapping[tuple[str, float], str],
) -> Outcome:
    if cell.key not in verdicts:
        return Outcome(cell, "no data here" if cell.dataset in missing else "not made")
    _, kind, difference, table = verdicts[cell.key]
    why = ""
    if kind == "differs" and cell.value is not None:
        why = reasons.get((cell.dataset, cell.value), "")
    return Outcome(cell, kind, difference, table, why)


def _reasons(rows: Iterable[tuple[str, Row]]) -> dict[tuple[str, float], str]:
    """By data set and published value, the variants of the setting that do reproduce it."""
    met: dict[tuple[str, float], list[str]] = {}
    for name, row in rows:
        if name != VARIANTS or row.get("published", {}).get("kind") != "published":
            continue
        if row["verdict"]["verdict"] == "reproduced":
            key = (row_name(row), float(row["published"]["value"]))
            measured = f"{row['variant']['text']} ({row['final']['mean']:.3f})"
            met.setdefault(key, []).append(measured)
    return {key: f"reproduced with {' and '.join(own)}" for key, own in met.items()}


def _unpublished(row: Row) -> Iterator[str]:
    """The row's method, once for each verdict that there is no published value."""
    for cell in row.values():
        if cell.get("kind") == "verdict" and cell["verdict"] == UNPUBLISHED:
            yield str(row.get("method", {}).get("text", ""))


def _belongs(label: str, paper: str) -> bool:
    """Whether a method's label is one of the paper's method: its name, alone or with a variant."""
    return label.replace(",", " ").replace(":", " ").split()[:1] == [paper]
