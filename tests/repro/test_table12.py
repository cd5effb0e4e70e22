"""Table 12: verdicts on the seed papers' claims are read, combined, tested, and never made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fake_runs
import pytest

from repro.command.cli import main
from repro.render import Estimate, Number, Text
from repro.tables import TABLES, Request, table12

NOTHING = Request((), (), (), 0)


def rows_by(out: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """(claim, reading) → (verdict, evidence)."""
    laboratory = fake_runs.MadeUp(fake_runs.result_of, fake_runs.dataset)
    laboratory.results = out
    (table,) = table12.make(NOTHING, laboratory).tables
    cells = [[cell.plain() for cell in row] for row in table.rows]
    return {(row[1], row[2]): (row[3], row[4]) for row in cells}


def made(out: Path, document: str, table: str, rows: list[dict[str, Any]]) -> None:
    cells = [{k: cell.json() for k, cell in row.items()} for row in rows]
    body = {"document": document, "tables": [{"name": table, "rows": cells}]}
    (out / f"{document}.json").write_text(json.dumps(body), encoding="utf-8")


def audit(method: str, theorem: str, verdict: str, dataset: str = "digits") -> dict[str, Text]:
    texts = {"dataset": dataset, "method": method, "theorem": theorem, "verdict": verdict}
    return {k: Text(v) for k, v in {**texts, "reason": f"why {theorem}; more"}.items()}


def accuracy(method: str, mean: float, sweeps: int | None, n: int = 3) -> dict[str, Any]:
    values = tuple(mean + 0.001 * (i - 1) for i in range(n))
    return {
        "dataset": Text("cora"),
        "workload": Text("digits"),
        "method": Text(method),
        "test_accuracy": Estimate(values, tuple(range(n)), (), "x"),
        "parameter_updates": Number(100),
        "sweeps_to_target": Number(sweeps),
        "median_sweeps": Number(sweeps),
        "seconds_to_target": Number(sweeps),
    }


def test_without_any_table_everything_is_undecided_and_says_what_to_make(tmp_path):
    found = rows_by(tmp_path)
    assert {verdict for verdict, _ in found.values()} == {"UNDECIDED"}
    said = {evidence for _, evidence in found.values()}
    for name in ("table2", "table5", "table7", "table8", "table10"):
        assert f"python -m repro {name} has not been made here" in said
        assert name in TABLES


def test_an_audits_weakest_verdict_stands_with_its_reason(tmp_path):
    rows = [audit("JointTIAM", t, "HOLDS") for t in table12.CHAIN]
    rows += [
        audit("TIAM, exact moduli", "T3", "HOLDS"),
        audit("TIAM, penalty, exact", "T3", "HOLDS"),
    ]
    rows += [audit("TIAM, exact moduli", "T4", "NOT APPLICABLE")]
    rows += [audit("TIAM, penalty, exact", "T4", "UNDECIDED (3 of 20 decided)")]
    made(tmp_path, "table10", "audit", rows)
    found = rows_by(tmp_path)
    globally = {k[1].partition(":")[0]: v for k, v in found.items() if k[0] == table12.GLOBAL}
    assert globally["TIAM, exact moduli"] == ("NOT APPLICABLE", "T4 on digits: why T4")
    missing = "not in the table: T5 of TIAM, penalty, exact"
    assert globally["TIAM, penalty, exact"] == ("UNDECIDED", missing)
    assert globally["JointTIAM"][0] == "HOLDS"
    rows.append(audit("JointTIAM", "TC", "VIOLATED (1 of 2)", "cora"))
    made(tmp_path, "table10", "audit", rows)
    assert rows_by(tmp_path)["converges globally", "JointTIAM: TΨ to TK"] == (
        "VIOLATED", "TC on cora: why TC",
    )  # fmt: skip
    made(tmp_path, "table10", "audit", [r for r in rows[:-1] if r["theorem"].text != "TB"])
    said = rows_by(tmp_path)["converges globally", "JointTIAM: TΨ to TK"]
    assert said == ("UNDECIDED", "not in the table: TB of JointTIAM")


@pytest.mark.parametrize(
    ("ours", "theirs", "n", "said"),
    [
        (0.9, 0.8, 3, "HOLDS"),
        (0.8, 0.9, 3, "VIOLATED"),
        (0.8, 0.9, 1, "UNDECIDED"),
        (0.9, 0.8, 1, "UNDECIDED"),
        (0.8, 0.8005, 3, "UNDECIDED"),
    ],
)
def test_better_takes_seeds_that_tell_the_means_apart(tmp_path, ours, theirs, n, said):
    rows = [accuracy("TIAM", ours, 10, n), accuracy("Adam", theirs, 20, n)]
    made(tmp_path, "table2", "accuracy", [*rows, accuracy("JointTIAM", 0.99, 5, n)])
    reading = "TIAM: test accuracy above every other method's"
    assert rows_by(tmp_path)["better generalisation", reading][0] == said
    samt = [accuracy(label, ours, 1, n) for k, label in table12.LABELS.items() if "samt_" in k]
    made(tmp_path, "table7", "accuracy", [*samt, accuracy("Adam", theirs, 1, n)])
    key = ("better generalisation with fewer parameter updates",)
    (found,) = (v for k, v in rows_by(tmp_path).items() if k[:1] == key)
    assert found[0] == said


@pytest.mark.parametrize(
    ("ours", "theirs", "n", "sweeps", "seconds"),
    [
        (10, 20, 2, "HOLDS", "UNDECIDED"),
        (10, None, 2, "HOLDS", "UNDECIDED"),
        (20, 10, 2, "VIOLATED", "UNDECIDED"),
        (20, 10, 1, "UNDECIDED", "UNDECIDED"),
        (None, None, 2, "UNDECIDED", "UNDECIDED"),
    ],
)
def test_sooner(tmp_path, ours, theirs, n, sweeps, seconds):
    rows = [accuracy("TIAM", 0.8, ours, n), accuracy("Adam", 0.8, theirs, n)]
    made(tmp_path, "table2", "accuracy", rows)
    found = {k: v[0] for k, v in rows_by(tmp_path).items() if k[1].startswith("TIAM: se") or
             k[1].startswith("TIAM: sw")}  # fmt: skip
    assert list(found.values()) == [sweeps, seconds]


def test_the_command_reads_the_folder_of_the_results(tmp_path, capsys):
    assert main(["table12", "--out", str(tmp_path), "--quiet"]) == 0
    assert (tmp_path / "table12.json").is_file()
    (tmp_path / "table2.json").write_text("{")
    assert main(["table12", "--out", str(tmp_path)]) == 4
    assert "table2.json: is no table's file" in capsys.readouterr().err
