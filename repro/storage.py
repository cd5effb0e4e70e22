"""Files that are either there whole or not there at all.

Results and cached runs are written to a temporary file in the same folder, flushed to
the disk and renamed over the old one; renaming is atomic, so whoever reads sees the old
content or the new, also after a kill or a full disk. What the operating system refuses
is said in one line, as :class:`amverify.errors.CannotWrite`.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from amverify.errors import CannotWrite

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
NO_PERMISSION = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def write_atomically(path: Path, content: str) -> None:
    """Write ``content`` as UTF-8 to ``path``, whole or not at all; makes missing folders.

    Raises :class:`CannotWrite` with the reason; what was at ``path`` is then untouched.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("x", encoding="utf-8", newline="") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise cannot_write(path, error) from error


def check_writable(folder: Path) -> None:
    """Make ``folder`` if need be and try whether a file can be made in it.

    Raises :class:`CannotWrite` with the reason.
    """
    probe = folder / f".probe.{secrets.token_hex(4)}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise cannot_write(folder, error) from error


def cannot_write(path: Path, error: OSError) -> CannotWrite:
    """``error`` as one line: what could not be written, why, and what to do."""
    if error.errno in NO_SPACE:
        return CannotWrite(
            f"cannot write {path}: no space left; free some and run again, "
            "what was finished is kept"
        )
    if error.errno in NO_PERMISSION:
        return CannotWrite(
            f"cannot write {path}: {error.strerror}; name another folder with --out or --cache"
        )
    if isinstance(error, FileExistsError | NotADirectoryError):
        return CannotWrite(f"cannot write {path}: a file is in the place of a folder of that name")
    return CannotWrite(f"cannot write {path}: {error.strerror or error}")


def canonical_json(value: object) -> str:
    """``value`` as the one JSON text that its checksum is taken over (no NaN, keys sorted)."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def sha256(text: str) -> str:
    """SHA-256 of ``text`` in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def seal(body: Mapping[str, object]) -> str:
    """``body`` as a JSON document that carries its own checksum."""
    return json.dumps({"checksum": sha256(canonical_json(body)), "body": body}, allow_nan=False)


def unseal(text: str) -> dict[str, object]:
    """The body of a document made by :func:`seal`; ValueError when it is not what was sealed."""
    document = json.loads(text)
    if not isinstance(document, dict) or not isinstance(document.get("body"), dict):
        raise ValueError("not a sealed document")
    body: dict[str, object] = document["body"]
    if document.get("checksum") != sha256(canonical_json(body)):
        raise ValueError("its checksum does not match its content")
    return body
