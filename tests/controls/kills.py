"""``kill -9`` at random moments of a small ``all``: what was finished stays, the end is the same.

    python tests/controls/kills.py --kills 50 --seed 0        # ten minutes
    python tests/controls/kills.py --kills 50 --jobs 2        # the workers die with their parent
    python tests/controls/kills.py --what trace --kills 50    # audit, trace, estimator: written.py

The plan: every table that the digits and three methods admit, three sweeps, one seed. It is started
and killed, again and again until it ends by itself; then from nothing once more, until so many were
killed. A kill comes a random part of a second after a random number of runs more have been
finished: by time alone a busy machine would have most of them die while they import torch. After
each kill every file of a table is whole; at the end of each plan no run that had been finished was
written again, nothing half written was taken for a run, no worker is left, and every table's JSON
is that of the plan that nobody disturbed, but for times.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import written

PLAN = (
    *("all", "--data", "digits", "--seeds", "0", "--sweeps", "3", "--no-download", "--quiet"),
    *("--method", "tiam", "--method", "mdlam", "--method", "adam"),
)
MOST_RUNS, MOST_SECONDS = 12, 0.6
"""Runs that a start finishes at the most before it is killed, and seconds after the last."""
TIMED = frozenset({"seconds", "seconds_to_target", "provenance", "wall_time", "started", "cached"})
Stamp = tuple[int, int]


@dataclass
class Tally:
    """Kills, plans that came to their end, finished runs that the kills met, and what was wrong."""

    kills: int = 0
    plans: int = 0
    kept: int = 0
    faults: list[str] = field(default_factory=list)


def started(folder: Path, jobs: int) -> subprocess.Popen[bytes]:
    """The plan, in a process group of its own."""
    places = ("--out", str(folder / "out"), "--cache", str(folder / "cache"), "--jobs", str(jobs))
    return subprocess.Popen(
        [sys.executable, "-m", "repro", *PLAN, *places],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def killed(process: subprocess.Popen[bytes], folder: Path, runs: int, seconds: float) -> bool:
    """Kill it so many seconds after it finished so many runs; False if it ended before."""
    enough = len(finished_runs(folder)) + runs
    while process.poll() is None and len(finished_runs(folder)) < enough:
        time.sleep(0.01)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True
    return False


def finished_runs(folder: Path) -> dict[Path, Stamp]:
    """Every finished run's file, with what changes when it is written again."""
    stats = {path: path.stat() for path in (folder / "cache").glob("*/*.json")}
    return {path: (own.st_ino, own.st_mtime_ns) for path, own in stats.items()}


def documents(folder: Path) -> dict[str, Any]:
    """Every table's JSON, without times."""
    return {p.name: timeless(json.loads(p.read_text())) for p in (folder / "out").glob("*.json")}


def timeless(value: Any) -> Any:
    """``value`` without what the clock decides."""
    if isinstance(value, dict):
        return {key: timeless(own) for key, own in value.items() if key not in TIMED}
    return [timeless(own) for own in value] if isinstance(value, list) else value


def left(group: int) -> bool:
    """Whether a process of the group is there after ten seconds."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True


def disturbed(folder: Path, jobs: int, draw: random.Random, tally: Tally, most: int) -> None:
    """The plan from nothing, killed until it ends by itself or enough were killed."""
    before: dict[Path, Stamp] = {}
    while True:
        process = started(folder, jobs)
        runs, seconds = draw.randint(0, MOST_RUNS), draw.uniform(0, MOST_SECONDS)
        over = tally.kills == most or not killed(process, folder, runs, seconds)
        process.wait()
        now = finished_runs(folder)
        again = [path.name for path, stamp in before.items() if now.get(path) != stamp]
        tally.faults += [f"computed again or lost: {name}" for name in again]
        before = now
        documents(folder)
        if left(process.pid):
            tally.faults.append("a process is left")
        if over:
            tally.plans += 1
            tally.faults += [f"exit status {process.returncode}"] * (process.returncode != 0)
            return
        tally.kills += 1
        tally.kept += len(now)


def checked(kills: int, seed: int, jobs: int) -> Iterator[Tally]:
    """The tally after each plan, until so many were killed."""
    draw, tally = random.Random(seed), Tally()
    with tempfile.TemporaryDirectory() as place:
        calm = Path(place) / "calm"
        assert started(calm, 1).wait() == 0
        expected, count = documents(calm), len(finished_runs(calm))
        while tally.kills < kills:
            folder = Path(place) / f"plan{tally.plans}"
            disturbed(folder, jobs, draw, tally, kills)
            if documents(folder) != expected:
                tally.faults.append(f"plan {tally.plans}: another result")
            if len(finished_runs(folder)) != count:
                tally.faults.append(f"plan {tally.plans}: another number of runs")
            yield tally


def of_files(what: str, kills: int, seed: int) -> int:
    """Kill what writes files over and over; print the tally; status 1 where a file was lost."""
    *_, tally = written.checked(what, kills, seed)
    print(
        f"{tally.kills} kills of {what}, {tally.strays} left something beside its files, "
        f"{len(tally.faults)} faults",
        *tally.faults,
        sep="\n",
    )
    return int(bool(tally.faults))


def main() -> int:
    """Print the tally; status 1 where something was not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--what", choices=["all", *written.PROGRAMS], default="all")
    given = parser.parse_args()
    if given.what != "all":
        return of_files(given.what, given.kills, given.seed)
    tally = Tally()
    for tally in checked(given.kills, given.seed, given.jobs):
        print(f"{tally.kills} kills, {tally.plans} plans to their end", flush=True)
    print(
        f"{tally.kills} kills, {tally.kept} finished runs met by them, {len(tally.faults)} faults",
        *tally.faults,
        sep="\n",
    )
    return int(bool(tally.faults))


if __name__ == "__main__":
    sys.exit(main())
