"""Which tables there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from repro.render import Document
from repro.tables import mdlam_setting, table1, table2, table6, table10, table11
from repro.tables.request import Laboratory, Request

DEFAULT_DATASETS = ("cora", "citeseer", "pubmed", "coauthor_cs", "digits")


@dataclass(frozen=True)
class TableEntry:
    """A table that can be made: ``contents`` is what ``list`` says of it."""

    contents: str
    make: Callable[[Request, Laboratory], Document]


TABLES = {
    "table1": TableEntry("counts of the data sets beside the published ones", table1.make),
    "table2": TableEntry(
        "test accuracy of TIAM and the compared methods; sweeps and seconds to a target accuracy",
        table2.make,
    ),
    "table6": TableEntry(
        "TIAM's inertia inside and outside the admissible region, under each safeguard, audited",
        table6.make,
    ),
    "table10": TableEntry(
        "audit: every theorem on every method and data set, with evidence, constants and slack",
        table10.make,
    ),
    "table11": TableEntry(
        "audit of published claims: mDLAM's, dlADMM's, and those of the released mDLAM script",
        table11.make,
    ),
    "mdlam_setting": TableEntry(
        "mDLAM: what its trial modulus and its inertia do to the published accuracies",
        mdlam_setting.make,
    ),
}
