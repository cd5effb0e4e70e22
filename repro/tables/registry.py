"""Which tables there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from repro import data
from repro.full_batch.configurations import METHODS
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
    "table1": TableEntry("counts of the data sets beside the published ones", table1.make),
    "table2": TableEntry(
        "test accuracy of TIAM and the compared methods; sweeps and seconds to a target accuracy",
        table2.make,
    ),
    "table6": TableEntry(
        "TIAM's inertia inside and outside the admissible region, under each safeguard, audited",
        table6.make,
    ),
    "table7": TableEntry(
        "SAMT beside SGD-type methods: accuracy, parameter updates, gradient evaluations, seconds",
        table7.make,
        table7.PROTOCOL,
    ),
    "table8": TableEntry(
        "SAMT's kinds of step size: learned ranges, and how the initial step size matters",
        table8.make,
        table8.PROTOCOL,
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
