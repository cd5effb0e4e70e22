"""The tables: each a function from what the user asked for to a document.

To add one, write a module with ``make(request, laboratory) -> Document`` and name it in
:data:`repro.tables.registry.TABLES`.
"""

from repro.tables.registry import DEFAULT_DATASETS, TABLES, TableEntry
from repro.tables.request import Laboratory, Request

__all__ = ["DEFAULT_DATASETS", "TABLES", "Laboratory", "Request", "TableEntry"]
