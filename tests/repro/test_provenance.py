"""The code version follows what decides a run, the commit is that of this repository only."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from repro import provenance


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
    (package / "inner" / "step.py").write_text("size = 2\n")
    edited = fresh_code_version()
    assert edited != before
    (package / "inner" / "step.py").rename(package / "inner" / "renamed.py")
    renamed = fresh_code_version()
    assert renamed not in {before, edited}
    (package.parent / "deciding_module.py").write_text("a = 2\n")
    assert fresh_code_version() not in {before, edited, renamed}


def test_a_package_apart_does_not_decide_for_the_one_that_holds_it(package, monkeypatch):
    monkeypatch.setattr(provenance, "SAMT", ("deciding_package.inner",))
    before = fresh_code_version()
    (package / "inner" / "step.py").write_text("size = 2\n")
    assert fresh_code_version() == before
    assert provenance.source_files("deciding_package.inner")
    (package / "outer.py").write_text("b = 1\n")
    assert fresh_code_version() != before


def test_everything_that_decides_is_there():
    everything = provenance.DECIDING + provenance.JUDGING + provenance.STOCHASTIC + provenance.SAMT
    for module in everything:
        assert provenance.source_files(module), module


@pytest.mark.parametrize("deciding", [provenance.STOCHASTIC, provenance.SAMT])
def test_whatever_a_run_with_minibatches_imports_decides_it(deciding: tuple[str, ...]):
    """But for full-batch runs, which ``repro.runs`` also carries out, and for SAMT's own code."""
    beside = ("amverify.errors", "repro.data.dataset", *provenance.STOCHASTIC, *provenance.SAMT)
    for module in deciding:
        for _, path in provenance.source_files(module):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.ImportFrom) or module == "repro.runs":
                    continue
                if (node.module or "").startswith(("amverify", "repro")):
                    assert (node.module or "").startswith(beside), (path, node.module)


def test_whatever_a_run_imports_decides_it():
    """Else an edit there would leave old runs in the cache as if they were new."""
    # raise, hold and show; what judges counts for the runs that are judged
    beside = ("amverify.errors", "amverify.report", "repro.data.dataset", *provenance.JUDGING)
    beside += provenance.STOCHASTIC  # for the runs with mini-batches
    for module in provenance.DECIDING:
        for _, path in provenance.source_files(module):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.ImportFrom) or node.module is None:
                    continue
                if node.module.startswith(("amverify", "repro")) and node.module not in beside:
                    assert node.module.startswith(provenance.DECIDING), (path, node.module)


def test_whatever_judges_a_run_decides_its_verdicts():
    known = (*provenance.DECIDING, *provenance.JUDGING, "amverify.errors")
    for module in provenance.JUDGING:
        for _, path in provenance.source_files(module):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("amverify"):
                    assert (node.module or "").startswith(known), (path, node.module)


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
