"""Table 1: counts of the data sets beside the published ones.

Two counts of edges are in use. *Edges* counts pairs of different nodes joined at least once,
which is what the adjacency matrix sees; *listed* is half the entries of the published
neighbour lists, repeated edges and loops included. The published numbers are the second
where a file has such lists, and are compared with it there.
"""

from __future__ import annotations

from repro import data
from repro.data.dataset import Dataset
from repro.engine import Laboratory
from repro.published import Statistics, counts_key, judge_count, load, statistics_of
from repro.render import Cell, Column, Document, Number, Table, Text, VerdictCell
from repro.tables.parts.full_batch import DATASETS
from repro.tables.parts.request import Protocol, Request, notes_without_data, row_without_data

PROTOCOL = Protocol(DATASETS, seeds={}, also=data.names())
COUNTS = {
    "nodes": "Nodes",
    "edges": "Edges",
    "edges_listed": "Listed",
    "classes": "Classes",
    "features": "Features",
    "train": "Training",
    "validation": "Validation",
    "test": "Test",
}
COLUMNS = (
    Column("dataset", "Data set"),
    Column("origin", "Counted"),
    *(Column(key, title, right=True) for key, title in COUNTS.items()),
    Column("verdict", "Verdict"),
)


def make(request: Request, laboratory: Laboratory) -> Document:
    """The document of table 1."""
    published = load()
    datasets = laboratory.available(request.datasets)
    rows: list[tuple[Cell, ...]] = []
    for name in request.datasets:
        counts = statistics_of(published, name)
        if name in datasets:
            rows.append(measured_row(name, datasets[name], counts))
        else:
            rows.append(row_without_data(name, "here", laboratory.failed[name], len(COLUMNS)))
        if counts is not None:
            rows.append(published_row(name, counts))
    table = Table(
        name="table1",
        title="Table 1: data sets",
        columns=COLUMNS,
        rows=tuple(rows),
        caption="Edges: pairs of different nodes joined at least once. Listed: half the entries "
        "of the published neighbour lists, with repeated edges and loops; the published edges "
        "are compared with these where there are such lists. A count is reproduced when equal.",
        notes=tuple(notes_without_data(laboratory, request.datasets)),
    )
    hashes = {name: dict(dataset.hashes) for name, dataset in datasets.items()}
    return Document("table1", (table,), {"data_hashes": hashes})


def measured_row(name: str, dataset: Dataset, published: Statistics | None) -> tuple[Cell, ...]:
    """The counts of the data set at hand, and the verdict on them."""
    counts = [count_cell(dataset.statistics.get(key)) for key in COUNTS]
    return (Text(name), Text("here"), *counts, verdict_on(dataset, published))


def published_row(name: str, published: Statistics) -> tuple[Cell, ...]:
    """The published counts."""
    counts = [count_cell(published.counts.get(key)) for key in COUNTS]
    return (Text(name), Text(str(published.source)), *counts, Text())


def count_cell(count: int | None) -> Cell:
    """A count; nothing where it has no meaning."""
    return Text() if count is None else Number(count)


def verdict_on(dataset: Dataset, published: Statistics | None) -> VerdictCell:
    """The verdict on all published counts together: what differs, by how much."""
    if published is None:
        return VerdictCell("no published value")
    key, differing = counts_key(published), []
    for name, value in published.counts.items():
        compared = "edges_listed" if name == "edges" and knows_lists(dataset) else name
        judgement = judge_count(dataset.statistics.get(compared), value)
        if judgement.kind == "not comparable":
            differing.append(f"{name} not counted here")
        elif judgement.difference:
            differing.append(f"{name} by {judgement.difference:+.0f}")
    verdict = "differs" if differing else "reproduced"
    return VerdictCell(verdict, ", ".join(differing), published=key)


def knows_lists(dataset: Dataset) -> bool:
    """Whether the file has neighbour lists to count in."""
    return "edges_listed" in dataset.statistics
