r"""The trace: what a method leaves behind, and all that a theorem ever sees of it.

Four tables of columns, each column one array over rows:

* ``blocks``: one row per block update (sweep, kind, layer; ΔF, ‖e‖², ⟨Δ,e⟩, ‖Δ‖², L, s, t, …),
* ``sweeps``: one row per sweep or step of an optimiser (value, gradient, step, …); the row of
  sweep 0 is the start,
* ``measures``: what is dear and so measured now and then (residuals, gap, accuracy),
* ``replays``: one row per fresh draw of a batch from a saved state of a stochastic run.

A column ``x_error`` bounds the rounding error of column ``x``; +∞ says that it is unknown, there
and in ``execution``. A column that was not recorded is absent; a recorded one is finite. The header
is JSON: subject, settings, constants, versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amverify import shown
from amverify.errors import InvalidInput, of_kinds
from amverify.trace.columns import KEYS, Column, Table, check

HOW_TO_GET_ONE = (
    "a recorder gives its own by recorder.trace(), a method's run is traced(…), a file's is "
    "load_trace(path)"
)


@dataclass(frozen=True)
class Trace:
    """What one run left behind.

    Args:
        header: plain JSON: ``subject``, ``settings``, ``constants``, ``versions``, …
        blocks: one row per block update.
        sweeps: one row per sweep.
        measures: one row per measurement.
        replays: one row per fresh draw from a saved state.
        iterates: full iterates of some sweeps, by sweep and name.
        complete: ``False`` if the file was cut off.

    Raises:
        InvalidInput: for columns that do not fit together, wrong dtypes, or entries that are
            not finite, naming table, column and row.
    """

    header: Mapping[str, Any]
    blocks: Table = field(default_factory=dict)
    sweeps: Table = field(default_factory=dict)
    measures: Table = field(default_factory=dict)
    iterates: Mapping[int, Mapping[str, Column]] = field(default_factory=dict)
    complete: bool = True
    replays: Table = field(default_factory=dict)

    def __post_init__(self) -> None:
        of_kinds(vars(self), dict.fromkeys(KEYS, Mapping))
        for name in KEYS:
            check(name, self.table(name))

    def table(self, name: str) -> Table:
        """One of the tables by name."""
        table: Table = getattr(self, name)
        return table

    def rows(self, name: str) -> int:
        """How many rows a table has."""
        table = self.table(name)
        return len(next(iter(table.values()))) if table else 0

    @property
    def constants(self) -> Mapping[str, Any]:
        """Constants that came with the run, by name."""
        found: Mapping[str, Any] = self.header.get("constants", {})
        return found

    @property
    def iteration(self) -> str:
        """What one row of ``sweeps`` is: a *step* of an optimiser, or a *sweep* of a method."""
        return str(self.header.get("iteration", "sweep"))

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings of the method that ran, and facts of its problem."""
        found: Mapping[str, Any] = self.header.get("settings", {})
        return found

    def __str__(self) -> str:
        counts = ", ".join(self._counted(n) for n in KEYS if self.rows(n)) or "no rows"
        return f"{self.header.get('subject', 'a run')}: {counts}"

    def _counted(self, name: str) -> str:
        """The rows of a table in words; row 0 of ``sweeps`` is the start."""
        if name != "sweeps":
            return f"{self.rows(name)} {name}"
        made = len({int(k) for k in self.sweeps["sweep"] if k > 0})
        return f"{made} {self.iteration}{'s' * (made != 1)}"

    def __repr__(self) -> str:
        return f"<Trace of {self}>"

    def _repr_html_(self) -> str:
        rows = [(n, str(self.rows(n)), ", ".join(self.table(n))) for n in KEYS if self.rows(n)]
        return shown.table(("table", "rows", "columns"), rows, str(self))

    def to_pandas(self, table: str = "sweeps") -> Any:
        """One of its tables as a data frame, a row each.

        Args:
            table: ``blocks``, ``sweeps``, ``measures`` or ``replays``.

        Raises:
            InvalidInput: for another table, or if pandas is not installed.
        """
        if table not in KEYS:
            raise InvalidInput(f"table {table!r}: a trace has {', '.join(KEYS)}")
        return shown.frame(self.table(table))

    def to_parquet(self, path: str | Path, table: str = "sweeps") -> None:
        """Write one of its tables as a Parquet file, a row each, whole or not at all.

        Args:
            path: the file.
            table: ``blocks``, ``sweeps``, ``measures`` or ``replays``.

        Raises:
            InvalidInput: for another table, or if pandas or pyarrow is not installed.
            CannotWrite: if the file cannot be written.
        """
        shown.parquet(self.to_pandas(table), Path(path))
