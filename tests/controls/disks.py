"""A disk that is really full: each of our writers on a file system of a few pages.

    python tests/controls/disks.py        # as root, who may mount one; status 1 with a fault

Over sizes from nothing to enough, so that the end comes in any of a command's files: one line that
names a file, status 2, every file the old one or a whole new one, nothing half written left beside
them; with more room the same command succeeds over what is there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import forks
import torch
from torments import PLAN, Tally
from written import quadratic

import amverify as amv
from amverify.errors import CannotWrite
from amverify.trace.file import save_trace

WRITTEN = 2
PAGES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
OLD = b"old\n"


@contextmanager
def disk(place: Path, pages: int) -> Iterator[Path]:
    """A file system of so many pages of 4 KiB."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={4 * pages}k", "full", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)
        place.rmdir()


def _called(write: Callable[[Path], object]) -> Callable[[list[str]], int]:
    """A writer as a command that takes the folder."""

    def main(words: list[str]) -> int:
        try:
            write(Path(words[0]))
        except CannotWrite as error:
            print(f"error: {error}", file=sys.stderr)
            return WRITTEN
        return 0

    return main


def _checkpoint(folder: Path) -> None:
    amv.save_checkpoint(folder / "run.ckpt", {"w": torch.zeros(10_000, dtype=torch.float64)})


@dataclass(frozen=True)
class Writer:
    """A command, and the files that are old before it."""

    words: Callable[[Path], tuple[str, ...]]
    files: tuple[str, ...]


def _audit(folder: Path) -> tuple[str, ...]:
    given = [str(folder / f"report.{end}") for end in ("json", "html", "xml", "sarif")]
    named = [word for pair in zip(("--json", "--html", "--junit", "--sarif"), given, strict=True)
             for word in pair]  # fmt: skip
    source = str(folder.parent / "source.trace")
    return ("amverify", "audit", source, "--claim", "value[k] <= value[k-1]", "-q", *named)


def _table(folder: Path) -> tuple[str, ...]:
    return (*PLAN, "--out", str(folder / "out"), "--cache", str(folder / "cache"))


WRITERS = {
    "a trace": Writer(lambda f: ("trace", str(f)), ("run.trace",)),
    "a checkpoint": Writer(lambda f: ("checkpoint", str(f)), ("run.ckpt",)),
    "an audit": Writer(_audit, ("report.json", "report.html", "report.xml", "report.sarif")),
    "a table and its cache": Writer(_table, ("out/table2.md", "out/table2.json")),
}
forks.MAINS["trace"] = _called(lambda f: save_trace(quadratic(1500), f / "run.trace"))
forks.MAINS["checkpoint"] = _called(_checkpoint)


def faults(writer: Writer, folder: Path, log: Path) -> tuple[int, list[str]]:
    """What is wrong with how it ends on a disk that may be too small; and its status."""
    for name in writer.files:
        (folder / name).parent.mkdir(exist_ok=True)
        try:
            (folder / name).write_bytes(OLD)
        except OSError:
            (folder / name).unlink(missing_ok=True)
    before = {path for path in folder.rglob("*") if path.is_file()}
    done = forks.run(writer.words(folder), log)
    found = done.faults(0, WRITTEN)
    if done.status == WRITTEN and str(folder) not in done.said:
        found.append(f"names no file: {done.said!r}")
    found += [f"lost: {path.name}" for path in before if not path.exists()]
    found += [f"left: {path.name}" for path in folder.rglob(".*")]
    found += [f"empty: {p.name}" for p in folder.rglob("*") if p.is_file() and not p.stat().st_size]
    subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
    again = forks.run(writer.words(folder), log)
    found += [f"with more room: {fault}" for fault in again.faults(0)]
    for name in writer.files:
        if not (folder / name).is_file() or (folder / name).read_bytes() == OLD:
            found.append(f"with more room: {name} is not written")
    return done.status, found


def checked(pages: tuple[int, ...] = PAGES) -> Iterator[Tally]:
    """The tally after each trial."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        save_trace(quadratic(200), place / "source.trace")
        for what, writer in WRITERS.items():
            for size in pages:
                with disk(place / "disk", size) as folder:
                    status, found = faults(writer, folder, place / "log")
                tally.twice += status == WRITTEN
                tally.take(f"{what} on {size} pages", found)
                yield tally


def can_mount() -> bool:
    """Whether this process may mount a file system."""
    if os.geteuid() or not shutil.which("mount"):
        return False
    with tempfile.TemporaryDirectory() as name:
        try:
            with disk(Path(name) / "disk", 1):
                return True
        except subprocess.CalledProcessError:
            return False


def main() -> int:
    """Print the tally; status 1 where something was wrong."""
    if not can_mount():
        print("not root, or mounting is not permitted here")
        return 0
    *_, tally = checked()
    print(f"{tally.trials} trials, in {tally.twice} the disk was full, {len(tally.faults)} faults",
          *tally.faults, sep="\n")  # fmt: skip
    return int(bool(tally.faults))


if __name__ == "__main__":
    sys.exit(main())
