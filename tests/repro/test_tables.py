"""The tables say what the runs and the papers say, and what could not be had."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import fake_runs
import numpy as np
import pytest

from amverify.errors import AmverifyError, CorruptFile, DataUnavailable
from repro.data.dataset import Dataset
from repro.engine import FinishedRun, Laboratory
from repro.full_batch.configurations import METHODS, Configuration
from repro.render import Document, Estimate, Number, PublishedValue, Text, Unavailable
from repro.spec import RunResult, RunSpec
from repro.tables import TABLES, Request, table2
from repro.tables.parts.measures import final, first_reaching, group, target_of, to_target
from repro.tables.table1 import make as make_table1
from repro.tables.table2 import make as make_table2

SWEEPS = 200
PLACE = {"hardware": {"processor": "a processor"}, "threads": 1}


@pytest.fixture(autouse=True)
def _configured(monkeypatch):
    def configuration(method: str, dataset: str) -> Configuration:
        own = 0.01 if method == "adam" and dataset == "cora" else 0.001
        return Configuration(method, (("rho", own),), "float32", "made up")

    monkeypatch.setattr(table2, "configuration", configuration)


def request(
    datasets: Sequence[str] = ("cora",),
    methods: Sequence[str] = ("mdlam", "tiam"),
    seeds: Sequence[int] = (0, 1),
    sweeps: int = SWEEPS,
) -> Request:
    return Request(tuple(datasets), tuple(methods), tuple(seeds), sweeps)


def finished(result: RunResult) -> FinishedRun:
    return FinishedRun(result, PLACE, "key", cached=False)


def linear(spec: RunSpec, slope: float) -> RunResult:
    """Accuracy slope·k/200 up to 0.742 + seed/100; a tenth of a second a sweep."""
    end = 0.742 + spec.seed / 100
    curve = [min(end, slope * (k + 1) / SWEEPS) for k in range(spec.sweeps)]
    return replace(
        fake_runs.result_of(spec),
        curves={
            "objective": [1.0] * spec.sweeps,
            "train_accuracy": curve,
            "test_accuracy": curve,
            "seconds": [0.1 * (k + 1) for k in range(spec.sweeps)],
        },
    )


def results(spec: RunSpec) -> RunResult:
    return linear(spec, {"mdlam": 1.0, "tiam": 2.0}.get(spec.method, 0.7))


class Lab:
    """A laboratory whose data and runs are made up."""

    def __init__(self, missing: Mapping[str, AmverifyError] | None = None, result=results) -> None:
        self.missing = missing or {}
        self.result = result
        self.asked: list[RunSpec] = []

    def load(self, name: str) -> Dataset:
        if name in self.missing:
            raise self.missing[name]
        return fake_runs.dataset(name, listed=5429 if name == "cora" else None)

    def make(self, table, wanted: Request) -> tuple[Document, Laboratory]:
        laboratory = fake_runs.MadeUp(self.result, self.load, PLACE)
        document = table(wanted, laboratory)
        self.asked = laboratory.asked
        return document, laboratory


def cell(document: Document, row: int, key: str, table: int = 0):
    columns = [column.key for column in document.tables[table].columns]
    return document.tables[table].rows[row][columns.index(key)]


def test_first_reaching_counts_sweeps_from_1():
    curve = np.array([0.1, 0.5, 0.4, 0.6])
    assert first_reaching(curve, 0.1) == 1
    assert first_reaching(curve, 0.5) == 2
    assert first_reaching(curve, 0.7) is None
    assert first_reaching(np.full(3, np.nan), 0.5) is None


def test_target_is_met_by_the_mean_and_seconds_follow():
    specs = [fake_runs.spec(seed=seed, sweeps=4) for seed in range(3)]
    curves = ([0.0, 0.2, 0.4, 0.4], [0.0, 0.4, 0.4, 0.5], [0.0, 0.0, 0.1, 0.3])
    runs = {}
    for spec, curve in zip(specs, curves, strict=True):
        result = fake_runs.result_of(spec)
        result.curves["test_accuracy"] = curve
        result.curves["seconds"] = [(spec.seed + 1.0) * k for k in range(1, 5)]
        runs[spec] = finished(result)
    sweeps, median, seconds = to_target(group(specs, runs), 0.3)
    assert sweeps == Number(3)  # means: 0, 0.2, 0.3, 0.4
    assert (median.value, median.detail) == (3, "3/3")  # 3, 2, 4
    assert seconds.value == pytest.approx(2.0 * 3)
    never, some, none = to_target(group(specs, runs), 0.45)
    assert (never.value, some.value, some.detail, none.value) == (None, None, "1/3", None)
    assert to_target(group(specs, runs), None) == (Number(None),) * 3


def test_diverged_runs_are_counted_and_leave_the_mean():
    specs = [fake_runs.spec(seed=seed) for seed in range(4)]
    runs = {spec: finished(fake_runs.result_of(spec, 0.6)) for spec in specs}
    runs[specs[0]].result.curves["test_accuracy"][-1] = math.nan
    runs[specs[1]].result.curves["objective"][-1] = math.inf
    runs[specs[2]] = finished(replace(runs[specs[2]].result, notes=("diverged at sweep 2",)))
    found = group(specs, runs)
    estimate = final(found, "test_accuracy")
    assert (estimate.values, estimate.seeds, estimate.diverged) == ((0.6,), (3,), (0, 1, 2))
    assert target_of(group(specs[:2], runs)) is None


def test_table2_rows_beside_published_values():
    lab = Lab()
    document, _ = lab.make(make_table2, request(("cora", "digits")))
    assert len(lab.asked) == 2 * 2 * 2
    assert lab.asked[0] == RunSpec(
        "cora", "mdlam", (("rho", 0.001),), (100, 100), "relu", SWEEPS, 0, "float32"
    )
    accuracy = cell(document, 0, "test_accuracy")
    assert isinstance(accuracy, Estimate)
    assert accuracy.mean == pytest.approx(0.747)
    assert cell(document, 0, "n") == Number(2)
    published = cell(document, 0, "published")
    assert isinstance(published, PublishedValue)
    assert published.value == 0.742
    assert published.source == "mDLAM Table 5 (rho = 0.001, epsilon = 100)"
    assert cell(document, 0, "verdict").plain() == "reproduced"
    assert cell(document, 1, "verdict").plain() == "no published value"
    assert cell(document, 2, "published") == Text()
    # mDLAM rises by 1/200 a sweep to 0.742 and 0.752, TIAM twice as fast.
    assert cell(document, 0, "sweeps_to_target").value == 151
    assert cell(document, 1, "sweeps_to_target").value == 76
    assert cell(document, 1, "seconds_to_target").value == pytest.approx(7.6)
    assert cell(document, 1, "median_sweeps").detail == "1/2"


def test_table2_says_by_how_much_it_differs():
    def worse(spec: RunSpec) -> RunResult:
        return fake_runs.result_of(spec, 0.7)

    document, _ = Lab(result=worse).make(make_table2, request())
    assert cell(document, 0, "verdict").plain() == "differs by −0.042"


def test_table2_without_mdlam_has_no_target_and_says_so():
    document, _ = Lab().make(make_table2, request(methods=("tiam",)))
    assert cell(document, 0, "sweeps_to_target") == Number(None)
    assert "No target without mDLAM" in document.tables[0].caption


def test_table2_after_other_sweeps_compares_with_those_or_not_at_all():
    document, _ = Lab().make(make_table2, request(sweeps=160))
    assert cell(document, 0, "published").value == 0.737
    document, _ = Lab().make(make_table2, request(sweeps=50))
    assert cell(document, 0, "verdict").plain() == "no published value"


def test_table2_notes_where_the_run_is_not_at_the_published_setting():
    document, _ = Lab().make(make_table2, request(("cora", "citeseer")))
    notes = "\n".join(document.tables[0].notes)
    assert "published mDLAM on cora: mDLAM Table 5 (rho = 0.001, epsilon = 100)\n" in notes
    assert "Table 5 (rho = 0.005, epsilon = 100); run here with rho = 0.001" in notes


def test_table2_with_diverged_runs_says_how_many():
    def diverging(spec: RunSpec) -> RunResult:
        sound = results(spec)
        return fake_runs.diverging(spec, fake_runs.dataset(), print) if spec.seed else sound

    document, _ = Lab(result=diverging).make(make_table2, request())
    assert cell(document, 0, "test_accuracy").plain() == "0.742 (1 of 2 diverged)"
    assert "mDLAM on cora diverged from seed(s) 1; the mean is over the others" in (
        document.tables[0].notes
    )


def test_table2_where_all_runs_diverged():
    def diverging(spec: RunSpec) -> RunResult:
        return fake_runs.diverging(spec, fake_runs.dataset(), print)

    document, _ = Lab(result=diverging).make(make_table2, request())
    assert cell(document, 0, "test_accuracy").plain() == "— (2 of 2 diverged)"
    assert cell(document, 0, "verdict").plain() == "not comparable"
    assert cell(document, 1, "sweeps_to_target") == Number(None)


def test_settings_stand_once_where_they_are_the_same():
    document, _ = Lab().make(make_table2, request(("cora", "digits"), ("adam", "tiam")))
    rows = [tuple(c.plain() for c in row) for row in document.tables[1].rows]
    assert rows == [
        ("Adam", "cora", "rho = 0.01", "float32", "made up"),
        ("Adam", "digits", "rho = 0.001", "float32", "made up"),
        ("TIAM", "all", "rho = 0.001", "float32", "made up"),
    ]


def test_provenance_of_a_document_has_every_run():
    document, _ = Lab().make(make_table2, request())
    runs = document.provenance["runs"]
    assert len(runs) == 4
    assert runs[0]["spec"]["method"] == "mdlam"
    assert runs[0]["hardware"] == PLACE["hardware"]
    assert document.provenance["data_hashes"] == {"cora": {"file": "0" * 64}}
    assert "a processor, 1 thread(s)" in document.tables[0].caption


@pytest.mark.parametrize("make", [make_table1, make_table2])
def test_missing_data_leave_their_row_with_the_reason(make):
    missing = {"pubmed": DataUnavailable("pubmed: no network; put it into a folder")}
    document, laboratory = Lab(missing).make(make, request(("pubmed", "cora")))
    table = document.tables[0]
    assert cell(document, 0, "dataset") == Text("pubmed")
    assert Unavailable("no network; put it into a folder") in table.rows[0]
    assert "pubmed is not in the table: no network; put it into a folder" in table.notes
    assert list(laboratory.failed) == ["pubmed"]
    assert any(cell(document, i, "dataset") == Text("cora") for i in range(len(table.rows)))


@pytest.mark.parametrize(("kind", "status"), [(DataUnavailable, 4), (CorruptFile, 4)])
def test_no_data_at_all_is_an_error_of_their_kind(kind, status):
    missing = {"pubmed": kind("pubmed: why"), "cora": kind("cora: why")}
    with pytest.raises(kind, match=r"no row can be computed: pubmed: why \(and 1 more") as caught:
        Lab(missing).make(make_table2, request(("pubmed", "cora")))
    assert caught.value.exit_status == status


def test_table1_compares_edges_as_the_file_lists_them():
    document, _ = Lab().make(make_table1, request(("cora",)))
    assert cell(document, 0, "edges") == Number(5278)
    assert cell(document, 0, "edges_listed") == Number(5429)
    assert cell(document, 0, "validation") == Text()
    assert cell(document, 0, "verdict").plain() == "reproduced"
    assert cell(document, 1, "origin") == Text("mDLAM Table 2")
    assert cell(document, 1, "edges") == Number(5429)


def test_table1_says_what_differs():
    document, _ = Lab().make(make_table1, request(("coauthor_cs",)))
    assert cell(document, 0, "verdict").plain() == (
        "differs nodes by -15625, edges by -76616, classes by -8, features by -5372"
    )


def ending(ends: Mapping[str, Sequence[float]]):
    """Runs whose test accuracy ends at what is given for the method, seed by seed."""

    def result(spec: RunSpec) -> RunResult:
        made = fake_runs.result_of(spec, ends[spec.method][spec.seed])
        return replace(made, curves={**made.curves, "seconds": made.curves["test_accuracy"]})

    return result


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ({"mdlam": (0.7, 0.9), "tiam": (0.75, 0.81), "gd": (0.5, 0.5)},
         "cora: mDLAM is first; within a standard error: TIAM"),
        ({"mdlam": (0.7, 0.7), "tiam": (0.6, 0.8), "gd": (0.81, 0.83)},
         "cora: GD is first; by more than a standard error"),
        ({"mdlam": (0.7, 0.7), "tiam": (0.7, 0.7), "gd": (0.5, 0.5)},
         "cora: mDLAM is first; within a standard error: TIAM"),
        ({"mdlam": (0.9, math.nan), "tiam": (0.7, 0.7), "gd": (0.5, 0.5)},
         "cora: TIAM is first; by more than a standard error"),
    ],
)  # fmt: skip
def test_table2_says_which_is_first_and_what_is_as_good(ends, said):
    """In the first case the means are 0.02 apart, and √(0.1² + 0.03²) is 0.104."""
    document, _ = Lab(result=ending(ends)).make(make_table2, request(methods=tuple(ends)))
    assert said in document.tables[0].notes


def test_one_seed_says_of_nothing_that_it_is_first():
    document, _ = Lab().make(make_table2, request(seeds=(0,)))
    assert not any("is first" in note for note in document.tables[0].notes)


def test_every_method_has_a_row_and_a_name():
    document, _ = Lab().make(make_table2, request(methods=METHODS))
    assert len(document.tables[0].rows) == len(METHODS)
    assert {"table1", "table2"} <= set(TABLES)
