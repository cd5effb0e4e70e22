"""Tables as values, and as console, Markdown, LaTeX, CSV and JSON.

A table is made once, of typed cells (:mod:`repro.render.cells`); each form is a function of
it. Whatever a reader sees in one form stands in all of them.
"""

from repro.render.cells import (
    Cell,
    Estimate,
    Number,
    PublishedValue,
    Text,
    Unavailable,
    VerdictCell,
    verdict_of,
)
from repro.render.files import write_files
from repro.render.screen import show
from repro.render.table import Column, Document, Table

__all__ = [
    "Cell",
    "Column",
    "Document",
    "Estimate",
    "Number",
    "PublishedValue",
    "Table",
    "Text",
    "Unavailable",
    "VerdictCell",
    "show",
    "verdict_of",
    "write_files",
]
