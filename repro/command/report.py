"""``report``: the site of what lies in the results' folder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from amverify.console.entry import say
from amverify.errors import InvalidInput
from repro.command.options import interruptible
from repro.site import built, gathered, placed
from repro.site.placed import refused


@interruptible()
def make_report(results: Path, out: Path, cache: Path, screen: Console) -> int:
    """Make the site, or leave the one that is there as it is; returns the exit status, 0.

    Raises:
        DataUnavailable: where there are no results.
        InvalidInput: for folders that cannot be read, or are not ours to replace.
        CorruptFile: for a file of the results that is none.
        CannotWrite: if the site cannot be written.
    """
    started = time.perf_counter()
    _apart(results, out)
    refused(out)
    found = gathered(results, cache)
    once = _once(say)
    for name in found.other:
        once(
            f"warning: {name}.json was made by another version of the code; "
            f"python -m repro {name} makes it again"
        )
    files = placed(built(found, once), out)
    seconds = time.perf_counter() - started
    screen.print(Text(f"{out / 'index.html'}: {files} files, {seconds:.1f} s"), soft_wrap=True)
    if found.missing:
        screen.print(Text(f"not made: {', '.join(found.missing)}; each by python -m repro NAME"))
    return 0


def _apart(results: Path, out: Path) -> None:
    """Raise where the site would replace the results."""
    own, theirs = (Path(os.path.realpath(path)) for path in (out, results))
    if own == theirs or own in theirs.parents:
        raise InvalidInput(f"--out {out}: is where the results lie; name a folder of its own")


def _once(say: Callable[[str], None]) -> Callable[[str], None]:
    """``say``, with each line once."""
    told: set[str] = set()

    def said(line: str) -> None:
        if line not in told:
            told.add(line)
            say(line)

    return said
