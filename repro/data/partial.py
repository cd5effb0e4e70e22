"""The bytes of an unfinished download: in memory, and in a ``.part`` file while that works.

The file is locked, so that two commands started at once do not write into each other's
download: the second one keeps to memory. Every failure of the disk ends the mirroring and
nothing else.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from repro.data.upstream import UpstreamFile

if sys.platform != "win32":
    import fcntl

_log = logging.getLogger(__name__)


class PartialFile:
    """Content received so far; use as a context manager, which keeps the ``.part`` file."""

    def __init__(self, cache: Path, file: UpstreamFile) -> None:
        self.content = bytearray()
        self._target = cache / file.name
        self._path = cache / f"{file.name}.{file.sha1[:12]}.part"
        self._handle = self._open(file.limit)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._handle is not None:
            self._handle.close()

    def append(self, chunk: bytes) -> None:
        """Add ``chunk`` to what has arrived."""
        self.content += chunk
        if self._handle is not None:
            try:
                written = self._handle.write(chunk)
                if written != len(chunk):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError as error:
                self._drop(error)

    def clear(self) -> None:
        """Forget everything: the next byte is the first."""
        self.content.clear()
        if self._handle is not None:
            try:
                self._handle.truncate(0)
            except OSError as error:
                self._drop(error)

    def finish(self) -> bytes:
        """Give the verified content its name in the cache, and return it."""
        if self._handle is not None:
            try:
                os.fsync(self._handle.fileno())
                os.replace(self._path, self._target)
            except OSError as error:
                self._drop(error)
        return bytes(self.content)

    def _open(self, limit: int) -> BinaryIO | None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.fdopen(_own(self._path), "a+b", buffering=0)
        except OSError as error:
            self._warn(error)
            return None
        if not _locked(handle):
            handle.close()
            return None
        handle.seek(0)
        self.content += handle.read(limit)
        return handle

    def _drop(self, error: OSError) -> None:
        """Stop mirroring: close and remove the file, so that no gap is ever resumed."""
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._warn(error)

    def _warn(self, error: OSError) -> None:
        _log.warning(
            "%s cannot be kept in the cache %s (%s): used from memory, fetched again next time",
            self._target.name,
            self._target.parent,
            error.strerror,
        )


def _own(path: Path) -> int:
    """Its name is known beforehand, so that a download goes on: never through somebody's link.

    Raises:
        OSError: if what has the name is a link, or no ordinary file.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, 0o666)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "not an ordinary file")


def _locked(handle: BinaryIO) -> bool:
    """Take the file's lock; False when another process has it."""
    if sys.platform != "win32":
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
