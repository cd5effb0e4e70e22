"""Markdown, CSV and JSON of a document, as text."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from repro.render.cells import Cell, Text
from repro.render.table import Document, Table


def markdown(document: Document) -> str:
    """The document in Markdown (pipe tables)."""
    return "\n".join(markdown_table(table) for table in document.shown)


def markdown_table(table: Table) -> str:
    """One table in Markdown."""
    head = [column.title for column in table.columns]
    rule = ["---:" if column.right else "---" for column in table.columns]
    body = [[cell.plain() for cell in row] for row in table.rows]
    lines = [pipes(head), f"| {' | '.join(rule)} |", *(pipes(row) for row in body)]
    notes = [f"- {markdown_escape(note)}" for note in table.notes]
    parts = [f"## {markdown_escape(table.title)}", "\n".join(lines)]
    parts += [markdown_escape(table.caption)] if table.caption else []
    parts += ["\n".join(notes)] if notes else []
    return "\n\n".join(parts) + "\n"


def pipes(texts: Sequence[str]) -> str:
    """One row of a pipe table."""
    return f"| {' | '.join(markdown_escape(text) for text in texts)} |"


def markdown_escape(text: str) -> str:
    """``text`` with what Markdown would take for markup escaped, on one line."""
    for special in "\\`*_[]<|":
        text = text.replace(special, f"\\{special}")
    return " ".join(text.split())


def csv_text(table: Table) -> str:
    """One table in CSV; a cell with parts (mean, std, n, …) takes a column for each."""
    fields = [[cell.fields() for cell in row] for row in table.rows]
    suffixes = [
        list(dict.fromkeys(["", *(suffix for row in fields for suffix in row[i])]))
        for i in range(len(table.columns))
    ]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(
        column.key + suffix
        for column, own in zip(table.columns, suffixes, strict=True)
        for suffix in own
    )
    for row in fields:
        writer.writerow(
            cell.get(suffix, "") for cell, own in zip(row, suffixes, strict=True) for suffix in own
        )
    return stream.getvalue()


def json_text(document: Document) -> str:
    """The document in JSON, every cell in full, with its provenance."""
    tables = [
        {
            "name": table.name,
            "title": table.title,
            "caption": table.caption,
            "notes": list(table.notes),
            "keys": table.keys,
            "columns": [{"key": c.key, "title": c.title} for c in table.columns],
            "rows": [
                {c.key: _cell(cell) for c, cell in zip(table.columns, row, strict=True)}
                for row in table.rows
            ],
        }
        for table in document.shown
    ]
    whole = {"document": document.name, "tables": tables, "provenance": document.provenance}
    return json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _cell(cell: Cell) -> dict[str, Any]:
    """A cell in full, and as it is shown."""
    return cell.json() | ({} if isinstance(cell, Text) else {"shown": cell.plain()})
