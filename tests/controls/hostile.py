"""Hostile command lines: each ends soon, in a status that is documented, with a line or a few.

    python tests/controls/hostile.py                # each in this process; status 1 with a fault

A value that is none (another type, a huge number, NaN, nothing, a folder, a device, a pipe, a loop
of links, signs that a terminal would obey, bytes that are no UTF-8) stands in every place of a
command that takes one. Nothing of it is printed as it is where a terminal would obey it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from types import FrameType
from typing import NoReturn

from amverify.command import cli as amverify
from paper_figures.command import cli as paper_figures
from proofs.command import cli as proofs
from repro.command import cli as repro

SECONDS, LINES = 30, 4
STATUSES = {"amverify": {0, 1, 2, 3}, "repro": {0, 1, 2, 4}, "proofs": {0, 1, 2, 3},
            "paper_figures": {0, 2, 4}}  # fmt: skip
MAINS = {"amverify": amverify.main, "repro": repro.main, "proofs": proofs.main,
         "paper_figures": paper_figures.main}  # fmt: skip
OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e]")
TINY = "repro table2 --data few_digits --method adam --sweeps 1 --seeds 0 --dry-run --cache c"
COMMANDS = (
    *("amverify {}", "amverify audit {}", "amverify audit a.trace --theorem {}"),
    *("amverify audit a.trace --claim {}", "amverify audit a.trace --constant {}"),
    *("amverify audit a.trace --claim value[k]<=C --constant C={}", "amverify replay {}"),
    *("amverify audit a.trace --claim value[k]<=value[k-1] --given {}", "amverify theorems {}"),
    *("amverify audit a.trace --theorem descent --json {}", "amverify theorems --for {}"),
    *("amverify audit a.trace --theorem descent --time-limit {}", "amverify kl {}"),
    *("amverify audit a.trace --theorem descent --trust {}", "amverify fit {}"),
    *("amverify fit a.trace --constant {}", "amverify fit a.trace --constant fstar={}"),
    *("amverify fit a.trace --constant fstar=0 --replicate {}", "amverify doctor {}"),
    *("amverify falsify --claim {} --method gradient_descent --examples 1", "amverify fit --{}"),
    *("amverify falsify --claim value[k]<=value[k-1] --method {} --examples 1",),
    *("amverify falsify --claim value[k]<=value[k-1] --method gradient_descent --family {}",),
    *("amverify falsify --claim value[k]<=value[k-1] --method gradient_descent --steps {}",),
    *(
        "amverify falsify --replay {}",
        "amverify kl nosuch:x --box {}",
        "amverify kl x:y --input {}",
    ),
    *("repro {}", f"{TINY} --seeds {{}}", f"{TINY} --sweeps {{}}", f"{TINY} --data {{}}"),
    *(f"{TINY} --jobs {{}}", f"{TINY} --method {{}}", f"{TINY} --profile {{}}"),
    *(f"{TINY} --threads {{}}", f"{TINY} --data-dir {{}}", f"{TINY} --cache {{}}"),
    *("repro rerun {}", "repro published check {}", "repro score --out {}", "repro cache {}"),
    *("repro report --results {}", "repro cache status --cache {}", "repro gpu --seconds {}"),
    *(
        "proofs {}",
        "proofs certify {}",
        "proofs certify x --given {}",
        "proofs certify x --degree {}",
    ),
    *(
        "proofs show {}",
        "proofs check {}",
        "proofs recheck {}",
        "proofs check T1p --certificates {}",
    ),
    *("paper_figures {}", "paper_figures region --x{}", "paper_figures list {}"),
)
VALUES = (
    *(
        "",
        " ",
        "-1",
        "nan",
        "1e400",
        "0x10",
        "9" * 5000,
        "1/0",
        "-",
        "é" * 3000,
        "a\nb",
        "\t",
        "%s",
    ),
    *(
        "\x1b[31mred\x1b[0m",
        "\udcff\udcfe",
        "\u202eabc",
        "x" * 70_000,
        "[red]x[/red]",
        "*",
        "a b=c",
    ),
    *(
        "missing/file",
        "folder",
        "loop",
        "pipe",
        "device",
        "binary",
        "deep.json",
        "a.trace:x",
        "os:x",
    ),
)


def laid_out(folder: Path) -> None:
    """What the values name: a folder, a loop of links, a pipe, a device, files that are none."""
    (folder / "folder").mkdir()
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "pipe")
    (folder / "device").symlink_to("/dev/zero")
    (folder / "binary").write_bytes(bytes(range(256)) * 4)
    (folder / "deep.json").write_text("[" * 100_000)
    from parsers import PARSERS

    (folder / "a.trace").write_bytes(PARSERS["trace"].seeds()[1])


WAYS = (
    *('"$@" >&-', '"$@" >/dev/full', '"$@" 2>&-', '"$@" 2>/dev/full', '"$@" </dev/null | true'),
    *('LANG=C LC_ALL=C PYTHONUTF8=0 "$@"', 'PYTHONIOENCODING=ascii "$@"', 'COLUMNS=1 "$@"'),
    *(
        'env -u HOME "$@"',
        'env -u TERM "$@"',
        'TERM=nosuch "$@"',
        'HOME=/dev/null "$@"',
        '"$@" <&-',
    ),
    *('COLUMNS=-1 "$@"', 'TZ=nosuch "$@"', 'mkdir gone; cd gone; rmdir ../gone; "$@"'),
)
STARTED = (
    *("amverify theorems T3", "amverify audit a.trace --theorem T1", "amverify nosuch"),
    *("repro list", "repro rerun a.trace", "proofs show T1p", "paper_figures list"),
)


def faults_of_process(way: str, command: str, folder: Path) -> list[str]:
    """What is wrong with how a command ends with streams and surroundings as ``way`` has them."""
    program = [sys.executable, "-m", *command.split()]
    words = ["bash", "-c", f"{way}; exit ${{PIPESTATUS[0]}}", "bash", *program]
    done = subprocess.run(
        words, cwd=folder, capture_output=True, timeout=4 * SECONDS, check=False, errors="replace"
    )
    found = [f"status {done.returncode}"] if done.returncode not in {*range(8), 141} else []
    if done.returncode == 7 or "Traceback" in done.stderr or done.stderr.count("\n") > LINES:
        found.append(f"status {done.returncode}: {done.stderr[-300:]!r}")
    return found


def lines() -> Iterator[list[str]]:
    """Every command with every value."""
    for command in COMMANDS:
        for value in VALUES:
            yield [word.replace("{}", value) for word in command.split()]


class _Late(BaseException):
    pass


def _late(signum: int, frame: FrameType | None) -> NoReturn:
    raise _Late(f"more than {SECONDS} seconds")


def faults(words: Sequence[str]) -> list[str]:
    """What is wrong with how a command line ends; it is run in this process."""
    program, *given = words
    out, err = io.StringIO(), io.StringIO()
    signal.signal(signal.SIGALRM, _late)
    signal.alarm(SECONDS)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = MAINS[program](given)
    except BaseException as error:
        return [f"{type(error).__name__}: {str(error)[:100]!r} was raised"]
    finally:
        signal.alarm(0)
    said = err.getvalue()
    found = [] if status in STATUSES[program] else [f"status {status}: {said[:300]!r}"]
    if "Traceback" in said or said.count("\n") > LINES or len(said) > 8_000:
        found.append(f"{said.count(chr(10))} lines, {len(said)} signs: {said[:120]!r}")
    if match := OBEYED.search(out.getvalue() + said):
        found.append(f"{match[0]!a} is printed: {said[:200]!a}")
    if status and not said and status not in (1, 3):
        found.append(f"status {status} without a word")
    return found


def shown(words: Sequence[str]) -> str:
    """A command line, its long words cut."""
    return " ".join(ascii(word if len(word) < 60 else f"{word[:20]}…{len(word)}") for word in words)


def main() -> int:
    """See the module's text."""
    about = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    about.add_argument("--only", default="", help="commands that begin so")
    about.add_argument("--streams", action="store_true", help="processes of odd surroundings only")
    given, count, wrong = about.parse_args(), 0, 0
    slowest = (0.0, "")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        laid_out(Path(folder))
        for way, command in product(WAYS, STARTED) if given.streams else ():
            count += 1
            for fault in faults_of_process(way, command, Path(folder)):
                wrong += 1
                print(f"{way} of {command}\n    {fault}", flush=True)
        for words in () if given.streams else lines():
            if not " ".join(words).startswith(given.only):
                continue
            clock = time.perf_counter()
            found = faults(words)
            slowest = max(slowest, (time.perf_counter() - clock, shown(words)))
            count += 1
            wrong += bool(found)
            for fault in found:
                print(f"{shown(words)}\n    {fault}", flush=True)
    print(f"{count} command lines, {wrong} with faults; slowest: {slowest[0]:.1f} s, {slowest[1]}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
