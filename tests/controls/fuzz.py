"""Spoilt files to every parser: each ends in its value or in an error that is documented.

    python tests/controls/fuzz.py --count 100000              # every parser
    python tests/controls/fuzz.py --parser trace --parser claim --count 1000 --seed 1 --messages 9

A fault is: another error; a message of several lines; more than two seconds or 256 MiB for some
kilobytes; a name that is looked up, a process that is started or a connection that is made
while the file is read or what is in it is used; a process that ends. *words*: different messages,
without what varies in them; *s*: processor seconds. A fault's file is kept in ``--out``. Status 1
with a fault. Ctrl-C ends with the row so far.
"""

from __future__ import annotations

import argparse
import faulthandler
import multiprocessing
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from mutations import spoilt
from parsers import PARSERS, Parser

SECONDS, BYTES = 2.0, 1 << 28
SPACE = 4 << 30
"""Bytes of address space that a parser's process may add to what it has."""
STILL, LOST = 20.0, 900.0
"""A process that is at one file for so many processor seconds, or seconds, is killed."""
CHUNK = 2_000
"""Files that one process reads."""
FORK = multiprocessing.get_context("fork")
FORM = "{:16}{:>9}{:>9}{:>9}{:>7}{:>8}{:>9}{:>6}"
FORBIDDEN = ("pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen",
             "socket.connect", "os.fork")  # fmt: skip


class Slow(BaseException):
    """A file took too long."""


class Executed(BaseException):
    """Something in a file was looked up or carried out."""


@dataclass
class Tally:
    """What came of a parser's files: read, refused in which words, faults with the number of each.

    ``examples`` has a file for each fault.
    """

    read: int = 0
    refused: int = 0
    slowest: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    examples: dict[str, bytes] = field(default_factory=dict)

    def fault(self, what: str, content: bytes) -> None:
        """One more."""
        self.faults[what] += 1
        self.examples.setdefault(what, content)

    def add(self, other: Tally) -> None:
        """What came of other files of the parser."""
        self.read += other.read
        self.refused += other.refused
        self.slowest = max(self.slowest, other.slowest)
        self.faults += other.faults
        self.said += other.said
        self.examples = {**other.examples, **self.examples}


_watching = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Python calls it at each event; it speaks up while a file is read."""
    if _watching and event in FORBIDDEN:
        raise Executed(f"{event} {arguments!r:.100}")


_hooked: list[bool] = []


def _late(signum: int, frame: FrameType | None) -> NoReturn:
    raise Slow(f"more than {SECONDS:g} seconds")


_VARYING = re.compile(r"'[^']*'|\"[^\"]*\"|/\S+|[\w.+-]*\d[\w.+-]*|[^\x00-\x7f]+")


def _words(error: BaseException) -> str:
    """A message without what varies in it."""
    return " ".join(_VARYING.sub("_", str(error)).split())[:90] or type(error).__name__


def _place(error: BaseException) -> str:
    """Kind of an error, and the last place in our own code that it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        f for f in frames if "site-packages" not in f.filename and "/lib/python" not in f.filename
    ]
    at = own[-1] if own else frames[-1]
    told = "" if isinstance(error, Slow) else f": {_words(error)}"
    return f"{type(error).__name__} at {Path(at.filename).name}:{at.lineno}{told}"


def tried(parser: Parser, content: bytes, folder: Path, tally: Tally) -> str | None:
    """The fault that a file shows, if it does."""
    global _watching
    before, clock = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    _watching = True
    fault = None
    try:
        parser.read(content, folder)
        tally.read += 1
    except parser.raises as error:
        tally.refused += 1
        tally.said[_words(error)] += 1
        if "\n" in str(error) or len(str(error)) > 3000:
            fault = f"a message of several lines or too long, {_place(error)}"
    except (Exception, Slow, Executed) as error:
        fault = _place(error)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        _watching = False
    tally.slowest = max(tally.slowest, time.perf_counter() - clock)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    return f"{grown >> 20} MiB more" if fault is None and grown > BYTES else fault


def contents(name: str, count: int, seed: object) -> Iterator[bytes]:
    """So many spoilt files of a kind; nothing but the arguments decides what they are."""
    parser = PARSERS[name]
    draw, seeds = random.Random(f"{name} {seed}"), parser.seeds()
    for _ in range(count):
        content = spoilt(draw, seeds, parser.mutations, parser.longest)
        yield parser.sealed(content) if draw.random() < 0.5 else content


