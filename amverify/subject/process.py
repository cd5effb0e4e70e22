"""A program of others in a process of its own: watched, stopped in time, and heard in bounds.

Of what it writes on standard error the beginning and the end are kept; how much was left out
between them is said. Whoever writes gigabytes is heard to the end, and costs no memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread
from typing import IO

from amverify.errors import InvalidInput
from amverify.record.limit import Heard

RAISED = 70
"""The child's exit status where the subject is at fault; its last line says how."""
EVERY = 0.5
"""Seconds between two looks at how far a subject is."""
PROGRESS = "progress.json"
KEPT = 64 * 1024
"""Bytes of the beginning, and of the end, of what is said."""
_LINGERING = 1.0
"""Seconds that standard error is listened to once the process is gone: its own children may hold
it open."""


class Said:
    """What a process writes: its first and its last ``KEPT`` bytes."""

    def __init__(self) -> None:
        self._first, self._last, self._size = bytearray(), bytearray(), 0

    def add(self, data: bytes) -> None:
        """Hear more of it."""
        self._size += len(data)
        room = KEPT - len(self._first)
        self._first += data[:room]
        self._last += data[room:]
        if len(self._last) > 2 * KEPT:
            del self._last[:-KEPT]

    def text(self) -> str:
        """All that is kept, with a line where something was left out."""
        last = self._last[-KEPT:]
        left = self._size - len(self._first) - len(last)
        between = f"\n… {left:,} bytes of standard error left out …\n" if left else ""
        first, end = (part.decode(errors="replace") for part in (self._first, last))
        return first + between + end


def in_a_process(
    name: str, code: list[str], seconds: float, folder: Path, tell: Heard | None = None
) -> None:
    """Run code, with its arguments, in an interpreter of its own, for at most so long.

    Raises:
        InvalidInput: if it takes longer, or ends with another status than 0: in its own words.
    """
    try:
        status, said = watched([sys.executable, "-c", *code], seconds, folder, tell)
    except subprocess.TimeoutExpired:
        raise InvalidInput(
            f"subject {name}: not done after {seconds:g} s; see --time-limit"
        ) from None
    if status != 0:
        last = said.strip().splitlines()[-1:] or ["no message"]
        how = last[0] if status == RAISED else f"exit status {status}"
        raise InvalidInput(f"subject {name}: {how}")
    sys.stderr.write(said)


def watched(
    command: list[str], seconds: float, folder: Path, tell: Heard | None
) -> tuple[int, str]:
    """Exit status and errors of a process; ``TimeoutExpired`` once its time is over."""
    end, said = time.monotonic() + seconds, Said()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, bufsize=0)
    assert process.stderr is not None
    listener = Thread(target=_listen, args=(process.stderr, said), daemon=True)
    listener.start()
    try:
        _awaited(process, end, folder, tell)
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        listener.join(_LINGERING)
    return process.returncode, said.text()


def _listen(pipe: IO[bytes], said: Said) -> None:
    with pipe:
        while data := pipe.read(KEPT):
            said.add(data)


def _awaited(
    process: subprocess.Popen[bytes], end: float, folder: Path, tell: Heard | None
) -> None:
    while True:
        try:
            process.wait(max(0.0, min(EVERY, end - time.monotonic())))
            return
        except subprocess.TimeoutExpired:
            if time.monotonic() >= end:
                raise
            if tell is not None:
                _pass_on(folder / PROGRESS, tell)


def _pass_on(file: Path, tell: Heard) -> None:
    """How far the child is, if it has said so."""
    try:
        iteration, total = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    tell(iteration, total)
