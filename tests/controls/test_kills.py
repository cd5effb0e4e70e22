"""A few of the kills; ``python tests/controls/kills.py`` makes fifty."""

from __future__ import annotations

import json
from pathlib import Path

import kills
import pytest


@pytest.mark.long
@pytest.mark.parametrize("jobs", [1, 2])
def test_what_was_finished_before_a_kill_stays_and_the_end_is_the_same(jobs):
    *_, tally = kills.checked(5, 0, jobs)
    assert tally.kills == 5
    assert tally.faults == []


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
