"""Which tables there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from repro import data
from repro.full_batch.configurations import METHODS
from repro.names import CONTENTS
from repro.render import Document
from repro.tables import mdlam_setting, table1, table2, table6, table7, table8, table10, table11
from repro.tables.parts.request import Laboratory, Protocol, Request

FULL_BATCH = Protocol(
    datasets=("cora", "citeseer", "pubmed", "coauthor_cs", "digits"),
    methods=METHODS,
    sweeps=200,
    seeds={"quick": tuple(range(2)), "paper": tuple(range(10))},
    also=data.names(),
)


@dataclass(frozen=True)
class TableEntry:
    """A table that can be made: ``contents`` is what ``list`` says of it."""

    contents: str
    make: Callable[[Request, Laboratory], Document]
    protocol: Protocol = FULL_BATCH


TABLES = {
    "table1": TableEntry(CONTENTS["table1"], table1.make),
    "table2": TableEntry(CONTENTS["table2"], table2.make),
    "table6": TableEntry(CONTENTS["table6"], table6.make),
    "table7": TableEntry(CONTENTS["table7"], table7.make, table7.PROTOCOL),
    "table8": TableEntry(CONTENTS["table8"], table8.make, table8.PROTOCOL),
    "table10": TableEntry(CONTENTS["table10"], table10.make),
    "table11": TableEntry(CONTENTS["table11"], table11.make),
    "mdlam_setting": TableEntry(CONTENTS["mdlam_setting"], mdlam_setting.make),
}
