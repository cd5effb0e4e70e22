"""The picture in the README says what the program beside it prints."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from xml.etree import ElementTree

from pages import ROOT

PROGRAM = runpy.run_path(str(ROOT / "docs" / "picture.py"), run_name="picture")
ADVANCE = 12.2
"""Of one column in rich's pictures, in their units: a font of size 20 is 0.61 as wide."""


def lines(svg: str) -> list[str]:
    """The text of a console's picture: each run of letters at its row and column."""
    rows: dict[float, str] = {}
    for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        if "clip-path" in text.attrib:
            y, column = float(text.attrib["y"]), round(float(text.attrib["x"]) / ADVANCE)
            rows[y] = rows.get(y, "").ljust(column) + (text.text or "").replace("\xa0", " ")
    said = [rows[y].rstrip() for y in sorted(rows)]
    return [line for line in said if line]


def test_it_says_what_the_program_prints(tmp_path):
    environment = {**os.environ, "COLUMNS": str(PROGRAM["WIDTH"]), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-W", "error", "-c", PROGRAM["program"]()]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    printed = [line.rstrip() for line in done.stdout.splitlines() if line.strip()]
    stored = lines(PROGRAM["PICTURE"].read_text(encoding="utf-8"))
    assert stored == printed, "python docs/picture.py writes the picture again"


def test_it_loads_nothing_from_the_network():
    assert "@font-face" not in PROGRAM["PICTURE"].read_text(encoding="utf-8")
