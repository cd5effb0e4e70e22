"""The page of each run's audit: from the run that the cache keeps, else as its table wrote it."""

from __future__ import annotations

from collections.abc import Mapping

from amverify.errors import CorruptFile
from amverify.report import from_json, to_html
from repro.engine.work import FinishedRun
from repro.site.gathered import Gathered
from repro.site.runs import Configuration


def audit_pages(
    found: Gathered, own: Configuration, kept: Mapping[int, FinishedRun]
) -> dict[str, str | bytes]:
    """By name, the pages that can be had of a configuration's audits."""
    pages: dict[str, str | bytes] = {}
    for seed in own.runs if own.spec.claims else ():
        name = own.audit_page(seed)
        written = found.folder / "audits" / name
        if seed in kept and (page := _rendered(kept[seed])) is not None:
            pages[name] = page
        elif written.is_file():
            pages[name] = written.read_bytes()
    return pages


def _rendered(run: FinishedRun) -> str | None:
    """None where the report is one that this version cannot read."""
    try:
        return to_html(from_json(run.result.report))
    except CorruptFile:
        return None
