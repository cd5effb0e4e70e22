"""What the commands do, once the command line is understood."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from amverify.errors import AmverifyError, CorruptFile, DataUnavailable, InvalidInput
from amverify.files import write
from repro import data
from repro.data.dataset import Dataset
from repro.data.progress import download_bar
from repro.engine import FinishedRun, Interrupted, run_all
from repro.engine.provenance import environment
from repro.engine.storage import check_writable
from repro.full_batch import tuning
from repro.full_batch.configurations import LABELS
from repro.minibatch import tuning as stochastic_tuning
from repro.minibatch.names import LABELS as STOCHASTIC_LABELS
from repro.minibatch.workloads import EPOCHS
from repro.names import check_names
from repro.render import Document, show, write_files
from repro.spec import RunSpec
from repro.tables import TABLES, Laboratory, Request
from repro.tables.parts.request import why

MOST_SEEDS = 1000


@dataclass(frozen=True)
class Options:
    """What the user asked for; None stands for "what is usual"."""

    data: list[str] | None
    data_dir: Path | None
    download: bool
    out: Path
    methods: list[str] | None = None
    seeds: tuple[int, ...] | None = None
    sweeps: int | None = None
    profile: str = "quick"
    cache: Path = Path("results/cache")
    jobs: int = 1
    fresh: bool = False
    scheduler: str | None = None
    networks: list[str] | None = None
    quiet: bool = False

    def screen(self) -> Console:
        """Standard output, for what was asked for."""
        return Console(quiet=self.quiet)

    def aside(self) -> Console:
        """Standard error, for what is told meanwhile."""
        return Console(stderr=True, quiet=self.quiet)


@contextmanager
def interruptible() -> Iterator[None]:
    """Says of Ctrl-C outside the runs what the engine says of it inside."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("interrupted; finished runs are kept, run again to resume") from None


@interruptible()
def make_tables(tables: Sequence[str], options: Options) -> int:
    """Make ``tables``, show and write them; returns the exit status.

    That is 0 also when a data set could not be had, which the table says, but the status of
    :class:`CorruptFile` when a file was not what it should be.
    """
    screen, aside = options.screen(), options.aside()
    requests = requested(tables, options)
    check_writable(options.out)
    failed: dict[str, AmverifyError] = {}
    laboratory = Laboratory(loader(options, aside), runner(options, aside), failed)
    empty = {name: nothing_of(name) for name in tables if name not in requests}
    for name, request in requests.items():
        started = time.perf_counter()
        try:
            document = TABLES[name].make(request, laboratory)
        except (DataUnavailable, CorruptFile) as error:
            empty[name] = error
            continue
        finish(document, time.perf_counter() - started, options, screen)
    if len(empty) == len(tables):
        raise next(iter(empty.values()))
    for name, reason in empty.items():
        print(f"warning: {name} was not made: {reason}", file=sys.stderr)
    if failed:
        print(f"warning: not in the table: {', '.join(failed)}; its notes say why", file=sys.stderr)
    corrupt = any(isinstance(error, CorruptFile) for error in failed.values())
    return CorruptFile.exit_status if corrupt else 0


@interruptible()
def tune(options: Options, file: Path, crossed: bool) -> None:
    """Carry out every candidate of :mod:`repro.full_batch.tuning`; the best go to ``file``."""
    aside = options.aside()
    check_writable(file.parent)
    sweeps = options.sweeps or tuning.SWEEPS
    chosen = list(tuning.crossed_choices() if crossed else tuning.choices())
    specs = [
        spec
        for choice in chosen
        for settings in choice.grid
        for spec in tuning.specs_of(choice, settings, sweeps)
    ]
    load = loader(options, aside)
    datasets = {
        name: load(name) for name in dict.fromkeys(n for choice in chosen for n in choice.datasets)
    }
    if crossed:
        datasets = {n: d for whole in datasets.values() for n, d in tuning.folds_of(whole).items()}
    runs = runner(options, aside)(specs, datasets)
    winners = []
    for choice in chosen:
        best, scores = tuning.best(choice, sweeps, lambda spec: runs[spec].result)
        winners.append((choice, best, dict(zip(choice.grid, scores, strict=True))))
    head = tuning.CROSSED_HEAD if crossed else tuning.HEAD
    write(file, tuning.as_toml(winners, head))
    options.screen().print(Text(f"written: {file}"), soft_wrap=True)


@interruptible()
def tune_stochastic(options: Options, file: Path) -> None:
    """Carry out the candidates of :mod:`repro.minibatch.tuning`, write the best to ``file``.

    Where data sets, methods or networks are named, what the file has of others stays.

    Raises :class:`InvalidInput` for names that are not known.
    """
    aside = options.aside()
    check_writable(file.parent)
    epochs = options.sweeps or EPOCHS
    everything = list(stochastic_tuning.choices())
    data, methods, networks = options.data or (), options.methods or (), options.networks or ()
    check_names("data set", data, union([c.workload.dataset] for c in everything))
    check_names("network", networks, union([c.workload.network] for c in everything))
    check_names("method", methods, union([c.method] for c in everything))
    chosen = [
        choice
        for choice in everything
        if (not data or choice.workload.dataset in data)
        and (not networks or choice.workload.network in networks)
        and (not methods or choice.method in methods)
    ]
    specs = [
        spec
        for choice in chosen
        for settings in choice.grid
        for spec in stochastic_tuning.specs_of(choice, settings, epochs)
    ]
    load = loader(options, aside)
    datasets = {name: load(name) for name in dict.fromkeys(spec.dataset for spec in specs)}
    runs = runner(options, aside)(specs, datasets)
    found = {
        choice: stochastic_tuning.scores(choice, epochs, lambda spec: runs[spec].result)
        for choice in chosen
    }
    text = stochastic_tuning.as_toml(found)
    if len(chosen) < len(everything) and file.is_file():
        text = stochastic_tuning.merged(file.read_text(encoding="utf-8"), text)
    write(file, text)
    options.screen().print(Text(f"written: {file}"), soft_wrap=True)


