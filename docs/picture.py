"""Writes docs/first-audit.svg: what README's first Python program prints.

    python docs/picture.py

The program is run as it stands in README.md; what it renders is rendered on a console that records
colours. ``tests/docs/test_picture.py`` compares the text in the picture with what the
program prints in a process of its own.
"""

from __future__ import annotations

import functools
import io
import re
from pathlib import Path
from unittest import mock

from rich.console import Console

from amverify.files import write
from amverify.report.console import render

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "first-audit.svg"
WIDTH = 108
"""Columns of the console in the picture."""


def program() -> str:
    """README's first block of Python."""
    found = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    if found is None:
        raise SystemExit("README.md has no block of Python")
    return found[1]


def picture(source: str) -> str:
    """What ``source`` prints, as SVG without fonts from the network."""
    console = Console(
        record=True,
        width=WIDTH,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
    )
    told = functools.partial(render, console=console)
    with mock.patch("amverify.render", told):
        exec(compile(source, "README.md", "exec"), {})
    drawn = console.export_svg(title="amverify", unique_id="amverify")
    return re.sub(r"\s*@font-face \{.*?\}", "", drawn, flags=re.DOTALL)


if __name__ == "__main__":
    write(PICTURE, picture(program()))
    print(PICTURE.relative_to(ROOT))
