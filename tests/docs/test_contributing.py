"""CONTRIBUTING's changes are changes to this tree: each diff applies, and does what it says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from pages import ROOT, Block, blocks_of
from test_architecture import FLOORS

PAGE = ROOT / "CONTRIBUTING.md"
BLOCKS = list(blocks_of(PAGE))
CHANGES = [
    (diff, after)
    for diff, after in pairwise(BLOCKS)
    if diff.language == "diff" and after.language == "bash"
]
SAID = ("nadam", "decrease by the gradient", "17610", "(1, 3, 1, 1)")
"""What the commands below the diffs print, in their order."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the packages."""
    for package in ("amverify", "proofs", "repro"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=_caches)
    return tmp_path


_caches = shutil.ignore_patterns("__pycache__", "*.v", "*.vo", "*.glob")


def applied(diff: str, tree: Path, *options: str) -> str:
    """What git says to a diff; empty where it applies."""
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent)}
    command = ["git", "apply", "--whitespace=error", *options, "-"]
    done = subprocess.run(
        command, cwd=tree, env=environment, input=diff, capture_output=True, encoding="utf-8",
        check=False,
    )  # fmt: skip
    return done.stderr if done.returncode else ""


def test_there_is_a_diff_for_each_kind_of_change():
    diffs = [block for block in BLOCKS if block.language == "diff"]
    assert len(diffs) == len(CHANGES) == len(SAID)


@pytest.mark.parametrize(("change", "said"), list(zip(CHANGES, SAID, strict=True)))
def test_the_diff_applies_and_its_command_says_so(
    change: tuple[Block, Block], said: str, tree: Path
):
    diff, after = change
    assert applied(diff.text, tree, "--check") == ""
    assert applied(diff.text, tree) == ""
    ruff = [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), "."]
    assert subprocess.run(ruff, cwd=tree, capture_output=True, check=False).returncode == 0
    words = shlex.split(after.text)
    assert words[0] == "python"
    environment = {**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, *words[1:]], cwd=tree, env=environment, capture_output=True,
        encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


def test_a_stale_diff_is_seen(tree: Path):
    (diff, _), *_ = CHANGES
    assert "does not apply" in applied(diff.text.replace('"adam"', '"madam"'), tree, "--check")


def test_the_floors_are_those_that_are_guarded():
    text = next(b.text for b in BLOCKS if b.language == "text")
    said = [tuple(re.split(r" · ", line[3:])) for line in text.splitlines()]
    assert tuple(said) == FLOORS
