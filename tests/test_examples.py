"""The examples run as they stand, with one import line of ours, and say what they announce."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))
SAID = {
    "adam": ["VIOLATED: 1 violated", "fails at step"],
    "exact_rows": ["T1 HOLDS", "T3 HOLDS", "exactly, 0 open"],
    "lbfgs": [
        "UNDECIDED: 1 undecided, 2 hold",
        "the trace lacks the step size η used in this sweep: Recorder(eta=…)",
    ],
    "own_loop": ["VIOLATED: 1 violated, 1 holds"],
    "samt_digits": ["HOLDS: 1 holds", "2 states replayed", "measured on this run, not known: L̄"],
    "sgd_momentum": ["VIOLATED: 1 violated, 1 holds"],
}


def test_none_is_forgotten():
    assert [file.stem for file in EXAMPLES] == sorted(SAID)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_one_import_line_of_ours(file):
    ours = re.findall(r"^[ \t]*(?:from|import) amverify.*$", file.read_text("utf-8"), re.MULTILINE)
    assert ours == ["import amverify as amv"]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_it_is_short(file):
    assert len(file.read_text("utf-8").splitlines()) <= 25


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_it_says_what_it_announces(file, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    runpy.run_path(str(file), run_name="__main__")
    said = capsys.readouterr().out
    assert all(line in said for line in SAID[file.stem]), said
