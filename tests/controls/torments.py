"""What can be done to a run from outside: a second one, its folders gone, its cache full of traps.

    python tests/controls/torments.py --what pairs --count 40    # two on one cache, one killed
    python tests/controls/torments.py --what folders             # deleted, replaced under a run
    python tests/controls/torments.py --what entries             # of the cache: pipes, devices, …

The run is a small table (eight runs). It ends with its tables, those of an undisturbed run but for
times, or with a status that is documented and one line; it never hangs, and writes nowhere else.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import forks
from kills import documents

from amverify.files import UNFINISHED
from repro.command import make
from repro.engine import run as engine
from repro.engine.storage import unseal

PLAN = ("repro", "table2", "--data", "digits", "--seeds", "0-3", "--sweeps", "3", "--no-download",
        "--quiet", "--method", "tiam", "--method", "adam")  # fmt: skip
WRITTEN, DATA = 2, 4
"""Statuses: something could not be written; the data are not what they should be."""


@dataclass
class Tally:
    """Trials, and what was wrong."""

    trials: int = 0
    twice: int = 0
    faults: list[str] = field(default_factory=list)

    def take(self, where: str, found: list[str]) -> None:
        """One trial more."""
        self.trials += 1
        self.faults += [f"{where}: {fault}" for fault in found]


def plan(folder: Path, *more: str) -> tuple[str, ...]:
    """The command, with its results and its cache in a folder."""
    return (*PLAN, "--out", str(folder / "out"), "--cache", str(folder / "cache"), *more)


def entries(folder: Path) -> list[Path]:
    """Every finished run's file."""
    return sorted((folder / "cache").glob("*/*.json"))


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """What changes of a file where it is written again."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in entries(folder)}


def kept_faults(folder: Path, count: int) -> list[str]:
    """What is wrong with a cache at rest: a torn run, one too few, something half written."""
    found = [] if len(entries(folder)) == count else [f"{len(entries(folder))} of {count} runs"]
    for path in entries(folder):
        try:
            unseal(path.read_text())
        except ValueError as error:
            found.append(f"{path.name}: {error}")
    left = [p.name for p in folder.rglob(".*") if UNFINISHED.fullmatch(p.name)]
    return [*found, *(f"left: {name}" for name in left)]


class Calm:
    """The undisturbed run."""

    def __init__(self, place: Path) -> None:
        self.folder = place / "calm"
        self.folder.mkdir()
        done = forks.run(plan(self.folder), place / "calm-log")
        assert done.status == 0, done.said
        self.tables, self.count = documents(self.folder), len(entries(self.folder))

    def faults(self, folder: Path) -> list[str]:
        """What is wrong with what another left."""
        other = [] if documents(folder) == self.tables else ["another table"]
        return other + kept_faults(folder, self.count)


def pairs(place: Path, count: int, seed: int) -> Iterator[Tally]:
    """Two on one cache and one folder of results; in every third trial one of them is killed."""
    calm, tally, draw = Calm(place), Tally(), random.Random(seed)
    for number in range(count):
        folder = place / f"pair{number}"
        folder.mkdir()
        both = []
        for name in "ab":
            time.sleep(draw.choice((0.0, draw.uniform(0, 0.5))))
            both.append(forks.started(plan(folder), folder / name))
        dies = number % 3 == 2
        if dies:
            time.sleep(draw.uniform(0, 2))
            both[0].kill()
        done = [one.wait() for one in both]
        found = [fault for one in done[dies:] for fault in one.faults(0)]
        before = stamps(folder)
        again = forks.run(plan(folder), folder / "c")
        found += [*again.faults(0), *calm.faults(folder)]
        found += ["a run that was kept was computed again"] * (stamps(folder) != before)
        tally.take(f"pair {number}", found)
        shutil.rmtree(folder)
        yield tally


def _gone(path: Path, elsewhere: Path) -> None:
    shutil.rmtree(path)


def _file(path: Path, elsewhere: Path) -> None:
    shutil.rmtree(path)
    path.write_text("mine")


def _linked(path: Path, elsewhere: Path) -> None:
    shutil.rmtree(path)
    path.symlink_to(elsewhere)


def _dangling(path: Path, elsewhere: Path) -> None:
    shutil.rmtree(path)
    path.symlink_to(elsewhere / "nothing" / "here")


def _loop(path: Path, elsewhere: Path) -> None:
    shutil.rmtree(path)
    path.symlink_to(path.name)


def _read_only(path: Path, elsewhere: Path) -> None:
    for folder in (path, *(p for p in path.rglob("*") if p.is_dir())):
        folder.chmod(0o555)


def _emptied(path: Path, elsewhere: Path) -> None:
    for inner in path.iterdir():
        shutil.rmtree(inner) if inner.is_dir() else inner.unlink()


CHANGES = {"gone": _gone, "a file": _file, "a link elsewhere": _linked, "emptied": _emptied,
           "a dangling link": _dangling, "a loop": _loop, "read-only": _read_only}  # fmt: skip
MOMENTS = ("before a run is kept", "between two runs", "before the tables are written")


def when(moment: str, change: Callable[[], None]) -> None:
    """In this process ``change`` is made once, at that moment."""
    store, write, seen = engine.store, make.write_files, []

    def storing(*given: Any) -> None:
        seen.append(1)
        if moment == MOMENTS[0] and len(seen) == 1:
            change()
        store(*given)
        if moment == MOMENTS[1] and len(seen) == 2:
            change()

    def writing(*given: Any) -> Any:
        if moment == MOMENTS[2]:
            change()
        return write(*given)

    engine.store, make.write_files = storing, writing


def folders(place: Path) -> Iterator[Tally]:
    """Each folder of a run, changed in each way at each moment; the run is made by nobody."""
    calm, tally = Calm(place), Tally()
    for what, change, moment in product(("out", "cache", "cache/digits"), CHANGES, MOMENTS):
        folder, elsewhere = place / "folder", place / "elsewhere"
        for own in (folder, elsewhere, folder / "out", folder / "cache" / "digits"):
            own.mkdir(parents=True)
        (elsewhere / "mine.txt").write_text("mine")

        def change_it(
            path: Path = folder / what, change: str = change, out: Path = elsewhere
        ) -> None:
            CHANGES[change](path, out)

        done = forks.run(
            plan(folder), folder / "log", lambda m=moment, c=change_it: when(m, c), True
        )
        found = done.faults(0, WRITTEN)
        if done.status == 0 and documents(folder) != calm.tables:
            found.append("another table")
        if (elsewhere / "mine.txt").read_text() != "mine":
            found.append("a file elsewhere is another")
        linked = ("table2", "tiam-", "adam-") if "link" in change else ()
        there = {p.name for p in elsewhere.rglob("*") if p.is_file()} - {"mine.txt"}
        found += [f"written elsewhere: {name}" for name in there if not name.startswith(linked)]
        tally.take(f"{what} {change} {moment}", found)
        print(f"{what} {change} {moment}: {done.status} {done.said.strip()[:200]}")
        shutil.rmtree(folder)
        shutil.rmtree(elsewhere)
        yield tally


def _socket(path: Path) -> None:
    """Made under a short name beside: a socket's own is of 107 bytes at most."""
    with socket.socket(socket.AF_UNIX) as own, tempfile.TemporaryDirectory() as short:
        own.bind(f"{short}/s")
        shutil.move(f"{short}/s", path)