def requested(tables: Sequence[str], options: Options) -> dict[str, Request]:
    """The options as a request to each table that knows such data sets and methods.

    Raises :class:`InvalidInput` for names that none of them knows.
    """
    protocols = {name: TABLES[name].protocol for name in tables}
    known_data = {name: tuple(dict.fromkeys(p.datasets + p.also)) for name, p in protocols.items()}
    check_names("data set", options.data or (), union(known_data.values()))
    check_names("method", options.methods or (), union(p.methods for p in protocols.values()))
    known_networks = union(p.networks for p in protocols.values())
    if options.networks and not known_networks:
        raise InvalidInput(f"{', '.join(tables)}: no networks to choose among; leave out --network")
    check_names("network", options.networks or (), known_networks)
    requests = {}
    for name, protocol in protocols.items():
        datasets = common(options.data or protocol.datasets, known_data[name])
        methods = common(options.methods or protocol.methods, protocol.methods)
        seeds = protocol.seeds[options.profile] if options.seeds is None else options.seeds
        sweeps = protocol.sweeps if options.sweeps is None else options.sweeps
        networks = common(options.networks or (), protocol.networks)
        if datasets and methods and (networks or not options.networks):
            requests[name] = Request(datasets, methods, seeds, sweeps, options.profile, networks)
    return requests


def union(names: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """All names, each once, in their order."""
    return tuple(dict.fromkeys(chain.from_iterable(names)))


def common(wanted: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Those of ``wanted`` that are ``known``, each once."""
    return tuple(name for name in dict.fromkeys(wanted) if name in known)


def nothing_of(table: str) -> AmverifyError:
    """Why a table that knows none of the names asked for is not made."""
    protocol = TABLES[table].protocol
    return InvalidInput(
        "none of its data sets and methods was asked for; it takes "
        f"{', '.join(protocol.datasets)} and {', '.join(protocol.methods)}"
    )


def loader(options: Options, console: Console) -> Callable[[str], Dataset]:
    """Loads a data set once; downloads are shown on ``console`` when that is a terminal."""

    @cache
    def load(name: str) -> Dataset:
        with ExitStack() as stack:
            hook = stack.enter_context(download_bar(console)) if console.is_terminal else None
            return data.load(
                name, data_dir=options.data_dir, download=options.download, progress=hook
            )

    return load


def runner(
    options: Options, console: Console
) -> Callable[[Sequence[RunSpec], Mapping[str, Dataset]], dict[RunSpec, FinishedRun]]:
    """Carries out runs as the options say."""

    def run(
        specs: Sequence[RunSpec], datasets: Mapping[str, Dataset]
    ) -> dict[RunSpec, FinishedRun]:
        return run_all(
            specs,
            datasets,
            cache=options.cache,
            jobs=options.jobs,
            fresh=options.fresh,
            scheduler=options.scheduler,
            console=console,
        )

    return run


def finish(document: Document, wall_time: float, options: Options, screen: Console) -> None:
    """Write the document's files, show it, name the files and the time."""
    provenance = {
        "command": ["python", "-m", "repro", *sys.argv[1:]],
        "wall_time": round(wall_time, 3),
        "environment": environment(),
        **document.provenance,
    }
    paths = write_files(replace(document, provenance=provenance), options.out)
    show(document, screen)
    names = ", ".join(str(path) for path in paths)
    screen.print(Text(f"written: {names}"), soft_wrap=True)
    screen.print(Text(f"wall time: {wall_time:.1f} s"))


def seeds_of(text: str) -> tuple[int, ...]:
    """Seeds from ``0-4``, ``0,3,7``, ``5`` or a mixture; each once, in the order given."""
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if len(part) > 40 or not first.isdecimal() or (dash and not last.isdecimal()):
            raise InvalidInput(f"--seeds {text[:60]}: write seeds as '0-4', '0,3,7' or '5'")
        low, high = int(first), int(last or first)
        if high < low or high - low >= MOST_SEEDS:
            raise InvalidInput(f"--seeds {text}: '{part}' is no range of at most {MOST_SEEDS}")
        seeds += range(low, high + 1)
    return tuple(dict.fromkeys(seeds))


@interruptible()
def print_list(data_dir: Path | None, screen: Console) -> None:
    """Show tables, data sets with their availability, and methods."""
    tables = listing("Table", "Content")
    for name, entry in TABLES.items():
        tables.add_row(name, Text(entry.contents))
    sets = listing("Data set", "Here")
    for name in data.names():
        sets.add_row(name, availability(name, data_dir))
    methods = listing("Method", "Name")
    for method, label in (LABELS | STOCHASTIC_LABELS).items():
        methods.add_row(method, label)
    for table in (tables, sets, methods):
        screen.print(table)
        screen.print()
    screen.print(Text("The tables' commands download what is not here, without --no-download."))


def listing(*titles: str) -> RichTable:
    """An empty list with these headings."""
    table = RichTable(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def availability(name: str, data_dir: Path | None) -> Text:
    """Whether the data set is at hand, without any download, and if not, why."""
    try:
        data.load(name, data_dir=data_dir, download=False)
    except InvalidInput:
        raise
    except AmverifyError as error:
        return Text(f"no: {why(name, error)}", style="yellow")
    return Text("yes", style="green")
