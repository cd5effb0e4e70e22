r"""Table 6: inertia on and off, inside and outside the admissible regions.

TIAM's under each safeguard, JointTIAM's (:mod:`repro.tables.parts.joint_inertia`) and TIAM's under
a penalty with ridges (:mod:`repro.tables.parts.penalty_inertia`).

T2: a Lyapunov weight exists if and only if 2s/t − 1 − p2² > 2|p1 s − p2|, t = 1 + p3. For every
choice of (p1, p2, p3) below, ``none`` takes it as it is, ``monotone`` redoes a block that raised
F, ``certified`` reduces it so that Ψ provably decreases. All else is TIAM's configuration of table
2, but exact moduli and float64, so that the verdicts are on the parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from repro.engine import FinishedRun, Laboratory
from repro.full_batch.configurations import configuration
from repro.render import Cell, Document, Table
from repro.spec import RunSpec
from repro.tables.parts import joint_inertia, penalty_inertia
from repro.tables.parts.full_batch import (
    ALSO,
    DATASETS,
    SWEEPS,
    document,
    rows_by_dataset,
    runs_of,
)
from repro.tables.parts.measures import group, target_of
from repro.tables.parts.regions import triple_columns, triple_row
from repro.tables.parts.request import Protocol, Request, notes_without_data

PROTOCOL = Protocol(
    ("cora", "citeseer", "digits"),
    ("tiam", joint_inertia.METHOD, penalty_inertia.METHOD),
    SWEEPS,
    also=(*DATASETS, *ALSO),
)
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
COLUMNS = triple_columns(CLAIMS)


Specs = dict[tuple[str, tuple[float, float, float], str], tuple[RunSpec, ...]]


def specifications(
    dataset: str, inertia: tuple[float, float, float], safeguard: str, request: Request
) -> tuple[RunSpec, ...]:
    """The audited runs of one row, one a seed."""
    settings = dict(configuration("tiam", dataset).settings)
    settings |= dict(zip(("p1", "p2", "p3"), inertia, strict=True))
    settings |= {"steps": "exact", "safeguard": safeguard}
    return runs_of(request, dataset, "tiam", settings, claims=CLAIMS)


def make(request: Request, laboratory: Laboratory) -> Document:
    """The document of table 6: a table for each method that is asked for."""
    datasets = laboratory.available(request.datasets)
    specs = {
        (name, inertia, safeguard): specifications(name, inertia, safeguard, request)
        for name in datasets
        for inertia in INERTIAS
        for safeguard in SAFEGUARDS
        if "tiam" in request.methods and (any(inertia) or safeguard == "none")
    }
    joint = joint_inertia.specifications(datasets, request)
    ridged = penalty_inertia.specifications(datasets, request)
    wanted = (*specs.values(), *joint.values(), *ridged.values())
    runs = laboratory.run([spec for some in wanted for spec in some])
    tables = [_table(request, laboratory, specs, runs)] if specs else []
    tables += [joint_inertia.table(request, laboratory, joint, runs)] if joint else []
    tables += [penalty_inertia.table(request, laboratory, ridged, runs)] if ridged else []
    return document("table6", tuple(tables), datasets, runs)


def _table(
    request: Request, laboratory: Laboratory, specs: Specs, runs: Mapping[RunSpec, FinishedRun]
) -> Table:
    """TIAM's rows."""

    def rows_of(name: str) -> Iterator[tuple[Cell, ...]]:
        target = target_of(group(specs[name, INERTIAS[0], "none"], runs))
        own = {key: some for key, some in specs.items() if key[0] == name}
        return (triple_row(key, some, runs, target, CLAIMS) for key, some in own.items())

    return Table(
        name="inertia",
        title="Table 6: inertia inside and outside the admissible region",
        columns=COLUMNS,
        rows=rows_by_dataset(request, laboratory, len(COLUMNS), rows_of),
        caption=(
            "TIAM with exact moduli, s = 1, float64; mean ± standard deviation over seeds "
            f"{', '.join(map(str, request.seeds))}. Third column: positive inside 𝓡. Target: the "
            "mean final test accuracy without inertia. T1: block descent; T2: the parameters used "
            "lie in 𝓡 and Ψ with T2's weight decreases; T3: Ψ with the weights that the blocks "
            "carry decreases (only `certified` carries them; where a modulus has just fallen they "
            "admit parameters outside 𝓡, which T2 counts against it); M3: F does not increase. "
            "A verdict that not all seeds share says how many gave it."
        ),
        notes=tuple(notes_without_data(laboratory, request.datasets)),
    )
