"""pdfLaTeX, where it is installed: does a text compile, and does all of it fit?"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

needed = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex to be had")
MOST = 1.0
"""Points that a box may be too wide."""


def faults(body: str, folder: Path, options: str = "a4paper", packages: str = "") -> list[str]:
    """Errors, overfull boxes and floats that are too large of ``body`` in an article."""
    packages = packages or "\\usepackage{booktabs,array}"
    source = f"\\documentclass[{options}]{{article}}\n{packages}\n\\begin{{document}}\n"
    (folder / "a.tex").write_text(f"{source}{body}\n\\end{{document}}\n", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-no-shell-escape", "a.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120)
    said = done.stdout.decode("utf-8", "replace")
    wide = re.findall(r"Overfull \\[hv]box \(([\d.]+)pt[^\n]*\n[^\n]*", said)
    found = [f"overfull by {size} pt" for size in wide if float(size) > MOST]
    found += re.findall(r"^!.*\n.*\n.*|.*Float too large.*", said, re.MULTILINE)
    return found if "Output written" in said else [*found, f"no page: {said[-400:]}"]
