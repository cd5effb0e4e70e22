"""The static site: whole pages, links that lead somewhere, hostile names, faults in a line."""

from __future__ import annotations

import base64
import json
import math
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from amverify.report import to_json
from amverify.theorems import CATALOGUE
from repro.command.cli import main
from repro.engine import FinishedRun, configuration_hash
from repro.engine.cache import Cache, store
from repro.engine.provenance import environment
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
    write_files,
)
from repro.site import anchors
from repro.site.placed import MARK
from repro.spec import RunResult, RunSpec
from repro.tables.parts.audits import page_name
from repro.tables.parts.full_batch import run_record
from tests.support.chromium import chromium, shown
from tests.support.report_examples import example

__all__ = ["chromium"]

VOID = {"meta", "link", "br", "hr", "img"}
ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}"


class Outline(HTMLParser):
    """Tags, ids and targets of a page; every element has to be closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += data

    def all(self, name: str) -> list[str]:
        return [value for attribute, value in self.attributes if attribute == name]


def table(method: str = "mDLAM") -> Table:
    columns = tuple(
        Column(key, key.capitalize())
        for key in ("dataset", "method", "accuracy", "published", "verdict", "audit", "n")
    )
    estimate = Estimate((0.75, 0.77), (0, 1), (), "0123456789ab")
    judged = VerdictCell("differs", "by −0.030", -0.03, "mDLAM Table 5: cora, mdlam", 2)
    row = (estimate, PublishedValue(0.79, "mDLAM, Table 5"), judged, Text("VIOLATED (1 of 2)"))
    rows = (
        (Text("cora"), Text(method), *row, Number(2)),
        (Text("cora"), Text("TIAM"), *row[:3], Text("HOLDS"), Number(None)),
        (Text("pubmed"), Text(""), Unavailable("no file"), *[Text()] * 4),
    )
    return Table("accuracy", "Table 2: accuracy", columns, rows, "How.", ("A note.",))


def made(folder: Path, method: str = "mDLAM", name: str = "table2") -> Path:
    provenance = {
        "command": ["python", "-m", "repro", name, "--out", "…/elsewhere", "--seeds", "0-1"],
        "environment": environment(),
        "wall_time": 1.5,
        "data_hashes": {"cora": {"x": "ab" * 32}},
        "runs": [],
    }
    write_files(Document(name, (table(method),), provenance), folder)
    return folder


def with_run(folder: Path) -> RunSpec:
    """The table with a run behind its cells, kept in the cache with its audit's report."""
    claims = ("T1", "T3")
    spec = RunSpec("cora", "mdlam", (("rho", 0.1),), (4,), "relu", 3, 0, "float64", claims)
    result = RunResult({"objective": [3.0, 2.0, math.nan]}, ("a note",), to_json(example()))
    run = FinishedRun(result, {"wall_time": 1.0, **environment()}, "ab" * 32, False)
    file = made(folder) / "table2.json"
    text = file.read_text(encoding="utf-8").replace("0123456789ab", configuration_hash(spec))
    document = json.loads(text)
    document["provenance"]["runs"] = [run_record(spec, run)]
    file.write_text(json.dumps(document), encoding="utf-8")
    store(Cache(folder / "cache", True, print), spec, run)
    return spec


def test_a_cell_opens_its_run_and_that_its_audit(tmp_path: Path) -> None:
    spec = with_run(tmp_path / "results")
    assert report(tmp_path / "results", tmp_path / "out", "--quiet") == 0
    found = check_links(tmp_path / "out")
    name = f"runs/{configuration_hash(spec)}.html"
    assert found["table2.html"].all("href").count(name) >= 4
    own = found[name]
    assert own.tags.count("polyline") == 1
    for said in ("rho = 0.1", "a note", "python -m repro rerun results/table2.json"):
        assert said in own.text
    audit = f"audits/{page_name(spec)}"
    assert f"../{audit}" in own.all("href")
    assert "../theorems/T3.html" in found[audit].all("href")


def test_a_run_that_is_not_kept_is_said(tmp_path: Path) -> None:
    spec = with_run(tmp_path / "results")
    shutil.rmtree(tmp_path / "results" / "cache")
    assert report(tmp_path / "results", tmp_path / "out", "--quiet") == 0
    own = check_links(tmp_path / "out")[f"runs/{configuration_hash(spec)}.html"]
    for said in ("The cache keeps none of these runs", "not in the cache", "its page is made with"):
        assert said in own.text


