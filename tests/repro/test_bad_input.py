"""What a user can get wrong around tables and figures: one line, status 2 or 4, nothing lost."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from amverify import files
from paper_figures.command.cli import main as figures
from repro.command.cli import main as tables

Line = Callable[[], str]


@pytest.fixture
def line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Line:
    """The one line on standard error."""
    monkeypatch.delenv("AMVERIFY_DEBUG", raising=False)

    def told() -> str:
        said = capsys.readouterr().err
        assert said.count("\n") == 1, said
        assert "Traceback" not in said
        return said

    return told


@pytest.mark.parametrize(
    ("main", "name", "nearest"), [(tables, "tabel7", "table7"), (figures, "tils", "tiles")]
)
def test_an_unknown_table_or_figure_has_the_nearest_name(main, name, nearest, line) -> None:
    assert main([name]) == 2
    assert f"did you mean '{nearest}'" in line()


@pytest.mark.parametrize("text", ["", "x", "[]", '{"tables": 3}', '{"tables": [{}]}', "\x00\xff"])
@pytest.mark.parametrize(
    ("main", "command", "file"),
    [
        (tables, "score", "table2.json"),
        (tables, "table12", "table2.json"),
        (figures, "tiles", "table10.json"),
        (figures, "cost", "table9.json"),
    ],
)
def test_a_corrupt_result_is_data(main, command, file, text, line, tmp_path: Path) -> None:
    path = tmp_path / file
    path.write_text(text, encoding="latin-1")
    before = path.read_bytes()
    assert main([command, "--out", str(tmp_path)]) == 4
    told = line()
    assert file in told
    assert "again" in told
    assert path.read_bytes() == before


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_a_disk_that_takes_nothing_leaves_what_was_there(code, line, monkeypatch, tmp_path) -> None:
    only = ["table12", "--out", str(tmp_path), "--quiet"]
    assert tables(only) == 0
    for path in tmp_path.glob("table12.*"):
        path.write_bytes(b"what was there")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert before

    def refused(descriptor: int) -> NoReturn:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(files.os, "fsync", refused)
    assert tables(only) == 2
    assert "cannot write" in line()
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_scheduler_out_of_reach(line, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed")
    asked = ["table2", "--data", "digits", "--method", "tiam", "--seeds", "0", "--sweeps", "1"]
    gone = ["--scheduler", "tcp://127.0.0.1:1", "--out", str(tmp_path), "--quiet"]
    assert tables([*asked, *gone]) == 2
    assert "no Dask scheduler answers there" in line()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[paper]\nname = "A"\ntitle = "b"\nreference = "c"\nyear = 3\n', "'year' is not known"),
        ("[paper]\nname = 3\n", "key 'name' is 3"),
        ("[paper\n", "q.toml"),
        ("paper = 3\n", "paper"),
    ],
)
def test_misshapen_published_values_are_named(text, said, line, tmp_path: Path) -> None:
    (tmp_path / "q.toml").write_text(text, encoding="utf-8")
    assert tables(["published", "check", str(tmp_path / "q.toml")]) == 2
    assert said in line()


def test_without_matplotlib(line, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert figures(["cost", "--out", str(tmp_path)]) == 2
    assert "pip install 'amverify[figures]'" in line()


def test_without_latex_tables_are_written_all_the_same(monkeypatch, tmp_path: Path) -> None:
    """Nothing here calls it: whoever has none gets the texts."""
    monkeypatch.setenv("PATH", "")
    assert tables(["table12", "--out", str(tmp_path), "--quiet"]) == 0
    assert (tmp_path / "table12.tex").is_file()


@pytest.mark.parametrize("kind", ["version", "cut", "empty"])
def test_the_cache_of_another_version_is_left_and_not_read(kind, tmp_path: Path, capsys) -> None:
    only = ["table2", "--data", "digits", "--method", "gd", "--seeds", "0", "--sweeps", "1"]
    places = ["--out", str(tmp_path), "--cache", str(tmp_path / "cache"), "--quiet"]
    old = tmp_path / "cache" / "digits" / "old.json"
    old.parent.mkdir(parents=True)
    old.write_text({"version": '{"version": 0}', "cut": '{"checks', "empty": ""}[kind])
    before = old.read_bytes()
    assert tables([*only, *places]) == 0
    assert old.read_bytes() == before
    assert "Traceback" not in capsys.readouterr().err
