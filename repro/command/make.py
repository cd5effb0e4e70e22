"""Making tables: the request to each, its document, its files."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rich.console import Console
from rich.text import Text

from amverify.console.entry import say
from amverify.errors import AmverifyError, CorruptFile, DataUnavailable, InvalidInput
from repro.command.options import Options, interruptible
from repro.engine import Laboratory
from repro.engine.plan import Plan, Planned, Planning
from repro.engine.provenance import environment
from repro.engine.storage import check_writable
from repro.minibatch.rivals import need
from repro.names import check_names
from repro.published.load import OWN, own_files
from repro.render import Document, show, write_files
from repro.render.places import placeless
from repro.tables import TABLES, Request, Wanted

NOTHING = Plan(0, 0, 0.0, 0)


@interruptible()
def make_tables(tables: Sequence[str], options: Options) -> int:
    """Make ``tables``, show and write them; returns the exit status.

    That is 0 also when a data set could not be had, which the table says, but the status of
    :class:`CorruptFile` when a file was not what it should be.
    """
    requests, empty = requested(tables, options.wanted)
    if options.dry_run:
        found = plans(requests, options, without=empty)
        tell(tables, empty)
        print_plans(found, options.screen())
        return 0
    check_writable(options.out)
    laboratory, screen = options.laboratory(), options.screen()
    if len(requests) > 1:
        whole = sum(plans(requests, options, laboratory).values(), NOTHING)
        laboratory.console.print(Text(f"all of it: {whole}"), soft_wrap=True)
    for name, request in requests.items():
        started = time.perf_counter()
        try:
            document = TABLES[name].make(request, laboratory)
        except (DataUnavailable, CorruptFile) as error:
            empty[name] = error
            continue
        finish(document, time.perf_counter() - started, options, screen)
    tell(tables, empty)
    failed = laboratory.failed
    if failed:
        print(f"warning: not in the table: {', '.join(failed)}; its notes say why", file=sys.stderr)
    corrupt = any(isinstance(error, CorruptFile) for error in failed.values())
    return CorruptFile.exit_status if corrupt else 0


def tell(tables: Sequence[str], empty: Mapping[str, AmverifyError]) -> None:
    """Say why some of the tables were not made; raises the reason where none of them is."""
    if len(empty) == len(tables):
        raise next(iter(empty.values()))
    for name, reason in empty.items():
        say(f"warning: {name} was not made: {reason}")


def plans(
    requests: Mapping[str, Request],
    options: Options,
    beside: Laboratory | None = None,
    without: dict[str, AmverifyError] | None = None,
) -> dict[str, Plan]:
    """What each table would compute; none of a table without runs, or without data.

    Data that ``beside`` has at hand are not loaded again, and it has them afterwards. ``without``
    takes the reasons why tables have none.
    """
    planning = options.laboratory(Planning)
    if beside is not None:
        planning.datasets, planning.failed = beside.datasets, beside.failed
    found = {}
    for name, request in requests.items():
        try:
            if TABLES[name].protocol.seeds:
                TABLES[name].make(request, planning)
        except Planned as planned:
            found[name] = planned.plan
        except (DataUnavailable, CorruptFile) as error:
            if without is not None:
                without[name] = error
    return found


def print_plans(found: Mapping[str, Plan], screen: Console) -> None:
    """A line a table, and their sum where they are several."""
    for name, plan in found.items():
        screen.print(Text(f"{name}: {plan}"), soft_wrap=True)
    if len(found) > 1:
        screen.print(Text(f"all of it: {sum(found.values(), NOTHING)}"), soft_wrap=True)


def requested(
    tables: Sequence[str], wanted: Wanted
) -> tuple[dict[str, Request], dict[str, AmverifyError]]:
    """What is asked of each table, and why nothing is of the others.

    Raises :class:`InvalidInput` for names that none of them knows, and where nothing is asked of
    any.
    """
    place = f"{tables[0]}: " if len(tables) == 1 else ""
    for kind, given in wanted.names.items():
        known = [name for table in tables for name in TABLES[table].protocol.known[kind]]
        if known:
            check_names(kind, given, list(dict.fromkeys(known)), place)
    for method in wanted.names.get("method", ()):
        need(method)
    of_runs = (wanted.seeds, wanted.sweeps, wanted.profile) != (None, None, None)
    if of_runs and not any(TABLES[table].protocol.seeds for table in tables):
        raise InvalidInput(f"{place}it has no runs: leave out --seeds, --sweeps and --profile")
    requests: dict[str, Request] = {}
    refused: dict[str, AmverifyError] = {}
    for table in tables:
        try:
            requests[table] = TABLES[table].protocol.request(wanted)
        except InvalidInput as error:
            refused[table] = error
    if not requests:
        raise InvalidInput("; ".join(f"{table}: {error}" for table, error in refused.items()))
    return requests, refused


def own_published() -> dict[str, object]:
    """The reader's own files of published values with their hashes, if there are any."""
    files = own_files(os.environ.get(OWN, ""))
    hashes = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    return {"published": hashes} if hashes else {}


def finish(document: Document, wall_time: float, options: Options, screen: Console) -> None:
    """Write the document's files, show it, name the files and the time."""
    provenance = {
        "command": ["python", "-m", "repro", *map(placeless, sys.argv[1:])],
        "wall_time": round(wall_time, 3),
        "environment": environment(),
        **own_published(),
        **document.provenance,
    }
    paths = write_files(replace(document, provenance=provenance), options.out)
    show(document, screen)
    names = ", ".join(str(path) for path in paths)
    screen.print(Text(f"written: {names}"), soft_wrap=True)
    screen.print(Text(f"wall time: {wall_time:.1f} s"))