def report(folder: Path, out: Path, *more: str) -> int:
    given = ["--results", str(folder), "--out", str(out), "--cache", str(folder / "cache")]
    return main(["report", *given, *more])


@pytest.fixture(scope="module", autouse=True)
def few_theorems() -> Iterator[None]:
    """Proofs take a while: those of a few theorems do."""
    with pytest.MonkeyPatch.context() as patch:
        few = {name: CATALOGUE[name] for name in ("T1", "T3", "C1", "descent")}
        patch.setattr("repro.site.theorems.CATALOGUE", few)
        yield


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "report"
    assert report(made(tmp_path_factory.mktemp("results")), out, "--quiet") == 0
    return out


@pytest.mark.long
def test_every_theorem_has_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("repro.site.theorems.CATALOGUE", CATALOGUE)
    assert report(made(tmp_path / "results"), tmp_path / "out", "--quiet") == 0
    check_links(tmp_path / "out")
    assert len(list((tmp_path / "out" / "theorems").iterdir())) == len(CATALOGUE)


def pages(site: Path) -> dict[str, Outline]:
    return {
        path.relative_to(site).as_posix(): Outline(path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("*.html"))
    }


def test_every_page_is_whole_and_every_link_leads_somewhere(site: Path) -> None:
    names = set(check_links(site))
    assert {"index.html", "table2.html", "score.html", "theorems/T3.html"} <= names


def check_links(site: Path) -> dict[str, Outline]:
    found = pages(site)
    for name, page in found.items():
        ids = page.all("id")
        assert len(set(ids)) == len(ids), name
        for label in page.all("aria-labelledby"):
            assert set(label.split()) <= set(ids), (name, label)
        for link in page.all("href"):
            check_link(site, name, unquote(link), found)
        assert {"script", "iframe", "object"}.isdisjoint(page.tags), name
    return found


def page(site: Path, name: str) -> Outline:
    return Outline((site / name).read_text(encoding="utf-8"))


def check_link(site: Path, name: str, link: str, found: dict[str, Outline]) -> None:
    if link == "data:,":
        return
    assert ":" not in link.partition("#")[0], link
    path, _, anchor = link.partition("#")
    target = ((site / name).parent / path).resolve() if path else site / name
    assert target.is_file(), (name, link)
    if anchor:
        own = target.relative_to(site).as_posix()
        assert anchor in found[own].all("id"), (name, link)


def test_cells_have_stable_anchors(site: Path) -> None:
    ids = page(site, "table2.html").all("id")
    assert "accuracy.cora.mdlam" in ids
    assert "accuracy.cora.mdlam.verdict" in ids
    assert "accuracy.pubmed.x.accuracy" in ids


def test_marks_stand_beside_words(site: Path) -> None:
    text = " ".join(page(site, "table2.html").text.split())
    for said in ("≠differs by −0.030", "✗VIOLATED (1 of 2)", "✓HOLDS", "0.760 ± 0.014"):
        assert said in text


def test_what_was_not_made_stands_there_with_its_command(site: Path) -> None:
    text = page(site, "index.html").text
    for name in ("table1", "table10", "gallery"):
        assert f"python -m repro {name}" in text
    assert "python -m paper_figures all" in text


def test_commands_name_no_folder_of_this_machine(site: Path) -> None:
    text = page(site, "table2.html").text
    assert "python -m repro table2 --seeds 0-1\n" in text
    assert "elsewhere" not in text


def test_hostile_names_are_text(tmp_path: Path) -> None:
    assert report(made(tmp_path / "results", ATTACK), tmp_path / "out", "--quiet") == 0
    page = Outline((tmp_path / "out" / "table2.html").read_text(encoding="utf-8"))
    assert {"script", "img"}.isdisjoint(page.tags)
    assert page.all("onerror") == []
    assert ATTACK in page.text


