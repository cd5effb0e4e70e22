"""A table says the same in every form, and no form breaks on what stands in a cell."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from amverify.errors import CannotWrite
from repro.published import Judgement
from repro.render import (
    Column,
    Document,
    Estimate,
    Number,
    PublishedValue,
    Table,
    Text,
    Unavailable,
    VerdictCell,
    show,
    verdict_of,
    write_files,
)
from repro.render.text import csv_text, json_text, markdown, markdown_escape

COLUMNS = (
    Column("dataset", "Data set"),
    Column("method", "Method"),
    Column("accuracy", "Test accuracy", right=True),
    Column("published", "Published", right=True),
    Column("verdict", "Verdict"),
    Column("sweeps", "Sweeps to target", right=True),
)
SEVERAL = Estimate((0.74, 0.76), (0, 1), (), "abc")
ROWS = (
    (
        Text("coauthor_cs"),
        Text("mDLAM"),
        SEVERAL,
        PublishedValue(0.742, "mDLAM Table 5"),
        VerdictCell("reproduced", difference=0.008),
        Number(111),
    ),
    (
        Text("coauthor_cs"),
        Text("R&D | 100%"),
        Estimate((0.5,), (0,), (1,), "abd"),
        Text(),
        verdict_of(Judgement("differs", -0.0314)),
        Number(None),
    ),
    (Text("pubmed"), Text("all"), Unavailable("no network"), Text(), Text(), Text()),
)


def table(rows=ROWS, notes=("pubmed: no network",)) -> Table:
    return Table("accuracy", "Table 2: accuracy", COLUMNS, rows, "n_0 = 7 & ρ ≥ 1e-3", notes)


def document(**named) -> Document:
    return Document("table2", (table(**named), table()), {"wall_time": 1.5})


def on_console(width: int, **named) -> str:
    console = Console(file=io.StringIO(), width=width)
    show(document(**named), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (SEVERAL, "0.750 ± 0.014"),
        (Estimate((0.5,), (3,), (), "c"), "0.500"),
        (Estimate((0.5,), (3,), (0, 1), "c"), "0.500 (2 of 3 diverged)"),
        (Estimate((), (), (0, 1), "c"), "— (2 of 2 diverged)"),
    ],
)
def test_estimate_in_words(estimate, text):
    assert estimate.plain() == text


def test_estimate_without_runs_is_null_not_nan():
    none = Estimate((), (), (0,), "c").json()
    assert (none["mean"], none["std"], none["n"], none["diverged"]) == (None, None, 0, [0])
    assert Estimate((0.5,), (0,), (), "c").json()["std"] is None
    assert math.isnan(Estimate((), (), (0,), "c").mean)


def test_std_is_of_the_sample():
    assert SEVERAL.std == pytest.approx(0.02 / math.sqrt(2))


@pytest.mark.parametrize(
    ("judgement", "text"),
    [
        (Judgement("differs", -0.0314), "differs by −0.031"),
        (Judgement("differs", 0.05), "differs by +0.050"),
        (Judgement("reproduced", 0.01), "reproduced"),
        (Judgement("no published value"), "no published value"),
    ],
)
def test_verdict_in_words(judgement, text):
    assert verdict_of(judgement).plain() == text


def test_number_with_detail():
    assert Number(30.5, "g", "2/3").plain() == "30.5 (2/3)"
    assert Number(None, "g", "0/3").plain() == "— (0/3)"


def test_row_of_wrong_length_is_refused():
    with pytest.raises(ValueError, match="one cell for each column"):
        table(rows=((Text("a"),),))


def test_markdown_has_a_cell_for_each_column():
    lines = [line for line in markdown(document()).splitlines() if line.startswith("|")]
    assert len(lines) == 2 * (2 + len(ROWS))
    for line in lines:
        assert line.replace("\\|", "").count("|") == len(COLUMNS) + 1
    assert "0.750 ± 0.014" in markdown(document())
    assert r"R&D \| 100%" in markdown(document())


@given(st.text())
def test_markdown_escape_stays_in_its_cell(text):
    escaped = markdown_escape(text)
    assert len(escaped.splitlines()) <= 1
    unescaped = escaped.replace("\\\\", "").replace("\\|", "")
    assert "|" not in unescaped


def test_csv_has_every_part_of_every_cell():
    rows = list(csv.DictReader(io.StringIO(csv_text(table()))))
    first, second, third = rows
    assert float(first["accuracy"]) == 0.75
    assert first["accuracy_n"] == "2"
    assert first["accuracy_seeds"] == "0 1"
    assert first["accuracy_configuration"] == "abc"
    assert first["published_source"] == "mDLAM Table 5"
    assert second["accuracy_std"] == second["sweeps"] == ""
    assert second["accuracy_diverged"] == "1"
    assert (second["verdict"], second["verdict_difference"]) == ("differs", "-0.0314")
    assert third["accuracy"] == "not available: no network"


def test_json_is_strict_and_complete():
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    whole = json.loads(json_text(document()), parse_constant=refuse)
    cell = whole["tables"][0]["rows"][0]["accuracy"]
    assert {"mean", "std", "n", "seeds", "configuration", "diverged", "values"} <= cell.keys()
    assert whole["tables"][0]["rows"][2]["accuracy"]["reason"] == "no network"
    assert whole["tables"][0]["rows"][1]["verdict"]["difference"] == -0.0314
    assert whole["provenance"] == {"wall_time": 1.5}


@pytest.mark.parametrize("width", [200, 80, 60, 45])
def test_nothing_is_cut_off_on_the_console(width):
    text = on_console(width)
    assert max(map(len, text.splitlines())) <= width
    for needed in ("0.750 ± 0.014", "0.500 (1 of 2 diverged)", "differs by −0.031", "coauthor_cs"):
        assert needed in text
    assert "note: pubmed: no network" in " ".join(text.split())
    assert "…" not in text


def test_wide_console_has_one_table_and_a_narrow_one_parts_with_the_keys():
    assert on_console(200).count("Verdict") == 2
    assert on_console(200).count("Data set") == 2
    assert on_console(60).count("Data set") > 2


def test_no_colour_where_none_is_wanted(monkeypatch):
    for wanted, variable in ((False, "1"), (True, "")):
        monkeypatch.setenv("NO_COLOR", variable)
        console = Console(
            file=io.StringIO(), width=100, force_terminal=True, color_system="standard"
        )
        show(document(), console)
        assert isinstance(console.file, io.StringIO)
        for green_or_yellow in ("\x1b[32m", "\x1b[33m"):
            assert (green_or_yellow in console.file.getvalue()) is wanted


def test_markup_in_a_cell_is_text():
    row = (Text("[red]a[/]"), Text("[/x]"), Number(1), Text(), Text("*a*"), Number(2))
    assert "[red]a[/]" in on_console(120, rows=(row,), notes=("[/b] note",))


def test_files(tmp_path: Path):
    paths = write_files(document(), tmp_path)
    assert [path.name for path in paths] == [
        "table2.md",
        "table2.tex",
        "table2.csv",
        "table2.json",
        "table2_accuracy.csv",
    ]
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert (tmp_path / "table2.csv").read_text() == csv_text(table())


def test_document_that_cannot_be_rendered_leaves_the_old_files(tmp_path):
    write_files(document(), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    broken = Document("table2", (table(rows=()),), {"not JSON": object()})
    with pytest.raises(TypeError):
        write_files(broken, tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_folder_that_is_a_file(tmp_path):
    (tmp_path / "results").write_text("")
    with pytest.raises(CannotWrite, match="in the place of its folder"):
        write_files(document(), tmp_path / "results")
