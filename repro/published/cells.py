"""Every published cell by a key of its own, so that a verdict can say which cell it is on.

A cell of a table of accuracies is one number: a data set, a method, its settings, the sweeps after
which it was measured (and the seed, where the paper gives one number a seed). The counts of a data
set are one cell together, as table 1 here judges them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from repro.published.values import Published, Replicates, Series, Statistics


@dataclass(frozen=True)
class PublishedCell:
    """A cell of a paper; ``value`` is None for counts, ``sweeps`` 0 there."""

    key: str
    paper: str
    table: str
    dataset: str
    about: str
    value: float | None = None
    sweeps: int = 0


def key_of(entry: Series | Replicates | None, sweeps: int, seed: int | None = None) -> str:
    """The key of what ``entry`` prints after ``sweeps`` (for ``seed``); empty without one."""
    if entry is None:
        return ""
    of_seed = "" if seed is None else f", seed {seed}"
    return f"{entry.source}: {entry.dataset}, {_about(entry)}, after {sweeps}{of_seed}"


def counts_key(entry: Statistics) -> str:
    """The key of a data set's counts."""
    return f"{entry.source}: {entry.dataset}, counts"


def cells_of(values: Published) -> tuple[PublishedCell, ...]:
    """Every cell, in the order of the files."""
    return (*map(_counts, values.statistics), *_of_series(values), *_of_replicates(values))


def _counts(entry: Statistics) -> PublishedCell:
    source = entry.source
    return PublishedCell(counts_key(entry), source.paper, source.table, entry.dataset, "counts")


def _of_series(values: Published) -> Iterator[PublishedCell]:
    for entry in values.series:
        for sweeps, value in zip(entry.sweeps, entry.values, strict=True):
            yield _cell(entry, key_of(entry, sweeps), value, sweeps)


def _of_replicates(values: Published) -> Iterator[PublishedCell]:
    for entry in values.replicates:
        for seed, value in zip(entry.seeds, entry.values, strict=True):
            yield _cell(entry, key_of(entry, entry.sweeps, seed), value, entry.sweeps)


def _cell(entry: Series | Replicates, key: str, value: float, sweeps: int) -> PublishedCell:
    source = entry.source
    about = f"{_about(entry)}, after {sweeps}"
    return PublishedCell(key, source.paper, source.table, entry.dataset, about, value, sweeps)


def _about(entry: Series | Replicates) -> str:
    settings = ", ".join(
        f"{name} = {value:g}" if isinstance(value, float | int) else f"{name} = {value}"
        for name, value in entry.settings.items()
    )
    quantity = "" if entry.quantity == "test_accuracy" else f" {entry.quantity}"
    return f"{entry.method}{quantity}" + (f" ({settings})" if settings else "")