def test_anchors_do_not_depend_on_the_other_rows() -> None:
    one = {"a": {"kind": "text", "text": "ρ = 1"}, "b": {"kind": "text", "text": "é−1"}}
    other = {"a": {"kind": "text", "text": "ρ = 1"}, "b": {"kind": "number", "value": 2}}
    assert anchors.rows("T", [one, other], 1) == ["t.rho-1.e-minus-1", "t.rho-1.2"]
    assert anchors.rows("T", [one], 2) == ["t.rho-1.e-minus-1"]
    assert anchors.rows("T", [one, one], 2) == ["t.rho-1.e-minus-1", "t.rho-1.e-minus-1.2"]


BAD: dict[str, tuple[Any, str]] = {
    "no JSON": ("{", "is no JSON"),
    "another document": ({"document": "table3"}, "it holds 'table3'"),
    "another version": ({"document": "table2", "tables": []}, "no 'provenance'"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_is_no_table_is_one_line(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, said = BAD[case]
    text = content if isinstance(content, str) else json.dumps(content)
    (tmp_path / "table2.json").write_text(text, encoding="utf-8")
    assert report(tmp_path, tmp_path / "out") == 4
    error = capsys.readouterr().err
    assert said in error
    assert "make it again" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_no_results_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(tmp_path / "none", tmp_path / "out") == 4
    assert "no such folder; begin with python -m repro table1" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert report(tmp_path / "empty", tmp_path / "out") == 4
    assert "no table was made there" in capsys.readouterr().err


def test_another_versions_results_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = made(tmp_path / "results") / "table2.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    document["provenance"]["environment"]["code_version"] = "another"
    document["provenance"]["runs"] = [{"spec": {"dataset": "cora"}, "key": "0"}]
    file.write_text(json.dumps(document), encoding="utf-8")
    assert report(tmp_path / "results", tmp_path / "out") == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "table2.json was made by another version of the code" in lines[0]
    assert "lists 1 runs as another version wrote them" in lines[1]
    assert "another version" in (tmp_path / "out" / "table2.html").read_text(encoding="utf-8")


def test_what_is_not_ours_is_not_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = made(tmp_path / "results")
    assert report(folder, folder) == 2
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").touch()
    assert report(folder, tmp_path / "home") == 2
    assert "no report's" in capsys.readouterr().err
    assert (tmp_path / "home" / "thesis.tex").exists()


def test_an_interrupted_site_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = made(tmp_path / "results"), tmp_path / "out"
    assert report(folder, out, "--quiet") == 0
    (out / "old").touch()

    def interrupted(*_: Any) -> Any:
        yield "index.html", "new"
        raise KeyboardInterrupt

    monkeypatch.setattr("repro.command.report.built", interrupted)
    assert report(folder, out) == 130
    assert (out / "old").exists()
    assert (out / "index.html").read_text(encoding="utf-8") != "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "results"]
    monkeypatch.undo()
    assert report(folder, out, "--quiet") == 0
    assert not (out / "old").exists()
    assert (out / MARK).is_file()
    assert capsys.readouterr().err.count("\n") == 1


BROWSED = ("index.html", "table2.html", "score.html", "theorems.html", "theorems/T1.html")


@pytest.mark.parametrize("width", [375, 1280])
def test_pages_show_without_errors_or_requests(
    chromium: Any,
    site: Path,
    width: int,
) -> None:
    for name in BROWSED:
        shown(chromium, site / name, width)
        assert chromium.get_log("browser") == [], name
        root = "document.documentElement"
        sizes = chromium.execute_script(f"return [{root}.scrollWidth, {root}.clientWidth]")
        assert sizes[0] <= sizes[1] == width, name
        logged = [json.loads(e["message"])["message"] for e in chromium.get_log("performance")]
        sent = [e["params"] for e in logged if e["method"] == "Network.requestWillBeSent"]
        asked = {p["request"]["url"] for p in sent if p["documentURL"].startswith("file:")}
        assert all(url.startswith(("file:", "data:")) for url in asked), name


def test_a_page_prints(chromium: Any, site: Path) -> None:
    shown(chromium, site / "table2.html", 1280, "dark")
    pdf = base64.b64decode(chromium.execute_cdp_cmd("Page.printToPDF", {})["data"])
    assert pdf.startswith(b"%PDF-")
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    script = "return getComputedStyle(document.body).backgroundColor"
    assert chromium.execute_script(script) == "rgb(255, 255, 255)"
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert chromium.get_log("browser") == []