def fuzzed(name: str, count: int, seed: object, at: Callable[[int], object] = id) -> Tally:
    """So many spoilt files of a kind, read one after the other; ``at`` is told the number of each.

    Raises:
        AssertionError: if the parser refuses a file that is whole.
    """
    warmed(name)
    parser, tally = PARSERS[name], Tally()
    if not _hooked:
        sys.addaudithook(_hook)
        _hooked.append(True)
    old = signal.signal(signal.SIGVTALRM, _late)
    with tempfile.TemporaryDirectory(dir=_memory()) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, content in enumerate(contents(name, count, seed)):
            at(number)
            fault = tried(parser, content, Path(folder), tally)
            if fault is not None:
                tally.fault(fault, content)
    signal.signal(signal.SIGVTALRM, old)
    return tally


def warmed(name: str) -> None:
    """That whole files are read; with it go the imports, which are no fault of a file's.

    Raises:
        AssertionError: if one is refused.
    """
    parser = PARSERS[name]
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        for whole in parser.seeds():
            _accepted(parser, name, whole, Path(folder))


def _accepted(parser: Parser, name: str, content: bytes, folder: Path) -> None:
    try:
        parser.read(content, folder)
    except parser.raises as error:
        if not parser.hostile(content):
            raise AssertionError(f"{name}: a whole file is refused: {error}") from error


def _memory() -> str | None:
    """A folder in memory, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _limited() -> None:
    """An address space that ends some way further."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + SPACE
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def alone(name: str, count: int, seed: object) -> Tally:
    """``fuzzed`` in a process of its own; if that dies or stands still, the file is a fault."""
    number = FORK.Value("q", 0, lock=False)
    ours, theirs = FORK.Pipe(duplex=False)
    child = FORK.Process(target=_child, args=(name, count, seed, number, theirs))
    child.start()
    theirs.close()
    tally = None
    try:
        tally = _answer(ours, number, child.pid)
    finally:
        if tally is None:
            child.kill()
        child.join()
    if tally is None:
        tally = Tally()
        content = next(islice(contents(name, count, seed), int(number.value), None))
        tally.fault(f"the process ended with {child.exitcode} at {number.value}", content)
    return tally


def _child(name: str, count: int, seed: object, number: Any, pipe: Connection) -> None:
    faulthandler.enable()
    _limited()
    pipe.send(fuzzed(name, count, seed, partial(setattr, number, "value")))


def _answer(pipe: Connection, number: Any, process: int | None) -> Tally | None:
    """What a process says in the end; None if it dies, or is at one file for too long."""
    last, since, used = -1, time.monotonic(), 0.0
    while not pipe.poll(5):
        if number.value != last:
            last, since, used = int(number.value), time.monotonic(), _used(process)
        elif _used(process) - used > STILL or time.monotonic() - since > LOST:
            return None
    try:
        found: Tally = pipe.recv()
    except EOFError:
        return None
    return found


def _used(process: int | None) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def row(name: str, given: argparse.Namespace) -> int:
    """One parser's row of the table; 1 with a fault."""
    warmed(name)
    tally, started = Tally(), _spent()
    sizes = [min(CHUNK, given.count - first) for first in range(0, given.count, CHUNK)]
    done = 0
    with suppress(KeyboardInterrupt):
        for chunk, size in enumerate(sizes):
            tally.add(alone(name, size, f"{given.seed} {chunk}"))
            done += size
    found = tally.faults.total()
    told = (name, done, tally.read, tally.refused, len(tally.said), found,
            f"{tally.slowest:.2f}", f"{_spent() - started:.0f}")  # fmt: skip
    print(FORM.format(*told), flush=True)
    for what, times in tally.said.most_common(given.messages):
        print(f"    {times / max(done, 1):6.1%} {what}", flush=True)
    for number, (fault, times) in enumerate(tally.faults.most_common()):
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / f"{name}-{number}.bin").write_bytes(tally.examples[fault])
        print(f"    {times} times: {fault}", flush=True)
    if done < given.count:
        raise SystemExit(130)
    return int(found > 0)


def _spent() -> float:
    """Processor seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """See the module's text."""
    about = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    about.add_argument(
        "--parser", action="append", choices=list(PARSERS), help="one; again for more"
    )
    about.add_argument("--count", type=int, default=1000, help="of files for each parser")
    about.add_argument("--seed", type=int, default=0)
    about.add_argument("--messages", type=int, default=0, help="so many, the most frequent ones")
    about.add_argument("--out", type=Path, default=Path("/tmp/amverify-fuzz"), help="faults' files")
    given = about.parse_args()
    print(FORM.format("parser", "files", "read", "refused", "words", "faults", "slowest", "s"))
    return max([row(name, given) for name in given.parser or PARSERS])


if __name__ == "__main__":
    sys.exit(main())
