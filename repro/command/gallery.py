"""Making the gallery: every entry judged, the table, a page each."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from rich.text import Text

from repro.command.make import finish
from repro.command.options import Options, interruptible
from repro.engine.storage import check_writable
from repro.gallery.catalogue import ENTRIES, judged, wrong
from repro.gallery.table import document, pages
from repro.names import check_names


@interruptible()
def make_gallery(names: Sequence[str], options: Options) -> int:
    """Judge the entries of these names, or all; 1 if a verdict is not the expected one.

    Raises:
        InvalidInput: for a name that no entry has.
        CannotWrite: if a file cannot be written.
    """
    check_names("method", names, list(ENTRIES))
    check_writable(options.out)
    started = time.perf_counter()
    screen = options.screen()
    found = [judged(name) for name in names or ENTRIES]
    finish(document(found), time.perf_counter() - started, options, screen)
    files = pages(found, options.out / "gallery")
    screen.print(Text(f"pages: {files[0].parent} ({len(files)})"), soft_wrap=True)
    missed = wrong(found)
    for line in missed:
        print(f"not as expected: {line}", file=sys.stderr)
    return int(bool(missed))
