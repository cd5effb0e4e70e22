"""Processes that end badly: a closed pipe, a full disk, Ctrl-C, a fault. None may look judged."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from judged import ROOT, Process
from support.long import few

COMMANDS = (
    ("amverify", "audit", "good.trace", "--theorem", "descent"),
    ("amverify", "audit", "bad.trace", "--theorem", "descent"),
    ("proofs", "show", "T1"),
    ("repro", "list"),
)


def line(done: subprocess.CompletedProcess[bytes]) -> str:
    """The one line on standard error, or none."""
    lines = done.stderr.decode().strip().splitlines()
    assert len(lines) <= 1, lines
    assert "Traceback" not in done.stderr.decode()
    return lines[0] if lines else ""


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_closed_pipe(process: Process, command: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = process(*command, stdout=writer)
    os.close(writer)
    assert (done.returncode, line(done)) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_full_disk(process: Process, command: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        done = process(*command, stdout=full)
    assert done.returncode == 2
    assert "could not be written" in line(done)


@pytest.mark.parametrize("command", COMMANDS[:2], ids=" ".join)
def test_a_closed_output(process: Process, command: tuple[str, ...]) -> None:
    done = process(*command, stdout=None, preexec_fn=lambda: os.close(1))
    assert done.returncode == 2
    assert "closed" in line(done)


def test_a_closed_standard_error_changes_no_verdict(process: Process) -> None:
    for name, status in (("good", 0), ("bad", 1), ("absent", 2)):
        done = process(
            "amverify", "audit", f"{name}.trace", "--theorem", "descent",
            preexec_fn=lambda: os.close(2),
        )  # fmt: skip
        assert done.returncode == status
        assert done.stderr == b""


@pytest.mark.parametrize("encoding", few(["ascii", "utf-16", "latin-1", "cp1252"], keep=1))
def test_output_that_is_not_utf8(process: Process, encoding: str) -> None:
    for name, status, word in (("good", 0, "HOLDS"), ("bad", 1, "VIOLATED")):
        done = process(
            "amverify", "audit", f"{name}.trace", "--theorem", "descent",
            env={"PYTHONIOENCODING": encoding},
        )  # fmt: skip
        assert (done.returncode, line(done)) == (status, "")
        assert word in done.stdout.decode(encoding)
    done = process("amverify", "theorems", "T1", env={"PYTHONIOENCODING": encoding})
    assert (done.returncode, line(done)) == (0, "")


FAULTS = {
    "at import": ("raise RuntimeError('no such luck')", "RuntimeError: no such luck"),
    "no module": ("import a_module_that_is_not_there", "ModuleNotFoundError"),
    "exits": ("import sys; sys.exit(0)", "SystemExit: 0"),
    "memory": ("def main(): raise MemoryError", "MemoryError"),
    "recursion": ("def main(): return main()", "RecursionError"),
    "escape": ("def main(): raise ValueError('\\x1b[2J boo')", "ValueError: \ufffd[2J boo"),
    "two lines": ("def main(): raise KeyError('a\\nb')", "KeyError"),
}


def entered(folder: Path, text: str, name: str = "commands") -> subprocess.CompletedProcess[bytes]:
    """A module of commands with this text, entered as all commands are."""
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    start = f"from amverify.console.entry import enter; enter({name!r})"
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}
    command = [sys.executable, "-B", "-c", start]  # the next text may be as long, a moment later
    return subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_of_the_program(tmp_path: Path, kind: str) -> None:
    text, words = FAULTS[kind]
    done = entered(tmp_path, text)
    assert done.returncode == 7
    assert words in line(done)
    assert "no verdict" in line(done)


def test_the_status_that_main_returns_is_that_of_the_process(tmp_path: Path) -> None:
    for status in (0, 1, 3):
        assert entered(tmp_path, f"def main(): return {status}").returncode == status


SLOW_IMPORT = """
import time
try:
    print("here", flush=True)
    time.sleep(30)
except BaseException:
    pass
def main():
    return 0
"""


@pytest.mark.parametrize("where", ["import", "main", "swallowed"])
def test_ctrl_c(tmp_path: Path, where: str) -> None:
    texts = {
        "import": "import time; print('here', flush=True); time.sleep(30)",
        "main": "import time\ndef main():\n    print('here', flush=True)\n    time.sleep(30)",
        "swallowed": SLOW_IMPORT,
    }
    (tmp_path / "commands.py").write_text(texts[where], encoding="utf-8")
    start = "from amverify.console.entry import enter; enter('commands')"
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    with subprocess.Popen(
        [sys.executable, "-c", start], env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        assert running.stdout.readline() == b"here\n"
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert err.decode().startswith("interrupted")
    assert len(err.decode().splitlines()) == 1


def test_ctrl_c_at_any_moment_of_a_real_command(traces: Path) -> None:
    command = [sys.executable, "-m", "amverify", "audit", "good.trace", "--theorem", "descent"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for wait in (0.1, 0.3, 0.6, 1.0):
        with subprocess.Popen(
            command, cwd=traces, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as running:
            time.sleep(wait)
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=60)
        done = running.returncode == 0 and b"HOLDS" in out
        early = b"init_import_site" in err  # the interpreter itself did not stand yet
        assert done or early or running.returncode in (130, -signal.SIGINT), (
            running.returncode,
            err,
        )
