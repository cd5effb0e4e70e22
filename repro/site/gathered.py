"""What lies in the results' folder: tables by name, figures, pages of the gallery, faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amverify import files as stored
from amverify.errors import CorruptFile, DataUnavailable, InvalidInput
from repro.engine.provenance import SAMT as SAMT_MODULES
from repro.engine.provenance import STOCHASTIC, code_version
from repro.names import CONTENTS
from repro.published.score import KINDS as VERDICTS
from repro.published.score import UNPUBLISHED

KNOWN = (*CONTENTS, "gallery")
KINDS = frozenset({"text", "number", "estimate", "published", "verdict", "unavailable"})
NUMBERS = frozenset({"number", "estimate", "published"})
FIRST = "python -m repro table1"


@dataclass(frozen=True)
class Gathered:
    """``documents`` by name in the order of the tables; ``figures``: name → what its JSON says;
    ``other``: names of those that another version of the code made."""

    folder: Path
    cache: Path
    documents: Mapping[str, Mapping[str, Any]]
    figures: Mapping[str, Mapping[str, Any]]
    other: tuple[str, ...] = ()

    @property
    def missing(self) -> dict[str, str]:
        """By table that was not made, what it holds."""
        every = {**CONTENTS, "gallery": "known claims, true and false, about 20 methods"}
        return {name: about for name, about in every.items() if name not in self.documents}

    def pages(self, name: str) -> Iterator[Path]:
        """The HTML pages in a folder of the results, by name."""
        folder = self.folder / name
        if folder.is_dir():
            yield from sorted(p for p in folder.glob("*.html") if p.is_file())


def gathered(folder: Path, cache: Path) -> Gathered:
    """All that ``folder`` holds.

    Raises:
        DataUnavailable: if there is no such folder, or no table in it.
        InvalidInput: if it is no folder, or cannot be read.
        CorruptFile: for a file that is no table's, or none that this version can read.
    """
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(f"--results {folder}: is no folder; name that of the tables' files")
    if not folder.is_dir():
        raise DataUnavailable(f"--results {folder}: no such folder; begin with {FIRST}")
    files = {name: folder / f"{name}.json" for name in KNOWN}
    documents = {name: _document(f, name) for name, f in files.items() if f.is_file()}
    if not documents:
        raise DataUnavailable(f"--results {folder}: no table was made there; begin with {FIRST}")
    other = tuple(name for name, document in documents.items() if _of_other_code(document))
    return Gathered(folder, cache, documents, dict(_figures(folder / "figures")), other)


def read_json(file: Path) -> Any:
    """What a file holds.

    Raises:
        InvalidInput: if it cannot be read.
        CorruptFile: if it is no JSON.
    """
    try:
        return stored.read_json(file)
    except OSError as error:
        raise InvalidInput(f"{file}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise CorruptFile(f"{file}: is no JSON ({error}); make it again") from error


def _document(file: Path, name: str) -> Mapping[str, Any]:
    found = read_json(file)
    try:
        _check(found, name)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        again = f"make it again: python -m repro {name}"
        raise CorruptFile(
            f"{file}: is no file of this version's table ({_why(error)}); {again}"
        ) from error
    checked: Mapping[str, Any] = found
    return checked


def _why(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else str(error)


def _check(document: Any, name: str) -> None:
    """That it has what the pages read of it; KeyError and its like where not."""
    if document["document"] != name:
        raise ValueError(f"it holds {str(document['document'])[:40]!r}")
    if not isinstance(document["provenance"]["environment"]["versions"], dict):
        raise ValueError("no versions")
    list(document["provenance"]["command"])
    if not all(isinstance(run, dict) for run in document["provenance"].get("runs", ())):
        raise ValueError("a run is no record")
    for table in document["tables"]:
        _check_table(table)


def _check_table(table: Any) -> None:
    keys = [str(column["title"]) and column["key"] for column in table["columns"]]
    for text in ("name", "title", "caption"):
        if not isinstance(table[text], str):
            raise ValueError(f"a table's {text} is no text")
    if not isinstance(table.get("keys", 0), int):
        raise ValueError("a table's keys are no number")
    list(table["notes"])
    for row in table["rows"]:
        if [*row] != keys or not all(cell["kind"] in KINDS for cell in row.values()):
            raise ValueError(f"a row of {table['name']} has other cells than columns")
        for cell in row.values():
            _check_cell(cell)


def _check_cell(cell: Mapping[str, Any]) -> None:
    """A number is one, or printed already; a verdict is one of those that cells have."""
    if cell["kind"] == "verdict":
        away, seeds = cell["difference"], cell.get("seeds", 0)
        known = cell["verdict"] in (*VERDICTS, UNPUBLISHED) and isinstance(seeds, int)
        named = isinstance(cell.get("published"), str | None)
        if not (known and named and isinstance(away, float | int | None)):
            raise ValueError(f"a verdict that is none: {str(cell['verdict'])[:40]!r}")
    elif "shown" not in cell:
        value = cell.get("mean", cell.get("value"))
        if cell["kind"] in NUMBERS and not isinstance(value, float | int | None):
            raise ValueError(f"a number that is none: {str(value)[:40]!r}")


def _of_other_code(document: Mapping[str, Any]) -> bool:
    """Whether the code that decides runs was another than today's."""
    own = document["provenance"]["environment"]
    ours = {
        "code_version": code_version(),
        "stochastic_code_version": code_version(STOCHASTIC + SAMT_MODULES),
    }
    return bool(document["provenance"].get("runs")) and any(
        own.get(key) != value for key, value in ours.items()
    )


def _figures(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every figure that has its picture and its data; a name as the figures' own."""
    for picture in sorted(folder.glob("*.svg")) if folder.is_dir() else ():
        data = picture.with_suffix(".json")
        if data.is_file() and picture.stem.isidentifier():
            told = read_json(data)
            if not isinstance(told, dict) or not isinstance(told.get("caption"), str):
                raise CorruptFile(f"{data}: is no figure's data; make it again")
            yield picture.stem, told
