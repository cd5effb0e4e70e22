"""Table 11: the published claims M1–M4, D1 and A1 on the published settings.

mDLAM's own claims on its Algorithm 1 with the hyperparameters of its Table 3, dlADMM's on its
setting, and the released mDLAM script, rebuilt with all its quirks, on what it says of itself.
The released script runs in float32 as its authors ran it; its F is evaluated in float64.
"""

from __future__ import annotations

from dataclasses import replace

from repro.full_batch.configurations import LABELS, configuration
from repro.render import Cell, Column, Document, Table, Text
from repro.spec import RunSpec
from repro.tables.parts.request import (
    Laboratory,
    Request,
    available,
    notes_without_data,
    row_without_data,
)
from repro.tables.parts.verdicts import judged, verdict_cells
from repro.tables.table2 import ACTIVATION, HIDDEN, run_record

DATASETS = ("cora", "citeseer")
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
        return (
            RunSpec(dataset, method, (), HIDDEN, ACTIVATION, request.sweeps, 0, "float32",
                    CLAIMS[method]),
        )  # fmt: skip
    chosen = configuration(method, dataset)
    return tuple(
        RunSpec(dataset, chosen.method, chosen.settings, HIDDEN, ACTIVATION, request.sweeps, seed,
                "float64", CLAIMS[method])
        for seed in request.seeds
    )  # fmt: skip


def make(request: Request, laboratory: Laboratory) -> Document:
    """The document of table 11."""
    wanted = tuple(name for name in request.datasets if name in DATASETS) or DATASETS
    datasets = available(replace(request, datasets=wanted), laboratory)
    specs = {
        (name, method): specifications(method, name, request)
        for name in datasets
        for method in CLAIMS
    }
    runs = laboratory.run([spec for some in specs.values() for spec in some], datasets)
    rows: list[tuple[Cell, ...]] = []
    for name in wanted:
        if name not in datasets:
            rows.append(row_without_data(name, "", laboratory.failed[name], len(COLUMNS)))
            continue
        for method, title in TITLES.items():
            for claim, found in judged(specs[name, method], runs).items():
                rows.append((Text(name), Text(title), Text(claim), *verdict_cells(found)))
    table = Table(
        name="claims",
        title="Table 11: published claims on the published settings",
        columns=COLUMNS,
        rows=tuple(rows),
        caption=(
            f"{request.sweeps} sweeps, seeds {', '.join(map(str, request.seeds))} (the released "
            "script: its own seed, float32; the others float64). M1–M4: mDLAM's Lemma 1, "
            "Theorem 2, Lemmas 2 and 4; D1: dlADMM's Lemma 2; A1: the script is accelerated."
        ),
        notes=tuple(notes_without_data(laboratory, wanted)),
    )
    hashes = {name: dict(data.hashes) for name, data in datasets.items()}
    records = [run_record(spec, run) for spec, run in runs.items()]
    return Document("table11", (table,), {"data_hashes": hashes, "runs": records})
