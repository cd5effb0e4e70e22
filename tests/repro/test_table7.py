"""Tables 7 and 8 say what the runs say: accuracies, costs, the claim, ranges, curves."""

from __future__ import annotations

import csv
import io
import json
import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import fake_runs
import pytest
from small_images import small_images

from amverify.errors import AmverifyError, DataUnavailable, InvalidInput
from repro.data.dataset import Dataset
from repro.minibatch import tuning
from repro.minibatch.names import BASELINES, LABELS, SAMT
from repro.minibatch.workloads import Workload
from repro.published.values import Series, Source
from repro.render import Document, Number, Text, Unavailable, write_files
from repro.spec import RunResult, RunSpec
from repro.tables import Request, table7, table8
from repro.tables.parts import robustness
from repro.tables.parts.claim import Compared
from repro.tables.parts.robustness import Held, held

EPOCHS = 4
PLACE = {"hardware": {"processor": "a processor"}, "threads": 1}
METHODS = (*BASELINES, *SAMT)
LAYERS = 2


@pytest.fixture(autouse=True)
def _tuned(monkeypatch):
    """Everything is tuned to 0.1; SAMT's column kind validated best, the row kind tests best."""
    sections = ("digits_mlp", "digits_cnn", "fashion_mnist_mlp", "fashion_mnist_cnn")
    document = {m: {s: {"alpha" if m in SAMT else "lr": 0.1} for s in sections} for m in METHODS}
    document["validation_accuracy"] = {
        s: {m: 0.95 if m == "samt_column" else 0.9 for m in METHODS} for s in sections
    }
    text = "".join(
        f"[{method}.{section}]\n" + "".join(f"{k} = {v}\n" for k, v in values.items())
        for method, own in document.items()
        for section, values in own.items()
    )
    monkeypatch.setattr(tuning, "tuned", lambda: tomllib.loads(text))


ENDS = {"adam": 0.86, "samt_column": 0.85, "samt_row": 0.87}


def accuracy(spec: RunSpec) -> float:
    return ENDS.get(spec.method, 0.8) + spec.seed / 1000


def results(spec: RunSpec) -> RunResult:
    rising = [accuracy(spec) * (k + 1) / EPOCHS for k in range(EPOCHS)]
    gradients = 2.0 if spec.method in SAMT else 1.0
    curves = {
        "objective": [1 / (k + 1) for k in range(EPOCHS)],
        "test_accuracy": rising,
        "seconds": [float(k + 1) for k in range(EPOCHS)],
        "parameter_updates": [100.0 * (k + 1) for k in range(EPOCHS)],
        "gradient_evaluations": [gradients * (k + 1) for k in range(EPOCHS)],
    }
    if spec.method in SAMT:
        for layer in range(1, LAYERS + 1):
            for what, factor in (("least", 0.5), ("median", 1.0), ("greatest", 2.0)):
                value = factor * layer * (1 + spec.seed)
                curves[f"alpha_{layer}_{what}"] = [0.0] * (EPOCHS - 1) + [value]
    return RunResult(curves)


def make(
    table,
    datasets: Sequence[str] = ("fashion_mnist",),
    methods: Sequence[str] | None = None,
    seeds: Sequence[int] = (0, 1),
    profile: str = "quick",
    missing: Mapping[str, AmverifyError] | None = None,
    result: Callable[[RunSpec], RunResult] = results,
    networks: Sequence[str] = (),
) -> Document:
    def load(name: str) -> Dataset:
        if missing and name in missing:
            raise missing[name]
        return small_images(name)

    methods = tuple(methods or table.PROTOCOL.methods)
    request = Request(tuple(datasets), methods, tuple(seeds), EPOCHS, profile, tuple(networks))
    return table.make(request, fake_runs.MadeUp(result, load, PLACE))


def rows_of(document: Document, table: str) -> list[dict[str, object]]:
    found = next(t for t in document.tables if t.name == table)
    keys = [column.key for column in found.columns]
    return [dict(zip(keys, row, strict=True)) for row in found.rows]


def notes_of(document: Document, table: str) -> tuple[str, ...]:
    return next(t for t in document.tables if t.name == table).notes


def test_a_row_a_method_with_what_it_cost() -> None:
    rows = rows_of(make(table7), "accuracy")
    assert [row["method"] for row in rows] == [Text(LABELS[m]) for m in table7.METHODS]
    row = rows[table7.METHODS.index("samt_row")]
    assert row["test_accuracy"].values == (0.87, 0.871)
    assert row["parameter_updates"].value == 400
    assert row["gradient_evaluations"].value == 8
    assert row["seconds"].value == 4
    assert row["objective"].value == 0.25
    assert row["settings"] == Text("alpha = 0.1")
    assert row["updates_to_target"].value == 400
    assert rows[0]["updates_to_target"] == Number(None, ".3g")


