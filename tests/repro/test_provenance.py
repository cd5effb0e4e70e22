"""The code version follows what decides a run, the commit is that of this repository only."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from repro.engine import provenance


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "deciding_package"
    (folder / "inner").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "inner" / "step.py").write_text("size = 1\n")
    (tmp_path / "deciding_module.py").write_text("a = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(provenance, "DECIDING", ("deciding_package", "deciding_module"))
    yield folder
    for name in ("deciding_package", "deciding_module"):
        sys.modules.pop(name, None)


def fresh_code_version() -> str:
    provenance.code_version.cache_clear()
    try:
        return provenance.code_version()
    finally:
        provenance.code_version.cache_clear()


def test_code_version_changes_with_the_sources_and_nothing_else(package: Path):
    before = fresh_code_version()
    (package / "README.md").write_text("edited")
    assert fresh_code_version() == before
    (package / "tuned.toml").write_text("a = 1\n")
    assert fresh_code_version() == before
    (package / "proved.json").write_text("[]\n")
    assert fresh_code_version() != before
    (package / "proved.json").unlink()
    (package / "inner" / "step.py").write_text("size = 2\n")
    edited = fresh_code_version()
    assert edited != before
    (package / "inner" / "step.py").rename(package / "inner" / "renamed.py")
    renamed = fresh_code_version()
    assert renamed not in {before, edited}
    (package.parent / "deciding_module.py").write_text("a = 2\n")
    assert fresh_code_version() not in {before, edited, renamed}


def test_everything_that_decides_is_there():
    everything = provenance.DECIDING + provenance.JUDGING + provenance.STOCHASTIC + provenance.SAMT
    for module in everything:
        assert provenance.source_files(module), module


BESIDE = ("amverify.errors", "amverify.files", "amverify.shown", "repro.data.dataset")
"""They raise, write, show and hold; the data enter a run's key by their content."""


def reached(start: str) -> set[str]:
    """The modules of ours that ``start`` imports, and what those import, and so on."""
    found, left = set(), [start]
    while left:
        name = left.pop()
        if name in found or not name.startswith(("amverify.", "repro.")):
            continue
        found.add(name)
        if name in BESIDE:
            continue
        spec = find_spec(name)
        assert spec is not None
        for node in ast.walk(ast.parse(Path(str(spec.origin)).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                inner = [f"{node.module}.{alias.name}" for alias in node.names]
                left += [node.module, *(one for one in inner if is_module(one))]
    return found


def is_module(name: str) -> bool:
    try:
        return name.startswith(("amverify.", "repro.")) and find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize(
    ("start", "deciding"),
    [
        ("repro.full_batch.run", provenance.DECIDING + provenance.JUDGING),
        ("repro.minibatch.run", provenance.STOCHASTIC + provenance.SAMT),
        ("amverify.judge.audit", provenance.JUDGING),
    ],
)
def test_whatever_a_run_imports_decides_it(start: str, deciding: tuple[str, ...]):
    """Else an edit there would leave old runs in the cache as if they were new."""
    known = (*deciding, *BESIDE)
    others = {
        name
        for name in reached(start)
        if not any(name == one or name.startswith(f"{one}.") for one in known)
    }
    assert not others


def test_commit_of_somebody_elses_repository_is_not_ours(tmp_path, monkeypatch):
    folder = tmp_path / "site-packages"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (folder / "provenance.py").write_text("")
    monkeypatch.setattr(provenance, "__file__", str(folder / "provenance.py"))
    assert provenance.commit.__wrapped__() == {"commit": None, "dirty": None}


def test_commit_and_dirty_flag(tmp_path, monkeypatch):
    file = tmp_path / "provenance.py"
    file.write_text("")
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    monkeypatch.setattr(provenance, "__file__", str(file))
    clean = provenance.commit.__wrapped__()
    assert len(str(clean["commit"])) == 40
    assert clean["dirty"] is False
    file.write_text("edited")
    assert provenance.commit.__wrapped__() == {"commit": clean["commit"], "dirty": True}


def test_environment_says_versions_and_hardware():
    found = provenance.environment()
    assert {"versions", "hardware", "commit", "dirty", "code_version", "threads"} <= found.keys()
    assert found["versions"]["torch"] != "not installed"
    assert found["hardware"]["cores"] >= 1
