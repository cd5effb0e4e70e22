"""A table's JSON as a page shows it: texts, marks, anchors, and where a click leads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amverify.report.words import MARKS
from repro.site import anchors
from repro.tables.parts.verdicts import SYMBOL

COMPARED = {
    "reproduced": "✓",
    "differs": "≠",
    "undecided": "?",
    "not comparable": "∅",
    "no data here": "–",
    "not made": "·",
    "no published value": "–",
}
"""A sign for what became of a published cell: read without colour."""
JUDGED = {SYMBOL[verdict]: mark for verdict, mark in MARKS.items()}
RIGHT = frozenset({"number", "estimate", "published"})
KEYS = 2


@dataclass(frozen=True)
class CellView:
    """A cell: ``mark`` stands before the text, ``kind`` is its class, ``href`` opens its run."""

    id: str
    text: str
    kind: str = ""
    mark: str = ""
    href: str = ""
    hint: str = ""


@dataclass(frozen=True)
class RowView:
    """A row, and whether a new group begins with it."""

    id: str
    cells: tuple[CellView, ...]
    first: bool


@dataclass(frozen=True)
class TableView:
    """A table of a document."""

    id: str
    title: str
    caption: str
    notes: tuple[str, ...]
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[RowView, ...]


@dataclass(frozen=True)
class Place:
    """A cell elsewhere: the page and anchor, and in words what it is of."""

    href: str
    about: str


@dataclass
class Shown:
    """The tables of a document, and what stands where in it.

    ``configurations``: by hash, the rows that speak of it; ``published``: by key of a published
    cell, its verdict with the number of seeds; ``theorems``: by id, (place, verdict's text).
    """

    name: str
    tables: tuple[TableView, ...]
    configurations: dict[str, list[Place]]
    published: dict[str, tuple[int, Place]]
    theorems: dict[str, list[tuple[Place, str]]]


def shown(document: Mapping[str, Any], known: Mapping[str, Any], pages: frozenset[str]) -> Shown:
    """The views of a document; links lead to configurations in ``known`` and to ``pages``."""
    found = Shown(document["document"], (), {}, {}, {})
    views = []
    for table in document["tables"]:
        names = anchors.rows(table["name"], table["rows"], int(table.get("keys", KEYS)))
        rows = tuple(_rows(table["rows"], names, known, pages))
        views.append(_table(table, rows))
        for row, name in zip(table["rows"], names, strict=True):
            _noted(found, row, name)
    found.tables = tuple(views)
    return found


def _table(table: Mapping[str, Any], rows: tuple[RowView, ...]) -> TableView:
    columns = table["columns"]
    right = [_is_right([row[c["key"]] for row in table["rows"]]) for c in columns]
    titles = tuple((str(c["title"]), own) for c, own in zip(columns, right, strict=True))
    notes = tuple(map(str, table["notes"]))
    return TableView(
        anchors.slug(table["name"]), table["title"], table["caption"], notes, titles, rows
    )


def _is_right(cells: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a column holds numbers."""
    return any(cell["kind"] in RIGHT for cell in cells)


def _rows(
    rows: Sequence[anchors.Row],
    names: Sequence[str],
    known: Mapping[str, Any],
    pages: frozenset[str],
) -> Iterator[RowView]:
    before = None
    for row, name in zip(rows, names, strict=True):
        first = plain(next(iter(row.values()), {"kind": "text"}))
        run = next((own for cell in row.values() if (own := configuration(cell)) in known), "")
        cells = (
            _cell(f"{name}.{anchors.slug(key)}", cell, known, pages, run)
            for key, cell in row.items()
        )
        yield RowView(name, tuple(cells), before is not None and first != before)
        before = first


def _cell(
    anchor: str, cell: Mapping[str, Any], known: Mapping[str, Any], pages: frozenset[str], run: str
) -> CellView:
    text, own = plain(cell), configuration(cell)
    own = own if own in known else ("" if cell["kind"] == "text" else run)
    href = f"runs/{own}.html" if own and text else ""
    kind, mark = judged(cell)
    if cell["kind"] == "text" and text in pages:
        href = text
    hint = str(cell.get("reason") or cell.get("source") or "")
    return CellView(anchor, text, kind, mark, href, hint)


def configuration(cell: Mapping[str, Any]) -> str:
    """The hash of the configuration that a cell speaks of, or nothing."""
    return str(cell.get("configuration", ""))


def judged(cell: Mapping[str, Any]) -> tuple[str, str]:
    """The class and the sign of a cell that holds a verdict."""
    if cell["kind"] == "verdict":
        verdict = str(cell["verdict"])
        return f"compared {anchors.slug(verdict)}", COMPARED.get(verdict, "")
    word = str(cell.get("text", "")).partition(" (")[0].partition(", not ")[0]
    if word in JUDGED:
        return f"verdict {word.replace(' ', '_')}", JUDGED[word]
    return ("quiet" if cell["kind"] == "unavailable" else ""), ""


def plain(cell: Mapping[str, Any]) -> str:
    """A cell as the table prints it; of files without that text, near enough."""
    if cell["kind"] == "text":
        return str(cell.get("text", ""))
    if "shown" in cell:
        return str(cell["shown"])
    if cell["kind"] == "verdict":
        return f"{cell['verdict']} {cell.get('detail', '')}".strip()
    if cell["kind"] == "unavailable":
        return "not available"
    value = cell.get("mean", cell.get("value"))
    return "—" if value is None else f"{value:.4g}"


def _noted(found: Shown, row: anchors.Row, name: str) -> None:
    """Remember what the row speaks of."""
    about = ", ".join(text for cell in list(row.values())[:3] if (text := plain(cell)))
    place = Place(f"{found.name}.html#{name}", f"{found.name}: {about}")
    for own in dict.fromkeys(filter(None, map(configuration, row.values()))):
        found.configurations.setdefault(own, []).append(place)
    for key, cell in row.items():
        if cell["kind"] == "verdict" and cell.get("published"):
            here = Place(f"{found.name}.html#{name}.{anchors.slug(key)}", place.about)
            seeds = int(cell.get("seeds", 0))
            before = found.published.get(cell["published"])
            if before is None or seeds > before[0]:
                found.published[cell["published"]] = (seeds, here)
    _theorems(found, row, name, place)


def _theorems(found: Shown, row: anchors.Row, name: str, place: Place) -> None:
    """A row that judges one theorem, or a column each."""
    for key in ("theorem", "claim"):
        if key in row and "verdict" in row:
            own = found.theorems.setdefault(plain(row[key]), [])
            own.append((place, plain(row["verdict"])))
    for key, cell in row.items():
        if key not in ("verdict", "evidence") and judged(cell)[0].startswith("verdict"):
            here = Place(f"{found.name}.html#{name}.{anchors.slug(key)}", place.about)
            found.theorems.setdefault(key.upper(), []).append((here, plain(cell)))