def _huge(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 34)


def _unreadable(path: Path) -> None:
    path.write_text("{}")
    path.chmod(0)


TRAPS: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a full folder": lambda path: (path / "in").mkdir(parents=True),
    "a link to /dev/zero": lambda path: path.symlink_to("/dev/zero"),
    "a device": lambda path: os.mknod(path, 0o666 | 0o020000, os.makedev(1, 5)),
    "a socket": _socket,
    "a loop of links": lambda path: path.symlink_to(path.name),
    "a dangling link": lambda path: path.symlink_to("nothing"),
    "nested deeply": lambda path: path.write_text('{"body": ' * 200_000),
    "nested in its body": lambda path: path.write_text(
        '{"checksum": "", "body": {"a": ' + "[" * 100_000 + "]" * 100_000 + "}}"
    ),
    "unreadable": _unreadable,
    "empty": Path.touch,
    "16 GiB": _huge,
    "bytes": lambda path: path.write_bytes(bytes(range(256)) * 99),
    "no object": lambda path: path.write_text("[1e999, NaN]"),
}


def traps(place: Path) -> Iterator[Tally]:
    """Each trap in the place of a finished run; then the cache's own commands over it."""
    calm, tally = Calm(place), Tally()
    names = [path.relative_to(calm.folder) for path in entries(calm.folder)]
    for trap, make_it in TRAPS.items():
        folder = place / "trapped"
        shutil.copytree(calm.folder / "cache", folder / "cache")
        (folder / "out").mkdir()
        for name in names[:2]:
            (folder / name).unlink()
            make_it(folder / name)
        done = forks.run(plan(folder), folder / "log", plain=True)
        found = done.faults(0, WRITTEN)
        if done.status == 0 and documents(folder) != calm.tables:
            found.append("another table")
        for command in ("status", "prune"):
            words = ("repro", "cache", command, "--cache", str(folder / "cache"))
            found += forks.run(words, folder / "log", plain=True).faults(0, WRITTEN)
        tally.take(trap, found)
        print(f"{trap}: {done.status} {done.said.strip()[:200]}")
        shutil.rmtree(folder)
        yield tally


def main() -> int:
    """Print the tally; status 1 where something was not as it should be."""
    about = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    about.add_argument("--what", choices=["pairs", "folders", "entries"], default="pairs")
    about.add_argument("--count", type=int, default=40)
    about.add_argument("--seed", type=int, default=0)
    given = about.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        parts = {"pairs": lambda: pairs(place, given.count, given.seed),
                 "folders": lambda: folders(place), "entries": lambda: traps(place)}  # fmt: skip
        *_, tally = parts[given.what]()
    print(
        f"{tally.trials} trials of {given.what}, {len(tally.faults)} faults",
        *tally.faults,
        sep="\n",
    )
    return int(bool(tally.faults))


if __name__ == "__main__":
    sys.exit(main())
