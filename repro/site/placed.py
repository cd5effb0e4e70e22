"""The finished site in its place: written aside, then renamed; until then the old one stays."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from amverify.errors import InvalidInput
from amverify.files import cannot_write

MARK = ".amverify-report"
"""Stands in a folder that this wrote, and that it may therefore replace."""
DAY = 86400.0
"""Seconds after which a site half written is one that a kill left."""


def refused(out: Path) -> None:
    """Raise :class:`InvalidInput` where ``out`` is something that is not ours to replace."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise InvalidInput(f"--out {out}: is no folder; name a new one for the site")
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise InvalidInput(
            f"--out {out}: holds files that are no report's, and they would be lost; name another"
        )


def placed(files: Iterable[tuple[str, str | bytes]], out: Path) -> int:
    """Make ``out`` the folder of exactly these ``files`` (path inside, content); how many.

    Raises:
        InvalidInput: if what stands there is no site.
        CannotWrite: with the reason; what was there is then untouched.
    """
    refused(out)
    aside = out.with_name(f".{out.name}.{secrets.token_hex(8)}.tmp")
    try:
        count = _written(files, aside)
        _swapped(aside, out)
        _tidied(out)
        return count
    except OSError as error:
        raise cannot_write(out, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _written(files: Iterable[tuple[str, str | bytes]], folder: Path) -> int:
    folder.mkdir(parents=True)
    (folder / MARK).write_text("python -m repro report\n", encoding="utf-8")
    count = 0
    for name, content in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        count += 1
    return count


def _swapped(new: Path, out: Path) -> None:
    """Two renames; the old site comes back where the second fails or is interrupted."""
    old = out.with_name(f".{out.name}.{secrets.token_hex(8)}.old.tmp")
    moved = out.is_dir()
    if moved:
        out.rename(old)
    try:
        new.rename(out)
    except BaseException:
        if moved and not out.exists():
            old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _tidied(out: Path) -> None:
    """Remove what writers of this site left that were killed a day ago or more."""
    name = re.compile(rf"\.{re.escape(out.name)}\.[0-9a-f]{{16}}\.(old\.)?tmp")
    for path in out.parent.iterdir():
        ours = name.fullmatch(path.name) and not path.is_symlink() and (path / MARK).is_file()
        if ours and time.time() - path.stat().st_mtime > DAY:
            shutil.rmtree(path, ignore_errors=True)
