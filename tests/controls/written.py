"""``kill -9`` while one of our programs writes its files over and over: old or new, and whole.

``kills.py --what audit|trace|estimator`` runs it. A writer is forked from a process that has
imported everything, so that a kill meets writing and not importing. It writes two contents in turn
to the same names. After each kill every file is one of the two, whole; what else lies in the folder
harms nobody: the next run, over what was left, succeeds, ends with both files as they are to be and
removes it (the trace that was half written stays a day: it can be read).

What is killed: *audit*, the command with all its files; *trace*, a recorder's trace of a few
megabytes; *estimator*, a fit with ``warm_start`` that saves its network after each sweep.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

import amverify as amv
from amverify import files
from amverify.command.cli import main as command
from amverify.trace.file import load_trace, save_trace
from amverify.trace.trace import Trace

ROWS = (2_000, 30_000)


@dataclass
class Tally:
    """Kills, those that left something behind, and what was wrong."""

    kills: int = 0
    strays: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Program:
    """What is written over and over, and what is to be true of its folder at any moment.

    ``once`` writes the k-th content; ``faults`` says what is wrong with what is there, and
    ``names`` are the files that belong there.
    """

    once: Callable[[Path, int], None]
    faults: Callable[[Path], list[str]]
    names: frozenset[str]
    seconds: float = 0.5
    """A kill comes so much later at the most."""


def quadratic(rows: int) -> Trace:
    """So many steps of gradient descent on x²."""
    value = 0.5 ** np.arange(rows).clip(max=500)
    sweeps = {"sweep": np.arange(rows), "replicate": np.zeros(rows, dtype=np.int64)}
    sweeps |= {"value": value, "value_error": np.zeros(rows)}
    return Trace({"subject": f"{rows} rows", "settings": {"dtype": "float64"}}, sweeps=sweeps)


TRACES = tuple(map(quadratic, ROWS))


def write_trace(folder: Path, k: int) -> None:
    """One of the two traces, to the same name."""
    save_trace(TRACES[k % 2], folder / "run.trace")


def trace_faults(folder: Path) -> list[str]:
    """Nothing, if the trace is one of the two."""
    found = load_trace(folder / "run.trace").table("sweeps")["value"]
    same = [np.array_equal(found, own.table("sweeps")["value"]) for own in TRACES]
    return [] if any(same) else [f"a trace of {len(found)} rows"]


REPORTS = ("report.json", "report.html", "report.xml", "report.sarif")


def write_audit(folder: Path, k: int) -> None:
    """The command with all its files, on one of two traces, which lie beside the folder."""
    source = folder.parent / f"{k % 2}.trace"
    if not source.exists():
        save_trace(quadratic((5, 2000)[k % 2]), source)
    options = zip(("--json", "--html", "--junit", "--sarif"), REPORTS, strict=True)
    given = [word for name, file in options for word in (name, str(folder / file))]
    status = command(["audit", str(source), "--claim", "value[k] <= value[k-1]", "-q", *given])
    if status not in (0, 3):
        raise SystemExit(f"amverify audit ended with {status}")


def audit_faults(folder: Path) -> list[str]:
    """What of the four files is none."""
    report = amv.from_json((folder / REPORTS[0]).read_text(encoding="utf-8"))
    faults = [] if len(report.findings) == 1 else ["a report of another claim"]
    if not (folder / REPORTS[1]).read_text(encoding="utf-8").endswith("</html>\n"):
        faults.append("a page that is cut off")
    ET.parse(folder / REPORTS[2])
    json.loads((folder / REPORTS[3]).read_text(encoding="utf-8"))
    return faults


DATA = np.random.default_rng(0).normal(size=(40, 5))
TARGETS = DATA @ np.arange(1.0, 6.0)


def fitted(estimator: Any) -> Any:
    """One sweep more."""
    return estimator.fit(DATA, TARGETS)


def regressor() -> Any:
    """A small one that goes on where it was."""
    return amv.TIAMRegressor(
        hidden=(64, 64), sweeps=1, ridge=0.1, warm_start=True, audit=False, random_state=0
    )


def write_estimator(folder: Path, k: int) -> None:
    """Go on from the checkpoint, if one is there, and save what comes of one sweep."""
    file, estimator = folder / "fit.ckpt", regressor()
    fitted(estimator)
    stored = amv.load_checkpoint(file) if file.exists() else {"k": 0}
    if stored["k"]:
        estimator.network_.load_state_dict(stored["network"])
        fitted(estimator)
    objective = float(estimator.objective_[-1])
    state = {"k": stored["k"] + 1, "network": estimator.network_.state_dict()}
    history = [*stored.get("objective", []), objective]
    amv.save_checkpoint(file, {**state, "objective": history})


def estimator_faults(folder: Path) -> list[str]:
    """Nothing, if the checkpoint's sweeps are those that it counts and none rose."""
    stored = amv.load_checkpoint(folder / "fit.ckpt")
    history = torch.tensor(stored["objective"], dtype=torch.float64)
    faults = [] if len(history) == stored["k"] else ["a sweep is lost"]
    rise = history.diff().max() if len(history) > 1 else torch.tensor(0.0)
    return faults if rise <= 1e-9 * history[0] else [*faults, f"the objective rose by {rise:.1e}"]


PROGRAMS = {
    "audit": Program(write_audit, audit_faults, frozenset(REPORTS), 1.5),
    "trace": Program(write_trace, trace_faults, frozenset({"run.trace"})),
    "estimator": Program(write_estimator, estimator_faults, frozenset({"fit.ckpt"})),
}


def forked(work: Callable[[], None]) -> int:
    """The process that does the work, which starts as a copy of this one."""
    child = os.fork()
    if child:
        return child
    try:
        files._TIDIED.clear()
        work()
        os._exit(0)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)


def for_ever(program: Program, folder: Path, start: int) -> None:
    """Write until killed."""
    k = start
    while True:
        program.once(folder, k)
        k += 1


def checked(what: str, kills: int, seed: int) -> Iterator[Tally]:
    """The tally after each kill."""
    program, draw, tally = PROGRAMS[what], random.Random(seed), Tally()
    with TemporaryDirectory() as place:
        folder = Path(place) / "out"
        folder.mkdir()
        for k in range(2):
            program.once(folder, k)
        for number in range(kills):
            child = forked(partial(for_ever, program, folder, number))
            time.sleep(draw.uniform(0, program.seconds))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            _look(program, folder, tally, number)
            yield tally


def _look(program: Program, folder: Path, tally: Tally, number: int) -> None:
    """What the kill left, and what the next run makes of it."""
    tally.kills += 1
    tally.strays += bool({file.name for file in folder.iterdir()} - program.names)
    for when in ("after the kill", "after the next run"):
        try:
            found = program.faults(folder)
        except Exception as error:
            found = [f"{type(error).__name__}: {error}"]
        tally.faults += [f"{when} no. {number}: {fault}" for fault in found]
        if when == "after the kill":
            status = os.waitpid(forked(partial(program.once, folder, number)), 0)[1]
            tally.faults += [f"the run after kill {number} failed"] * bool(status)
    stray = {file.name for file in folder.glob(".*.tmp")} - program.names
    tally.faults += [f"left after the run that followed kill {number}: {name}" for name in stray]
