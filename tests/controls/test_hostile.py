"""Some hostile command lines; ``python tests/controls/hostile.py`` gives all of them."""

from __future__ import annotations

import hostile
import pytest

ALL = list(hostile.lines())
FOUND = (
    *(["repro", "published", "check", "9" * 5000], ["repro", "score", "--out", "é" * 3000]),
    *(["repro", "report", "--results", "loop"], ["repro", "report", "--results", "9" * 5000]),
    ["repro", "cache", "status", "--cache", "x" * 70_000],
)
"""Lines that once ended in a fault of the program."""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hostile.laid_out(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("words", [*FOUND, *ALL[::97]], ids=hostile.shown)
def test_a_hostile_line_ends_in_a_documented_status(words):
    assert hostile.faults(words) == []


@pytest.mark.long
@pytest.mark.usefixtures("place")
def test_so_does_every_other():
    assert len(ALL) > 1_500
    assert {
        hostile.shown(words): hostile.faults(words) for words in ALL if hostile.faults(words)
    } == {}


@pytest.mark.long
@pytest.mark.parametrize("command", hostile.STARTED)
@pytest.mark.parametrize("way", hostile.WAYS)
def test_odd_streams_and_surroundings_give_no_traceback(way, command, place):
    assert hostile.faults_of_process(way, command, place) == []


def test_a_fault_would_be_seen(monkeypatch):
    def printing(words):
        print("\x1b[31m")
        return 7

    monkeypatch.setitem(hostile.MAINS, "amverify", printing)
    status, printed, *_ = hostile.faults(["amverify", "x"])
    assert status.startswith("status 7")
    assert "is printed" in printed
