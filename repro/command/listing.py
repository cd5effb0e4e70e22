"""What ``list`` shows: tables, data sets with their availability, methods."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from amverify.errors import AmverifyError, InvalidInput
from repro import data
from repro.full_batch.configurations import LABELS
from repro.minibatch.names import LABELS as STOCHASTIC_LABELS
from repro.names import CONTENTS, why


def print_list(data_dir: Path | None, screen: Console) -> None:
    """Show tables, data sets with their availability, and methods."""
    tables = listing("Table", "Content")
    for name, contents in CONTENTS.items():
        tables.add_row(name, Text(contents))
    sets = listing("Data set", "Here")
    for name in data.names():
        sets.add_row(name, availability(name, data_dir))
    methods = listing("Method", "Name")
    for method, label in (LABELS | STOCHASTIC_LABELS).items():
        methods.add_row(method, label)
    for table in (tables, sets, methods):
        screen.print(table)
        screen.print()
    screen.print(Text("The tables' commands download what is not here, without --no-download."))


def listing(*titles: str) -> Table:
    """An empty list with these headings."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def availability(name: str, data_dir: Path | None) -> Text:
    """Whether the data set is at hand, without any download, and if not, why."""
    try:
        data.at_hand(name, data_dir)
    except InvalidInput:
        raise
    except AmverifyError as error:
        return Text(f"no: {why(name, error)}", style="yellow")
    return Text("yes", style="green")
