r"""JointTIAM's part of table 6: what inertia and over-relaxation do, and what the certificate says.

Wanted are (s, p3, c, p2): p3 and c of V_l and z_L, s and p2 of the joint blocks (z_l, a_l). The
theorems' regions are, but for the margin,

$$2/(1 + p_3) - 1 > 2|c| \quad (TH), \qquad s - 1 > p_2^2 \quad (TJ),$$

where metrics stand still; where they move, ‖Δ‖² before and after comes in. What lies outside is
reduced by the method itself, so every row is certified: TΨ and all that follows have to HOLD.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from repro.engine import FinishedRun, Laboratory
from repro.full_batch.configurations import configuration
from repro.render import Cell, Column, Number, Table, Text
from repro.spec import RunSpec
from repro.tables.parts.full_batch import rows_by_dataset, runs_of
from repro.tables.parts.measures import final, group, target_of, to_target
from repro.tables.parts.request import Request
from repro.tables.parts.verdicts import first_failing, judged

METHOD = "joint_tiam"
Wanted = tuple[float, float, float, float]
WANTED: tuple[Wanted, ...] = (
    (1.5, 0.0, 0.0, 0.0),
    (1.05, 0.2, 0.0, 0.0),
    (1.5, 0.0, 0.0, 0.4),
    (1.5, 0.0, 0.4, 0.4),
    (1.5, 0.2, 0.3, 0.4),
    (1.05, 0.2, 0.9, 0.9),
)
CLAIMS = ("TMQ", "TM", "TH", "TJ", "TPsi", "TB", "TR", "TC0", "TC", "TCplus", "TK", "M3")
COLUMNS = (
    Column("dataset", "Data set"),
    Column("inertia", "(s, p3, c, p2)"),
    Column("alone", "2/(1+p3)−1−2|c|", right=True),
    Column("paired", "s−1−p2²", right=True),
    Column("objective", "Final F", right=True),
    Column("test_accuracy", "Test accuracy", right=True),
    Column("sweeps_to_target", "Sweeps to target", right=True),
    *(Column(claim.lower(), claim) for claim in CLAIMS),
    Column("reason", "What fails first"),
)
Specs = dict[tuple[str, Wanted], tuple[RunSpec, ...]]


def specifications(datasets: Mapping[str, object], request: Request) -> Specs:
    """The audited runs, by data set and what is wanted: nothing where another method was named."""
    return {
        (name, wanted): runs_of(
            request,
            name,
            METHOD,
            dict(configuration(METHOD, name).settings)
            | dict(zip(("s", "p3", "c", "p2"), wanted, strict=True)),
            claims=CLAIMS,
        )
        for name in datasets
        for wanted in WANTED
        if METHOD in request.methods
    }


def table(
    request: Request,
    laboratory: Laboratory,
    specs: Specs,
    runs: Mapping[RunSpec, FinishedRun],
) -> Table:
    """A row for each data set and what is wanted."""

    def rows_of(name: str) -> Iterator[tuple[Cell, ...]]:
        target = target_of(group(specs[name, WANTED[0]], runs))
        return (_row(name, wanted, specs[name, wanted], runs, target) for wanted in WANTED)

    return Table(
        name="joint",
        title="Table 6: JointTIAM's inertia, certified",
        columns=COLUMNS,
        rows=rows_by_dataset(request, laboratory, len(COLUMNS), rows_of),
        caption=(
            "JointTIAM, float64; ρ, μ and ε of table 2, one configuration for all; mean ± standard "
            f"deviation over seeds {', '.join(map(str, request.seeds))}. Positive in the third "
            "column: TH's region; in the fourth: TJ's; what lies outside is reduced. Target: the "
            "mean final test accuracy without inertia (first row)."
        ),
    )


def _row(
    name: str,
    wanted: Wanted,
    specs: tuple[RunSpec, ...],
    runs: Mapping[RunSpec, FinishedRun],
    target: float | None,
) -> tuple[Cell, ...]:
    s, p3, c, p2 = wanted
    measured, found = group(specs, runs), judged(specs, runs)
    sweeps, _, _ = to_target(measured, target)
    return (
        Text(name),
        Text(f"({', '.join(f'{p:g}' for p in wanted)})"),
        Number(2 / (1 + p3) - 1 - 2 * abs(c), "+.2f"),
        Number(s - 1 - p2 * p2, "+.2f"),
        replace(final(measured, "objective"), format=".4g"),
        final(measured, "test_accuracy"),
        sweeps,
        *(Text(found[claim].verdict_text()) for claim in CLAIMS),
        Text(first_failing(found)),
    )
