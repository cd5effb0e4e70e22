"""The examples run as they stand, and say what they are there to say."""

from __future__ import annotations

import runpy
import warnings
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SAID = {
    "adam": ["✗ VIOLATED", "fails at sweep"],
    "exact_rows": ["T1 HOLDS", "T3 HOLDS", "exactly, 0 open"],
    "lbfgs": ["✓ HOLDS", "sufficient decrease", "the trace lacks column sweeps.eta"],
    "own_loop": ["✗ VIOLATED", "descent", "✓ HOLDS", "G5"],
    "samt_digits": ["✓ HOLDS", "S3", "2 states replayed", "measured on this run, not known: L̄"],
    "sgd_momentum": ["✗ VIOLATED", "descent", "✓ HOLDS", "G4"],
}


def test_every_example_is_tested():
    assert {file.stem for file in EXAMPLES.glob("*.py")} == set(SAID)


@pytest.mark.parametrize("name", SAID)
def test_example(name, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    said = capsys.readouterr().out
    for words in SAID[name]:
        assert words in said, said


@pytest.mark.parametrize("name", SAID)
def test_example_is_short(name):
    assert len((EXAMPLES / f"{name}.py").read_text(encoding="utf-8").splitlines()) <= 25
