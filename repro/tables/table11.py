"""Table 11: the published claims M1–M4, D1 and A1 on the published settings.

mDLAM's own claims on its Algorithm 1 with the hyperparameters of its Table 3, dlADMM's on its
setting, and the released mDLAM script, rebuilt with all its quirks, on what it says of itself.
The released script runs in float32 as its authors ran it; its F is evaluated in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from repro.engine import Laboratory
from repro.full_batch.configurations import LABELS, configuration
from repro.render import Cell, Column, Document, Table, Text
from repro.spec import RunSpec
from repro.tables.parts.audits import pages
from repro.tables.parts.full_batch import SWEEPS, document, rows_by_dataset, runs_of
from repro.tables.parts.request import Protocol, Request, notes_without_data
from repro.tables.parts.verdicts import judged, verdict_cells

CLAIMS = {
    "mdlam": ("M1", "M2", "M3", "M4", "A1", "C1"),
    "dladmm": ("D1",),
    "mdlam_released": ("A1", "M1", "M2", "M3"),
}
TITLES = {
    "mdlam": "mDLAM, Algorithm 1",
    "dladmm": LABELS["dladmm"],
    "mdlam_released": "mDLAM, released script",
}
PROTOCOL = Protocol(("cora", "citeseer"), tuple(TITLES), SWEEPS)
COLUMNS = (
    Column("dataset", "Data set"),
    Column("method", "Method"),
    Column("claim", "Claim"),
    Column("verdict", "Verdict"),
    Column("evidence", "Evidence"),
    Column("counts", "Decided/exact/floor", right=True),
    Column("slack", "Least slack", right=True),
    Column("reason", "Reason"),
)


def specifications(method: str, dataset: str, request: Request) -> tuple[RunSpec, ...]:
    """The runs of one method on one data set, one a seed (the script has but its own seed)."""
    if method == "mdlam_released":
        own = replace(request, seeds=(0,))
        return runs_of(own, dataset, method, {}, "float32", CLAIMS[method])
    chosen = configuration(method, dataset)
    return runs_of(request, dataset, method, dict(chosen.settings), claims=CLAIMS[method])


def make(request: Request, laboratory: Laboratory) -> Document:
    """The document of table 11."""
    datasets = laboratory.available(request.datasets)
    specs = {
        (name, method): specifications(method, name, request)
        for name in datasets
        for method in request.methods
    }
    runs = laboratory.run([spec for some in specs.values() for spec in some])

    def rows_of(name: str) -> Iterator[tuple[Cell, ...]]:
        for method in request.methods:
            for claim, found in judged(specs[name, method], runs).items():
                yield (Text(name), Text(TITLES[method]), Text(claim), *verdict_cells(found))

    table = Table(
        name="claims",
        title="Table 11: published claims on the published settings",
        columns=COLUMNS,
        rows=rows_by_dataset(request, laboratory, len(COLUMNS), rows_of),
        caption=(
            f"{request.sweeps} sweeps, seeds {', '.join(map(str, request.seeds))} (the released "
            "script: its own seed, float32; the others float64). M1–M4: mDLAM's Lemma 1, "
            "Theorem 2, Lemmas 2 and 4; D1: dlADMM's Lemma 2; A1: the script is accelerated."
        ),
        notes=tuple(notes_without_data(laboratory, request.datasets)),
    )
    return document("table11", (table,), datasets, runs, pages=pages(runs))
