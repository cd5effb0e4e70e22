"""A pool of worker processes does what one process does; what happens to a worker is said."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import fake_runs
import pytest
from rich.console import Console

from amverify.errors import InvalidInput
from repro.engine import RunFailed, run_all
from repro.engine.local import in_pool

DATA = {"cora": fake_runs.dataset(), "digits": fake_runs.dataset("digits", value=0.25)}


def pooled(wanted, cache, execute):
    console = Console(file=io.StringIO())
    return run_all(wanted, DATA, cache=cache, jobs=2, execute=execute, console=console)


def test_every_run_meets_its_own_data(tmp_path):
    wanted = [*fake_runs.specs(3, "cora"), *fake_runs.specs(3, "digits")]
    runs = pooled(wanted, tmp_path, fake_runs.reporting_data)
    assert list(runs) == wanted
    assert [run.result.curves["test_accuracy"][-1] for run in runs.values()] == [1.0] * 3 + [
        0.25
    ] * 3
    assert len(list(tmp_path.rglob("*.json"))) == 6


def test_progress_arrives_from_the_workers():
    heard: list[tuple[int, int]] = []
    wanted = fake_runs.specs(2)
    finished = list(
        in_pool(wanted, DATA, fake_runs.sound, lambda spec, k: heard.append((spec.seed, k)), 2)
    )
    assert {spec for spec, _ in finished} == set(wanted)
    assert set(heard) == {(0, 1), (1, 1)}


def test_refusal_in_a_worker_is_the_users_line(tmp_path):
    with pytest.raises(InvalidInput, match="cora, tiam, seed 1: rho must be above 0"):
        pooled(fake_runs.specs(2), tmp_path, fake_runs.refusing)


def test_fault_in_a_worker_brings_its_traceback_along(tmp_path):
    with pytest.raises(RunFailed, match="ZeroDivisionError") as caught:
        pooled(fake_runs.specs(2), tmp_path, fake_runs.faulty)
    assert "somewhere deep" in "".join(caught.value.__notes__)
    assert "fake_runs.py" in "".join(caught.value.__notes__)


def test_killed_worker_loses_its_run_alone_and_that_is_tried_again(tmp_path):
    deaths = tmp_path / "deaths"
    deaths.mkdir()
    told = Console(file=io.StringIO())
    wanted, cache = fake_runs.specs(3), tmp_path / "cache"
    execute = fake_runs.DyingOnce(deaths)
    runs = run_all(wanted, DATA, cache=cache, jobs=2, execute=execute, console=told)
    assert [run.result.curves["test_accuracy"][-1] for run in runs.values()] == [1.0] * 3
    assert "cora, tiam, seed 1 (signal 9)" in told.file.getvalue()
    assert "the run is tried once more" in told.file.getvalue()


def test_run_that_kills_two_workers_is_said(tmp_path):
    with pytest.raises(RunFailed, match=r"cora, tiam, seed 1 \(signal 9\); .*fewer --jobs"):
        pooled(fake_runs.specs(2), tmp_path, fake_runs.dying)


def group_exists(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


def eventually(happens: Callable[[], bool]) -> bool:
    """Whether it happens within minutes, which is to say at all."""
    for _ in range(3000):
        if happens():
            return True
        time.sleep(0.1)
    return False


def test_ctrl_c_ends_the_pool_and_keeps_what_is_finished(tmp_path):
    with subprocess.Popen(
        [sys.executable, str(Path(fake_runs.__file__)), str(tmp_path)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        kept = eventually(lambda: len(list(tmp_path.rglob("*.json"))) == 2)
        # To the whole group, as a terminal does it: to the workers as well.
        os.killpg(process.pid, signal.SIGINT if kept else signal.SIGKILL)
        _, errors = process.communicate()
    lines = [line for line in errors.splitlines() if " runs, now " not in line]
    assert lines == [f"interrupted: 2 of 4 runs kept in {tmp_path}; run again to resume"]
    assert process.returncode == 130
    assert eventually(lambda: not group_exists(process.pid)), "a worker is left"
