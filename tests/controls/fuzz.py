"""Spoilt files to every parser: each ends in its value or in an error that is documented.

    python tests/controls/fuzz.py --count 100000              # every parser, each in a process
    python tests/controls/fuzz.py --parser trace --parser claim --count 1000 --seed 1

A fault is: another error; a message of several lines; more than five seconds or 512 MiB for some
kilobytes; a name that is looked up, a process that is started or a connection that is made
while the file is read. A fault's file is kept in ``--out``. Status 1 with a fault.
"""

from __future__ import annotations

import argparse
import faulthandler
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from mutations import spoilt
from parsers import PARSERS, Parser

SECONDS, BYTES = 5.0, 1 << 29
SPACE = 4 << 30
"""Bytes of address space that a parser's process may add to what it has."""
FORBIDDEN = ("pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen",
             "socket.connect", "os.fork")  # fmt: skip


class Slow(BaseException):
    """A file took too long."""


class Executed(BaseException):
    """Something in a file was looked up or carried out."""


@dataclass
class Tally:
    """What came of a parser's files: read, refused, and faults with the number of each."""

    read: int = 0
    refused: int = 0
    slowest: float = 0.0
    faults: dict[str, int] = field(default_factory=dict)


_watching = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Python calls it at each event; it speaks up while a file is read."""
    if _watching and event in FORBIDDEN:
        raise Executed(f"{event} {arguments!r:.100}")


_hooked: list[bool] = []


def _late(signum: int, frame: FrameType | None) -> NoReturn:
    raise Slow(f"more than {SECONDS:g} seconds")


def _place(error: BaseException) -> str:
    """Kind of an error, and the last place in our own code that it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        f for f in frames if "site-packages" not in f.filename and "/lib/python" not in f.filename
    ]
    at = own[-1] if own else frames[-1]
    told = "" if isinstance(error, Slow) else f": {str(error)[:90]!r}"
    return f"{type(error).__name__} at {Path(at.filename).name}:{at.lineno}{told}"


def tried(parser: Parser, content: bytes, folder: Path, tally: Tally) -> str | None:
    """The fault that a file shows, if it does."""
    global _watching
    before, clock = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    _watching = True
    fault = None
    try:
        parser.read(content, folder)
        tally.read += 1
    except parser.raises as error:
        tally.refused += 1
        if "\n" in str(error) or len(str(error)) > 3000:
            fault = f"a message of several lines or too long, {_place(error)}"
    except (Exception, Slow, Executed) as error:
        fault = _place(error)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _watching = False
    tally.slowest = max(tally.slowest, time.perf_counter() - clock)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    return f"{grown >> 20} MiB more" if fault is None and grown > BYTES else fault


def fuzzed(name: str, count: int, seed: int, out: Path | None = None, show: bool = False) -> Tally:
    """So many spoilt files of a kind, read one after the other.

    Raises:
        AssertionError: if the parser refuses a file that is whole.
    """
    parser, tally = PARSERS[name], Tally()
    draw = random.Random(f"{name} {seed}")
    seeds = parser.seeds()
    if not _hooked:
        sys.addaudithook(_hook)
        _hooked.append(True)
    old = signal.signal(signal.SIGALRM, _late)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=_memory()) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for whole in seeds:
            _accepted(parser, name, whole, Path(folder))
        for number in range(count):
            content = spoilt(draw, seeds, parser.mutations, parser.longest)
            if draw.random() < 0.5:
                content = parser.sealed(content)
            if out is not None:
                (out / f"{name}.last").write_bytes(content)
            fault = tried(parser, content, Path(folder), tally)
            if fault is not None:
                _noted(tally, fault, content, name, out)
            if show and (number % 500 == 499):
                pace = (number + 1) / (time.monotonic() - started)
                print(f"\r{name}: {number + 1} of {count}, {pace:.0f}/s", end="", file=sys.stderr)
    signal.signal(signal.SIGALRM, old)
    return tally


def _accepted(parser: Parser, name: str, content: bytes, folder: Path) -> None:
    """That a whole file is read; with it go the imports, which are no fault of a file's."""
    try:
        parser.read(content, folder)
    except parser.raises as error:
        if not parser.hostile(content):
            raise AssertionError(f"{name}: a whole file is refused: {error}") from error


def _noted(tally: Tally, fault: str, content: bytes, name: str, out: Path | None) -> None:
    if fault not in tally.faults and out is not None:
        (out / f"{name}-{len(tally.faults)}.bin").write_bytes(content)
    tally.faults[fault] = tally.faults.get(fault, 0) + 1


def _memory() -> str | None:
    """A folder in memory, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _limited() -> None:
    """An address space that ends some gigabytes further."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + SPACE
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _alone(name: str, given: argparse.Namespace) -> int:
    """One parser in this process, with its row of the table; 1 with a fault."""
    _limited()
    faulthandler.enable()
    given.out.mkdir(parents=True, exist_ok=True)
    tally = fuzzed(name, given.count, given.seed, given.out, sys.stderr.isatty())
    found = sum(tally.faults.values())
    row = (name, given.count, tally.read, tally.refused, found, f"{tally.slowest:.2f}")
    print("{:16}{:>9}{:>9}{:>9}{:>8}{:>10}".format(*row), flush=True)
    for fault, times in tally.faults.items():
        print(f"    {times} times: {fault}", flush=True)
    return int(found > 0)


def main() -> int:
    """See the module's text."""
    about = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    about.add_argument(
        "--parser", action="append", choices=list(PARSERS), help="one; again for more"
    )
    about.add_argument("--count", type=int, default=1000, help="of files for each parser")
    about.add_argument("--seed", type=int, default=0)
    about.add_argument("--out", type=Path, default=Path("/tmp/amverify-fuzz"), help="faults' files")
    given = about.parse_args()
    names = given.parser or list(PARSERS)
    if len(names) == 1:
        return _alone(names[0], given)
    head = ("parser", "files", "read", "refused", "faults", "slowest/s")
    print("{:16}{:>9}{:>9}{:>9}{:>8}{:>10}".format(*head), flush=True)
    words = ("--count", str(given.count), "--seed", str(given.seed), "--out", str(given.out))
    ended = [subprocess.call([sys.executable, __file__, "--parser", n, *words]) for n in names]
    for name, status in zip(names, ended, strict=True):
        if status not in (0, 1):
            print(f"{name}: its process ended with {status} at {given.out / name}.last")
    return int(any(ended))


if __name__ == "__main__":
    sys.exit(main())
