"""The page of each run's audit: from the run that the cache keeps, else as its table wrote it."""

from __future__ import annotations

from collections.abc import Mapping

from amverify.errors import CorruptFile
from repro.engine.work import FinishedRun
from repro.site.gathered import Gathered
from repro.site.runs import Configuration
from repro.tables.parts.audits import FOLDER, page_name, page_of


def audit_pages(
    found: Gathered,
    own: Configuration,
    kept: Mapping[int, FinishedRun],
    proofs: Mapping[str, str],
) -> dict[int, tuple[str, str | bytes]]:
    """By seed, name and content of the pages that can be had of a configuration's audits."""
    pages: dict[int, tuple[str, str | bytes]] = {}
    for seed, run in own.runs.items() if own.spec.claims else ():
        name = page_name(run.spec)
        written = found.folder / FOLDER / name
        if seed in kept and (page := _rendered(kept[seed], proofs)) is not None:
            pages[seed] = name, page
        elif written.is_file():
            pages[seed] = name, written.read_bytes()
    return pages


def _rendered(run: FinishedRun, proofs: Mapping[str, str]) -> str | None:
    """None where the report is one that this version cannot read."""
    try:
        return page_of(run, proofs)
    except CorruptFile:
        return None
