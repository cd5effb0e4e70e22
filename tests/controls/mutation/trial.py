"""One fault, tried: a process of its own imports the changed tree and runs the tests given to it.

The process is forked from one that has numpy, sympy and torch in memory already, and none of our
own modules: a trial costs the tests' time and not the imports'.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.controls.mutation.clock import Clock

HEAVY = ("numpy", "sympy", "scipy.optimize", "scipy.stats", "torch", "pytest", "flint")
HEAVY += ("rich.console", "sklearn.datasets", "_pytest.assertion.rewrite", "typer", "jinja2")
OPTIONS = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--tb=line")


def copied(root: Path, to: Path) -> Path:
    """The tree's tracked and untracked files, compiled, in a folder of its own."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=root, capture_output=True, check=True).stdout.decode()
    for name in filter(None, names.split("\0")):
        if (root / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, to / name)
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", "amverify", "proofs", "repro"], cwd=to
    )
    return to


def ready(tree: Path) -> None:
    """This process stands in the tree, with all in memory that isn't ours."""
    os.environ |= {"PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    os.chdir(tree)
    sys.path[:] = [str(tree), *(p for p in sys.path if Path(p or ".").resolve() != tree)]
    imported()
    ours = [n for n in sys.modules if n.split(".")[0] in ("amverify", "proofs", "repro")]
    if ours:
        raise RuntimeError(f"{ours[0]} is in memory already: faults would not be seen")


def imported() -> None:
    """What is large and not ours."""
    for name in HEAVY:
        importlib.import_module(name)


@contextlib.contextmanager
def instead(file: Path, text: str) -> Iterator[None]:
    """A file with another text, for as long as the block lasts."""
    before, times = file.read_bytes(), file.stat()
    try:
        file.write_text(text)
        yield
    finally:
        file.write_bytes(before)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def failing(tests: Sequence[str], seconds: float, log: Path) -> tuple[str, str | None]:
    """*survived*, *killed* or *endless* (the processor's time ran out); the first to fail.

    A module that cannot be imported is no test: then there is a failure and no name.
    """
    answers = log.with_suffix(".json")
    answers.write_text("[]")

    def run() -> int:
        limited(seconds, log)
        clock = Clock()
        code = _pytest(["-x", *tests], clock)
        answers.write_text(json.dumps(clock.failed))
        return code

    status = ended(run, seconds)
    if os.WIFSIGNALED(status):
        return "endless", None
    failed = json.loads(answers.read_text())
    return "killed" if os.WEXITSTATUS(status) else "survived", failed[0] if failed else None


def collected(tests: Sequence[str], session: object) -> int:
    """A session that collects the tests and runs what the plugin says."""
    return _pytest(["-s", *tests], session)


def ended(task: Callable[[], int], seconds: float) -> int:
    """The status of a process of its own that did a task, or slept for too long."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = task()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    began = time.monotonic()
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        if time.monotonic() - began > 30 * seconds:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.05)


def limited(seconds: float, log: Path) -> None:
    """From now on this process has so much of the processor, and writes into ``log``."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)


def _pytest(arguments: Sequence[str], *plugins: object) -> int:
    import pytest

    return int(pytest.main([*OPTIONS, *arguments], plugins=[*plugins]))
