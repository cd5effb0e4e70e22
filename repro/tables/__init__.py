"""The tables: each a function from what the user asked for to a document.

To add one, write a module with ``make(request, laboratory) -> Document`` and name it in
:data:`repro.tables.registry.TABLES`, with a :class:`Protocol` where its usual data sets,
methods, sweeps or seeds are others than those of the full-batch tables.
"""

from repro.tables.parts.request import Laboratory, Protocol, Request
from repro.tables.registry import TABLES, TableEntry

__all__ = ["TABLES", "Laboratory", "Protocol", "Request", "TableEntry"]
