"""About how long it still takes, by the pace of late."""

from __future__ import annotations

import pytest

from amverify.console.pace import Pace, about, clock


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moment = [0.0]
    monkeypatch.setattr("amverify.console.pace.time.monotonic", lambda: moment[0])
    return moment


def test_clock() -> None:
    assert (clock(7.4), clock(61), clock(3600)) == ("0:07", "1:01", "60:00")
    assert (about(50.0), about(None)) == ("about 0:50 left", "")


def test_nothing_is_said_before_anything_is_done(now: list[float]) -> None:
    pace = Pace()
    assert pace.left(0, 10) is None
    now[0] = 5.0
    assert pace.left(0, 10) is None
    now[0] = 10.0
    assert pace.left(5, 10) == pytest.approx(10.0)


def test_the_pace_is_that_of_late(now: list[float]) -> None:
    """Ten a second for a minute, then one a second: what is left is by the latter."""
    pace = Pace(window=30.0)
    for now[0] in range(61):
        pace.left(10 * now[0], 1000)
    for now[0] in range(61, 101):
        left = pace.left(600 + (now[0] - 60), 1000)
    assert left == pytest.approx(1000 - 640)


def test_a_pause_makes_it_slower(now: list[float]) -> None:
    pace = Pace(window=10.0)
    pace.left(0, 100)
    now[0] = 1.0
    assert pace.left(10, 100) == pytest.approx(9.0)
    now[0] = 40.0
    assert (pace.left(10, 100) or 1e9) > 100


def test_a_second_run_begins_anew(now: list[float]) -> None:
    pace = Pace()
    pace.left(0, 100)
    now[0] = 10.0
    pace.left(100, 100)
    assert pace.left(0, 100) is None
