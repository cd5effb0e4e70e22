"""What the site reads: tables, runs and figures with a spoilt part, and provenance in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from amverify.errors import CorruptFile
from repro.site import described
from repro.site.gathered import gathered
from repro.site.runs import configurations
from tests.repro.test_report_site import check_links, few_theorems, made, report, with_run

__all__ = ["few_theorems"]

SPOILT: dict[str, tuple[tuple[Any, ...], Any]] = {
    "no name of a run": (("provenance", "runs"), ["x"]),
    "keys in words": (("tables", 0, "keys"), "two"),
    "no title of a column": (("tables", 0, "columns", 0), {"key": "dataset"}),
    "notes that are a number": (("tables", 0, "notes"), 3),
    "a title that is a number": (("tables", 0, "title"), 3),
    "no versions": (("provenance", "environment", "versions"), None),
    "an unknown kind": (("tables", 0, "rows", 0, "n", "kind"), "picture"),
    "a number in words": (("tables", 0, "rows", 0, "n"), {"kind": "number", "value": "two"}),
    "an unknown verdict": (("tables", 0, "rows", 0, "verdict", "verdict"), "excellent"),
    "seeds in words": (("tables", 0, "rows", 0, "verdict", "seeds"), "two"),
    "two published cells": (("tables", 0, "rows", 0, "verdict", "published"), ["a", "b"]),
    "a difference in words": (("tables", 0, "rows", 0, "verdict", "difference"), "small"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_table_with_a_spoilt_part_is_refused_by_its_file(case: str, tmp_path: Path) -> None:
    path, value = SPOILT[case]
    file = made(tmp_path) / "table2.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    part = document
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(CorruptFile, match=r"table2\.json: is no file of this version's table"):
        gathered(tmp_path, tmp_path / "cache")


@pytest.mark.parametrize(("key", "value"), [("wall_time", "long"), ("notes", 3), ("spec", {})])
def test_a_run_with_a_spoilt_record_is_said_and_left_out(
    key: str, value: Any, tmp_path: Path
) -> None:
    with_run(tmp_path)
    file = tmp_path / "table2.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    document["provenance"]["runs"][0][key] = value
    file.write_text(json.dumps(document), encoding="utf-8")
    said: list[str] = []
    assert configurations(gathered(tmp_path, tmp_path / "cache"), said.append) == {}
    assert len(said) == 1
    assert "lists 1 runs as another version wrote them" in said[0]


@pytest.mark.parametrize("content", ["{", "[]", '{"caption": 3}'])
def test_a_figure_whose_data_are_none_is_named(content: str, tmp_path: Path) -> None:
    folder = made(tmp_path) / "figures"
    folder.mkdir()
    (folder / "moduli.svg").write_text("<svg/>", encoding="utf-8")
    assert gathered(tmp_path, tmp_path / "cache").figures == {}
    (folder / "moduli.json").write_text(content, encoding="utf-8")
    with pytest.raises(CorruptFile, match=r"moduli\.json: is no"):
        gathered(tmp_path, tmp_path / "cache")


def test_figures_stand_on_their_page_with_their_command(tmp_path: Path) -> None:
    folder = made(tmp_path / "results") / "figures"
    folder.mkdir()
    (folder / "moduli.svg").write_text("<svg/>", encoding="utf-8")
    told = {"caption": "What moduli do.", "provenance": {"command": "python -m paper_figures all"}}
    (folder / "moduli.json").write_text(json.dumps(told), encoding="utf-8")
    assert report(tmp_path / "results", tmp_path / "out", "--quiet") == 0
    text = check_links(tmp_path / "out")["figures.html"].text
    assert "What moduli do." in text
    assert (tmp_path / "out" / "figures" / "moduli.svg").read_text(encoding="utf-8") == "<svg/>"
    assert not (tmp_path / "out" / "figures" / "moduli.pdf").exists()


def test_a_command_is_told_without_folders_however_they_are_given() -> None:
    words = ["python", "-m", "repro", "table2", "--out=/home/me", "--cache", "/tmp/c", "-q"]
    document = {"provenance": {"command": [*words, "--seeds", "0-1"]}}
    assert described.command(document) == "python -m repro table2 --seeds 0-1"


def test_facts_of_a_document_are_those_that_it_has() -> None:
    assert dict(described.facts({})) == {"commit": "not from a checkout"}
    machine = {"processor": "P", "system": "S", "cores": 4}
    own = {"commit": "ab", "dirty": True, "versions": {"torch": "2"}, "hardware": machine}
    runs = [{"started": "2026-02"}, {"started": "2026-01"}]
    found = dict(described.facts({"environment": own, "runs": runs, "wall_time": 3}))
    assert found["commit"] == "ab and changes that were not committed"
    assert (found["versions"], found["machine"]) == ("torch 2", "P, S")
    assert found["cores"] == "4, ? thread(s) a run"
    assert found["runs"] == "2, from 2026-01 to 2026-02"
    assert list(described.hashes({"data_hashes": {"cora": "ab", "mnist": {"x": "cd"}}})) == [
        ("cora", "ab"),
        ("mnist, x", "cd"),
    ]
