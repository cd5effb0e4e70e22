"""What one constant does to mDLAM and TIAM over the sweeps, beside mDLAM's published curves.

Three rows for each value of the constant: test accuracies here (mean ± standard deviation over the
seeds), those that the paper prints, the verdict on each of them. TIAM has its configuration of
table 2 with that one constant changed; its own tables are not in the public record at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from repro.engine import FinishedRun, Laboratory
from repro.full_batch.configurations import LABELS
from repro.published import Series, judge_accuracy, key_of, load
from repro.render import Cell, Column, Document, Number, PublishedValue, Table, Text, verdict_of
from repro.spec import RunSpec, Setting
from repro.tables.parts.full_batch import document, notes_on_runs, rows_by_dataset, runs_of
from repro.tables.parts.measures import Group, after, group
from repro.tables.parts.request import Protocol, Request, notes_without_data

PROTOCOL = Protocol(
    ("cora", "citeseer", "pubmed", "coauthor_cs"), ("mdlam", "tiam"), 200, also=("digits",)
)
EVERY = 40
"""The papers print a value after every so many sweeps."""


@dataclass(frozen=True)
class Effect:
    """The table ``name`` of what the constant ``setting``, written ``symbol``, does.

    ``published`` is the paper's table; ``settings_of(method, dataset, value)`` are those of a run.
    """

    name: str
    title: str
    setting: str
    symbol: str
    values: tuple[float, ...]
    published: str
    settings_of: Callable[[str, str, float], Mapping[str, Setting]]
    caption: str

    def make(self, request: Request, laboratory: Laboratory) -> Document:
        """The document of the table."""
        datasets = laboratory.available(request.datasets)
        specs = {
            (d, m, value): runs_of(request, d, m, self.settings_of(m, d, value), "float32")
            for d in datasets
            for m in request.methods
            for value in self.values
        }
        runs = laboratory.run([spec for some in specs.values() for spec in some])
        groups = {key: group(own, runs) for key, own in specs.items()}
        table = self._table(request, laboratory, groups, runs)
        return document(self.name, (table,), datasets, runs)

    def _table(
        self,
        request: Request,
        laboratory: Laboratory,
        groups: Mapping[tuple[str, str, float], Group],
        runs: Mapping[RunSpec, FinishedRun],
    ) -> Table:
        shown = sweeps_shown(request.sweeps)

        def rows_of(name: str) -> Iterator[tuple[Cell, ...]]:
            for (dataset, method, value), own in groups.items():
                if dataset == name:
                    yield from self._rows(dataset, method, value, own, shown)

        columns = (
            Column("dataset", "Data set"),
            Column("method", "Method"),
            Column(self.setting, self.symbol, right=True),
            Column("origin", "Test accuracy"),
            *(Column(f"after_{k}", f"after {k}", right=True) for k in shown),
        )
        seeds = ", ".join(map(str, request.seeds))
        labels = {(d, m, v): f"{LABELS[m]}, {self.symbol} = {v:g} on {d}" for d, m, v in groups}
        return Table(
            name="effect",
            title=self.title,
            columns=columns,
            rows=rows_by_dataset(request, laboratory, len(columns), rows_of, "all"),
            caption=f"Mean ± standard deviation over seeds {seeds}. {self.caption}",
            notes=(
                *notes_without_data(laboratory, request.datasets),
                *notes_on_runs({labels[key]: own for key, own in groups.items()}),
            ),
        )

    def _rows(
        self, dataset: str, method: str, value: float, runs: Group, shown: tuple[int, ...]
    ) -> Iterator[tuple[Cell, ...]]:
        """Here, published, verdicts; the first alone where nothing is published."""
        head = (Text(dataset), Text(LABELS[method]), Number(value, "g"))
        measured = [after(runs, "test_accuracy", k) for k in shown]
        yield (*head, Text("here"), *measured)
        series = self._series(dataset, method, runs)
        if series is None:
            return
        values = [series.after(k) for k in shown]
        source = str(series.source)
        printed = [Text() if v is None else PublishedValue(v, source) for v in values]
        yield (*head, Text(source), *printed)
        verdicts = [
            verdict_of(judge_accuracy(own.mean, own.std, own.n, v), key_of(series, k) if v else "")
            for own, v, k in zip(measured, values, shown, strict=True)
        ]
        yield (*head, Text("verdict"), *verdicts)

    def _series(self, dataset: str, method: str, runs: Group) -> Series | None:
        """What the paper prints of these settings, None where it prints nothing."""
        settings = dict(runs.any_spec.settings)
        for series in load().series:
            same = (series.source.table, series.dataset, series.method, series.quantity)
            if same == (self.published, dataset, method, "test_accuracy") and all(
                settings.get(name) == value for name, value in series.settings.items()
            ):
                return series
        return None


def sweeps_shown(sweeps: int) -> tuple[int, ...]:
    """Every 40 sweeps, as the papers do; the last where there are fewer."""
    return tuple(range(EVERY, sweeps + 1, EVERY)) or (sweeps,)
