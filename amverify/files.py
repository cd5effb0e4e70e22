"""A text file on disk: there whole or not there at all.

The text goes to a temporary file in the same folder, is flushed to the disk and renamed over
the old one. Renaming is atomic: whoever reads sees the old text or the new, also after a kill
or on a full disk.
"""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

from amverify.errors import CannotWrite

_REASONS = {
    errno.ENOSPC: "no space left; free some and run again",
    errno.EDQUOT: "the quota is used up; free some space and run again",
    errno.EACCES: "no permission; name another file",
    errno.EPERM: "no permission; name another file",
    errno.EROFS: "the file system is read-only; name another file",
    errno.ENOTDIR: "a file stands in the place of its folder; name another file",
    errno.EEXIST: "a file stands in the place of its folder; name another file",
    errno.ENAMETOOLONG: "the name is too long; name another file",
}


def write(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 to ``path``, whole or not at all; missing folders are made.

    A link is followed: the file that it names is replaced, and the link stays. What is not an
    ordinary file (a folder, a device) is refused, not replaced.

    Raises:
        CannotWrite: with the reason in one line; what was at ``path`` is then untouched.
    """
    try:
        content = text.encode("utf-8")
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            raise CannotWrite(f"cannot write {path}: it is not an ordinary file; name another")
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, content)
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
        raise CannotWrite(f"cannot write {path}: {reason}") from error
    except ValueError as error:
        reason = "its name or its text is no valid Unicode; name another file or mend the text"
        raise CannotWrite(f"cannot write {str(path)!a}: {reason}") from error


def _replace(target: Path, content: bytes) -> None:
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
