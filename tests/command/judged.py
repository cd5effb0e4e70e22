"""Traces for the tests of the command lines: made by hand, and of real small runs."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from support.chunks import chunks, joined

from amverify.command.kl import child
from amverify.families.loops import sums as sum_loops
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band, Coupling, Penalty
from amverify.network.initial import gaussian
from amverify.network.layered import LayeredProblem
from amverify.record.layered.run import traced
from amverify.trace.trace import Trace

ROOT = Path(__file__).resolve().parents[2]
Process = Callable[..., "subprocess.CompletedProcess[bytes]"]


def falling(values: Sequence[float]) -> Trace:
    """The record of a run with these values; each change is known exactly."""
    value = np.array(values)
    change = np.diff(value, prepend=value[0])
    rows = len(value)
    return Trace(
        {"subject": "by hand", "settings": {"coupling": "none"}, "constants": {"a": 0.5}},
        sweeps={
            "sweep": np.arange(rows),
            "replicate": np.zeros(rows, dtype=np.int64),
            "value": value,
            "value_error": np.zeros(rows),
            "change": change,
            "change_error": np.zeros(rows),
            "step": np.full(rows, 0.25),
            "step_error": np.zeros(rows),
            "execution": np.zeros(rows),
        },
    )


def layered(coupling: Coupling) -> Trace:
    """Four sweeps of TIAM on four samples."""
    x, y = torch.eye(4, 3, dtype=torch.float64), torch.tensor([0, 1, 0, 1])
    problem = LayeredProblem(x, y, (3, 2, 2), 1e-2, 0.05, coupling)
    return traced(TIAM(), problem, gaussian(problem.widths, seed=0), 4)


def real() -> dict[str, Trace]:
    """Runs with many columns and settings: layered ones, and a finite sum's."""
    return {
        "band": layered(Band(0.1)),
        "penalty": layered(Penalty(1.0)),
        "sum": sum_loops.same_batch(scale=0.5),
    }


def with_header(file: bytes, header: Mapping[str, Any]) -> bytes:
    """A trace file with another header, its checksum right: what a hostile author would send."""
    line = json.dumps(header).encode()
    return joined([(b"H", 0, line), *chunks(file)[1:]])


def here(command: list[str], seconds: float, folder: Path, tell: object) -> tuple[int, str]:
    """What the child of ``amverify kl`` does, in this process: its imports take longer than it."""
    del command, seconds, tell
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        status = child(str(folder))
    return status, said.getvalue()
