"""Which tables there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from repro.engine import Laboratory
from repro.names import CONTENTS
from repro.render import Document
from repro.tables import (
    bcd,
    criticality,
    mdlam_setting,
    table1,
    table2,
    table3,
    table4,
    table5,
    table6,
    table7,
    table8,
    table9,
    table10,
    table11,
    table12,
)
from repro.tables.parts.request import Protocol, Request


@dataclass(frozen=True)
class TableEntry:
    """A table that can be made: ``contents`` is what ``list`` says of it."""

    contents: str
    protocol: Protocol
    make: Callable[[Request, Laboratory], Document]


MODULES = (
    *(table1, table2, table3, table4, table5, table6, table7, table8, table9, table10, table11),
    *(criticality, mdlam_setting, bcd, table12),
)
TABLES = {
    name: TableEntry(contents, module.PROTOCOL, module.make)
    for (name, contents), module in zip(CONTENTS.items(), MODULES, strict=True)
}
