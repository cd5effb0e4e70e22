"""What ``score`` shows, and what ``published check`` says of a reader's file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from amverify.errors import CorruptFile, DataUnavailable, InvalidInput
from amverify.files import read_json, write
from repro import data
from repro.full_batch.configurations import METHODS
from repro.full_batch.names import KNOWN_METHODS
from repro.minibatch.names import LABELS
from repro.names import CONTENTS, check_names, nearest
from repro.published.load import OWN, faults_of, load, read
from repro.published.score import KINDS, OPEN, UNPUBLISHED, Outcome, Paper, score

HEADS = {"not comparable": "diverged", UNPUBLISHED: "no value"}
FAR = ("differs", "undecided", "not comparable")
MOST_SHOWN = 6
"""Curves that are listed below the counts; the others are counted, and in the JSON."""


def documents_in(folder: Path) -> list[dict[str, Any]]:
    """The JSON files that the tables' commands left in ``folder``.

    Raises :class:`DataUnavailable` where there are none, :class:`CorruptFile` for one that is no
    such document.
    """
    files = [folder / f"{name}.json" for name in CONTENTS]
    found = []
    for file in filter(Path.is_file, files):
        try:
            document = read_json(file)
            rows = [row for table in document["tables"] for row in table["rows"]]
            if not all(isinstance(cell, dict) for row in rows for cell in row.values()):
                raise ValueError("it has cells that are none")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CorruptFile(f"{file}: is no table's file ({error}); make it again") from error
        found.append(document)
    if not found:
        raise DataUnavailable(
            f"--out {folder}: no table was made there; begin with python -m repro table1, table2, "
            "table3 and table4"
        )
    return found


def print_score(folder: Path, as_json: bool, screen: Console) -> None:
    """Show what of every paper was reproduced, by the tables in ``folder``."""
    documents = documents_in(folder)
    papers = score(load(), documents)
    if as_json:
        whole = {
            paper.name: {"counts": paper.counts(), "cells": [o.json() for o in paper.outcomes]}
            for paper in papers
        }
        text = json.dumps(whole, indent=1, ensure_ascii=False)
        screen.print(text, markup=False, highlight=False, soft_wrap=True)
        return
    made = ", ".join(document["document"] for document in documents)
    screen.print(Text(f"Published cells and what became of them, by {folder}: {made}"))
    screen.print(_counts(papers))
    for line in _lines(papers):
        screen.print(Text(line))


def _counts(papers: Sequence[Paper]) -> Table:
    kinds = (*KINDS, UNPUBLISHED)
    shown = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    shown.add_column("Paper")
    for kind in ("cells", *kinds):
        title = HEADS.get(kind, kind)
        shown.add_column(title, justify="right", min_width=max(map(len, title.split())))
    for paper in papers:
        counts = paper.counts()
        numbers = [len(paper.outcomes), *(counts[kind] for kind in kinds)]
        shown.add_row(paper.name, *(str(number) if number else "·" for number in numbers))
    return shown


def _lines(papers: Sequence[Paper]) -> Iterator[str]:
    """The curves with cells that differ or are undecided, the farthest first; what to make next."""
    outcomes = [outcome for paper in papers for outcome in paper.outcomes]
    curves: dict[tuple[str, ...], list[Outcome]] = {}
    for outcome in outcomes:
        cell = outcome.cell
        curve = cell.about.partition(", after")[0]
        curves.setdefault((cell.paper, cell.table, cell.dataset, curve), []).append(outcome)
    far = {curve: own for curve, own in curves.items() if any(o.kind in FAR for o in own)}
    ordered = sorted(far.items(), key=lambda own: -max(map(_distance, own[1])))
    yield from (told(curve, own) for curve, own in ordered[:MOST_SHOWN])
    if len(ordered) > MOST_SHOWN:
        yield f"and {len(ordered) - MOST_SHOWN} more curves: --json"
    for kind in OPEN:
        open_cells = dict.fromkeys(
            f"{o.cell.paper} {o.cell.table} ({o.cell.dataset})" for o in outcomes if o.kind == kind
        )
        if open_cells:
            yield f"{kind}: {', '.join(open_cells)}"
    empty = [paper.name for paper in papers if not paper.outcomes]
    if empty:
        yield (
            f"{' and '.join(empty)}: no tables in the public record at hand; with the paper before "
            "you: python -m repro published template NAME FILE"
        )


def _distance(outcome: Outcome) -> float:
    return abs(outcome.difference or 0) if outcome.kind in FAR else 0.0


def told(curve: Sequence[str], outcomes: Sequence[Outcome]) -> str:
    """A curve with cells that were not reproduced, in a line: how many, how far, where, why."""
    far = [outcome for outcome in outcomes if outcome.kind in FAR]
    worst = max(far, key=_distance)
    counts = Counter(outcome.kind for outcome in far)
    kinds = ", ".join(f"{kind} in {n} of {len(outcomes)}" for kind, n in counts.items())
    line = f"{' '.join(curve)}: {kinds}"
    if worst.cell.value is not None and worst.difference is not None:
        line += (
            f"; farthest after {worst.cell.sweeps}: {worst.cell.value:.3f} published, "
            f"{worst.cell.value + worst.difference:.3f} here ({worst.difference:+.3f})"
        )
    reasons = dict.fromkeys(outcome.why for outcome in far if outcome.why)
    return "; ".join([f"{line} [{worst.table}]", *reasons])


def write_template(paper: str, file: Path, screen: Console) -> None:
    """Copy the shipped file of a paper to where a reader can fill it in; no file is overwritten.

    Raises :class:`InvalidInput` for an unknown paper or a file that is there.
    """
    folder = resources.files("repro.published")
    check_names("paper", [paper], sorted(Path(f.name).stem for f in folder.iterdir()
                                         if f.name.endswith(".toml")))  # fmt: skip
    if file.exists():
        raise InvalidInput(f"FILE: {file} is there; name another, or remove it first")
    write(file, (folder / f"{paper}.toml").read_text(encoding="utf-8"))
    screen.print(
        Text(
            f"written: {file}; fill it in as {folder / 'README.md'} says, then\n"
            f"  python -m repro published check {file}\n"
            f"  {OWN}={file} python -m repro table2   # shows them beside what is measured\n"
            f"  {OWN}={file} python -m repro score    # counts them"
        ),
        soft_wrap=True,
    )


def check_published(files: Sequence[Path], screen: Console, errors: Console) -> int:
    """Say what each file of published values holds, or every fault with its place.

    Returns the exit status: 2 where there is a fault.
    """
    faults = [fault for file in files for fault in (_missing(file) or _faults(file))]
    for fault in faults:
        errors.print(Text(f"error: {fault}"), soft_wrap=True)
    if faults:
        return InvalidInput.exit_status
    for file in files:
        held = read([file])
        sections = ("statistics", "hyperparameters", "series", "replicates")
        counts: Mapping[str, int] = {name: len(getattr(held, name)) for name in sections}
        told = ", ".join(f"{n} {name}" for name, n in counts.items() if n) or "no values yet"
        screen.print(Text(f"{file}: {', '.join(held.papers)}: {told}"), soft_wrap=True)
    return 0


def _missing(file: Path) -> list[str]:
    return [] if file.is_file() else [f"{file}: no such file"]


def _faults(file: Path) -> list[str]:
    """The file's own faults; where it has none, names that nothing here has."""
    return faults_of(file) or list(_unknown_names(file))


def _unknown_names(file: Path) -> Iterator[str]:
    held = read([file])
    methods = tuple(dict.fromkeys((*METHODS, *KNOWN_METHODS, *LABELS)))
    for section in ("statistics", "hyperparameters", "series", "replicates"):
        for number, entry in enumerate(getattr(held, section), start=1):
            place = f"{file.name}: [[{section}]] no. {number}"
            if entry.dataset not in data.names():
                close = nearest(entry.dataset, data.names())
                yield f"{place}: key 'dataset' is {entry.dataset!r}: no data set here{close}"
            method = getattr(entry, "method", methods[0])
            if method not in methods:
                close = nearest(method, methods)
                yield f"{place}: key 'method' is {method!r}: no method here{close}"
