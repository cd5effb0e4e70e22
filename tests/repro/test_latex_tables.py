"""Every table of the registry in LaTeX: it compiles and fits, and says nothing of this machine."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import fake_runs
import pytest

from amverify.errors import DataUnavailable
from repro.data.dataset import Dataset
from repro.render import write_files
from repro.spec import RunResult, RunSpec
from repro.tables import TABLES, Wanted
from tests.support import pdflatex

REASON = (
    "hypothesis “ε ≥ max(D1, D2): no side of the band is active” fails: the band is active from "
    "sweep 10 on; W: inf α_k = 0.005636 (sweep 17), μ_max·‖Δ‖² ≤ 10⁻³, blocks.metric_step"
)
DATA = ("cora", "digits", "few_digits", "mnist")
MISSING = "in /home/ann/data nor in C:\\Users\\ann\\data; get x.gz from https://example.org/a/x.gz"


def result(spec: RunSpec) -> RunResult:
    """All curves that a table reads, and reasons as long as real ones."""
    made = fake_runs.result_of(spec)
    falling = [math.nan, *(10.0 ** (3 - k) for k in range(1, spec.sweeps))]
    rising = [1e6 * (k + 1) for k in range(spec.sweeps)]
    curves = {
        **made.curves,
        "residual_block": falling,
        "residual_joint": falling,
        "parameter_updates": rising,
        "gradient_evaluations": rising,
        **{f"alpha_{i}_{what}": rising for i in (1, 2) for what in ("least", "median", "greatest")},
    }
    if not made.report:
        if spec.seed == 1:
            curves["test_accuracy"] = [math.nan] * spec.sweeps
        return RunResult(curves, ("diverged at sweep 1",) if spec.seed == 1 else ())
    return RunResult(curves, (), made.report.replace("the reason of", f"{REASON} of"))


class Laboratory(fake_runs.MadeUp):
    """With its results in a folder, which table 12 reads; of data sets it has ``DATA``."""

    def __init__(self, results: Path) -> None:
        super().__init__(result, fake_runs.dataset)
        self.results = results

    def load(self, name: str) -> Dataset:
        if name in DATA:
            return super().load(name)
        raise DataUnavailable(f"{name}: x.gz is not {MISSING}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """All tables' files."""
    out = tmp_path_factory.mktemp("results")
    for entry in TABLES.values():
        seeds = (0, 1, 2) if entry.protocol.seeds else None
        sweeps = 4 if entry.protocol.sweeps else None
        request = entry.protocol.request(Wanted({}, seeds, sweeps))
        write_files(entry.make(request, Laboratory(out)), out)
    return out


def test_every_table_has_a_text_whose_captions_say_table_once(folder):
    for name in TABLES:
        text = (folder / f"{name}.tex").read_text(encoding="utf-8")
        captions = re.findall(r"\\caption\{(.*)\}", text)
        assert captions, name
        assert not [c for c in captions if re.match(r"Table\b", c)], name


def test_no_file_names_a_folder_of_a_machine(folder):
    for path in sorted(folder.rglob("*.*")):
        text = path.read_text(encoding="utf-8")
        assert str(Path.home()) not in text, path.name
        assert "/home/ann" not in text, path.name
        assert "Users" not in text, path.name


@pdflatex.needed
@pytest.mark.parametrize("options", ["a4paper", "a4paper,twocolumn"])
def test_all_of_them_compile_and_fit(options, folder, tmp_path):
    texts = (path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.tex")))
    assert pdflatex.faults("\\clearpage\n".join(texts), tmp_path, options) == []


def test_an_adam_that_always_diverges_leaves_table_12_undecided(folder, tmp_path):
    """Its means are missing, not numbers: no comparison can be made of them."""
    whole = json.loads((folder / "table7.json").read_text(encoding="utf-8"))
    for row in whole["tables"][0]["rows"]:
        row["parameter_updates"]["value"] = None
    (tmp_path / "table7.json").write_text(json.dumps(whole), encoding="utf-8")
    entry = TABLES["table12"]
    (table,) = entry.make(entry.protocol.request(Wanted({})), Laboratory(tmp_path)).tables
    (told,) = [row for row in table.rows if "fewer parameter updates" in row[1].plain()]
    assert told[3].plain() == "UNDECIDED"
