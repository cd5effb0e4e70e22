"""``amverify fit``: estimates with intervals, the files of a KL plot, bad input in one line."""

from __future__ import annotations

import json

import pytest

from amverify.command.cli import main
from amverify.families import draw
from amverify.families.loops.gradient import gradient_descent
from amverify.trace.file import save_trace


@pytest.fixture
def run(tmp_path):
    path = tmp_path / "run.trace"
    problem = draw("least_squares", 1)
    save_trace(gradient_descent(problem, 200, 0.3 / float(problem.constants.L)), path)
    return path


def test_it_prints_and_writes(run, tmp_path, capsys):
    files = ["--json", str(tmp_path / "plot.json"), "--csv", str(tmp_path / "plot.csv")]
    assert main(["fit", str(run), "--constant", "theta=0.5", "--constant", "c=2", *files]) == 0
    printed = capsys.readouterr().out
    assert "θ = 0.5" in printed
    assert "it confirms no claim" in printed
    plot = json.loads((tmp_path / "plot.json").read_text())
    assert plot["declared"]["c"] == 2.0
    assert (tmp_path / "plot.csv").read_text().startswith("sweep,gap,gap_error,residual")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--constant", "mu=1"], "a KL plot reads fstar"),
        (["--constant", "fstar=1e9"], "above the recorded value"),
        (["--constant", "fstar"], "NAME=NUMBER"),
        (["--replicate", "4"], "replicate 4"),
    ],
)
def test_bad_input_is_one_line(run, given, words, capsys):
    assert main(["fit", str(run), *given]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.strip().splitlines()) == 1


def test_too_few_rows_are_said(tmp_path, capsys):
    path = tmp_path / "short.trace"
    save_trace(gradient_descent(draw("least_squares", 1), 5), path)
    assert main(["fit", str(path)]) == 2
    assert "resolved points" in capsys.readouterr().err
