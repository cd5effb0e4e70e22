"""What figures are drawn from, of real runs: few sweeps, and none the second time."""

from __future__ import annotations

import json

import pytest

from amverify.errors import CorruptFile, DataUnavailable
from paper_figures.data.frame import Frame
from paper_figures.data.kept import kept
from paper_figures.data.results import documents
from paper_figures.data.runs import Sources
from paper_figures.figures import cost, descent, kl, published, recording, slack, tiles, undecided
from repro.engine import Laboratory, local
from repro.published import load
from repro.published.cells import cells_of
from repro.tables.parts.request import Request


@pytest.fixture
def sources(tmp_path) -> Sources:
    return Sources(Laboratory(tmp_path / "cache"), tmp_path)


def test_descent_counts_what_the_safeguard_changed_and_is_kept(sources, monkeypatch):
    request = Request(("few_digits",), ("palm", "tiam_outside"), (0,), 3)
    first = descent.data(request, sources)
    sweeps = first["sweeps"]
    assert sweeps.where(method="tiam_outside").numbers("reduced").tolist() == [11, 11, 11]
    assert sweeps.where(method="palm").numbers("reduced").tolist() == [0, 0, 0]
    assert (sweeps.numbers("Psi") >= sweeps.numbers("F")).all()
    monkeypatch.setattr(local, "carry_out", None)
    assert descent.data(request, sources).frames == first.frames


def test_slack_is_the_stored_table(sources):
    points = slack.data(Request((), (), (), 0), sources)["points"]
    assert len(points) == 240
    sharp = points.where(side="p1 s >= p2")
    assert abs(sharp.numbers("T2") - sharp.numbers("upper")).max() < 1e-4
    assert (points.numbers("attained") <= points.numbers("upper")).all()


def test_kept_numbers_are_read_back_until_the_question_changes(sources):
    asked: list[int] = []

    def compute() -> Frame:
        asked.append(1)
        return Frame("f", {"x": (1.5, None)})

    for question in ([0], [0], [1]):
        assert kept(sources, "f", question, ("paper_figures.data",), compute).columns["x"] == (
            1.5,
            None,
        )
    assert len(asked) == 2
    next((sources.laboratory.cache / "figures").iterdir()).write_text("{}")
    kept(sources, "f", [0], ("paper_figures.data",), compute)
    kept(sources, "f", [1], ("paper_figures.data",), compute)
    assert len(asked) == 3


def test_a_run_stays_below_its_declared_line_and_bound(sources):
    runs = kl.data(Request((), (), (), 0), sources)["runs"]
    known = runs.numbers("declared") > 0
    assert (runs.numbers("gap")[known] <= runs.numbers("declared")[known] * (1 + 1e-9)).all()
    assert (runs.numbers("gap") <= runs.numbers("envelope") * (1 + 1e-9)).all()


def test_tables_that_are_not_there_are_named_with_their_command(tmp_path):
    with pytest.raises(DataUnavailable, match="python -m repro table10"):
        documents(tmp_path, ["table10"])
    (tmp_path / "table10.json").write_text("[]")
    with pytest.raises(CorruptFile, match=r"table10\.json is no table's JSON"):
        documents(tmp_path, ["table10"])


def test_published_cells_are_those_that_score_counts(sources, tmp_path):
    cell = next(own for own in cells_of(load()) if own.value is not None)
    row = {
        "dataset": {"kind": "text", "text": cell.dataset},
        "verdict": {
            **{"kind": "verdict", "verdict": "differs", "difference": 0.05},
            **{"published": cell.key, "seeds": 3},
        },
    }
    whole = {"document": "table2", "tables": [{"rows": [row]}], "provenance": {}}
    (tmp_path / "table2.json").write_text(json.dumps(whole))
    cells = published.data(Request((), (), (), 0), sources)["cells"]
    assert cells.columns["cell"] == (cell.key,)
    assert cells.numbers("measured") == pytest.approx(cells.numbers("published") + 0.05)


def test_what_floats_leave_open_exact_values_decide(sources, monkeypatch):
    monkeypatch.setattr(undecided, "SWEEPS", 12)
    monkeypatch.setattr(undecided, "PARTS", 2)
    frame = undecided.data(Request((), (), (), 0), sources)["undecided"]
    assert frame.levels("theorem") == list(undecided.CLAIMS)
    for theorem in undecided.CLAIMS:
        instances, floats, exactly = (
            frame.where(theorem=theorem).numbers(name) for name in undecided.COLUMNS[2:]
        )
        assert instances[1] == 2 * instances[0] > 0
        assert (exactly <= floats).all()
    assert frame.where(theorem="T1").numbers("in_floats").max() > 0
    assert frame.numbers("exactly").max() == 0


def test_cost_is_table_9s(sources):
    def row(hidden: str, mean: float) -> dict[str, object]:
        names = {"dataset": {"text": "mnist"}, "method": {"text": "TIAM"}}
        sizes = {"samples": {"value": 500}, "hidden": {"text": hidden}}
        return {**names, **sizes, "milliseconds": {"mean": mean}, "floor": {"value": 1.5}}

    gone = {"milliseconds": {"reason": "no data"}}
    tables = [{"name": "growth"}, {"name": "cost", "rows": [gone, row("2 × 100", 4.0)]}]
    whole = {"document": "table9", "tables": tables, "provenance": {}}
    (sources.results / "table9.json").write_text(json.dumps(whole))
    frame = cost.data(Request((), (), (), 0), sources)["cost"]
    assert [frame.columns[name][0] for name in cost.COLUMNS] == [
        *("mnist", "TIAM", 500, 100, 2, 4.0, 1.5)
    ]


def test_recording_is_measured_once(sources, monkeypatch):
    monkeypatch.setattr(recording, "WIDTHS", (3,))
    monkeypatch.setattr(recording, "REPEATS", 2)
    request = Request(("few_digits",), (), (), 0)
    first = recording.data(request, sources)["recording"]
    assert first.levels("what") == list(recording.LABELS)
    assert (first.numbers("low") <= first.numbers("ratio")).all()
    assert first.numbers("plain").min() > 0
    assert recording.data(request, sources)["recording"] == first


@pytest.mark.parametrize(
    ("figure", "table", "tables"),
    [
        (cost, "table9", [{"name": "growth"}]),
        (cost, "table9", [{"name": "cost", "rows": [{}]}]),
        (tiles, "table10", []),
        (tiles, "table10", [{"rows": [{"verdict": {"text": "PERHAPS"}}]}]),
    ],
)
def test_a_misshapen_table_is_the_files_fault(sources, figure, table, tables):
    (sources.results / f"{table}.json").write_text(json.dumps({"tables": tables}))
    with pytest.raises(CorruptFile, match=f"{table}.json is not as python -m repro writes it"):
        figure.data(Request((), (), (), 0), sources)
