"""Making figures: the request to each, its data, its picture, its files."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rich.text import Text

from amverify.console.entry import say
from amverify.errors import AmverifyError, CorruptFile, DataUnavailable, InvalidInput
from paper_figures.data.runs import Sources
from repro.command.options import Options, interruptible
from repro.engine.provenance import environment
from repro.engine.storage import check_writable
from repro.names import check_names
from repro.tables.parts.request import Request, Wanted

SUBFOLDER = "figures"


@interruptible()
def make_figures(names: Sequence[str], options: Options) -> int:
    """Make ``names`` and write them into the folder ``figures`` of the results.

    Returns the exit status: 0, also when of several figures one had no data, which is said.

    Raises:
        InvalidInput: without matplotlib, or for options that no figure admits.
        AmverifyError: where not one could be made; where one was asked for, its own error.
    """
    entries = _entries()
    requests = _requested(names, options.wanted, entries)
    folder = options.out / SUBFOLDER
    check_writable(folder)
    sources, screen = Sources(options.laboratory(), options.out), options.screen()
    empty: dict[str, AmverifyError] = {}
    for name, request in requests.items():
        started = time.perf_counter()
        try:
            paths = _made(name, entries[name], request, sources, folder)
        except (DataUnavailable, CorruptFile) as error:
            empty[name] = error
            continue
        seconds = time.perf_counter() - started
        screen.print(Text(f"{paths[0].with_suffix('')}.* ({seconds:.1f} s)"), soft_wrap=True)
    if len(empty) == len(requests):
        raise next(iter(empty.values()))
    for name, reason in empty.items():
        say(f"warning: {name} was not made: {reason}")
    return 0


def _entries() -> Mapping[str, Any]:
    """Every figure; here is where matplotlib is needed first."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise InvalidInput("figures need matplotlib: pip install 'amverify[figures]'") from None
    from paper_figures.figures.registry import FIGURES

    return FIGURES


def _requested(
    names: Sequence[str], wanted: Wanted, entries: Mapping[str, Any]
) -> dict[str, Request]:
    """What is asked of each figure; of several, those that admit it.

    Raises:
        InvalidInput: for names that no figure knows, or where none admits what is asked.
    """
    place = f"{names[0]}: " if len(names) == 1 else ""
    for kind, given in wanted.names.items():
        known = [own for name in names for own in entries[name].protocol.known[kind]]
        if known:
            check_names(kind, given, list(dict.fromkeys(known)), place)
    requests, refused = {}, {}
    for name in names:
        try:
            requests[name] = entries[name].protocol.request(wanted)
        except InvalidInput as error:
            refused[name] = error
    if not requests:
        raise InvalidInput("; ".join(f"{name}: {error}" for name, error in refused.items()))
    return requests


def _made(name: str, entry: Any, request: Request, sources: Sources, folder: Any) -> list[Any]:
    from paper_figures.drawing.files import write_figure
    from paper_figures.drawing.style import styled

    data = entry.data(request, sources)
    whole = {"command": _told(name, request), "environment": environment(), **data.provenance}
    with styled():
        return write_figure(name, entry.draw(data), replace(data, provenance=whole), folder)


def _told(name: str, request: Request) -> str:
    """The command that makes these numbers, whatever folders it was given."""
    data = "".join(f" --data {one}" for one in request.datasets)
    seeds = f" --seeds {','.join(map(str, request.seeds))}" if request.seeds else ""
    sweeps = f" --sweeps {request.sweeps}" if request.sweeps else ""
    return f"python -m paper_figures {name}{data}{seeds}{sweeps}"
