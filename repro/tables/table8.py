r"""Table 8: SAMT's kinds of step size: fixed, scalar, row, column, element.

All kinds run the same sweeps over the layers; they differ in the shape of α_i alone: (1,1),
(out,1), (1,in), (out,in), and *fixed* is a scalar that is not trained. The first table takes each
kind's tuned initial step size and shows what was learned: the least, median and greatest step
size of each layer at the end, over the factor that the schedule has come to. The second runs
every kind with one meta-rate from α₀ ∈ 10^{−4…0} (:mod:`repro.tables.parts.robustness`): whole
decades in the quick profile, half ones in the paper's.
"""

from __future__ import annotations

import statistics

from repro.engine import Laboratory
from repro.minibatch.names import FIXED, LABELS, SAMT
from repro.minibatch.networks import HIDDEN
from repro.minibatch.tuning import RATES
from repro.minibatch.workloads import (
    EPOCHS,
    Settings,
    Workload,
    specification,
)
from repro.render import Cell, Column, Document, Table, Text
from repro.tables.parts import robustness
from repro.tables.parts.full_batch import document, notes_on_runs, written
from repro.tables.parts.measures import Group, final, group
from repro.tables.parts.minibatches import (
    configurations,
    curves_table,
    mean_end,
    notes_on_profile,
    protocol_of,
    record,
    rows_of,
    workloads_at_hand,
)
from repro.tables.parts.request import Protocol, Request, notes_without_data

PROTOCOL = Protocol(
    datasets=("digits", "mnist", "fashion_mnist"),
    methods=tuple(SAMT),
    sweeps=EPOCHS,
    also=("cifar10",),
    networks=tuple(HIDDEN),
)
COLUMNS = (
    Column("workload", "Data set"),
    Column("method", "Method"),
    Column("test_accuracy", "Test accuracy", right=True, highest=True),
    Column("objective", "Training loss", right=True),
    Column("settings", "Settings"),
    Column("learned", "Step sizes learned, by layer: least, median, greatest"),
)
STATISTICS = ("least", "median", "greatest")
Key = tuple[str, Workload, float | None]


def make(request: Request, laboratory: Laboratory) -> Document:
    """The document of table 8: kinds, robustness, curves."""
    present, datasets = workloads_at_hand(request, laboratory)
    rates = RATES if request.profile == "paper" else RATES[::2]
    found = configurations(request.methods, present)
    compared = [w for w in present if w.network in (request.networks or ("mlp",))]
    settings: dict[Key, Settings] = {
        (m, w, rate): (("alpha", rate),)
        for w in compared
        for m in request.methods
        for rate in rates
    }
    settings |= {(m, w, None): own for (m, w), (own, _) in found.chosen.items()}
    specs = {
        (m, w, rate): [
            specification(w, m, own, seed, request.sweeps)
            for seed in (request.seeds if rate is None else robustness.seeds_of(w, request.seeds))
        ]
        for (m, w, rate), own in settings.items()
    }
    runs = laboratory.run([spec for some in specs.values() for spec in some])
    groups = {key: group(own, runs) for key, own in specs.items()}
    chosen = {(m, w): groups[m, w, None] for m, w in found.chosen}
    about = protocol_of(request, runs)
    kinds = Table(
        name="kinds",
        title="Table 8: kinds of step size",
        columns=COLUMNS,
        rows=rows_of(
            request,
            laboratory,
            found.untuned,
            len(COLUMNS),
            lambda method, workload: _row(workload, method, chosen[method, workload]),
        ),
        caption=f"{about} Least and greatest over the seeds, medians averaged.",
        notes=(
            *notes_without_data(laboratory, request.datasets),
            *notes_on_profile(request, present),
            *notes_on_runs({f"{LABELS[m]} on {w}": own for (m, w), own in chosen.items()}),
            *found.notes(),
        ),
    )
    started = {(m, w, rate): own for (m, w, rate), own in groups.items() if rate is not None}
    ranges = robustness.table(request.methods, compared, rates, started, about)
    return document("table8", (kinds, ranges, curves_table(runs)), datasets, runs, record)


def _row(workload: Workload, method: str, runs: Group) -> tuple[Cell, ...]:
    return (
        Text(str(workload)),
        Text(LABELS[method]),
        final(runs, "test_accuracy"),
        mean_end(runs, "objective", ".3f"),
        Text(written(runs.any_spec.settings)),
        Text("" if method == FIXED else learned(runs)),
    )


def learned(runs: Group) -> str:
    """Each layer's step sizes after the last epoch, over all runs."""
    curves = [run.result.curves for run in runs.finite.values()]
    layers = 0
    while curves and f"alpha_{layers + 1}_median" in curves[0]:
        layers += 1
    told = []
    for layer in range(1, layers + 1):
        least, median, greatest = (
            [own[f"alpha_{layer}_{what}"][-1] for own in curves] for what in STATISTICS
        )
        values = (min(least), statistics.fmean(median), max(greatest))
        told.append(", ".join(f"{value:.2g}" for value in values))
    return "; ".join(told)
