r"""Table 7: SAMT beside SGD-type methods, on a network trained with mini-batches.

Every row is one configuration. Prodigy and Schedule-Free AdamW have their packages' defaults, and
are left out, with a note, where those are not installed; all others are tuned with at most the same
budget on a validation split (:mod:`repro.minibatch.tuning`).

SAMT's step sizes decay by a cosine schedule; Adam stands there
with the same schedule too, since a constant rate is not the best that Adam can do. *Updates to
target* are the parameter updates until the mean test accuracy first reaches tuned Adam's mean
final accuracy.

What the numbers say of SAMT's claim stands in a table of its own (:mod:`repro.tables.parts.claim`).
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from repro.engine import Laboratory
from repro.minibatch.names import BASELINES, LABELS, RIVALS, TRAINED
from repro.minibatch.networks import HIDDEN
from repro.minibatch.workloads import (
    DATASETS,
    EPOCHS,
    Workload,
    specification,
)
from repro.published import headline, judge_accuracy, load
from repro.render import (
    Cell,
    Column,
    Document,
    Number,
    PublishedValue,
    Table,
    Text,
    verdict_of,
)
from repro.tables.parts.claim import REFERENCE, claim_tables
from repro.tables.parts.full_batch import document, notes_on_runs
from repro.tables.parts.measures import (
    Group,
    final,
    first_reaching,
    group,
    mean_accuracy,
    target_of,
)
from repro.tables.parts.minibatches import (
    Configurations,
    Pair,
    configurations,
    curves_table,
    installed,
    mean_end,
    notes_on_profile,
    protocol_of,
    record,
    rows_of,
    settings_of,
    workloads_at_hand,
)
from repro.tables.parts.request import Protocol, Request, notes_without_data

METHODS = (*BASELINES, *RIVALS, *TRAINED)
PROTOCOL = Protocol(
    datasets=DATASETS,
    methods=METHODS,
    sweeps=EPOCHS,
    networks=tuple(HIDDEN),
)
COLUMNS = (
    Column("workload", "Data set"),
    Column("method", "Method"),
    Column("test_accuracy", "Test accuracy", right=True, highest=True),
    Column("published", "Published", right=True),
    Column("verdict", "Verdict"),
    Column("parameter_updates", "Parameter updates", right=True),
    Column("gradient_evaluations", "Gradient evaluations", right=True),
    Column("seconds", "Seconds", right=True),
    Column("updates_to_target", "Updates to target", right=True),
    Column("objective", "Training loss", right=True),
    Column("settings", "Settings"),
)


def make(request: Request, laboratory: Laboratory) -> Document:
    """The document of table 7: results, the claim, curves."""
    request, notes_on_packages = installed(request)
    present, datasets = workloads_at_hand(request, laboratory)
    found = configurations(request.methods, present)
    specs = {
        (m, w): [specification(w, m, settings, seed, request.sweeps) for seed in request.seeds]
        for (m, w), (settings, _) in found.chosen.items()
    }
    runs = laboratory.run([spec for some in specs.values() for spec in some])
    groups = {pair: group(own, runs) for pair, own in specs.items()}
    results = Table(
        name="accuracy",
        title=f"Table 7: SAMT and SGD-type methods after {request.sweeps} epochs",
        columns=COLUMNS,
        rows=_rows(request, laboratory, groups, found),
        caption=f"{protocol_of(request, runs)} Target: tuned Adam's mean final test accuracy.",
        notes=(
            *notes_without_data(laboratory, request.datasets),
            *notes_on_profile(request, present),
            *notes_on_runs({f"{LABELS[m]} on {w}": own for (m, w), own in groups.items()}),
            *found.notes(),
            *notes_on_packages,
        ),
    )
    tables = (results, *claim_tables(request.methods, present, groups), curves_table(runs))
    return document("table7", tables, datasets, runs, record)


def _rows(
    request: Request, laboratory: Laboratory, groups: Mapping[Pair, Group], found: Configurations
) -> tuple[tuple[Cell, ...], ...]:
    """A row a method, for each data set and network."""

    def row(method: str, workload: Workload) -> tuple[Cell, ...]:
        reference = groups.get((REFERENCE, workload))
        target = None if reference is None else target_of(reference)
        settings, _ = found.chosen[method, workload]
        return _row(workload, method, groups[method, workload], target, settings)

    return rows_of(request, laboratory, found.untuned, len(COLUMNS), row)


def _row(
    workload: Workload,
    method: str,
    runs: Group,
    target: float | None,
    settings: Sequence[tuple[str, object]],
) -> tuple[Cell, ...]:
    accuracy = final(runs, "test_accuracy")
    series = headline(load(), workload.dataset, method, "test_accuracy")
    if workload.samples:
        series = None  # the papers train on all images
    value = None if series is None else series.after(runs.any_spec.sweeps)
    return (
        Text(str(workload)),
        Text(LABELS[method]),
        accuracy,
        Text() if series is None or value is None else PublishedValue(value, str(series.source)),
        verdict_of(judge_accuracy(accuracy.mean, accuracy.std, accuracy.n, value)),
        mean_end(runs, "parameter_updates", ".4g"),
        mean_end(runs, "gradient_evaluations", ".4g"),
        mean_end(runs, "seconds", ".3g"),
        Number(_updates_to(runs, target), ".3g"),
        mean_end(runs, "objective", ".3f"),
        settings_of(settings),
    )


def _updates_to(runs: Group, target: float | None) -> float | None:
    """Parameter updates until the mean test accuracy first reaches ``target``."""
    if target is None or not runs.finite:
        return None
    epoch = first_reaching(mean_accuracy(runs), target)
    if epoch is None:
        return None
    done = [run.result.curves["parameter_updates"][epoch - 1] for run in runs.finite.values()]
    return statistics.fmean(done)
