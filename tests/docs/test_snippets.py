"""Every block of Python in the pages runs as it stands, and its comments say what it prints."""

from __future__ import annotations

import re

import pytest
from pages import Block, blocks


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_it_runs(block: Block, tmp_path, monkeypatch, capsys):
    if block.skipped:
        pytest.skip(block.skipped)
    monkeypatch.chdir(tmp_path)
    exec(compile(block.text, str(block), "exec"), {"__name__": "__main__"})
    printed = capsys.readouterr().out
    for verdict, mark in (("HOLDS", "✓"), ("VIOLATED", "✗")):
        said = re.findall(rf"# .*\b{verdict}\b", block.text)
        assert len(re.findall(rf"^{mark} {verdict} ", printed, re.MULTILINE)) >= len(said), said


def test_there_are_some():
    assert len(blocks("python")) >= 4