def test_a_method_that_gets_there_early_has_fewer_updates_to_the_target() -> None:
    def early(spec: RunSpec) -> RunResult:
        found = results(spec)
        if spec.method == "samt_row":
            found.curves["test_accuracy"][1] = 0.9
        return found

    rows = rows_of(make(table7, result=early), "accuracy")
    assert rows[table7.METHODS.index("samt_row")]["updates_to_target"].value == 200


def test_the_cnn_is_announced_and_comes_with_the_paper_profile() -> None:
    quick = make(table7, ("digits", "fashion_mnist"))
    assert {row["workload"].plain() for row in rows_of(quick, "accuracy")} == {
        "digits, MLP",
        "digits, CNN",
        "fashion_mnist, MLP",
    }
    assert any("--profile paper" in note for note in notes_of(quick, "accuracy"))
    paper = make(table7, profile="paper")
    assert len(rows_of(paper, "accuracy")) == 2 * len(table7.METHODS)
    assert not any("--profile paper" in note for note in notes_of(paper, "accuracy"))


def test_networks_that_are_named_are_the_rows_and_nothing_else_is_announced() -> None:
    for table, name in ((table7, "accuracy"), (table8, "kinds")):
        found = make(table, ("digits", "fashion_mnist"), networks=("cnn",))
        named = {row["workload"].plain() for row in rows_of(found, name)}
        assert named == {"digits, CNN", "fashion_mnist, CNN"}
        assert not any("--profile paper" in note for note in notes_of(found, name))


def test_robustness_is_that_of_the_mlp_unless_others_are_named() -> None:
    datasets = ("digits",)
    for networks, expected in (
        ((), {"MLP"}),
        (("cnn",), {"CNN"}),
        (("mlp", "cnn"), {"MLP", "CNN"}),
    ):
        rows = rows_of(make(table8, datasets, networks=networks), "robustness")
        assert {row["workload"].plain().split(", ")[1] for row in rows} == expected


def test_data_that_cannot_be_had_leave_a_row_and_a_reason() -> None:
    missing = {"cifar10": DataUnavailable("cifar10: not here; get it")}
    document = make(table7, ("digits", "cifar10"), missing=missing)
    last = rows_of(document, "accuracy")[-1]
    assert last["workload"] == Text("cifar10, MLP")
    assert last["test_accuracy"] == Unavailable("not here; get it")
    assert "cifar10 is not in the table: not here; get it" in notes_of(document, "accuracy")


def test_methods_that_are_not_tuned_leave_a_row_and_the_command(monkeypatch) -> None:
    tuned = {m: own for m, own in tuning.tuned().items() if m not in ("adam", "samt_row")}
    monkeypatch.setattr(tuning, "tuned", lambda: tuned)
    document = make(table7)
    rows = {row["method"].plain(): row for row in rows_of(document, "accuracy")}
    assert "python -m repro tune-stochastic" in rows["SAMT, row"]["test_accuracy"].reason
    assert rows["SAMT, column"]["test_accuracy"].n == 2
    assert [table.name for table in document.tables] == ["accuracy", "curves"]  # Adam is missing
    assert sum("not tuned on" in note for note in notes_of(document, "accuracy")) == 2
    document = make(table8)
    rows = {row["method"].plain(): row for row in rows_of(document, "kinds")}
    assert isinstance(rows["SAMT, row"]["test_accuracy"], Unavailable)
    assert len(rows_of(document, "robustness")) == len(SAMT)  # from given step sizes
    monkeypatch.setattr(tuning, "tuned", dict)
    with pytest.raises(InvalidInput, match="SGD: not tuned on fashion_mnist, MLP"):
        make(table7)


def test_settings_borrowed_from_fashion_mnist_are_said() -> None:
    notes = notes_of(make(table7, ("mnist",), profile="paper", networks=("mlp",)), "accuracy")
    assert any("settings on mnist, MLP: tuned on fashion_mnist, MLP" in note for note in notes)


def test_the_quick_profile_takes_a_part_of_mnist_and_says_so() -> None:
    asked: list[RunSpec] = []

    def noted(spec: RunSpec) -> RunResult:
        asked.append(spec)
        return results(spec)

    for table, name in ((table7, "accuracy"), (table8, "kinds")):
        found = make(table, ("mnist",), result=noted)
        named = {row["workload"].plain() for row in rows_of(found, name)}
        assert named == {"mnist (4000 images), MLP"}
        assert any("all with --profile paper" in note for note in notes_of(found, name))
    assert {spec.samples for spec in asked} == {4000}
    seeds = {spec.seed for spec in asked if dict(spec.settings) == {"alpha": 1.0}}
    assert seeds == {0}  # of the initial step sizes one seed alone, and that is said
    assert "mnist (4000 images), MLP: one seed alone" in notes_of(found, "robustness")


