"""A file on disk: there whole or not there at all.

Whatever the project writes goes to a temporary file in the same folder (``Aside``), is flushed to
the disk and renamed over the old one. Renaming is atomic: whoever reads sees the old text or the
new, also after a kill or on a full disk. What others wrote is read within a budget of bytes, and
never waited for: a size that is looked up beforehand says nothing of a device, and a pipe may have
no writer.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import secrets
import stat
import time
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import Any

from amverify.errors import CannotWrite

_REASONS = {
    errno.ENOSPC: "no space left; free some and run again, what was finished is kept",
    errno.EDQUOT: "no space left of the quota; free some and run again",
    errno.EACCES: "no permission; name another place",
    errno.EPERM: "no permission; name another place",
    errno.EROFS: "the file system is read-only; name another place",
    errno.ENOTDIR: "a file stands in the place of its folder; name another place",
    errno.EEXIST: "a file stands in the place of its folder; name another place",
    errno.ENAMETOOLONG: "the name is too long; name another place",
}


DOCUMENT = 1 << 26
"""Bytes of a document (a report, a table, a finished run) beyond which it is not read."""


class TooLarge(ValueError):
    """A file holds more bytes than it may; so many as were asked for were read, and no more."""


def opened(path: Path) -> BufferedReader:
    """An ordinary file, to be read.

    Raises:
        OSError: if there is none; a folder, a device, a pipe is none.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "not an ordinary file", str(path))


def read(path: Path, most: int) -> bytes:
    """What a file holds, ``most`` bytes or fewer.

    Raises:
        OSError: if it is no ordinary file, or cannot be read.
        TooLarge: if it holds more.
    """
    with opened(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise TooLarge(f"more than {most} bytes")
    return content


def read_text(path: Path, most: int) -> str:
    """A file's UTF-8 text of ``most`` bytes or fewer.

    Raises:
        OSError: if it is no ordinary file, or cannot be read.
        TooLarge: if it holds more.
        UnicodeDecodeError: if it is no such text.
    """
    return read(path, most).decode("utf-8")


def read_json(path: Path, most: int = DOCUMENT) -> Any:
    """What a file of JSON holds, ``most`` bytes of text or fewer.

    Raises:
        OSError: if it is no ordinary file, or cannot be read.
        ValueError: if it holds more, is no such text, or is nested too deeply.
    """
    try:
        return json.loads(read_text(path, most))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def write(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 to ``path``, whole or not at all; missing folders are made.

    A link is followed: the file that it names is replaced, and the link stays. What is not an
    ordinary file (a folder, a device) is refused, not replaced.

    Raises:
        CannotWrite: with the reason in one line; what was at ``path`` is then untouched.
    """
    try:
        write_bytes(path, text.encode("utf-8"))
    except ValueError as error:
        reason = "its name or its text is no valid Unicode; name another place or mend the text"
        raise CannotWrite(f"cannot write {str(path)!a}: {reason}") from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` as :func:`write` does a text.

    Raises:
        CannotWrite: with the reason in one line; what was at ``path`` is then untouched.
    """
    try:
        ordinary(path).parent.mkdir(parents=True, exist_ok=True)
        _replace(path, content)
    except OSError as error:
        raise cannot_write(path, error) from error


def ordinary(path: Path) -> Path:
    """The file that a name, or a link, stands for; it need not exist.

    Raises:
        CannotWrite: if something is there that is no ordinary file: a folder, a device.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise CannotWrite(f"cannot write {path}: it is not an ordinary file; name another")
    return target


def cannot_write(path: Path, error: OSError) -> CannotWrite:
    """``error`` as one line: what could not be written, why, and what to do."""
    reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
    return CannotWrite(f"cannot write {path}: {reason}")


class Aside:
    """A file that is written beside its place, and takes it when it is whole.

    Until then it has a name that nobody can foresee, and is opened only where nothing has that
    name: it goes through no link, and two writers of one place do not meet. The last one to end
    is whom the place belongs to. It has the permissions of the file that it replaces, else those
    of any new file (``umask``). A link is followed: the file that it names is replaced.

    A writer that is killed leaves its file behind. The next process that writes into the folder
    removes it, at once or, where it can be read as far as it goes (``partial``), after a day. A
    file that is being written is locked, and stays.

    Args:
        path: the place; its folder has to be there.
        ending: of the name until then.

    Raises:
        CannotWrite: if something is there that is no ordinary file.
        OSError: if there is no place for it; also from all that follows.
    """

    def __init__(self, path: Path, ending: str = "tmp") -> None:
        self.target = ordinary(path)
        _tidied(self.target.parent)
        self._mode = _permissions(self.target)
        begin = 0o666 if self._mode is None else 0o600
        self.path, descriptor = _begun(self.target, begin, ending)
        self.file = os.fdopen(descriptor, "wb")

    def finish(self) -> None:
        """It is whole: on the disk, then in its place."""
        try:
            self.file.flush()
            if self._mode is not None:
                os.fchmod(self.file.fileno(), self._mode)
            os.fsync(self.file.fileno())
            self.path.replace(self.target)
            self.file.close()
        except BaseException:
            self.drop()
            raise

    def drop(self) -> None:
        """It will not be whole: nothing of it is left, and what was in its place stays."""
        with suppress(OSError):
            self.file.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


UNFINISHED = re.compile(r"\.[0-9a-f]{16}\.(amv\.)?(tmp|partial)")
"""Names of files half written; those without ``amv`` are of versions that did not lock them."""
_DAY = 86400.0
_TIDIED: set[Path] = set()


def _begun(target: Path, mode: int, ending: str) -> tuple[Path, int]:
    """A new file beside ``target``, open and locked, where there are locks.

    Another process may take it for one left behind until it is locked; then another is begun.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    for attempt in range(8):
        path = target.with_name(f".{secrets.token_hex(8)}.amv.{ending}")
        descriptor = os.open(path, flags, mode)
        if attempt == 7 or (_locked(descriptor) is not False and os.fstat(descriptor).st_nlink):
            break
        os.close(descriptor)
        path.unlink(missing_ok=True)
    return path, descriptor


def _locked(descriptor: int) -> bool | None:
    """Take a file's lock until it is closed; False where another has it, None without locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _tidied(folder: Path) -> None:
    """Remove what writers that are gone left in a folder; a process looks there once."""
    if folder in _TIDIED:
        return
    _TIDIED.add(folder)
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            name = UNFINISHED.fullmatch(entry.name)
            if name and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    _removed(Path(entry.path), 0.0 if name[1] and name[2] == "tmp" else _DAY)


def _removed(path: Path, age: float) -> None:
    """Remove a file of ours that nobody writes and that was not written for so many seconds."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags)
    try:
        own = os.fstat(descriptor)
        ours = own.st_uid == os.geteuid() and own.st_nlink == 1
        idle = not age or time.time() - own.st_mtime >= age
        if ours and idle and _locked(descriptor):
            path.unlink()
    finally:
        os.close(descriptor)


def _permissions(target: Path) -> int | None:
    """Those of a file, ``None`` where there is none."""
    try:
        return stat.S_IMODE(target.stat().st_mode) & 0o777
    except FileNotFoundError:
        return None


def _replace(path: Path, content: bytes) -> None:
    aside = Aside(path)
    try:
        aside.file.write(content)
    except BaseException:
        aside.drop()
        raise
    aside.finish()
