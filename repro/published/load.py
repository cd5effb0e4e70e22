"""Reads and checks the TOML files of published values."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from amverify.errors import InvalidInput, brief
from repro.names import nearest
from repro.published.values import (
    Hyperparameters,
    Published,
    Replicates,
    Series,
    Setting,
    Source,
    Statistics,
)

COUNTS = ("nodes", "edges", "classes", "features", "train", "validation", "test")
QUANTITIES = ("test_accuracy", "train_accuracy", "validation_accuracy")
SECTIONS = ("paper", "statistics", "hyperparameters", "series", "replicates")


@dataclass
class Entry:
    """One table of a file being read: its place, for messages, and the keys not yet taken."""

    place: str
    left: dict[str, Any]
    known: list[str] = field(default_factory=list)

    def wrong(self, key: str, what: str) -> InvalidInput:
        """The error that says what is wrong with ``key``, and where."""
        return InvalidInput(f"{self.place}: key '{key}' {what}")

    def take(self, key: str, is_right: Callable[[Any], bool], what: str, default: Any = ...) -> Any:
        """The value of ``key``; InvalidInput when it is missing or not ``what``."""
        self.known.append(key)
        if key not in self.left:
            if default is ...:
                raise self.wrong(key, f"is missing; it must be {what}")
            return default
        value = self.left.pop(key)
        if not is_right(value):
            raise self.wrong(key, f"is {brief(value)}; it must be {what}")
        return value

    def close(self) -> None:
        """InvalidInput when a key is left that nobody asked for."""
        for key in self.left:
            raise self.wrong(key, f"is not known here{nearest(key, self.known)}")


OWN = "AMVERIFY_PUBLISHED"
"""Names a reader's own file of published values, or a folder of such files."""


def load() -> Published:
    """All files of this folder, and a reader's own in the place of those on the same papers.

    Raises :class:`InvalidInput` naming file and key.
    """
    return _load(os.environ.get(OWN, ""))


@lru_cache
def _load(own: str) -> Published:
    folder = resources.files("repro.published")
    shipped = sorted(
        (f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name
    )
    given = own_files(own)
    papers = {paper_of(file, document_of(file))[0] for file in given}
    kept = [f for f in shipped if paper_of(f, document_of(f))[0] not in papers]
    return read([*kept, *given])


def own_files(own: str) -> list[Path]:
    """The file at this path, or the TOML files in this folder; none for an empty path.

    Raises :class:`InvalidInput` where there is none.
    """
    if not own:
        return []
    path = Path(own)
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path] if path.is_file() else []
    if not files:
        raise InvalidInput(f"{OWN}: no file of published values at {own}")
    return files


def read(files: Iterable[Traversable]) -> Published:
    """The values of ``files``; raises :class:`InvalidInput` naming file and key."""
    parts = [read_file(file) for file in files]
    whole = Published(
        tuple(paper for part in parts for paper in part.papers),
        tuple(entry for part in parts for entry in part.statistics),
        tuple(entry for part in parts for entry in part.hyperparameters),
        tuple(entry for part in parts for entry in part.series),
        tuple(entry for part in parts for entry in part.replicates),
    )
    check_headlines(whole.series)
    return whole


def faults_of(file: Traversable) -> list[str]:
    """What is wrong with one file, a line each: the first fault of every entry, none of a good one.

    What keeps the entries from being read at all comes alone.
    """
    try:
        document = document_of(file)
        name, reference = paper_of(file, document)
    except InvalidInput as error:
        return [str(error)]
    found: list[str] = []
    kept: list[Series] = []
    for section, make in MAKERS.items():
        for entry in entries_of(file, document, section):
            try:
                made = make(entry, source_of(entry, name, reference))
            except InvalidInput as error:
                found.append(str(error))
            else:
                kept += [made] if isinstance(made, Series) else []
    try:
        check_headlines(tuple(kept))
    except InvalidInput as error:
        found.append(f"{file.name}: {str(error).removeprefix('published values: ')}")
    return found


def read_file(file: Traversable) -> Published:
    """The values of one file."""
    document = document_of(file)
    name, reference = paper_of(file, document)

    def entries(section: str) -> list[tuple[Entry, Source]]:
        found = entries_of(file, document, section)
        return [(entry, source_of(entry, name, reference)) for entry in found]

    return Published(
        (name,),
        tuple(statistics(*entry) for entry in entries("statistics")),
        tuple(hyperparameters(*entry) for entry in entries("hyperparameters")),
        tuple(series(*entry) for entry in entries("series")),
        tuple(replicates(*entry) for entry in entries("replicates")),
    )


LARGEST, LONGEST = 1 << 20, 2_000
"""Characters of a file, and of a line: nested brackets and dotted keys cost a parser more."""


def document_of(file: Traversable) -> dict[str, Any]:
    """What the file holds, its sections those that there are."""
    try:
        text = file.read_text(encoding="utf-8")
        if len(text) > LARGEST or max(map(len, text.splitlines()), default=0) > LONGEST:
            raise InvalidInput(f"{file.name}: larger, or with longer lines, than such a file has")
        document = tomllib.loads(text)
        repr(document)
    except RecursionError:
        raise InvalidInput(f"{file.name}: nested too deeply") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file.name}: not a TOML file ({error})") from error
    for section, content in document.items():
        if section not in SECTIONS:
            raise InvalidInput(f"{file.name}: [{section}] is not known{nearest(section, SECTIONS)}")
        if section != "paper" and not (
            isinstance(content, list) and all(isinstance(entry, dict) for entry in content)
        ):
            raise InvalidInput(f"{file.name}: write [[{section}]], with two brackets")
    return document


