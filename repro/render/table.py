"""A table and a document of tables, before anybody has chosen how they look."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from repro.render.cells import Cell


@dataclass(frozen=True)
class Column:
    """``key`` names the column for programs, ``title`` for people; numbers stand right."""

    key: str
    title: str
    right: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of cells under columns; rows with the same first cell stand together.

    ``caption`` says what is shown and how it was measured, ``notes`` what a reader must know
    besides (what is missing and how to get it, what diverged). A table that is not ``shown``
    is for programs: it goes to its CSV file alone.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    notes: tuple[str, ...] = ()
    shown: bool = True

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"table {self.name}: a row has not one cell for each column")

    def groups(self) -> list[list[tuple[Cell, ...]]]:
        """The rows, those with the same first cell in one list."""
        return [list(rows) for _, rows in groupby(self.rows, key=lambda row: row[0].plain())]


@dataclass(frozen=True)
class Document:
    """The tables of one command; the first is the one that the command names."""

    name: str
    tables: tuple[Table, ...]
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> tuple[Table, ...]:
        """The tables for a reader."""
        return tuple(table for table in self.tables if table.shown)
