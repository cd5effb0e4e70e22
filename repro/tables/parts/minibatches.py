"""What tables 7 and 8 share: their runs, the cells of a run, and the curves in a file.

Curves stand after each epoch and against parameter updates, gradient evaluations and seconds;
they go to a CSV file and, whole, into the JSON file beside each run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from amverify.errors import InvalidInput
from repro.data.dataset import Dataset
from repro.engine import FinishedRun, Laboratory
from repro.minibatch.names import LABELS, PACKAGES, RIVALS
from repro.minibatch.rivals import INSTALL, absent
from repro.minibatch.tuning import configuration
from repro.minibatch.workloads import Settings, Workload, workloads
from repro.render import Cell, Column, Number, Table, Text, Unavailable
from repro.spec import RunSpec
from repro.tables.parts.full_batch import Rows, run_record, where, written
from repro.tables.parts.measures import Group
from repro.tables.parts.request import Request, row_without_data

MEASURED = {
    "parameter_updates": "Parameter updates",
    "gradient_evaluations": "Gradient evaluations",
    "seconds": "Seconds",
    "objective": "Training loss",
    "test_accuracy": "Test accuracy",
}
CURVE_COLUMNS = (
    Column("workload", "Data set"),
    Column("method", "Method"),
    Column("settings", "Settings"),
    Column("seed", "Seed", right=True),
    Column("epoch", "Epoch", right=True),
    *(Column(key, title, right=True) for key, title in MEASURED.items()),
)
PAPER_ONLY = "the CNN is trained on data sets larger than the digits with --profile paper only"
DEFAULTS = "the package's defaults"


Pair = tuple[str, Workload]


@dataclass(frozen=True)
class Configurations:
    """Settings and their source by method and workload, and why there are none for others."""

    chosen: Mapping[Pair, tuple[Settings, str]]
    untuned: Mapping[Pair, InvalidInput]

    def notes(self) -> list[str]:
        """Where the settings come from, and what is not tuned."""
        sources = (f"settings on {w}: {source}" for (_, w), (_, source) in self.chosen.items())
        return list(dict.fromkeys((*sources, *map(str, self.untuned.values()))))


def configurations(methods: Sequence[str], present: Sequence[Workload]) -> Configurations:
    """The configuration of every method on every workload.

    Raises :class:`InvalidInput` when nothing is tuned at all.
    """
    chosen: dict[Pair, tuple[Settings, str]] = {}
    untuned: dict[Pair, InvalidInput] = {}
    for workload in present:
        for method in methods:
            try:
                chosen[method, workload] = configuration(method, workload)
            except InvalidInput as error:
                untuned[method, workload] = error
    if untuned and all(method in RIVALS for method, _ in chosen):
        raise next(iter(untuned.values()))
    return Configurations(chosen, untuned)


def installed(request: Request) -> tuple[Request, list[str]]:
    """``request`` without the methods whose packages are not here, and a note that says so.

    Raises :class:`InvalidInput` when no method is left.
    """
    left_out = [method for method in request.methods if absent(method)]
    if not left_out:
        return request, []
    names = " and ".join(LABELS[method] for method in left_out)
    packages = " and ".join(PACKAGES[method] for method in left_out)
    note = f"not in the table for want of {packages}: {names}; {INSTALL}"
    if len(left_out) == len(request.methods):
        raise InvalidInput(note)
    return replace(request, methods=tuple(m for m in request.methods if m not in left_out)), [note]


def settings_of(settings: Sequence[tuple[str, object]]) -> Text:
    """Settings in a line; those of a method without any are its package's."""
    return Text(written(settings) or DEFAULTS)


def notes_on_profile(request: Request, present: Sequence[Workload]) -> list[str]:
    """What the quick profile leaves out."""
    if request.profile != "quick":
        return []
    parts = [
        f"{w}: the first of its training images, measured on all test images; all with --profile "
        "paper"
        for w in present
        if w.samples
    ]
    return [*([] if request.networks else [PAPER_ONLY]), *parts]


