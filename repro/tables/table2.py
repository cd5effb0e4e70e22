"""Table 2: test accuracy of TIAM and the methods that it is compared with.

Three layers, two of them hidden with 100 ReLU units, full batch. Alternating methods start
from mDLAM's Gaussian weights, gradient methods from those of ``nn.Linear`` (see
:mod:`repro.full_batch.methods`). Every row is one configuration; nothing is chosen here: the
configurations, with where they come from, are in :mod:`repro.full_batch.configurations`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from repro.engine import FinishedRun, Laboratory
from repro.full_batch.configurations import LABELS, METHODS, Configuration, configuration
from repro.published import Published, Series, headline, judge_accuracy, key_of, load
from repro.render import (
    Cell,
    Column,
    Document,
    Estimate,
    Number,
    PublishedValue,
    Table,
    Text,
    verdict_of,
)
from repro.spec import RunSpec
from repro.tables.parts.full_batch import (
    ALSO,
    DATASETS,
    HIDDEN,
    SWEEPS,
    document,
    notes_on_runs,
    rows_by_dataset,
    runs_of,
    where,
    written,
)
from repro.tables.parts.measures import Group, final, group, target_of, to_target
from repro.tables.parts.request import Protocol, Request, notes_without_data

PROTOCOL = Protocol(DATASETS, METHODS, SWEEPS, also=ALSO)
TARGET_METHOD = "mdlam"
COLUMNS = (
    Column("dataset", "Data set"),
    Column("method", "Method"),
    Column("test_accuracy", "Test accuracy", right=True, highest=True),
    Column("n", "n", right=True),
    Column("published", "Published", right=True),
    Column("verdict", "Verdict"),
    Column("train_accuracy", "Training accuracy", right=True),
    Column("sweeps_to_target", "Sweeps to target", right=True),
    Column("median_sweeps", "Median (seeds)", right=True),
    Column("seconds_to_target", "Seconds to target", right=True),
)
SETTINGS_COLUMNS = (
    Column("method", "Method"),
    Column("dataset", "Data set"),
    Column("settings", "Settings"),
    Column("dtype", "Numbers"),
    Column("source", "Source"),
)


def make(request: Request, laboratory: Laboratory) -> Document:
    """The document of table 2: accuracies and hyperparameters."""
    published = load()
    datasets = laboratory.available(request.datasets)
    chosen = {(m, d): configuration(m, d) for d in datasets for m in request.methods}
    specs = {
        (m, d): runs_of(request, d, own.method, dict(own.settings), own.dtype)
        for (m, d), own in chosen.items()
    }
    runs = laboratory.run([spec for group in specs.values() for spec in group])
    groups = {pair: group(specs[pair], runs) for pair in specs}
    accuracies = Table(
        name="accuracy",
        title=f"Table 2: test accuracy after {request.sweeps} sweeps",
        columns=COLUMNS,
        rows=rows_by_dataset(
            request,
            laboratory,
            len(COLUMNS),
            lambda name: rows_of(name, request, groups, published),
            f"all {len(request.methods)} methods",
        ),
        caption=caption(request, runs),
        notes=(
            *notes_without_data(laboratory, request.datasets),
            *(note for name in datasets for note in notes_on_first(name, request, groups)),
            *notes_on_published(request, chosen, published),
            *notes_on_runs({f"{LABELS[m]} on {d}": own for (m, d), own in groups.items()}),
        ),
    )
    settings = Table(
        name="settings",
        title="Hyperparameters of table 2",
        columns=SETTINGS_COLUMNS,
        rows=settings_rows(request, tuple(datasets), chosen),
    )
    return document("table2", (accuracies, settings), datasets, runs)


def rows_of(
    dataset: str,
    request: Request,
    groups: Mapping[tuple[str, str], Group],
    published: Published,
) -> list[tuple[Cell, ...]]:
    """The rows of one data set, a method each."""
    reference = groups.get((TARGET_METHOD, dataset))
    target = None if reference is None else target_of(reference)
    rows: list[tuple[Cell, ...]] = []
    for method in request.methods:
        runs = groups[method, dataset]
        accuracy = final(runs, "test_accuracy")
        series = headline(published, dataset, method, "test_accuracy")
        value = None if series is None else series.after(request.sweeps)
        judgement = judge_accuracy(accuracy.mean, accuracy.std, accuracy.n, value)
        rows.append(
            (
                Text(dataset),
                Text(LABELS[method]),
                accuracy,
                Number(accuracy.n),
                Text() if series is None or value is None else published_cell(series, value),
                verdict_of(judgement, key_of(series, request.sweeps)),
                final(runs, "train_accuracy"),
                *to_target(runs, target),
            )
        )
    return rows


def published_cell(series: Series, value: float) -> PublishedValue:
    """A published accuracy, with the setting that it is of."""
    setting = written(tuple(series.settings.items()))
    return PublishedValue(value, f"{series.source} ({setting})" if setting else str(series.source))


def caption(request: Request, runs: Mapping[RunSpec, FinishedRun]) -> str:
    """How the numbers were measured."""
    seeds = ", ".join(map(str, request.seeds))
    widths = " and ".join(map(str, HIDDEN))
    target = (
        f"Target: {LABELS[TARGET_METHOD]}'s mean final test accuracy on the same data set in "
        "this table (the published protocol is not specified). Sweeps to target: sweeps until "
        f"the mean test accuracy first reaches {LABELS[TARGET_METHOD]}'s final mean; median: of "
        "each seed's own first such sweep, with the seeds that got there; seconds: mean time in "
        f"the sweeps alone, {where(runs)}."
        if TARGET_METHOD in request.methods
        else f"No target without {LABELS[TARGET_METHOD]} among the methods."
    )
    return (
        f"{len(HIDDEN) + 1} layers, {widths} hidden ReLU units, full batch; mean ± standard "
        f"deviation over seeds {seeds}. {target}"
    )


def notes_on_first(
    dataset: str, request: Request, groups: Mapping[tuple[str, str], Group]
) -> list[str]:
    """Which mean is the highest, and which lie within one standard error of it.

    The standard error is that of the difference of two means, √(s²/n + s′²/n′).
    """
    ends = {m: final(groups[m, dataset], "test_accuracy") for m in request.methods}
    ends = {m: own for m, own in ends.items() if own.n > 1 and not own.diverged}
    if len(ends) < 2:
        return []
    best = max(ends, key=lambda m: ends[m].mean)
    near = [LABELS[m] for m, own in ends.items() if m != best and _distance(ends[best], own) <= 1]
    beside = (
        f"within a standard error: {', '.join(near)}" if near else "by more than a standard error"
    )
    return [f"{dataset}: {LABELS[best]} is first; {beside}"]


def _distance(best: Estimate, other: Estimate) -> float:
    """How far the means are apart, in standard errors of their difference."""
    error = math.hypot(best.std / math.sqrt(best.n), other.std / math.sqrt(other.n))
    gap = best.mean - other.mean
    if not error:
        return math.inf if gap else 0.0
    return gap / error


def notes_on_published(
    request: Request, chosen: Mapping[tuple[str, str], Configuration], published: Published
) -> list[str]:
    """Where the published values are printed, and where their setting is not that run here."""
    notes: list[str] = []
    for (method, dataset), here in chosen.items():
        series = headline(published, dataset, method, "test_accuracy")
        if series is None or series.after(request.sweeps) is None:
            continue
        settings = dict(here.settings)
        shared = {k: v for k, v in series.settings.items() if k in settings}
        other = tuple((k, settings[k]) for k, v in shared.items() if settings[k] != v)
        ran = f"; run here with {written(other)}" if other else ""
        theirs = written(tuple(series.settings.items()))
        notes.append(f"published {LABELS[method]} on {dataset}: {series.source} ({theirs}){ran}")
    return notes


def settings_rows(
    request: Request,
    datasets: Sequence[str],
    chosen: Mapping[tuple[str, str], Configuration],
) -> tuple[tuple[Cell, ...], ...]:
    """A row a method, or one for each data set where they are not the same."""
    rows: list[tuple[Cell, ...]] = []
    for method in request.methods:
        own = {dataset: settings_cells(chosen[method, dataset]) for dataset in datasets}
        if len(set(own.values())) == 1:
            own = {"all" if len(datasets) > 1 else datasets[0]: own[datasets[0]]}
        rows += [(Text(LABELS[method]), Text(dataset), *cells) for dataset, cells in own.items()]
    return tuple(rows)


def settings_cells(chosen: Configuration) -> tuple[Text, Text, Text]:
    """A configuration in three cells."""
    return Text(written(chosen.settings)), Text(chosen.dtype), Text(chosen.source)
