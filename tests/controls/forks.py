"""Our commands in forked processes: all is imported once, so that a start takes no time.

A command runs in a copy of this process, with its output in files, without root's privileges
or after some change to it where that is wanted; what it said and its status are those that a
process of its own would have.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from amverify import files
from amverify.command import cli as amverify
from amverify.console.entry import ended
from paper_figures.command import cli as paper_figures
from repro.command import cli as repro

MAINS = {"amverify": amverify.main, "repro": repro.main, "paper_figures": paper_figures.main}
SECONDS = 300.0
"""A command that takes longer hangs."""
LINES = 4


@dataclass(frozen=True)
class Ended:
    """How a command ended; status −9 where it was killed."""

    status: int
    said: str
    shown: str

    def faults(self, *statuses: int) -> list[str]:
        """What is wrong with that, these being the statuses that it may have."""
        found = [] if self.status in statuses else [f"status {self.status}: {self.said[-300:]!r}"]
        if "Traceback" in self.said or self.said.count("\n") > LINES:
            found.append(f"said {self.said[-600:]!r}")
        if self.status and not self.said:
            found.append(f"status {self.status} without a word")
        return found


@dataclass
class Started:
    """A command that was started."""

    process: int
    log: Path

    def wait(self, seconds: float = SECONDS) -> Ended:
        """How it ends; killed where it takes longer."""
        until = time.monotonic() + seconds
        while True:
            done, status = os.waitpid(self.process, os.WNOHANG)
            if done:
                break
            if time.monotonic() > until:
                self.kill()
                _, status = os.waitpid(self.process, 0)
                break
            time.sleep(0.01)
        said, shown = (self.log.with_suffix(f".{end}") for end in ("err", "out"))
        code = os.waitstatus_to_exitcode(status)
        return Ended(code, said.read_text(errors="replace"), shown.read_text(errors="replace"))

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)


def unprivileged() -> None:
    """From here on this process, if it is root's, may do what any owner of its files may."""
    version, nothing = 0x20080522, (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(version, 0), nothing):
        raise OSError("capset")


def started(
    words: Sequence[str], log: Path, before: Callable[[], object] = bool, plain: bool = False
) -> Started:
    """A command in a copy of this process; ``before`` is called there first, and where
    it is to be ``plain``, permissions bind it, whoever runs it.

    ``log`` with the endings err and out is where its output goes.
    """
    process = os.fork()
    if process:
        return Started(process, log)
    status = 99
    try:
        for number, end in ((1, "out"), (2, "err")):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            os.dup2(os.open(log.with_suffix(f".{end}"), flags, 0o666), number)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="backslashreplace")
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace")
        files._TIDIED.clear()
        before()
        if plain:
            unprivileged()
        sys.argv = list(words)
        try:
            status = MAINS[words[0]](list(words[1:]))
            sys.stdout.flush()
        except BaseException as error:
            status = ended(error)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def run(
    words: Sequence[str], log: Path, before: Callable[[], object] = bool, plain: bool = False
) -> Ended:
    """The same, to its end."""
    return started(words, log, before, plain).wait()
