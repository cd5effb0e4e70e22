"""Every block of Python in the pages runs as it stands, with warnings as errors."""

from __future__ import annotations

import pytest
from pages import Block, blocks


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_it_runs(block: Block, tmp_path, monkeypatch, capsys):
    if block.skipped:
        pytest.skip(block.skipped)
    monkeypatch.chdir(tmp_path)
    exec(compile(block.text, str(block), "exec"), {"__name__": "__main__"})


def test_there_are_some():
    assert len(blocks("python")) >= 4
