"""A folder with a trace that HOLDS and one that is VIOLATED, and the process that judges them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from judged import ROOT, Process, falling, real

from amverify.trace.file import save_trace


@pytest.fixture(scope="session")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """good.trace: its values fall. bad.trace: one of them rises. Others are of real runs."""
    folder = tmp_path_factory.mktemp("traces")
    save_trace(falling([8.0, 4.0, 2.0, 1.0]), folder / "good.trace")
    save_trace(falling([8.0, 4.0, 6.0, 1.0]), folder / "bad.trace")
    for name, trace in real().items():
        save_trace(trace, folder / f"{name}.trace")
    return folder


@pytest.fixture
def process(traces: Path) -> Process:
    """``process("amverify", "theorems")``: the command in a process of its own."""

    def start(module: str, *arguments: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **more.pop("env", {})}
        more.setdefault("stdout", subprocess.PIPE)
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=traces, env=environment, stderr=subprocess.PIPE, timeout=120, check=False, **more,
        )  # fmt: skip

    return start
