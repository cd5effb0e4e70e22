"""The way into and out of every command line here: what a process says when it ends.

A crash must never look like a verdict. Python ends a process that raised with status 1, which
for ``amverify audit`` means VIOLATED; one whose reader went away with 1 or 120; one interrupted
while it imports with a traceback. So every command starts here, before anything heavy is
imported, and every way out has a line on standard error and a status of its own:

| status | meaning |
|---|---|
| 2 | the output could not be written (disk full, output closed) |
| 7 | a fault of the program; AMVERIFY_DEBUG=1 shows the traceback |
| 130 | interrupted |
| 141 | whoever read the output went away |

Standard library only: nothing that this file needs can fail to import.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import NoReturn, TextIO

CANNOT_WRITE, FAULT, INTERRUPTED, CLOSED_PIPE = 2, 7, 130, 141
LONGEST = 3000
"""Characters of a line on standard error; who names a file's content may name much."""
_NOT_WRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF, errno.EFBIG)


def enter(module: str, function: str = "main") -> NoReturn:
    """Import ``module``, call its ``function``, and end the process with the status it returns.

    Args:
        module: of the commands; imported here, so that Ctrl-C and faults during the import end
            as any other.
        function: without arguments; returns an exit status.
    """
    before = signal.signal(signal.SIGINT, _interrupted_early)
    try:
        _open_streams()
        main = getattr(import_module(module), function)
        signal.signal(signal.SIGINT, before)
        status = int(main())
        sys.stdout.flush()
    except BaseException as error:
        status = ended(error)
    _leave(status)


def ended(error: BaseException) -> int:
    """Say why the process ends, in one line on standard error; returns its status."""
    if isinstance(error, KeyboardInterrupt):
        say("interrupted; what was finished is kept")
        return INTERRUPTED
    # rich answers a closed pipe by SystemExit(1).
    if isinstance(error, BrokenPipeError) or isinstance(error.__context__, BrokenPipeError):
        return CLOSED_PIPE
    if isinstance(error, OSError) and error.filename is None and error.errno in _NOT_WRITTEN:
        say(f"error: the output could not be written: {error.strerror}")
        return CANNOT_WRITE
    if os.environ.get("AMVERIFY_DEBUG") == "1":
        traceback.print_exception(error)
    say(f"error: a fault of the program, no verdict: {_fault(error)}; AMVERIFY_DEBUG=1 shows where")
    return FAULT


def say(text: str) -> None:
    """One line on standard error, if anybody listens; what a terminal would obey is replaced."""
    said = " ".join(text.split())
    if len(said) > LONGEST:
        said = f"{said[:LONGEST]} … ({len(said) - LONGEST:,} characters more)"
    plain = "".join(c if c.isprintable() else "\ufffd" for c in said)
    if sys.stderr is not None:
        try:
            print(plain, file=sys.stderr, flush=True)
        except (OSError, ValueError):
            _silence(sys.stderr)


def _fault(error: BaseException) -> str:
    """Kind, message and place of an unforeseen error."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    text = str(error)[:400]
    return f"{type(error).__name__}{': ' if text else ''}{text}{place}"


def _interrupted_early(signum: int, frame: FrameType | None) -> NoReturn:
    """Ctrl-C while modules are imported: some of them would swallow the exception."""
    say("interrupted")
    os._exit(INTERRUPTED)


def _open_streams() -> None:
    """Standard error may be closed; standard output may not; both take any character."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, "standard output is closed")
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _leave(status: int) -> NoReturn:
    """End with ``status``, whatever the streams say to being flushed once more."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            _silence(stream)
    sys.exit(status)


def _silence(stream: TextIO) -> None:
    """What is left in the stream's buffer goes nowhere, so that Python's own flush succeeds."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        sys.stderr = None if stream is sys.stderr else sys.stderr
