"""A few of the random small networks; ``small_networks.py`` judges thousands by the same code."""

from __future__ import annotations

import json

import pytest
import small_networks
from networks import tally
from networks.outside import LOST, outside

from amverify.verdict import Verdict


def test_none_is_accused_within_the_range():
    found = tally.total("inside", 0, range(2))
    assert found.done == 2
    assert not found.alarms
    assert found.count("TPsi", Verdict.HOLDS) > 0


@pytest.mark.long
def test_none_holds_outside_the_region():
    first = {}
    for index in range(40):
        first.setdefault(outside(0, index)[0], index)
    assert first.keys() == LOST.keys()
    found = tally.total("outside", 0, first.values())
    assert not found.alarms
    assert found.verdicts[tally.REFUSED] == 1


def test_counting_goes_on_from_the_file(tmp_path, monkeypatch, capsys):
    """Interrupted in the third draw, the tally holds two, and the same command goes on."""
    drawn = []

    def of(seed: int, index: int) -> tally.Tally:
        drawn.append(index)
        if drawn.count(2) == 1 and index == 2:
            raise KeyboardInterrupt
        one = tally.Tally("inside", seed, 1, networks=2)
        one.verdicts["TM HOLDS"] += 1
        return one

    monkeypatch.setitem(tally.KINDS, "inside", of)
    path = tmp_path / "tally.json"
    monkeypatch.setattr("sys.argv", ["x", "--networks", "8", "--tally", str(path)])
    assert small_networks.main() == 130
    assert json.loads(path.read_text())["done"] == 2
    assert small_networks.main() == 0
    assert drawn == [0, 1, 2, 2, 3]
    assert json.loads(path.read_text())["verdicts"] == {"TM HOLDS": 4}
    assert "8 networks in 4 draws" in capsys.readouterr().out


def test_a_file_of_other_draws_is_refused(tmp_path, monkeypatch, capsys):
    path = tmp_path / "tally.json"
    tally.Tally("inside", 1).save(path)
    monkeypatch.setattr("sys.argv", ["x", "--tally", str(path)])
    with pytest.raises(SystemExit):
        small_networks.main()
    assert "seed 1; give another file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("draw", "verdict"),
    [
        pytest.param(30, None, id="weights that are infinite in float32"),
        pytest.param(36, None, id="rho beyond float32"),
        pytest.param(153, None, id="scale beyond float32"),
        pytest.param(40, Verdict.HOLDS, id="rho of 1e-38, whose proximal map has no digits"),
    ],
)
def test_draws_that_were_accused_or_ended_in_a_traceback(draw: int, verdict: Verdict | None):
    found = tally.total("extreme", 0, [draw])
    assert not found.alarms
    assert bool(found.verdicts[tally.REFUSED]) is (verdict is None)
