r"""Table 6: TIAM's inertia on and off, inside and outside region 𝓡, under each safeguard.

T2: a Lyapunov weight exists if and only if 2s/t − 1 − p2² > 2|p1 s − p2|, t = 1 + p3. For every
choice of (p1, p2, p3) below, ``none`` takes it as it is, ``monotone`` redoes a block that raised
F, ``certified`` reduces it so that Ψ provably decreases. All else is TIAM's configuration of table
2, but exact moduli and float64, so that the verdicts are on the parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from repro.engine import FinishedRun
from repro.full_batch.configurations import configuration
from repro.render import Cell, Column, Document, Number, Table, Text
from repro.spec import RunSpec
from repro.tables.parts.measures import Group, final, group, target_of, to_target
from repro.tables.parts.request import (
    Laboratory,
    Request,
    available,
    notes_without_data,
    row_without_data,
)
from repro.tables.parts.verdicts import Judged, judged
from repro.tables.table2 import ACTIVATION, HIDDEN, run_record

DATASETS = ("cora", "citeseer", "digits")
INERTIAS = (
    (0.0, 0.0, 0.0),
    (0.5, 0.0, 0.0),
    (0.0, 0.5, 0.0),
    (0.0, 0.0, 0.5),
    (0.5, 0.5, 0.0),
    (0.5, 0.5, 0.3),
    (0.65, 0.65, 0.2),
    (0.9, 0.9, 0.0),
    (0.3, 0.6, 0.6),
    (0.9, 0.9, 0.9),
)
SAFEGUARDS = ("none", "monotone", "certified")
CLAIMS = ("T1", "T2", "T3", "M3")
COLUMNS = (
    Column("dataset", "Data set"),
    Column("inertia", "(p1, p2, p3)"),
    Column("region", "2s/t−1−p2²−2|p1s−p2|", right=True),
    Column("safeguard", "Safeguard"),
    Column("objective", "Final F", right=True),
    Column("test_accuracy", "Test accuracy", right=True),
    Column("sweeps_to_target", "Sweeps to target", right=True),
    *(Column(claim.lower(), claim) for claim in CLAIMS),
    Column("reason", "What fails first"),
)


def region(p1: float, p2: float, p3: float, s: float = 1.0) -> float:
    """2s/t − 1 − p2² − 2|p1 s − p2|: positive inside 𝓡."""
    return 2 * s / (1 + p3) - 1 - p2 * p2 - 2 * abs(p1 * s - p2)


def specification(
    dataset: str, inertia: tuple[float, float, float], safeguard: str, seed: int, sweeps: int
) -> RunSpec:
    """One audited run."""
    settings = dict(configuration("tiam", dataset).settings)
    settings |= dict(zip(("p1", "p2", "p3"), inertia, strict=True))
    settings |= {"steps": "exact", "safeguard": safeguard}
    return RunSpec(
        dataset, "tiam", tuple(sorted(settings.items())), HIDDEN, ACTIVATION, sweeps, seed,
        "float64", CLAIMS,
    )  # fmt: skip


def make(request: Request, laboratory: Laboratory) -> Document:
    """The document of table 6."""
    wanted = tuple(name for name in request.datasets if name in DATASETS)
    datasets = available(request, laboratory)
    chosen = [
        (name, inertia, safeguard)
        for name in wanted
        if name in datasets
        for inertia in INERTIAS
        for safeguard in SAFEGUARDS
        if any(inertia) or safeguard == "none"
    ]
    specs = {
        key: tuple(specification(*key, seed, request.sweeps) for seed in request.seeds)
        for key in chosen
    }
    used = {name: data for name, data in datasets.items() if name in wanted}
    runs = laboratory.run([spec for some in specs.values() for spec in some], used)
    rows: list[tuple[Cell, ...]] = []
    for name in wanted:
        if name not in datasets:
            rows.append(row_without_data(name, "", laboratory.failed[name], len(COLUMNS)))
            continue
        plain = group(specs[name, INERTIAS[0], "none"], runs)
        for key in (key for key in chosen if key[0] == name):
            rows.append(_row(key, specs[key], runs, target_of(plain)))
    table = Table(
        name="inertia",
        title="Table 6: inertia inside and outside the admissible region",
        columns=COLUMNS,
        rows=tuple(rows),
        caption=(
            "TIAM with exact moduli, s = 1, float64; mean ± standard deviation over seeds "
            f"{', '.join(map(str, request.seeds))}. Third column: positive inside 𝓡. Target: the "
            "mean final test accuracy without inertia. T1: block descent; T2: the parameters used "
            "lie in 𝓡 and Ψ with T2's weight decreases; T3: Ψ with the weights that the blocks "
            "carry decreases (only `certified` carries them; where a modulus has just fallen they "
            "admit parameters outside 𝓡, which T2 counts against it); M3: F does not increase. "
            "A verdict that not all seeds share says how many gave it."
        ),
        notes=tuple(notes_without_data(laboratory, wanted)),
    )
    hashes = {name: dict(data.hashes) for name, data in used.items()}
    records = [run_record(spec, run) for spec, run in runs.items()]
    return Document("table6", (table,), {"data_hashes": hashes, "runs": records})


def _row(
    key: tuple[str, tuple[float, float, float], str],
    specs: tuple[RunSpec, ...],
    runs: Mapping[RunSpec, FinishedRun],
    target: float | None,
) -> tuple[Cell, ...]:
    name, inertia, safeguard = key
    measured: Group = group(specs, runs)
    found = judged(specs, runs)
    objective = final(measured, "objective")
    sweeps, _, _ = to_target(measured, target)
    return (
        Text(name),
        Text(f"({', '.join(f'{p:g}' for p in inertia)})"),
        Number(region(*inertia), "+.2f"),
        Text(safeguard),
        replace(objective, format=".4g"),
        final(measured, "test_accuracy"),
        sweeps,
        *(Text(found[claim].verdict_text()) for claim in CLAIMS),
        Text(_first(found)),
    )


def _first(found: Mapping[str, Judged]) -> str:
    """The first claim that does not hold, and why."""
    for claim, verdicts in found.items():
        if verdicts.verdict != "HOLDS":
            return f"{claim}: {verdicts.weakest.reason}"
    return ""
