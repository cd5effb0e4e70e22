"""The gallery as a document: a row for each claim, the page of its method beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from amverify.console.version import version
from amverify.files import write
from amverify.report import page
from amverify.verdict import Finding
from repro.gallery.catalogue import Judged
from repro.gallery.entry import Known
from repro.render import Cell, Column, Document, Table, Text

COLUMNS = (
    Column("method", "Method"),
    Column("claim", "Claim"),
    Column("known", "Known"),
    Column("source", "Source, or why"),
    Column("verdict", "Measured"),
    Column("witness", "Witness"),
)
RUNS = (Column("method", "Method"), Column("problem", "Problem"), Column("page", "Page"))


def document(found: Sequence[Judged]) -> Document:
    """The document of the table."""
    claims = [known for one in found for known, _ in one.pairs]
    missed = sum(len(one.wrong) for one in found)
    claimed = Table(
        name="gallery",
        title="Known claims, true and false",
        columns=COLUMNS,
        rows=tuple(_row(one, known, said) for one in found for known, said in one.pairs),
        caption=(
            f"{len(found)} runs, {len(claims)} claims, of which "
            f"{sum(not known.true for known in claims)} are known to be false on that run; "
            f"{missed} judged otherwise than expected: of what is true, HOLDS (or UNDECIDED, where "
            "it is an equality of measured numbers); of what is false, VIOLATED or NOT APPLICABLE."
        ),
    )
    runs = Table(
        name="runs",
        title="What the claims are about",
        columns=RUNS,
        rows=tuple(
            (Text(one.entry.name), Text(one.entry.problem), Text(f"gallery/{one.name}.html"))
            for one in found
        ),
    )
    return Document("gallery", (claimed, runs))


def _row(one: Judged, known: Known, found: Finding) -> tuple[Cell, ...]:
    verdict = str(found.verdict).replace("_", " ")
    return (
        Text(one.entry.name),
        Text(_claim(known)),
        Text("true" if known.true else "false"),
        Text(known.source),
        Text(verdict if known.met(found.verdict) else f"{verdict}, not {known.expected}"),
        Text(_where(found, one.report.header)),
    )


def _claim(known: Known) -> str:
    """As it is typed, with its own constants."""
    told = [f"{name} = {_short(value)}" for name, value in known.constants.items()]
    return ", ".join([known.claim, *told])


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _where(found: Finding, header: Mapping[str, Any]) -> str:
    """Where it fails and by how much."""
    if found.witness is None:
        return ""
    iteration = str(header.get("iteration", "sweep"))
    return f"{found.witness.where(iteration)}, by {-found.witness.margin:.3g}"


def pages(found: Sequence[Judged], folder: Path) -> list[Path]:
    """Write a page for each method into ``folder``.

    Raises:
        CannotWrite: if one cannot be written.
    """
    files = {folder / f"{one.name}.html": page(one.report, version()) for one in found}
    for file, text in files.items():
        write(file, text)
    return list(files)
