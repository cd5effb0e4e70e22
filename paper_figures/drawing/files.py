"""A figure's files: PDF, SVG and PNG, the data as CSV and JSON; the same bytes every time.

No file holds a date, and the names inside an SVG are drawn from a fixed salt, so that a second run
on the same data changes nothing. All are made before the first is written, each whole or not.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from amverify.files import write, write_bytes
from paper_figures.data.frame import Data

METADATA: Mapping[str, dict[str, Any]] = {
    "pdf": {"CreationDate": None, "Producer": None, "Creator": "amverify"},
    "svg": {"Date": None, "Creator": "amverify"},
    "png": {"Software": "amverify"},
}


def rendered(figure: Figure) -> dict[str, bytes]:
    """The figure in each format, by suffix; none holds a date, so none is asked for."""
    found, epoch = {}, os.environ.pop("SOURCE_DATE_EPOCH", None)
    try:
        for suffix, metadata in METADATA.items():
            out = io.BytesIO()
            figure.savefig(out, format=suffix, metadata=metadata)
            found[suffix] = out.getvalue()
    finally:
        if epoch is not None:
            os.environ["SOURCE_DATE_EPOCH"] = epoch
    return found


def write_figure(name: str, figure: Figure, data: Data, folder: Path) -> list[Path]:
    """Write NAME.pdf, .svg, .png, .json and .csv; further frames as NAME_FRAME.csv.

    Raises :class:`amverify.errors.CannotWrite`; each file is then the old one or the new.
    """
    pictures = {f"{name}.{suffix}": content for suffix, content in rendered(figure).items()}
    texts = {f"{name}.json": data.to_json(name), f"{name}.csv": data.frames[0].to_csv()}
    texts |= {f"{name}_{frame.name}.csv": frame.to_csv() for frame in data.frames[1:]}
    for file, content in pictures.items():
        write_bytes(folder / file, content)
    for file, text in texts.items():
        write(folder / file, text)
    return [folder / file for file in (*pictures, *texts)]
