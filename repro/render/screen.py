"""A document on the console; a table that is too wide is shown in parts, one under another.

Each part repeats the first columns, which say what a row is.
"""

from __future__ import annotations

from typing import Literal

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text as RichText

from repro.render.cells import Cell, Unavailable, VerdictCell
from repro.render.table import Document, Table

STYLES = {"reproduced": "green"} | dict.fromkeys(
    ("differs", "undecided", "not comparable"), "yellow"
)
GAP = 2  # blanks between columns


def show(document: Document, console: Console) -> None:
    """Print every table of ``document``, with its caption and notes."""
    for table in document.shown:
        console.print(RichText(table.title, style="bold"))
        for part in parts(table, console.width):
            console.print(drawn(table, part, console.width))
            console.print()
        if table.caption:
            console.print(RichText(table.caption, style="dim"))
        for note in table.notes:
            console.print(Padding(RichText(f"note: {note}"), (0, 0, 0, 2)))
        if table.caption or table.notes:
            console.print()


def parts(table: Table, width: int) -> list[list[int]]:
    """Numbers of the columns of each part, so that each fits into ``width`` if at all."""
    keys = list(range(min(table.keys, len(table.columns))))
    needed = [least_width(table, i) + GAP for i in range(len(table.columns))]
    split = [list(keys)]
    for i in range(len(keys), len(table.columns)):
        taken = sum(needed[j] for j in split[-1]) - GAP
        if taken + needed[i] > width and len(split[-1]) > len(keys):
            split.append(list(keys))
        split[-1].append(i)
    return split


def least_width(table: Table, i: int) -> int:
    """How narrow column ``i`` can be: numbers and verdicts unbroken, texts broken at blanks."""
    column = table.columns[i]
    words = column.title.split()
    for row in table.rows:
        text = row[i].plain()
        unbroken = column.right or isinstance(row[i], VerdictCell)
        words += [text] if unbroken else text.split()
    return max(map(len, words))


def widths(table: Table, part: list[int], width: int) -> list[int]:
    """A width for each column of ``part``: what it needs, and what is spare by what it wants."""
    least = [least_width(table, i) for i in part]
    texts = [[table.columns[i].title, *(row[i].plain() for row in table.rows)] for i in part]
    wanted = [max(map(len, own)) - low for own, low in zip(texts, least, strict=True)]
    spare = max(0, width - sum(least) - GAP * (len(part) - 1))
    share = min(1.0, spare / max(1, sum(wanted)))
    return [low + int(share * more) for low, more in zip(least, wanted, strict=True)]


def drawn(table: Table, part: list[int], width: int) -> RichTable:
    """The columns of ``part`` as rich draws them, with a blank line between groups of rows."""
    rich_table = RichTable(header_style="bold", box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for i, own in zip(part, widths(table, part, width), strict=True):
        column = table.columns[i]
        justify: Literal["left", "right"] = "right" if column.right else "left"
        rich_table.add_column(RichText(column.title), justify=justify, width=own, overflow="fold")
    groups = table.groups()
    spaced = any(len(group) > 1 for group in groups)
    for number, group in enumerate(groups):
        if number and spaced:
            rich_table.add_row()
        for row in group:
            rich_table.add_row(*(styled(row[i]) for i in part))
    return rich_table


def styled(cell: Cell) -> RichText:
    """The cell's text, coloured by what it says."""
    if isinstance(cell, VerdictCell):
        return RichText(cell.plain(), style=STYLES.get(cell.verdict, "dim"))
    return RichText(cell.plain(), style="dim" if isinstance(cell, Unavailable) else "")