def test_no_published_value_stands_beside_a_part_of_a_data_set(monkeypatch) -> None:
    source = Source("SAMT", "made up", "Table 1", None)
    entry = Series(source, "mnist", "sgd", "test_accuracy", {}, (EPOCHS,), (0.9,), headline=True)
    monkeypatch.setattr(table7, "headline", lambda *_: entry)
    for profile, published in (("quick", ""), ("paper", "0.9")):
        found = make(table7, ("mnist",), ("sgd",), profile=profile, networks=("mlp",))
        (row,) = rows_of(found, "accuracy")
        assert row["published"].plain().rstrip("0") == published


def test_the_claim_is_judged_by_the_kind_that_validated_best() -> None:
    document = make(table7)
    rows = {row["method"].plain(): row for row in rows_of(document, "claim")}
    assert rows["SAMT, row"]["difference"].value == pytest.approx(0.01)
    assert rows["SAMT, row"]["verdict"] == Text("met")
    assert rows["SAMT, column"]["verdict"] == Text("not met")
    assert rows["SAMT, row"]["gradients"].value == 2
    note, beside = notes_of(document, "claim")
    assert note.startswith("fashion_mnist, MLP: SAMT's best kind (SAMT, column) at or above tuned")
    assert beside.startswith("fashion_mnist, MLP: beside Adam, cosine decay: met (difference +0.05")
    assert "not met (difference -0.0100, standard error 0.0000, n = 2" in note


def test_the_claim_is_not_spoken_of_without_adam_or_a_kind() -> None:
    for methods in (("sgd", "samt_row"), ("sgd", "adam")):
        names = [table.name for table in make(table7, methods=methods).tables]
        assert names == ["accuracy", "curves"]


@pytest.mark.parametrize(
    ("differences", "lost", "updates", "verdict"),
    [
        ((0.01, 0.01, 0.01), 0, 1.0, "met"),
        ((0.0, 0.0), 0, 1.0, "met, within two standard errors"),
        ((-0.01, -0.011), 0, 0.5, "not met"),
        ((0.03, -0.01, 0.01), 0, 1.0, "met, within two standard errors"),
        ((-0.03, 0.01, -0.01), 0, 1.0, "not met, within two standard errors"),
        ((0.0, 0.01, 0.02), 0, 1.0, "met, within two standard errors"),  # 1.7 of them
        ((0.01, 0.02, 0.03), 0, 1.0, "met"),  # 3.5
        ((0.01, 0.01), 0, 1.001, "not met"),
        ((0.01,), 0, 1.0, "met"),
        ((0.01, 0.01), 1, 1.0, "not met: 1 seed(s) diverged"),
        ((), 2, math.nan, "not met: 2 seed(s) diverged"),
    ],
)
def test_verdicts_on_the_claim(differences, lost, updates, verdict) -> None:
    assert Compared(differences, lost, updates, 1.0).verdict == verdict


def test_the_standard_error_is_of_paired_differences() -> None:
    found = Compared((0.01, 0.03, 0.02, 0.02), 0, 1.0, 1.0)
    assert found.mean == pytest.approx(0.02)
    assert found.error == pytest.approx(math.sqrt(0.0002 / 3) / 2)


def diverging(spec: RunSpec) -> RunResult:
    found = results(spec)
    if spec.method == "samt_column" and spec.seed == 1:
        curves = {name: [*curve[:-1], math.nan] for name, curve in found.curves.items()}
        return replace(found, curves=curves, notes=("diverged in epoch 4",))
    return found


def test_diverged_runs_are_counted_and_written(tmp_path) -> None:
    document = make(table7, result=diverging)
    rows = {row["method"].plain(): row for row in rows_of(document, "claim")}
    assert rows["SAMT, column"]["verdict"] == Text("not met: 1 seed(s) diverged")
    said = "SAMT, column on fashion_mnist, MLP diverged from seed(s) 1"
    assert any(note.startswith(said) for note in notes_of(document, "accuracy"))
    write_files(document, tmp_path)


