"""A few of the kills; ``python tests/controls/kills.py`` makes fifty."""

from __future__ import annotations

import json
from pathlib import Path

import kills
import pytest
import written


@pytest.mark.long
@pytest.mark.parametrize("jobs", [1, 2])
def test_what_was_finished_before_a_kill_stays_and_the_end_is_the_same(jobs):
    *_, tally = kills.checked(5, 0, jobs)
    assert tally.kills == 5
    assert tally.faults == []


@pytest.mark.parametrize(
    "what", ["trace", *(pytest.param(w, marks=pytest.mark.long) for w in ("audit", "estimator"))]
)
def test_a_kill_leaves_a_whole_file_and_nothing_that_harms(what):
    *_, tally = written.checked(what, 2, 0)
    assert (tally.kills, tally.faults) == (2, [])


@pytest.mark.parametrize("what", ["trace", "estimator", "audit"])
def test_a_file_that_is_cut_off_would_be_seen(what, tmp_path):
    program, folder = written.PROGRAMS[what], tmp_path / "out"
    folder.mkdir()
    program.once(folder, 0)
    file = folder / min(program.names - {"report.html"})
    file.write_bytes(file.read_bytes()[:-60])
    tally = written.Tally()
    written._look(program, folder, tally, 0)
    assert any("after the kill" in fault for fault in tally.faults)


def test_a_run_written_again_would_be_seen(tmp_path):
    file = tmp_path / "cache" / "digits" / "run.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    before = kills.finished_runs(tmp_path)
    assert kills.finished_runs(tmp_path) == before
    other = file.with_suffix(".tmp")
    other.write_text("{}")
    other.replace(file)
    assert kills.finished_runs(tmp_path) != before


def test_times_alone_do_not_count(tmp_path):
    def document(seconds: float, accuracy: float) -> Path:
        folder = tmp_path / f"{seconds}-{accuracy}"
        (folder / "out").mkdir(parents=True)
        cells = {"seconds": {"mean": seconds}, "test_accuracy": {"mean": accuracy}}
        text = json.dumps({"tables": [{"rows": [cells]}], "provenance": {"wall_time": seconds}})
        (folder / "out" / "table2.json").write_text(text)
        return folder

    first = kills.documents(document(1.0, 0.5))
    assert kills.documents(document(2.0, 0.5)) == first
    assert kills.documents(document(1.0, 0.6)) != first
