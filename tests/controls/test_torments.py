"""A few of what ``torments.py``, ``disks.py`` and ``clocks.py`` do in full."""

from __future__ import annotations

import clocks
import disks
import pytest
import torments


@pytest.mark.long
@pytest.mark.parametrize(
    "trials",
    [lambda place: torments.pairs(place, 3, 0), torments.folders, torments.traps],
    ids=["pairs", "folders", "entries"],
)
def test_a_run_that_is_tormented_ends_as_documented(trials, tmp_path):
    *_, tally = trials(tmp_path)
    assert tally.faults == []


@pytest.mark.long
@pytest.mark.skipif(not disks.can_mount(), reason="not root, or no mounting here")
def test_a_full_disk_is_a_line_and_loses_nothing():
    *_, tally = disks.checked((1, 8, 24))
    assert tally.faults == []


@pytest.mark.long
def test_clocks_that_jump_change_nothing():
    *_, tally = clocks.checked()
    assert tally.faults == []


def test_a_negative_duration_would_be_seen():
    assert list(clocks.negative({"seconds": [1.0, -1.0]})) == [".seconds = -1.0"]