def row_untuned(
    workload: Workload, method: str, error: InvalidInput, width: int
) -> tuple[Cell, ...]:
    """The row of a method that was not tuned, ``width`` cells long."""
    blank = [Text()] * (width - 3)
    return (Text(str(workload)), Text(LABELS[method]), Unavailable(str(error)), *blank)


def rows_of(
    request: Request,
    laboratory: Laboratory,
    untuned: Mapping[Pair, InvalidInput],
    width: int,
    row: Callable[[str, Workload], tuple[Cell, ...]],
) -> Rows:
    """``row(method, workload)`` for each, ``width`` cells long, or why there is none."""
    rows: list[tuple[Cell, ...]] = []
    for workload in workloads(request.datasets, request.profile, request.networks):
        if workload.dataset in laboratory.failed:
            failure = laboratory.failed[workload.dataset]
            about = f"all {len(request.methods)} methods"
            _, *rest = row_without_data(workload.dataset, about, failure, width)
            rows.append((Text(str(workload)), *rest))
            continue
        for method in request.methods:
            missing = untuned.get((method, workload))
            if missing is None:
                rows.append(row(method, workload))
            else:
                rows.append(row_untuned(workload, method, missing, width))
    return tuple(rows)


def workloads_at_hand(
    request: Request, laboratory: Laboratory
) -> tuple[tuple[Workload, ...], dict[str, Dataset]]:
    """The workloads whose data can be had, and the data."""
    datasets = laboratory.available(request.datasets)
    return workloads(tuple(datasets), request.profile, request.networks), datasets


def curves_table(runs: Mapping[RunSpec, FinishedRun]) -> Table:
    """Every curve of every run, a row an epoch; for programs."""
    rows: list[tuple[Cell, ...]] = []
    for spec, run in runs.items():
        about = (
            Text(str(workload_of(spec))),
            Text(LABELS[spec.method]),
            settings_of(spec.settings),
            Number(spec.seed),
        )
        columns = [run.result.curves.get(key) for key in MEASURED]
        for k in range(spec.sweeps):
            values = (Number(None if curve is None else curve[k]) for curve in columns)
            rows.append((*about, Number(k + 1), *values))
    return Table("curves", "Curves", CURVE_COLUMNS, tuple(rows), shown=False)


def workload_of(spec: RunSpec) -> Workload:
    """What ``spec`` trains on."""
    assert spec.minibatch is not None, "tables 7 and 8 are of runs with mini-batches"
    return Workload(spec.dataset, spec.minibatch.network, spec.samples)


def record(spec: RunSpec, run: FinishedRun) -> dict[str, object]:
    """What the JSON file keeps of a run."""
    return {**run_record(spec, run), "curves": finite(run.result.curves)}


def finite(curves: Mapping[str, Sequence[float]]) -> dict[str, list[float | None]]:
    """Curves for JSON: None where there is no number."""
    return {
        name: [value if abs(value) < float("inf") else None for value in curve]
        for name, curve in curves.items()
    }


def mean_end(runs: Group, curve: str, format: str) -> Number:
    """Mean over the seeds of ``curve`` after the last epoch."""
    ends = [run.result.curves[curve][-1] for run in runs.finite.values()]
    return Number(sum(ends) / len(ends) if ends else None, format)


def protocol_of(request: Request, runs: Mapping[RunSpec, FinishedRun]) -> str:
    """How the runs were carried out, for captions."""
    sizes = {spec.dataset: spec.minibatch.size for spec in runs if spec.minibatch is not None}
    batches = ", ".join(f"{size} on {name}" for name, size in sizes.items())
    seeds = ", ".join(map(str, request.seeds))
    own = "Prodigy estimates its rate; " if "prodigy" in request.methods else ""
    return (
        f"{request.sweeps} epochs in mini-batches ({batches}), training and validation parts "
        "together; the same initial weights and batches for all methods at equal seeds; mean ± "
        f"standard deviation over seeds {seeds}. Parameter updates: scalars changed. Gradient "
        "evaluations: partial derivatives computed over the number of parameters. Seconds: in "
        f"the steps alone, {where(runs)}. SAMT's step sizes and meta-rate, and the rate of Adam "
        f"with cosine decay, fall from the first step to the last; {own}all other rates stay."
    )