def paper_of(file: Traversable, document: Mapping[str, Any]) -> tuple[str, str]:
    """The paper's name and reference."""
    paper = document.get("paper")
    if not isinstance(paper, dict):
        raise InvalidInput(f"{file.name}: [paper] is missing")
    head = Entry(f"{file.name}: [paper]", dict(paper))
    name, _, reference = (head.take(key, is_text, TEXT) for key in ("name", "title", "reference"))
    head.close()
    return name, reference


def entries_of(file: Traversable, document: Mapping[str, Any], section: str) -> list[Entry]:
    """The entries of a section, each with its place."""
    numbered = enumerate(document.get(section, []), start=1)
    return [Entry(f"{file.name}: [[{section}]] no. {i}", dict(e)) for i, e in numbered]


TEXT = "a text that is not empty"
WHOLE = "a whole number above 0"


def is_text(value: object) -> bool:
    """A text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def is_whole(value: object) -> bool:
    """A whole number above 0 (TOML's true is none)."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def is_seed(value: object) -> bool:
    """A whole number from 0."""
    return (value == 0 and not isinstance(value, bool | float)) or is_whole(value)


def is_fraction(value: object) -> bool:
    """A number from 0 to 1; NaN is none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def is_settings(value: object) -> bool:
    """A table of single values."""
    return isinstance(value, dict) and all(
        isinstance(v, float | int | str | bool) for v in value.values()
    )


def list_of(is_right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """A list, not empty, of what ``is_right`` says."""
    return lambda value: isinstance(value, list) and bool(value) and all(map(is_right, value))


def source_of(entry: Entry, paper: str, reference: str) -> Source:
    """Where the entry is printed."""
    table = entry.take("table", is_text, TEXT)
    return Source(paper, reference, table, entry.take("page", is_whole, WHOLE, default=None))


def statistics(entry: Entry, source: Source) -> Statistics:
    """One [[statistics]]."""
    dataset = entry.take("dataset", is_text, TEXT)
    counts = {key: entry.take(key, is_whole, WHOLE, default=None) for key in COUNTS}
    entry.close()
    return Statistics(source, dataset, {k: v for k, v in counts.items() if v is not None})


def hyperparameters(entry: Entry, source: Source) -> Hyperparameters:
    """One [[hyperparameters]]."""
    dataset, method = (entry.take(key, is_text, TEXT) for key in ("dataset", "method"))
    settings = entry.take("settings", is_settings, "a table such as { rho = 1e-3 }")
    entry.close()
    return Hyperparameters(source, dataset, method, settings)


def measured(entry: Entry) -> tuple[str, str, str, dict[str, Setting]]:
    """Data set, method, quantity and settings of a [[series]] or [[replicates]]."""
    dataset, method = (entry.take(key, is_text, TEXT) for key in ("dataset", "method"))
    quantity = entry.take("quantity", lambda v: v in QUANTITIES, f"one of {', '.join(QUANTITIES)}")
    settings = entry.take("settings", is_settings, "a table such as { rho = 1e-3 }", default={})
    return dataset, method, quantity, settings


def series(entry: Entry, source: Source) -> Series:
    """One [[series]]."""
    about = measured(entry)
    sweeps = entry.take("sweeps", list_of(is_whole), f"a list of numbers, each {WHOLE}")
    if sorted(set(sweeps)) != sweeps:
        raise entry.wrong("sweeps", "must rise from number to number")
    values = values_for(entry, "sweeps", sweeps)
    headline = entry.take("headline", lambda v: isinstance(v, bool), "true or false", default=False)
    entry.close()
    return Series(source, *about, tuple(sweeps), values, headline)


def replicates(entry: Entry, source: Source) -> Replicates:
    """One [[replicates]]."""
    about = measured(entry)
    sweeps = entry.take("sweeps", is_whole, WHOLE)
    seeds = entry.take("seeds", list_of(is_seed), "a list of whole numbers from 0")
    values = values_for(entry, "seeds", seeds)
    entry.close()
    return Replicates(source, *about, sweeps, tuple(seeds), values)


MAKERS: dict[str, Callable[[Entry, Source], object]] = {
    "statistics": statistics,
    "hyperparameters": hyperparameters,
    "series": series,
    "replicates": replicates,
}
"""By section, what makes a value of its entries."""


def values_for(entry: Entry, key: str, counted: list[int]) -> tuple[float, ...]:
    """The entry's values, one for each number of its key ``key``."""
    values = entry.take("values", list_of(is_fraction), "a list of fractions from 0 to 1")
    if len(values) != len(counted):
        raise entry.wrong("values", f"has {len(values)} numbers, '{key}' has {len(counted)}")
    return tuple(map(float, values))


def check_headlines(all_series: tuple[Series, ...]) -> None:
    """InvalidInput when two series claim to be the headline of the same thing."""
    seen: dict[tuple[str, str, str], Source] = {}
    for one in all_series:
        what = (one.dataset, one.method, one.quantity)
        if one.headline and what in seen:
            raise InvalidInput(
                f"published values: {seen[what]} and {one.source} are both marked 'headline' for "
                f"{' '.join(what)}; keep one"
            )
        if one.headline:
            seen[what] = one.source