def test_curves_go_to_their_own_files_and_not_before_the_reader(tmp_path) -> None:
    document = make(table7, methods=("adam", "samt_row"))
    write_files(document, tmp_path)
    assert [table.name for table in document.shown] == ["accuracy", "claim"]
    assert "## Curves" not in (tmp_path / "table7.md").read_text()
    rows = list(csv.DictReader(io.StringIO((tmp_path / "table7_curves.csv").read_text())))
    assert len(rows) == 2 * 2 * EPOCHS
    assert rows[-1]["method"] == "SAMT, row"
    keys = ("seed", "epoch", "parameter_updates", "gradient_evaluations", "seconds")
    assert [float(rows[-1][key]) for key in keys] == [1, 4, 400, 8, 4]
    assert float(rows[-1]["test_accuracy"]) == 0.871
    whole = json.loads((tmp_path / "table7.json").read_text())
    assert {table["name"] for table in whole["tables"]} == {"accuracy", "claim"}
    kept = whole["provenance"]["runs"][0]
    assert kept["curves"]["test_accuracy"][-1] == 0.86
    assert kept["spec"]["minibatch"] == {"network": "mlp", "size": 128, "validate": False}


def test_table8_shows_what_was_learned() -> None:
    rows = {row["method"].plain(): row for row in rows_of(make(table8), "kinds")}
    assert list(rows) == [LABELS[method] for method in SAMT]
    # least over the seeds, medians averaged, greatest over the seeds; a layer each
    assert rows["SAMT, row"]["learned"] == Text("0.5, 1.5, 4; 1, 3, 8")
    assert rows["SAMT, fixed"]["learned"] == Text("")
    assert rows["SAMT, row"]["settings"] == Text("alpha = 0.1")


def by_alpha(spec: RunSpec) -> RunResult:
    """Fixed step sizes are right at 0.1 alone, rows from 0.001, elements nowhere."""
    found = results(spec)
    alpha = float(dict(spec.settings)["alpha"])
    least = {"samt_fixed": 0.1, "samt_row": 1e-3, "samt_element": 10.0}.get(spec.method, 1e-4)
    curve = [0.9 if least <= alpha <= 0.1 else 0.5] * EPOCHS
    return replace(found, curves={**found.curves, "test_accuracy": curve})


def test_table8_compares_ranges_of_initial_step_sizes() -> None:
    document = make(table8, result=by_alpha)
    rows = {row["method"].plain(): row for row in rows_of(document, "robustness")}
    assert [key for key in rows["SAMT, row"] if key.startswith("alpha_")] == [
        "alpha_0.0001",
        "alpha_0.001",
        "alpha_0.01",
        "alpha_0.1",
        "alpha_1",
    ]
    assert rows["SAMT, fixed"]["held"] == Text("0.1 … 0.1")
    assert rows["SAMT, row"]["held"] == Text("0.001 … 0.1")
    assert rows["SAMT, scalar"]["held"] == Text("0.0001 … 0.1, to the grid's end")
    assert rows["SAMT, element"]["held"] == Text("none")
    notes = "\n".join(notes_of(document, "robustness"))
    assert "SAMT, row holds within 0.02 over a range 100 times as wide" in notes
    assert "SAMT, element holds within 0.02 over a range 0 times as wide" in notes
    assert notes.count(": met") == 3
    assert notes.count(": not met") == 1


def test_table8_takes_half_decades_in_the_paper_profile() -> None:
    document = make(table8, profile="paper", methods=("samt_row",))
    (row,) = rows_of(document, "robustness")
    assert sum(key.startswith("alpha_") for key in row) == 9
    assert notes_of(document, "robustness") == ()


@pytest.mark.parametrize(
    ("accuracies", "expected"),
    [
        ({1: 0.9, 10: 0.88, 100: 0.87}, Held(1, 10, True)),
        ({1: 0.5, 10: 0.9, 100: 0.5}, Held(10, 10, False)),
        ({1: 0.9, 10: 0.5, 100: 0.9, 1000: 0.9, 10000: 0.1}, Held(100, 1000, False)),
        ({1: None, 10: 0.9}, Held(10, 10, True)),
        ({1: None, 10: 0.5}, Held(None, None, False)),
        ({1: 0.9, 10: 0.5, 100: 0.9}, Held(1, 1, True)),
    ],
)
def test_the_range_held_is_the_longest_stretch(accuracies, expected) -> None:
    assert held(accuracies, 0.9) == expected


def test_thirty_times_is_thirty_times() -> None:
    ranges = {"samt_fixed": Held(1.0, 1.0, False), "samt_row": Held(0.1, 3.0, False)}
    assert ranges["samt_row"].width < 30.000001
    assert ": met" in robustness.verdicts(ranges)[0]
    ranges["samt_row"] = Held(0.1, 2.9, False)
    assert ": not met" in robustness.verdicts(ranges)[0]


def test_workloads_are_named_for_readers_and_files() -> None:
    assert str(Workload("mnist", "cnn")) == "mnist, CNN"
    assert Workload("mnist", "cnn").section == "mnist_cnn"


def test_two_points_are_two_points() -> None:
    assert 0.5016 - 0.02 > 0.4816  # in floating point
    assert held({1: 0.5016, 10: 0.4816}, 0.5016) == Held(1, 10, True)
