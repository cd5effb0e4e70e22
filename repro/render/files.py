"""Writes a document's files: all are rendered before the first is written."""

from __future__ import annotations

from pathlib import Path

from amverify.files import write
from repro.render.latex import latex, latex_appendix
from repro.render.table import Document
from repro.render.text import csv_text, json_text, markdown


def write_files(document: Document, folder: Path) -> list[Path]:
    """Write NAME.md, .tex, .json and .csv into ``folder``; further tables NAME_TABLE.csv.

    Settings and constants in LaTeX are in NAME_appendix.tex, if there are any. Pages go where they
    say; of them the folder is returned.

    Raises :class:`amverify.errors.CannotWrite`; each file is then the old one or the new.
    """
    name = document.name
    texts = {
        f"{name}.md": markdown(document),
        f"{name}.tex": latex(document),
        f"{name}.csv": csv_text(document.tables[0]),
        f"{name}.json": json_text(document),
    }
    texts |= {f"{name}_{table.name}.csv": csv_text(table) for table in document.tables[1:]}
    if appendix := latex_appendix(document):
        texts[f"{name}_appendix.tex"] = appendix
    for file, text in (texts | dict(document.pages)).items():
        write(folder / file, text)
    places = dict.fromkeys(Path(page).parent for page in document.pages)
    return [folder / file for file in (*map(Path, texts), *places)]
