"""What became of every published cell; and a reader's file of published values, checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from repro.command.cli import main
from repro.published import cells_of, judge_accuracy, key_of, load
from repro.published.score import KINDS, UNPUBLISHED, Paper, score
from repro.render import Estimate, PublishedValue, Text, Unavailable, VerdictCell, verdict_of

HEAD = '[paper]\nname = "TIAM"\ntitle = "T"\nreference = "R"\n'
SERIES = """[[series]]
table = "Table 2"
dataset = "cora"
method = "tiam"
quantity = "test_accuracy"
sweeps = [200]
values = [0.8]
"""


def key(dataset: str, rho: float, sweeps: int = 200) -> str:
    found = (
        key_of(s, sweeps)
        for s in load().series
        if (s.source.table, s.dataset, s.settings["rho"]) == ("Table 4", dataset, rho)
    )
    return next(found)


def document(name: str, *rows: dict[str, Any]) -> dict[str, Any]:
    cells = [{k: cell.json() for k, cell in row.items()} for row in rows]
    return {"document": name, "tables": [{"name": name, "rows": cells}]}


def judged(dataset: str, rho: float, mean: float, std: float, n: int, published: float) -> Any:
    verdict = verdict_of(judge_accuracy(mean, std, n, published), key(dataset, rho))
    return {"dataset": Text(dataset), "verdict": verdict}


def mdlam(*documents: dict[str, Any]) -> Paper:
    return next(paper for paper in score(load(), documents) if paper.name == "mDLAM")


def test_every_published_cell_has_a_key_of_its_own_and_counts_once():
    cells = cells_of(load())
    assert len({cell.key for cell in cells}) == len(cells) == 4 + 2 * 60 + 5
    papers = {paper.name: paper for paper in score(load(), [])}
    assert {name: len(paper.outcomes) for name, paper in papers.items()} == {
        "mDLAM": 124, "BCD": 5, "TIAM": 0, "SAMT": 0,
    }  # fmt: skip
    assert papers["mDLAM"].counts()["not made"] == 124
    assert set(papers["BCD"].counts()) == {*KINDS, UNPUBLISHED}


def test_verdicts_are_those_of_the_tables_and_of_most_seeds():
    near = judged("cora", 1e-3, 0.75, 0.01, 10, 0.742)
    far = judged("cora", 1e-3, 0.60, 0.01, 2, 0.742)
    one = judged("cora", 1e-4, 0.60, float("nan"), 1, 0.692)
    for first, second in ((near, far), (far, near)):
        counts = mdlam(document("table2", first), document("table3", second, one)).counts()
        assert counts["reproduced"] == counts["undecided"] == 1
        assert counts["differs"] == 0
        assert counts["not made"] == 122
    counts = mdlam(document("table3", far)).counts()
    assert counts["differs"] == 1


def test_data_that_are_not_here_and_methods_without_published_values():
    gone = {"dataset": Text("pubmed"), "method": Text("all"), "x": Unavailable("no file")}
    own = {
        "dataset": Text("cora"),
        "method": Text("TIAM, cross-validated"),
        "verdict": VerdictCell(UNPUBLISHED),
    }
    other = {**own, "method": Text("JointTIAM")}
    papers = score(load(), [document("table2", gone, own, other)])
    counts = {paper.name: paper.counts() for paper in papers}
    assert counts["mDLAM"]["no data here"] == 31
    assert counts["TIAM"][UNPUBLISHED] == 1
    assert counts["SAMT"][UNPUBLISHED] == counts["BCD"][UNPUBLISHED] == 0


def test_a_variant_that_reproduces_a_differing_cell_is_named():
    variant = {
        "dataset": Text("cora"),
        "variant": Text("no inertia"),
        "final": Estimate((0.742,), (0,), (), "x"),
        "published": PublishedValue(0.742, "mDLAM"),
        "verdict": verdict_of(judge_accuracy(0.742, 0.0, 2, 0.742)),
    }
    far = judged("cora", 1e-3, 0.60, 0.01, 2, 0.742)
    paper = mdlam(document("table3", far), document("mdlam_setting", variant))
    (differing,) = (o for o in paper.outcomes if o.kind == "differs")
    assert differing.why == "reproduced with no inertia (0.742)"


def test_score_fits_a_screen_and_speaks_json(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    rows = [judged("cora", rho, 0.1, 0.0, 2, 0.7) for rho in (1e-4, 1e-3, 1e-2)]
    (tmp_path / "table2.json").write_text(json.dumps(document("table2", *rows)))
    assert main(["score", "--out", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) <= 24
    said = " ".join(shown.split())
    assert "mDLAM Table 4 cora mdlam (rho = 0.0001, epsilon = 100): differs in 1 of 5;" in said
    assert "farthest after 200: 0.692 published, 0.092 here (-0.600) [table2]" in said
    assert main(["score", "--out", str(tmp_path), "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert whole["mDLAM"]["counts"]["differs"] == 3
    assert len(whole["mDLAM"]["cells"]) == 124


def test_score_without_tables_and_with_a_broken_file(tmp_path, capsys):
    assert main(["score", "--out", str(tmp_path)]) == 4
    assert "no table was made there" in capsys.readouterr().err
    for text in ("{", "[]", '{"tables": 3}', '{"tables": [{"rows": [{"a": 1}]}]}'):
        (tmp_path / "table2.json").write_text(text)
        assert main(["score", "--out", str(tmp_path)]) == 4
        line = capsys.readouterr().err
        assert line.count("\n") == 1
        assert "table2.json: is no table's file" in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + SERIES, []),
        ("[paper", ["mine.toml: not a TOML file"]),
        (SERIES, ["mine.toml: [paper] is missing"]),
        (
            HEAD + SERIES.replace("0.8", "80") + SERIES.replace("[200]", "[0]") + SERIES,
            ["[[series]] no. 1: key 'values' is [80]", "[[series]] no. 2: key 'sweeps' is [0]"],
        ),
        (
            HEAD + SERIES.replace("cora", "Cora") + SERIES.replace('"tiam"', '"taim"'),
            ["no. 1: key 'dataset' is 'Cora'", "did you mean 'tiam'"],
        ),
        (HEAD + (SERIES + "headline = true\n") * 2, ["mine.toml: TIAM Table 2 and TIAM Table 2"]),
    ],
)
def test_published_check_says_each_fault_with_its_place(tmp_path: Path, capsys, text, said):
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    assert main(["published", "check", str(file)]) == (2 if said else 0)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert len(lines) == len(said)
    assert all(words in line for words, line in zip(said, lines, strict=True))
    assert all(line.startswith("error: ") for line in lines)
    assert ("TIAM: 1 series" in out) is not said


def test_published_check_of_a_file_that_is_not_there(capsys):
    assert main(["published", "check", "nowhere.toml"]) == 2
    assert "nowhere.toml: no such file" in capsys.readouterr().err


def test_a_template_is_filled_in_and_used(tmp_path, monkeypatch, capsys):
    own = tmp_path / "mine.toml"
    assert main(["published", "template", "tiam", str(own)]) == 0
    assert f"AMVERIFY_PUBLISHED={own} python -m repro table2" in capsys.readouterr().out
    assert main(["published", "template", "tiam", str(own)]) == 2
    assert main(["published", "template", "tiamm", str(tmp_path / "b.toml")]) == 2
    assert "did you mean 'tiam'" in capsys.readouterr().err
    statistics = '[[statistics]]\ntable = "Table 1"\ndataset = "digits"\nclasses = 11\n'
    own.write_text(own.read_text() + "\n" + statistics)
    monkeypatch.setenv("AMVERIFY_PUBLISHED", str(own))
    out = tmp_path / "out"
    assert main(["table1", "--no-download", "--data", "digits", "--out", str(out)]) == 0
    made = json.loads((out / "table1.json").read_text())
    assert list(made["provenance"]["published"]) == ["mine.toml"]
    capsys.readouterr()
    assert main(["score", "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["TIAM"]["counts"]["differs"] == 1
