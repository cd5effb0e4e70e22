"""Every table × every option: what a table admits is done, all else is refused in one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

import fake_runs
import pytest
from small_images import small_images

from repro import data
from repro.command.cli import main
from repro.command.tables import WITHOUT_RUNS
from repro.engine import Laboratory
from repro.engine.plan import Planning
from repro.full_batch.configurations import METHODS, configuration
from repro.minibatch.names import LABELS
from repro.spec import RunResult, RunSpec
from repro.tables import TABLES, bcd
from repro.tables.parts.full_batch import ALSO, DATASETS
from repro.tables.parts.request import QUICK_AND_PAPER

MINIBATCHES = ("table7", "table8")
OPTIONS = {"data set": "--data", "method": "--method", "network": "--network"}
EVERY_NAME = {
    "data set": (*data.names(), "nonsense"),
    "method": tuple(
        dict.fromkeys(
            name
            for names in (METHODS, LABELS, *(e.protocol.methods for e in TABLES.values()))
            for name in (*names, "nonsense")
        )
    ),
    "network": ("mlp", "cnn", "nonsense"),
}
CASES = [
    (table, kind, name) for table in TABLES for kind, names in EVERY_NAME.items() for name in names
]


def result_of(spec: RunSpec) -> RunResult:
    """Made up, with the counts of a run with mini-batches besides."""
    counts = [1.0] * spec.sweeps
    extra = dict.fromkeys(("parameter_updates", "gradient_evaluations"), counts)
    made_up = fake_runs.result_of(spec)
    return replace(made_up, curves={**made_up.curves, **extra})


class PlannedUp(fake_runs.MadeUp, Planning):
    """Made-up data; the runs are planned."""

    def run(self, specs: Sequence[RunSpec]) -> NoReturn:
        Planning.run(self, specs)


@pytest.fixture(autouse=True)
def made(monkeypatch, tmp_path) -> list[fake_runs.MadeUp]:
    """Each command's laboratory has made-up data and runs."""
    laboratories: list[fake_runs.MadeUp] = []

    def laboratory(_: object, kind: type[Laboratory] = Laboratory) -> fake_runs.MadeUp:
        if kind is Planning:
            return PlannedUp(result_of, small_images)
        laboratories.append(fake_runs.MadeUp(result_of, small_images))
        return laboratories[-1]

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AMVERIFY_DEBUG", raising=False)
    monkeypatch.setattr("repro.command.options.Options.laboratory", laboratory)
    monkeypatch.setattr("repro.command.make.finish", lambda *_: None)
    return laboratories


def asked(made: list[fake_runs.MadeUp], *arguments: str) -> list[RunSpec]:
    assert (
        main([*arguments, "--sweeps", "2"] if arguments[0] not in WITHOUT_RUNS else arguments) == 0
    )
    return made[-1].asked


def refused(capsys, *arguments: str) -> str:
    assert main(arguments) == 2
    line: str = capsys.readouterr().err
    assert line.count("\n") == 1
    assert line.startswith("error: ")
    assert "Traceback" not in line
    return line


@pytest.mark.parametrize(("table", "kind", "name"), CASES)
def test_a_name_is_what_the_table_is_made_of_or_is_refused(made, capsys, table, kind, name):
    known = TABLES[table].protocol.known[kind]
    arguments = (table, OPTIONS[kind], name, *(() if table in WITHOUT_RUNS else ("--seeds", "0")))
    if name not in known:
        line = refused(capsys, *arguments)
        assert line.startswith(f"error: {table}: ")
        assert any(repr(k) in line or k in line for k in known) or f"no {kind}s to choose" in line
        assert not made
        return
    specs = asked(made, *arguments)
    if kind == "data set":
        assert set(made[-1].datasets) == {name}
        assert {spec.dataset for spec in specs} <= {name}
    if kind == "network":
        assert {spec.minibatch.network for spec in specs if spec.minibatch} == {name}
    assert bool(specs) is (table not in WITHOUT_RUNS)


