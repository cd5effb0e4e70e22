"""The command line: what it makes, and one line and a status for what a user gets wrong."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import fake_runs
import pytest

from amverify.errors import CannotWrite, CorruptFile, DataUnavailable, InvalidInput
from repro import data
from repro.command.cli import main
from repro.command.make import requested
from repro.command.options import seeds_of, wanted
from repro.engine import run_all
from repro.full_batch import grids, tuning
from repro.full_batch.configurations import Configuration
from repro.spec import RunSpec
from repro.tables import TABLES, TableEntry, table2
from tests.support import pdflatex

RUN_ALL = "repro.engine.laboratory.run_all"


@pytest.fixture
def failing() -> dict[str, Exception]:
    """Data sets that cannot be had, and why; the test may fill it."""
    return {}


@pytest.fixture(autouse=True)
def _made_up(monkeypatch, tmp_path, failing):
    """Data and runs are made up, settings too; results go to a folder of the test."""

    def load(name: str, **_: object):
        if name in failing:
            raise failing[name]
        return fake_runs.dataset(name)

    def run(specs, datasets, **named):
        return run_all(specs, datasets, **{"execute": fake_runs.sound, **named})

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AMVERIFY_DEBUG", raising=False)
    monkeypatch.delenv("AMVERIFY_CACHE", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(data, "load", load)
    monkeypatch.setattr(data, "at_hand", lambda name, *_: load(name))
    monkeypatch.setattr(RUN_ALL, run)
    monkeypatch.setattr(
        table2, "configuration", lambda m, d: Configuration(m, (("rho", 1e-3),), "float32", "x")
    )


def one_error(capsys: pytest.CaptureFixture[str]) -> str:
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1, errors
    assert "Traceback" not in errors
    return errors


def test_table2_shows_and_writes(capsys, tmp_path):
    assert main(["table2", "--data", "cora", "--method", "mdlam", "--method", "tiam"]) == 0
    shown = capsys.readouterr().out
    assert "mDLAM" in shown
    assert "wall time:" in shown.splitlines()[-1]
    for name in ("table2.md", "table2.tex", "table2.csv", "table2.json", "table2_settings.csv"):
        assert f"results/{name}" in shown
        assert (tmp_path / "results" / name).is_file()
    whole = json.loads((tmp_path / "results" / "table2.json").read_text())
    provenance = whole["provenance"]
    assert {"command", "wall_time", "environment", "runs", "data_hashes"} <= provenance.keys()
    assert [run["spec"]["seed"] for run in provenance["runs"]] == [0, 1, 0, 1]
    assert all(run["spec"]["sweeps"] == 200 for run in provenance["runs"])
    assert len(list((tmp_path / "results" / "cache").rglob("*.json"))) == 4


def seeds_in(path: Path) -> list[int]:
    runs = json.loads(path.read_text())["provenance"]["runs"]
    return [run["spec"]["seed"] for run in runs]


def test_profiles_and_seeds(tmp_path):
    only = ["table2", "--data", "digits", "--method", "tiam", "--sweeps", "2"]
    assert main([*only, "--profile", "paper"]) == 0
    assert seeds_in(tmp_path / "results" / "table2.json") == list(range(10))
    assert main([*only, "--seeds", "3,5-6"]) == 0
    assert seeds_in(tmp_path / "results" / "table2.json") == [3, 5, 6]


def test_cache_by_option_and_by_environment(monkeypatch, tmp_path):
    only = ["table2", "--data", "digits", "--method", "tiam", "--sweeps", "2", "--seeds", "0"]
    monkeypatch.setenv("AMVERIFY_CACHE", str(tmp_path / "there"))
    assert main(only) == 0
    assert len(list((tmp_path / "there").rglob("*.json"))) == 1
    assert main([*only, "--cache", str(tmp_path / "here")]) == 0
    assert len(list((tmp_path / "here").rglob("*.json"))) == 1


OWN_DATA = {"table7", "table8", "table9", "bcd"}  # have data sets and methods of their own


def made(folder: Path) -> set[str]:
    return {path.stem for path in (folder / "results").glob("*.md")}


def test_all_goes_on_where_one_table_has_no_row(monkeypatch, capsys, tmp_path):
    def make(*_: object) -> None:
        raise DataUnavailable("no row can be computed")

    monkeypatch.setitem(TABLES, "table2", TableEntry("nothing", table2.PROTOCOL, make))
    assert main(["all", "--data", "cora", "--sweeps", "2"]) == 0
    assert "warning: table2 was not made: no row can be computed" in capsys.readouterr().err
    assert made(tmp_path) == set(TABLES) - {"table2", "table12", "criticality"} - OWN_DATA
    texts = [path.read_text() for path in sorted((tmp_path / "results").glob("*.tex"))]
    if shutil.which("pdflatex"):
        assert pdflatex.faults("".join(texts), tmp_path) == []


def test_table1(capsys, tmp_path):
    assert main(["table1", "--data", "cora", "--out", "elsewhere"]) == 0
    assert "5278" in capsys.readouterr().out
    assert (tmp_path / "elsewhere" / "table1.json").is_file()


def test_list_says_what_is_at_hand_and_why_not(capsys, failing):
    failing["pubmed"] = DataUnavailable("pubmed: no such files; get them")
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split()[:2] == ["cora", "yes"] for line in lines)
    assert any("no: no such files; get them" in line for line in lines)
    assert any(line.startswith("table2") for line in lines)
    assert any(line.split() == ["tiam", "TIAM"] for line in lines)
    assert any(line.split() == ["samt_row", "SAMT,", "row"] for line in lines)


def test_partial_table_is_a_success_that_says_so(capsys, failing):
    failing["pubmed"] = DataUnavailable("pubmed: no network")
    assert main(["table1", "--data", "pubmed", "--data", "cora"]) == 0
    captured = capsys.readouterr()
    assert captured.err == "warning: not in the table: pubmed; its notes say why\n"
    assert "pubmed is not in the table: no network" in captured.out


def test_corrupt_file_has_its_status_and_the_others_their_rows(capsys, failing, tmp_path):
    failing["pubmed"] = CorruptFile("pubmed: truncated")
    assert main(["table1", "--data", "pubmed", "--data", "cora"]) == 4
    assert "5278" in (tmp_path / "results" / "table1.md").read_text()


def test_no_row_at_all(capsys, failing, tmp_path):
    failing["pubmed"] = DataUnavailable("pubmed: no network")
    assert main(["table2", "--data", "pubmed"]) == 4
    assert "no row can be computed: pubmed: no network" in one_error(capsys)
    assert not list((tmp_path / "results").iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tabel2"], "unknown table or command 'tabel2'; did you mean 'table2'"),
        (["xyz"], "known: list, table1, table2, "),
        (["table2", "--data", "coar"], "unknown data set 'coar'; did you mean 'cora'"),
        (["table1", "--data", "coar"], "unknown data set 'coar'; did you mean 'cora'"),
        (["table2", "--method", "tima"], "unknown method 'tima'; did you mean 'tiam'"),
        (["table7", "--data", "cora"], "unknown data set 'cora'; known: digits, mnist, fashion"),
        (["table7", "--method", "tiam"], "unknown method 'tiam'; "),
        (["table8", "--method", "adam"], "unknown method 'adam'; "),
        (["table7", "--network", "cmn"], "unknown network 'cmn'; did you mean 'cnn'"),
        (
            ["table2", "--network", "cnn"],
            "table2: no networks to choose among; leave out --network",
        ),
        (["table2", "--seeds", "a"], "--seeds a: write seeds as"),
        (["table2", "--profile", "huge"], "'huge' is not one of"),
        (["table2", "--jobs", "0"], "--jobs"),
        (["table2", "--sweeps", "0"], "--sweeps"),
        (["table2", "--nonsense"], "--nonsense"),
        (["table1", "surplus"], "surplus"),
        (["published"], "error: Missing command"),
    ],
)
def test_what_is_not_there_is_one_line_and_status_2(capsys, arguments, said):
    assert main(arguments) == 2
    line = one_error(capsys)
    assert line.startswith("error: ")
    assert said in line


def test_a_network_leaves_out_the_tables_that_have_none():
    def networks(*given: str) -> dict[str, tuple[str, ...]]:
        found, _ = requested(["table2", "table7", "table8"], wanted(network=list(given)))
        return {name: request.networks for name, request in found.items()}

    assert networks("cnn") == {"table7": ("cnn",), "table8": ("cnn",)}
    assert networks() == {"table2": (), "table7": (), "table8": ()}


def test_help(capsys):
    assert main(["table2", "--help"]) == 0
    text = capsys.readouterr().out
    for option in ("--profile", "--data", "--method", "--jobs", "--fresh", "--scheduler"):
        assert option in text
    assert "python -m repro table2 --data cora --method tiam --method mdlam" in text
    assert main([]) == 0
    assert "table2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("execute", "status", "said"),
    [
        (fake_runs.refusing, 2, "error: digits, tiam, seed 1: rho must be above 0"),
        (fake_runs.faulty, 7, "ZeroDivisionError"),
        (fake_runs.interrupted_at_2, 130, "interrupted: 2 of 3 runs kept in results/cache"),
    ],
)
def test_runs_that_end_early_leave_old_results(
    monkeypatch, capsys, tmp_path, execute, status, said
):
    only = ["table2", "--data", "digits", "--method", "tiam", "--sweeps", "2", "--seeds", "0-2"]
    assert main(only) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "results").glob("table2*")}
    capsys.readouterr()

    def run(specs, datasets, **named):
        return run_all(specs, datasets, **{**named, "execute": execute})

    monkeypatch.setattr(RUN_ALL, run)
    assert main([*only, "--fresh"]) == status
    assert said in one_error(capsys)
    assert {path: path.read_bytes() for path in (tmp_path / "results").glob("table2*")} == before


def test_results_that_cannot_be_written_are_said_before_any_run(monkeypatch, capsys, tmp_path):
    (tmp_path / "results").write_text("")
    monkeypatch.setattr(
        "repro.engine.laboratory.run_all", lambda *_, **__: pytest.fail("a run was started")
    )
    assert main(["table2", "--data", "digits"]) == CannotWrite.exit_status
    assert "in the place of its folder" in one_error(capsys)


def test_ctrl_c_outside_the_runs(monkeypatch, capsys):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(data, "load", interrupt)
    assert main(["table1"]) == 130
    assert one_error(capsys) == "interrupted; finished runs are kept, run again to resume\n"


def test_debug_shows_the_traceback(monkeypatch, capsys):
    monkeypatch.setenv("AMVERIFY_DEBUG", "1")
    assert main(["table2", "--data", "coar"]) == 2
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("5", (5,)), ("0-3", (0, 1, 2, 3)), ("3, 1", (3, 1)), ("0-1,1-2", (0, 1, 2))],
)
def test_seeds(text, seeds):
    assert seeds_of(text) == seeds


@pytest.mark.parametrize("text", ["", "-1", "1-", "2-1", "1.5", "0-999999999", "1,,2", "²"])
def test_seeds_that_are_none(text):
    with pytest.raises(InvalidInput, match="--seeds"):
        seeds_of(text)


GRID = ((("lr", 0.1),), (("lr", 0.2),), (("lr", 0.3),))


@pytest.fixture
def tuned(monkeypatch, tmp_path):
    """``tune`` with candidates of gd and adam and runs that take no time; the file it writes."""

    def choices():
        yield grids.Choice("gd", "digits", ("digits",), GRID)
        yield grids.Choice("adam", "digits", ("digits",), GRID)

    def execute(spec: RunSpec, dataset, on_sweep):
        return fake_runs.result_of(spec, {0.1: 0.5, 0.2: 0.9, 0.3: 0.7}[dict(spec.settings)["lr"]])

    monkeypatch.setattr(grids, "choices", choices)
    monkeypatch.setattr(
        "repro.engine.laboratory.run_all",
        lambda s, d, **named: run_all(s, d, **named, execute=execute),
    )
    return tmp_path / "tuned.toml"


def test_tune_writes_what_scores_best(tuned):
    assert main(["tune", "--file", str(tuned)]) == 0
    text = tuned.read_text()
    assert "[gd.digits]" in text
    assert text.rstrip().endswith("lr = 0.2")


def test_tune_of_one_method_leaves_what_there_is_of_others(tuned, capsys):
    assert main(["tune", "--file", str(tuned)]) == 0
    whole = tuned.read_text()
    tuned.write_text(whole.replace("lr = 0.2", "lr = 0.3").replace("[adam.", "[adagrad."))
    assert main(["tune", "--method", "adam", "--file", str(tuned)]) == 0
    sections = tomllib.loads(tuned.read_text())
    assert {name: own["digits"]["lr"] for name, own in sections.items()} == {
        "gd": 0.3, "adagrad": 0.3, "adam": 0.2,
    }  # fmt: skip
    assert tuned.read_text().startswith("\n".join(tuning.HEAD))
    assert main(["tune", "--method", "adamw", "--file", str(tuned)]) == 2
    assert "unknown method 'adamw'; did you mean 'adam'" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["list"]])
def test_reader_that_has_gone_is_no_error(arguments):
    """As in ``python -m repro list | head -1``."""
    reader, writer = os.pipe()
    os.close(reader)
    script = (
        "import sys; from repro.command import cli, listing; listing.data.names = tuple; "
        f"sys.exit(cli.main({arguments}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    os.close(writer)
    assert done.stderr == ""
    assert done.returncode == 141
