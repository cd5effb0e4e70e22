"""Table 2: test accuracy of TIAM and the methods that it is compared with.

Three layers, two of them hidden with 100 ReLU units, full batch. Alternating methods start
from mDLAM's Gaussian weights, gradient methods from those of ``nn.Linear`` (see
:mod:`repro.full_batch.methods`). Every row is one configuration; nothing is chosen here: the
configurations, with where they come from, are in :mod:`repro.full_batch.configurations`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from repro.engine import FinishedRun
from repro.full_batch.configurations import LABELS, Configuration, configuration
from repro.published import Published, Series, headline, judge_accuracy, load
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
from repro.spec import RunSpec
from repro.tables.parts.measures import Group, final, group, target_of, to_target
from repro.tables.parts.request import (
    Laboratory,
    Request,
    available,
    notes_without_data,
    row_without_data,
)

HIDDEN = (100, 100)
ACTIVATION = "relu"
TARGET_METHOD = "mdlam"
COLUMNS = (
    Column("dataset", "Data set"),
    Column("method", "Method"),
    Column("test_accuracy", "Test accuracy", right=True),
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
    datasets = available(request, laboratory)
    chosen = {(m, d): configuration(m, d) for d in datasets for m in request.methods}
    specs = {pair: specs_of(pair[1], chosen[pair], request) for pair in chosen}
    runs = laboratory.run([spec for group in specs.values() for spec in group], datasets)
    groups = {pair: group(specs[pair], runs) for pair in specs}
    rows: list[tuple[Cell, ...]] = []
    for name in request.datasets:
        if name in datasets:
            rows += rows_of(name, request, groups, published)
        else:
            about = f"all {len(request.methods)} methods"
            rows.append(row_without_data(name, about, laboratory.failed[name], len(COLUMNS)))
    accuracies = Table(
        name="accuracy",
        title=f"Table 2: test accuracy after {request.sweeps} sweeps",
        columns=COLUMNS,
        rows=tuple(rows),
        caption=caption(request, runs),
        notes=(
            *notes_without_data(laboratory, request.datasets),
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
    hashes = {name: dict(dataset.hashes) for name, dataset in datasets.items()}
    provenance = {"data_hashes": hashes, "runs": [run_record(s, run) for s, run in runs.items()]}
    return Document("table2", (accuracies, settings), provenance)


def specs_of(dataset: str, chosen: Configuration, request: Request) -> tuple[RunSpec, ...]:
    """One specification a seed."""
    return tuple(
        RunSpec(
            dataset=dataset,
            method=chosen.method,
            settings=tuple(sorted(chosen.settings)),
            hidden=HIDDEN,
            activation=ACTIVATION,
            sweeps=request.sweeps,
            seed=seed,
            dtype=chosen.dtype,
        )
        for seed in request.seeds
    )


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
                verdict_of(judgement),
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


def where(runs: Mapping[RunSpec, FinishedRun]) -> str:
    """The machine that the runs were timed on, as far as it is one."""
    places = {place(run.provenance) for run in runs.values()}
    return places.pop() if len(places) == 1 else "not all on one machine (see the JSON file)"


def place(provenance: Mapping[str, object]) -> str:
    """Processor and threads that a run was timed on."""
    hardware = provenance.get("hardware")
    processor = hardware.get("processor", "unknown") if isinstance(hardware, dict) else "unknown"
    return f"{processor}, {provenance.get('threads', '?')} thread(s) a run"


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


def notes_on_runs(groups: Mapping[str, Group]) -> list[str]:
    """What the runs, by a name for each group, say of themselves, and which of them diverged."""
    notes: list[str] = []
    for name, runs in groups.items():
        if runs.diverged:
            seeds = ", ".join(str(spec.seed) for spec in runs.diverged)
            notes.append(f"{name} diverged from seed(s) {seeds}; the mean is over the others")
        said = [note for run in runs.finite.values() for note in run.result.notes]
        notes += [f"{name}: {note}" for note in dict.fromkeys(said)]
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


def written(settings: Sequence[tuple[str, object]]) -> str:
    """Settings in a line."""
    return ", ".join(
        f"{name} = {value:g}" if isinstance(value, float) else f"{name} = {value}"
        for name, value in settings
    )


def run_record(spec: RunSpec, run: FinishedRun) -> dict[str, object]:
    """What the JSON file keeps of a run."""
    return {
        "spec": asdict(spec),
        "key": run.key,
        "cached": run.cached,
        "notes": list(run.result.notes),
        **run.provenance,
    }
