"""The rows of a run as columns: what is kept of a million of them is numbers, not objects.

Rows come one by one, as a dict of arrays of one entry (3 KB). The last ``CHUNK`` at most wait as
they came; then each of their columns becomes one array, 8 bytes a number. Kept are the columns
that row 1 has, each as far as every row has it: no other is a column of the table.
"""

from __future__ import annotations

from copy import copy

import numpy as np

from amverify.record.points.rows import Columns
from amverify.record.points.vector import Vector

CHUNK = 128
"""Rows that wait, at most."""
LATE = ("eta", "momentum", "departure", "departure_error")
"""What the start cannot have; it is 0 there."""


class Kept:
    """Rows in the order in which they came; row 0 is the start."""

    def __init__(self) -> None:
        self._start: Columns = {}
        self._names: list[str] = []
        self._missing: dict[str, int] = {}
        self._chunks: list[tuple[int, Columns]] = []
        self._waiting: list[Columns] = []
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    @property
    def last(self) -> Columns:
        """The row that was appended last."""
        return self._waiting[-1] if self._waiting else self._start

    def append(self, row: Columns) -> None:
        """One more row."""
        if len(self._waiting) >= CHUNK:
            self._settle()
        if not self._rows:
            self._start = row
        else:
            if self._rows == 1:
                self._names = list(row)
            for name in self._names:
                if name not in row:
                    self._missing.setdefault(name, self._rows)
            self._waiting.append(row)
        self._rows += 1

    def forked(self) -> Kept:
        """The same up to here; rows that one gets from now on the other does not see."""
        found = copy(self)
        found._missing, found._chunks = dict(self._missing), list(self._chunks)
        found._waiting = list(self._waiting)
        return found

    def cut(self, rows: int) -> None:
        """Drop all but the first so many rows."""
        self._rows = min(rows, self._rows)
        while self._chunks and self._settled + 1 > self._rows:
            size, columns = self._chunks.pop()
            self._waiting = [
                {name: column[at : at + 1] for name, column in columns.items() if at < len(column)}
                for at in range(size)
            ]
        self._waiting = self._waiting[: max(self._rows - 1 - self._settled, 0)]
        self._missing = {name: at for name, at in self._missing.items() if at < self._rows}

    def table(self) -> Columns:
        """The columns that all rows after the start have; an error that it lacks is unknown there.

        There has to be a row.
        """
        later = self._names if self._rows > 1 else list(self._start)
        unknown, known = np.full(1, np.inf), self._start
        found = {}
        for name in later:
            error = name.endswith("_error") and name not in LATE
            if name not in self._missing and (name in known or error or name in LATE):
                first = known.get(name, unknown if error else np.zeros(1))
                found[name] = self._column(name, first)
        return found

    @property
    def _settled(self) -> int:
        """How many rows after the start wait no more."""
        return sum(size for size, _ in self._chunks)

    def _column(self, name: str, first: Vector) -> Vector:
        """A column that every row has."""
        parts = [columns[name] for _, columns in self._chunks]
        return np.concatenate([first, *parts, *(row[name] for row in self._waiting)])

    def _settle(self) -> None:
        """Those that wait become columns, each as far as no row lacked it."""
        begin = self._rows - len(self._waiting)
        columns = {}
        for name in self._names:
            rows = self._waiting[: max(self._missing.get(name, self._rows) - begin, 0)]
            if rows:
                columns[name] = np.concatenate([row[name] for row in rows])
        self._chunks.append((len(self._waiting), columns))
        self._waiting = []
