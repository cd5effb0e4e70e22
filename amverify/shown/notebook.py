"""HTML tables and data frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from amverify.errors import InvalidInput
from amverify.files import write_bytes


def table(head: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> str:
    """An HTML table of plain texts, escaped, for a notebook."""
    caption = f"<caption>{escape(title)}</caption>" if title else ""
    body = "".join(_row(row, "td") for row in rows)
    return f"<table>{caption}<thead>{_row(head, 'th')}</thead><tbody>{body}</tbody></table>"


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def frame(columns: Mapping[str, Any]) -> Any:
    """A pandas DataFrame of columns of equal length; columns of ASCII bytes become text.

    Raises:
        InvalidInput: if pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise InvalidInput("to_pandas() needs pandas: pip install 'amverify[notebook]'") from None
    return pandas.DataFrame({name: _text(values) for name, values in columns.items()})


def _text(values: Any) -> Any:
    return (
        values.astype(str)
        if getattr(values, "dtype", None) and values.dtype.kind == "S"
        else values
    )


def parquet(data: Any, path: Path) -> None:
    """Write a data frame as a Parquet file, whole or not at all.

    Raises:
        InvalidInput: if pyarrow is not installed.
        CannotWrite: if the file cannot be written.
    """
    try:
        content = data.to_parquet(engine="pyarrow", index=False)
    except ImportError:
        raise InvalidInput("to_parquet() needs pyarrow: pip install 'amverify[parquet]'") from None
    write_bytes(path, content)
