"""Where inertia is admissible, and the columns of a table that has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from repro.engine import FinishedRun
from repro.render import Cell, Column, Number, Text
from repro.spec import RunSpec
from repro.tables.parts.measures import final, group, to_target
from repro.tables.parts.verdicts import first_failing, judged

Triple = tuple[float, float, float]


def region(p1: float, p2: float, p3: float, s: float = 1.0) -> float:
    """2s/t − 1 − p2² − 2|p1 s − p2|, t = 1 + p3: positive inside 𝓡."""
    return 2 * s / (1 + p3) - 1 - p2 * p2 - 2 * abs(p1 * s - p2)


def triple_columns(claims: Iterable[str]) -> tuple[Column, ...]:
    """Of a row for each (p1, p2, p3) under a safeguard, with a verdict for each of the claims."""
    return (
        Column("dataset", "Data set"),
        Column("inertia", "(p1, p2, p3)"),
        Column("region", "2s/t−1−p2²−2|p1s−p2|", right=True),
        Column("safeguard", "Safeguard"),
        Column("objective", "Final F", right=True),
        Column("test_accuracy", "Test accuracy", right=True),
        Column("sweeps_to_target", "Sweeps to target", right=True),
        *(Column(claim.lower(), claim) for claim in claims),
        Column("reason", "What fails first"),
    )


def triple_row(
    key: tuple[str, Triple, str],
    specs: tuple[RunSpec, ...],
    runs: Mapping[RunSpec, FinishedRun],
    target: float | None,
    claims: Iterable[str],
) -> tuple[Cell, ...]:
    """The row of a data set, (p1, p2, p3) and a safeguard under ``triple_columns``."""
    name, triple, safeguard = key
    measured, found = group(specs, runs), judged(specs, runs)
    sweeps, _, _ = to_target(measured, target)
    return (
        Text(name),
        Text(f"({', '.join(f'{p:g}' for p in triple)})"),
        Number(region(*triple), "+.2f"),
        Text(safeguard),
        replace(final(measured, "objective"), format=".4g"),
        final(measured, "test_accuracy"),
        sweeps,
        *(Text(found[claim].verdict_text(), found[claim].configuration) for claim in claims),
        Text(first_failing(found)),
    )
