"""Tables in docs/ come from a program: what docs/tables.py writes, and where."""

from __future__ import annotations

import json
import re
import runpy

import pytest
from pages import ROOT

from proofs.theorems.catalogue import ORDER

TABLES = runpy.run_path(str(ROOT / "docs" / "tables.py"), run_name="tables")
PAGE = """# A page

<!-- table: small -->
what stood here
<!-- end -->

Between.

<!-- grid: small dataset method / theorem / verdict -->
<!-- end -->

<!-- table: small second -->
<!-- end -->

<!-- table: other -->
kept
<!-- end -->
"""
ROWS = [("cora", "TIAM", "T1", "HOLDS"), ("cora", "TIAM", "T4", "NOT APPLICABLE"),
        ("cora", "GD", "T1", "VIOLATED (1 of 2)")]  # fmt: skip


@pytest.fixture
def results(tmp_path):
    keys = ("dataset", "method", "theorem", "verdict")
    rows = [{k: {"kind": "text", "text": t} for k, t in zip(keys, r, strict=True)} for r in ROWS]
    environment = {"commit": "0123456789abcdef", "dirty": False}
    command = ["python", "-m", "repro", "small", "--no-download"]
    document = {
        "tables": [{"name": "first", "rows": rows}, {"name": "second", "rows": []}],
        "provenance": {"command": command, "environment": environment},
    }
    (tmp_path / "small.json").write_text(json.dumps(document))
    text = "## Small\n\n| a |\n| --- |\n| 1 |\n\nA caption.\n\n## More\n\n| b |\n"
    (tmp_path / "small.md").write_text(text)
    return tmp_path


def test_what_is_written(results):
    page = TABLES["replaced"](PAGE, TABLES["of_results"](results, ["small"]))
    said = "`python -m repro small` at commit 0123456:"
    assert (
        f"<!-- table: small -->\n{said}\n\n| a |\n| --- |\n| 1 |\n<!-- end -->\n\nBetween." in page
    )
    assert (
        f"{said}\n\n| Dataset | Method | T1 | T4 |\n| --- | --- | --- | --- |\n"
        "| cora | TIAM | ✓ | ⊘ |\n| cora | GD | ✗ (1 of 2) |  |\n<!-- end -->"
    ) in page
    assert f"<!-- table: small second -->\n{said}\n\n| b |\n<!-- end -->" in page
    assert "<!-- table: other -->\nkept\n<!-- end -->" in page


def test_writing_twice_changes_nothing(results):
    body = TABLES["of_results"](results, ["small"])
    once = TABLES["replaced"](PAGE, body)
    assert TABLES["replaced"](once, body) == once


def marked(name: str) -> list[str]:
    """What stands between the marks of a page of docs/."""
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    return [found[0] for found in TABLES["MARK"].finditer(page)]


def test_every_place_is_filled_and_says_where_from():
    filled = [text for name in ("results.md", "trust.md") for text in marked(name)]
    assert len(filled) == 22
    for text in filled:
        assert re.search(r"-->\n`python -m \w+ .+` at commit [0-9a-f]{7}:\n", text), text[:80]


def test_the_checkers_words_are_of_the_theorems_that_there_are():
    (text,) = marked("trust.md")
    said = f"{len(ORDER)} of {len(ORDER)} proved"
    assert said in text, "python docs/tables.py proofs writes them again"
    assert re.findall(r"^(\w+) +proved", text, re.MULTILINE) == list(ORDER)


def test_the_count_of_theorems_in_coq():
    """As it is recorded beside the theorems."""
    file = ROOT / "amverify" / "theorems" / "proved.json"
    count = sum(one["coq"] for one in json.loads(file.read_text()).values())
    said = {"README.md": f"Coq for {count} theorems", "docs/trust.md": f"({count} theorems;"}
    said |= {"docs/limits.md": f"Coq covers {count} of the {len(ORDER)} proved theorems"}
    pages = {name: (ROOT / name).read_text(encoding="utf-8") for name in said}
    assert {name for name in said if said[name] not in pages[name]} == set()


def test_what_make_bench_printed_is_copied_line_by_line(tmp_path):
    log = tmp_path / "bench.log"
    log.write_text(
        "..\nrow: sweep 4 ms, median of the ratios 1.2 (aim 1.35)\n\nT1 on 10 rows: 1 s\n"
    )
    page = "<!-- performance: samt -->\nold\n<!-- end -->\n\n<!-- table: kept -->\nx\n<!-- end -->"
    written = TABLES["replaced"](page, TABLES["of_bench"](log, "0123456"))
    line = "row: sweep 4 ms, median of the ratios 1.2 (aim 1.35)"
    said = f"`make bench` at commit 0123456:\n\n```text\n{line}\n```\n<!-- end -->"
    assert written == page.replace("old\n<!-- end -->", said)


def test_every_frame_of_the_page_on_performance_has_lines():
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert set(re.findall(r"<!-- performance: (\w+) -->", page)) == set(TABLES["LINES"])
    assert "```text\n\n```" not in page