@pytest.mark.parametrize("table", [name for name in TABLES if name not in WITHOUT_RUNS])
def test_each_method_alone_has_runs_of_its_own_and_together_they_are_the_table(made, table):
    def of(*methods: str) -> set[RunSpec]:
        options = [word for method in methods for word in ("--method", method)]
        return set(asked(made, table, *options, "--seeds", "0"))

    methods = TABLES[table].protocol.methods
    parts = [of(method) for method in methods]
    assert all(parts)
    assert set().union(*parts) == of(*methods) == of()
    assert sum(map(len, parts)) == len(of()) + (shared_rows() if table == "table2" else 0)


def shared_rows() -> int:
    """Rows of table 2 whose configuration another row has: what is best for all is best there."""
    chosen = [
        (d, own.method, own.settings)
        for d in DATASETS
        for own in (configuration(m, d) for m in METHODS)
    ]
    return len(chosen) - len(set(chosen))


WITH_RUNS = [name for name in TABLES if name not in WITHOUT_RUNS]
OF_MANY_RUNS = ("table6", "table10")
"""Their made-up runs are audited: half a minute each."""


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(name, marks=pytest.mark.long if name in OF_MANY_RUNS else ())
        for name in WITH_RUNS
    ],
)
def test_seeds_and_profile_are_those_of_the_runs(made, table):
    one = next(iter(TABLES[table].protocol.known["data set"]))

    def seeds(*options: str) -> set[int]:
        specs = asked(made, table, "--data", one, *options)
        own = [s.seed for s in specs if s.method != "mdlam_released"]
        return set(own)

    own = TABLES[table].protocol.seeds
    assert own == bcd.PROTOCOL.seeds if table == "bcd" else own == QUICK_AND_PAPER
    assert seeds() == seeds("--profile", "quick") == set(own["quick"])
    assert seeds("--profile", "paper") == set(own["paper"])
    assert seeds("--seeds", "3,5-6") == seeds("--seeds", "3,5-6", "--profile", "paper") == {3, 5, 6}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    ("option", "bad", "said"),
    [
        ("--seeds", "a", "write seeds as"),
        ("--seeds", "5-3", "is no range"),
        ("--seeds", "4294967296", "whole numbers from 0 to 4294967295"),
        ("--profile", "huge", "'quick', 'paper'"),
        ("--sweeps", "0", "greater than or equal to 1"),
    ],
)
def test_bad_values_are_one_line(capsys, table, option, bad, said):
    assert said in refused(capsys, table, option, bad)


@pytest.mark.parametrize("given", [("--seeds", "0"), ("--sweeps", "5"), ("--profile", "paper")])
def test_a_table_without_runs_takes_no_option_of_runs(capsys, given):
    line = refused(capsys, "table1", *given)
    assert "table1: it has no runs: leave out --seeds, --sweeps and --profile" in line


def test_one_name_too_many_is_refused_though_another_is_known(capsys):
    line = refused(capsys, "table11", "--data", "cora", "--data", "digits")
    assert line == "error: table11: unknown data set 'digits'; known: cora, citeseer\n"


def test_all_makes_what_admits_the_names_and_says_what_does_not(made, capsys):
    assert main(["all", "--data", "digits", "--method", "tiam", "--sweeps", "2"]) == 0
    warnings = capsys.readouterr().err
    for table in TABLES:
        assert (f"warning: {table} was not made: " in warnings) is (
            table not in ("table2", "table3", "table4", "table5", "table6")
        )
    assert "table11 was not made: it has none of the data sets asked for; known: cora" in warnings
    assert list(made[-1].datasets) == ["digits"]


def test_data_are_loaded_once_for_all_tables(made):
    loads: list[str] = []

    def load(self: fake_runs.MadeUp, name: str):
        loads.append(name)
        return small_images(name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fake_runs.MadeUp, "load", load)
        assert main(["all", "--data", "digits", "--sweeps", "2", "--seeds", "0"]) == 0
    assert loads == ["digits"]


def test_every_full_batch_method_has_settings_on_every_data_set_that_is_admitted():
    for dataset in (*DATASETS, *ALSO):
        for method in METHODS:
            assert configuration(method, dataset).settings
