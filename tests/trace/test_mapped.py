"""A file that others cut short while it is read ends no process: nothing of it is mapped."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from amverify.trace.file import save_trace
from amverify.trace.trace import Trace

ROOT = Path(__file__).resolve().parents[2]
MAPPING = {"mmap", "memmap", "mmap_mode", "memory_map", "from_file", "open_memmap"}
READ = """
import os, sys
from amverify import load_trace
from amverify.errors import AmverifyError
from amverify.trace import reading

path, most, chunks = sys.argv[1], int(sys.argv[2]), reading._chunks

def cut_meanwhile(*given):
    for number, chunk in enumerate(chunks(*given)):
        if number == 2:
            os.truncate(path, most)
        yield chunk

reading._chunks = cut_meanwhile
try:
    trace = load_trace(path)
except AmverifyError as error:
    print("one line" if "\\n" not in str(error) else "lines")
else:
    print("whole" if trace.complete else "cut", (trace.sweeps["value"] == 1).all())
"""


def mapped(source):
    """Words by which a file is mapped."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            yield from MAPPING.intersection([*names, getattr(node, "module", None) or ""])
        elif isinstance(node, ast.keyword):
            yield from MAPPING.intersection([node.arg])
        elif isinstance(node, ast.Attribute):
            yield from MAPPING.intersection([node.attr])


@pytest.mark.parametrize("source", ["import mmap", "np.memmap(p)", "np.load(p, mmap_mode='r')"])
def test_mapping_is_seen(source):
    assert list(mapped(source))


def test_no_file_is_mapped():
    found = {
        f"{file.relative_to(ROOT)}: {word}"
        for package in ("amverify", "proofs", "repro", "paper_figures")
        for file in (ROOT / package).rglob("*.py")
        for word in mapped(file.read_text(encoding="utf-8"))
    }
    assert not found


@pytest.mark.parametrize("most", [0, 400_000])
def test_a_trace_cut_short_under_its_reader(tmp_path, most):
    path, rows = tmp_path / "run.trace", 100_000
    keys = {name: np.arange(rows) for name in ("sweep", "replicate")}
    save_trace(Trace({"subject": "x"}, sweeps={**keys, "value": np.ones(rows)}), path)
    found = subprocess.run(
        [sys.executable, "-c", READ, str(path), str(most)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (found.returncode, found.stdout, found.stderr) == (0, "cut True\n", "")
