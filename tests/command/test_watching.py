"""What is left is by the pace of late, and an audit of a subject says how far it is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from judged import ROOT, layered
from rich.text import Text

from amverify.command.auditing import audited, watching
from amverify.errors import InvalidInput
from amverify.network.coupling import Band
from amverify.record.limit import at_most
from amverify.record.recorder import Recorder
from amverify.subject.subject import Claim, run_subject


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moment = [0.0]
    monkeypatch.setattr("amverify.console.pace.time.monotonic", lambda: moment[0])
    return moment


def test_the_line_says_what_is_left(now: list[float]) -> None:
    shown: list[Text] = []
    heard = watching("m:run", shown.append)
    heard(10, 200)
    now[0] = 10.0
    heard(20, 200)
    heard(30, None)
    assert [text.plain for text in shown] == [
        "m:run: iteration 10 of 200",
        "m:run: iteration 20 of 200, about 3:00 left",
        "m:run: iteration 30",
    ]


def test_judging_says_which_theorem(now: list[float]) -> None:
    shown: list[Text] = []
    audited(layered(Band(0.1)), [Claim("T1"), Claim("M3")], shown.append)
    assert [text.plain for text in shown] == ["judging T1, 1 of 2", "judging M3, 2 of 2"]


def test_a_run_of_known_length_tells_it_and_forgets_it() -> None:
    heard: list[tuple[int, int | None]] = []
    with at_most(100, lambda *state: heard.append(state)):
        layered(Band(0.1))
        Recorder("by hand").step([1.0], value=1.0)
    assert (4, 4) in heard
    assert heard[-1] == (0, None)


SLOW = """
import time
from amverify.record.recorder import Recorder
def run():
    recorder = Recorder("slowly")
    for k in range(12):
        recorder.step([1.0], value=1.0 / (k + 1))
        time.sleep(0.25)
    return recorder.trace()
def stuck():
    time.sleep(60)
"""


def test_a_subject_is_watched_while_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{tmp_path}")
    told: list[tuple[int, int | None]] = []
    trace, _ = run_subject("slow:run", 60.0, 100, lambda *state: told.append(state))
    assert trace.rows("sweeps") == 12
    assert told == sorted(told)
    assert 0 < told[-1][0] < 12
    began = time.monotonic()
    with pytest.raises(InvalidInput, match="--time-limit"):
        run_subject("slow:stuck", 1.0, 100)
    assert time.monotonic() - began < 30


@pytest.mark.long
def test_where_there_is_no_terminal_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    command = [sys.executable, "-m", "amverify", "audit", "slow:run", "--theorem", "descent"]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (3, b"")
    assert b"UNDECIDED" in done.stdout
