"""Numbers by column: all that a figure is drawn from, and what lies beside it as CSV and JSON.

    runs = Frame("runs", {"sweep": (1, 2, 1, 2), "method": ("gd", "gd", "tiam", "tiam"), …})
    runs.where(method="tiam").numbers("sweep")          # array([1., 2.])

Frames are long: a row an observation, a column for what it is of. None stands for "not known"; in
arrays it is NaN, in CSV empty, in JSON null.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Entry = float | int | str | None
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """Columns of equal length by name."""

    name: str
    columns: Mapping[str, Sequence[Entry]]

    def __post_init__(self) -> None:
        if len({len(column) for column in self.columns.values()}) > 1:
            raise ValueError(f"frame {self.name}: its columns are not equally long")

    @classmethod
    def of_rows(cls, name: str, keys: Sequence[str], rows: Iterable[Sequence[Entry]]) -> Frame:
        """The frame of these rows; what is not finite is not known."""
        known = [[_known(entry) for entry in row] for row in rows]
        if any(len(row) != len(keys) for row in known):
            raise ValueError(f"frame {name}: a row has not one entry for each of {', '.join(keys)}")
        return cls(name, {key: tuple(row[i] for row in known) for i, key in enumerate(keys)})

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def where(self, **equal: Entry) -> Frame:
        """The rows that have these entries."""
        kept = [
            i for i in range(len(self)) if all(self.columns[k][i] == v for k, v in equal.items())
        ]
        return Frame(self.name, {k: tuple(c[i] for i in kept) for k, c in self.columns.items()})

    def levels(self, key: str) -> list[Any]:
        """The entries of a column, each once, in their order."""
        return list(dict.fromkeys(self.columns[key]))

    def numbers(self, key: str) -> Vector:
        """A column as (n,) floats, NaN where nothing is known."""
        return np.array(
            [math.nan if entry is None else float(entry) for entry in self.columns[key]],
            dtype=np.float64,
        )

    def to_csv(self) -> str:
        """With a header line."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        for row in zip(*self.columns.values(), strict=True):
            writer.writerow(
                "" if e is None else repr(e) if isinstance(e, float) else e for e in row
            )
        return out.getvalue()


@dataclass(frozen=True)
class Data:
    """The frames of a figure, what a reader must know of them, and where they come from."""

    frames: tuple[Frame, ...]
    caption: str
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Frame:
        return next(frame for frame in self.frames if frame.name == name)

    def to_json(self, figure: str) -> str:
        """All of it."""
        whole = {
            "figure": figure,
            "caption": self.caption,
            "frames": {f.name: {k: list(c) for k, c in f.columns.items()} for f in self.frames},
            "provenance": dict(self.provenance),
        }
        return json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _known(entry: Entry) -> Entry:
    return None if isinstance(entry, float) and not math.isfinite(entry) else entry
