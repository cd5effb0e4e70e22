"""Which tables there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from repro.render import Document
from repro.tables import mdlam_setting, table1, table2
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
    "mdlam_setting": TableEntry(
        "mDLAM: what its trial modulus and its inertia do to the published accuracies",
        mdlam_setting.make,
    ),
}
