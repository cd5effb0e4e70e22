"""Which amverify this is: its version, and the commit where it runs from a checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

from amverify import __version__


def commit_of(here: Path) -> dict[str, object]:
    """``{"commit": hash or None, "dirty": bool or None}`` of the repository of this file.

    None when the package is not installed from a checkout (this file is then not tracked,
    even if a repository of somebody else's happens to lie around it).
    """
    if git(here.parent, "ls-files", "--error-unmatch", here.name) is None:
        return {"commit": None, "dirty": None}
    head = git(here.parent, "rev-parse", "--verify", "HEAD")
    status = git(here.parent, "status", "--porcelain")
    return {"commit": head, "dirty": None if status is None else bool(status)}


def git(folder: Path, *arguments: str) -> str | None:
    """What git answers in ``folder``; None when it fails or is not there."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def version() -> str:
    """``amverify 0.2.0``, and in a checkout the commit and whether files differ from it."""
    found = commit_of(Path(__file__))
    told = f"amverify {__version__}"
    if found["commit"] is None:
        return told
    changed = ", with changes" if found["dirty"] else ""
    return f"{told} (commit {str(found['commit'])[:12]}{changed})"
