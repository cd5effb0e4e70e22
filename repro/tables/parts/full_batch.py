"""What the tables of full-batch runs share: their runs, rows by data set, notes, provenance.

Three layers, two of them hidden with 100 ReLU units. ``DATASETS`` are the usual ones; on these and
on ``ALSO`` every method has a configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict

from repro.data.dataset import Dataset
from repro.engine import FinishedRun, Laboratory
from repro.render import Cell, Document, Table
from repro.spec import RunSpec, Setting
from repro.tables.parts.measures import Group
from repro.tables.parts.request import Request, row_without_data

HIDDEN = (100, 100)
ACTIVATION = "relu"
SWEEPS = 200
DATASETS = ("cora", "citeseer", "pubmed", "coauthor_cs", "digits")
ALSO = ("synthetic_graph",)

Rows = tuple[tuple[Cell, ...], ...]


def runs_of(
    request: Request,
    dataset: str,
    method: str,
    settings: Mapping[str, Setting],
    dtype: str = "float64",
    claims: tuple[str, ...] = (),
) -> tuple[RunSpec, ...]:
    """The runs of one configuration, one a seed."""
    ordered, sweeps = tuple(sorted(settings.items())), request.sweeps
    return tuple(
        RunSpec(dataset, method, ordered, HIDDEN, ACTIVATION, sweeps, seed, dtype, claims)
        for seed in request.seeds
    )


def rows_by_dataset(
    request: Request,
    laboratory: Laboratory,
    width: int,
    rows_of: Callable[[str], Iterable[tuple[Cell, ...]]],
    about: str = "",
) -> Rows:
    """``rows_of(name)`` for each data set, ``width`` cells long, or why there are none."""
    rows: list[tuple[Cell, ...]] = []
    for name in request.datasets:
        if name in laboratory.failed:
            rows.append(row_without_data(name, about, laboratory.failed[name], width))
        else:
            rows += rows_of(name)
    return tuple(rows)


def document(
    name: str,
    tables: tuple[Table, ...],
    datasets: Mapping[str, Dataset],
    runs: Mapping[RunSpec, FinishedRun],
    record: Callable[[RunSpec, FinishedRun], dict[str, object]] | None = None,
    pages: Mapping[str, str] | None = None,
) -> Document:
    """The tables, the data's hashes, ``record`` (:func:`run_record`) of every run, ``pages``."""
    hashes = {name: dict(dataset.hashes) for name, dataset in datasets.items()}
    records = [(record or run_record)(spec, run) for spec, run in runs.items()]
    return Document(name, tables, {"data_hashes": hashes, "runs": records}, pages or {})


def where(runs: Mapping[RunSpec, FinishedRun]) -> str:
    """The machine that the runs were timed on, as far as it is one."""
    places = {place(run.provenance) for run in runs.values()}
    return places.pop() if len(places) == 1 else "not all on one machine (see the JSON file)"


def place(provenance: Mapping[str, object]) -> str:
    """Processor and threads that a run was timed on."""
    hardware = provenance.get("hardware")
    processor = hardware.get("processor", "unknown") if isinstance(hardware, dict) else "unknown"
    return f"{processor}, {provenance.get('threads', '?')} thread(s) a run"


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
