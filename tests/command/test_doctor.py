"""amverify doctor: what it says of an installation that will do, and of those that will not."""

from __future__ import annotations

import json
from importlib import metadata
from types import SimpleNamespace
from typing import Any

import pytest

from amverify.command import doctor
from amverify.command.cli import main


def said(capsys: pytest.CaptureFixture[str], status: int) -> dict[str, Any]:
    """What it says by --json, by the name of the thing."""
    assert main(["doctor", "--json"]) == status
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is (status == 0)
    return {check["name"]: check for check in found["checks"]}


def test_here_all_will_do(capsys, monkeypatch):
    monkeypatch.delenv("AMVERIFY_DATA", raising=False)
    found = said(capsys, 0)
    assert (found["step 0.5"]["found"], found["step 2.5"]["found"]) == ("HOLDS", "VIOLATED")
    assert found["AMVERIFY_DATA"]["ok"] is None


def test_an_old_package_is_named_with_its_remedy(capsys, monkeypatch):
    real = metadata.version
    monkeypatch.setattr(metadata, "requires", lambda name: ["numpy>=1.26", "x>=2; extra == 'y'"])
    monkeypatch.setattr(metadata, "version", lambda n: "1.9.3" if n == "numpy" else real(n))
    found = said(capsys, 1)
    assert found["numpy"]["advice"] == "pip install 'numpy>=1.26'"
    assert "x" not in found


def test_a_folder_that_is_not_there(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("AMVERIFY_DATA", str(tmp_path / "none"))
    assert "no such folder" in said(capsys, 1)["AMVERIFY_DATA"]["found"]


def test_a_cache_that_cannot_be_written_is_no_failure(capsys, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "below"))
    monkeypatch.delenv("AMVERIFY_DATA", raising=False)
    assert said(capsys, 0)["cache"]["ok"] is None


def test_an_audit_that_says_something_else_fails(capsys, monkeypatch):
    def wrong(trace, claims):
        return SimpleNamespace(verdict="HOLDS")

    monkeypatch.setattr("amverify.judge.audit.audit", wrong)
    assert said(capsys, 1)["step 2.5"]["ok"] is False


def test_a_torch_that_does_not_load_is_a_line(capsys, monkeypatch):
    def broken():
        raise OSError("libtorch.so: cannot open shared object file\nand more")

    monkeypatch.setattr(doctor, "_torch", broken)
    assert main(["doctor"]) == 1
    assert "cannot open shared object file" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("2.13.0+cpu", (2, 13)), ("1.26", (1, 26)), ("2026.8.0rc1", (2026, 8)), ("", ())],
)
def test_releases_are_compared_by_their_numbers(text: str, numbers: tuple[int, ...]):
    assert doctor.release(text) == numbers
