"""What is released: two builds are the same bytes, everything needed is inside, one version."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from pages import ROOT

import amverify

pytest.importorskip("hatchling", reason="hatchling is not installed")

PACKAGES = ("amverify", "paper_figures", "proofs", "repro")
EPOCH = "1790000000"


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> list[list[Path]]:
    """Wheel and source archive, built twice."""
    return [build(tmp_path_factory.mktemp("dist")) for _ in range(2)]


def build(folder: Path) -> list[Path]:
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
    subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
    return sorted(folder.iterdir())


def test_two_builds_are_the_same_bytes(builds: list[list[Path]]):
    first, second = ([hashlib.sha256(p.read_bytes()).hexdigest() for p in one] for one in builds)
    assert first == second
    assert len(first) == 2


def test_the_wheel_has_what_a_run_needs_and_nothing_else(builds: list[list[Path]]):
    (wheel,) = (path for path in builds[0] if path.suffix == ".whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    needed = {str(p.relative_to(ROOT)) for package in PACKAGES for p in sources(ROOT / package)}
    extra = {name for name in names - needed if ".dist-info/" not in name}
    assert (needed - names, extra) == (set(), set())
    assert {f"{package}/py.typed" for package in PACKAGES} <= names


def sources(package: Path) -> list[Path]:
    """What git would keep of a package: no caches, no outputs of Coq."""
    kept = (".py", ".pyi", ".json", ".toml", ".j2", ".typed", ".v", ".md", ".css", ".js")
    return [
        p for p in package.rglob("*") if p.suffix in kept or p.name in ("py.typed", "_CoqProject")
    ]


def test_the_archive_has_the_tests_and_the_pages_and_no_caches(builds: list[list[Path]]):
    (archive,) = (path for path in builds[0] if path.name.endswith(".tar.gz"))
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {
        "README.md",
        "LICENSE",
        "constraints.txt",
        "tests/conftest.py",
        "docs/audit.md",
    } <= names
    junk = r"__pycache__|\.pyc$|\.vo$|^results/|^site/|_cache/|\.venv|\.trace$"
    assert [name for name in names if re.search(junk, name)] == []


def test_one_version_everywhere():
    said = re.findall(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    assert said == [amverify.__version__]
    heads = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert heads[0] == amverify.__version__
