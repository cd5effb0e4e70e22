"""The tables: each a protocol, and a function from what the user asked for to a document.

To add one, write a module with ``PROTOCOL``, the :class:`Protocol` that says which data sets and
methods it admits, and ``make(request, laboratory) -> Document``; name both in
:data:`repro.tables.registry.TABLES`.
"""

from repro.tables.parts.request import Protocol, Request, Wanted
from repro.tables.registry import TABLES, TableEntry

__all__ = ["TABLES", "Protocol", "Request", "TableEntry", "Wanted"]
