"""A table and a document of tables, before anybody has chosen how they look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from amverify import shown
from repro.render.cells import Cell


@dataclass(frozen=True)
class Column:
    """``key`` names the column for programs, ``title`` for people; numbers stand right.

    Of a column whose ``highest`` mean is the best, print marks that and what is near it.
    """

    key: str
    title: str
    right: bool = False
    highest: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of cells under columns; rows with the same first cell stand together.

    ``caption`` says what is shown and how it was measured, ``notes`` what a reader must know
    besides (what is missing and how to get it, what diverged). A table that is not ``shown``
    is for programs: it goes to its CSV file alone. The first ``keys`` columns say what a row is:
    they are repeated where a table is too wide and comes in parts.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    notes: tuple[str, ...] = ()
    shown: bool = True
    keys: int = 2

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"table {self.name}: a row has not one cell for each column")

    def __str__(self) -> str:
        lines = [[c.title for c in self.columns], *([c.plain() for c in r] for r in self.rows)]
        return "\n".join([self.title, *(" | ".join(line) for line in lines)])

    def __repr__(self) -> str:
        return f"<Table {self.name}: {len(self.rows)} rows of {len(self.columns)}>"

    def _repr_html_(self) -> str:
        rows = [[cell.plain() for cell in row] for row in self.rows]
        return shown.table([column.title for column in self.columns], rows, self.title)

    def to_pandas(self) -> Any:
        """A data frame of its cells as texts, a column each by its key.

        Raises:
            InvalidInput: if pandas is not installed.
        """
        keys = [column.key for column in self.columns]
        return shown.frame({k: [row[i].plain() for row in self.rows] for i, k in enumerate(keys)})

    def groups(self) -> list[list[tuple[Cell, ...]]]:
        """The rows, those with the same first cell in one list."""
        return [list(rows) for _, rows in groupby(self.rows, key=lambda row: row[0].plain())]


@dataclass(frozen=True)
class Document:
    """The tables of one command; the first is the one that the command names.

    ``pages`` are written beside its files: path inside the folder → HTML.
    """

    name: str
    tables: tuple[Table, ...]
    provenance: dict[str, Any] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Document {self.name}: {len(self.tables)} tables>"

    def _repr_html_(self) -> str:
        return "".join(table._repr_html_() for table in self.shown)

    def to_pandas(self) -> Any:
        """The first table as a data frame.

        Raises:
            InvalidInput: if pandas is not installed.
        """
        return self.tables[0].to_pandas()

    @property
    def shown(self) -> tuple[Table, ...]:
        """The tables for a reader."""
        return tuple(table for table in self.tables if table.shown)
