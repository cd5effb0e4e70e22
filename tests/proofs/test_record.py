"""``record`` and ``search``: what is written down, and when nothing is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from amverify.theorems import standing
from proofs.command import cli
from proofs.coq import run as coqrun
from proofs.coq.run import CoqResult
from proofs.kernel.polynomial import Refused
from proofs.script.certificates import load
from proofs.search import z3 as opinion
from proofs.theorems import catalogue as groups

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where ``record`` writes; there is G1, which has a Coq proof, and C1, which has none."""
    found = tmp_path / "proved.json"
    monkeypatch.setattr(standing, "FILE", found)
    monkeypatch.setattr(groups, "ORDER", ("G1", "C1"))
    return found


def coq(monkeypatch: pytest.MonkeyPatch, verdict: Any) -> None:
    """A Coq that says this of every theorem that it is asked about."""

    def status(**given: Any) -> Mapping[str, CoqResult]:
        return {name: CoqResult(name, verdict, (), (), "so it says") for name in given["wanted"]}

    monkeypatch.setattr(coqrun, "status", status)


def test_what_is_proved_is_written_down(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    coq(monkeypatch, "proved")
    assert cli.main(["record"]) == 0
    said = json.loads(file.read_text(encoding="utf-8"))
    assert {name: one["coq"] for name, one in said.items()} == {"G1": True, "C1": False}
    assert said["G1"]["formulas"] == standing.fingerprint(groups.known("G1"))
    out = capsys.readouterr().out
    assert "2 of 2 proved" in out
    assert f"written: {file}" in out
    file.unlink()
    assert cli.main(["record", "--quiet"]) == 0
    assert json.loads(file.read_text(encoding="utf-8")) == said
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("verdict", "status", "why"),
    [("not run", 3, "Coq could not be run"), ("failed", 1, "Coq does not accept G1")],
)
def test_without_coq_s_word_nothing_is_written(
    verdict: str,
    status: int,
    why: str,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    """Else the next audit would say less of G1 than the last, and nobody would know why."""
    coq(monkeypatch, verdict)
    assert cli.main(["record", "-q"]) == status
    said = capsys.readouterr().err
    assert f"Coq, G1: {verdict}: so it says" in said
    assert f"nothing is written: {why}" in said
    assert not file.exists()


@pytest.fixture
def open_(monkeypatch: pytest.MonkeyPatch) -> None:
    """C1 without its proof."""
    prove = groups.prove

    def refused(name: str, *given: Any, **options: Any) -> Any:
        if name == "C1":
            raise Refused("C1: a step does not follow")
        return prove(name, *given, **options)

    monkeypatch.setattr(groups, "prove", refused)


@pytest.mark.usefixtures("open_")
def test_an_open_theorem_is_named_and_nothing_is_written(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    coq(monkeypatch, "proved")
    assert cli.main(["record"]) == 1
    said = capsys.readouterr()
    assert "1 of 2 proved" in said.out
    assert "open: C1: a step does not follow" in said.err
    assert "nothing is written: C1 open" in said.err
    assert not file.exists()


def test_a_z3_that_disagrees_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    monkeypatch.setattr(opinion, "ask", lambda _: opinion.Opinion(2, 1, ("add up",)))
    assert cli.main(["check", "G1", "--json", str(tmp_path / "g1.json")]) == 1
    assert "DISAGREES: add up" in capsys.readouterr().out


def test_quiet_says_nothing_of_what_is_proved(capsys: Capture) -> None:
    assert cli.main(["check", "T2", "--no-z3", "-q"]) == 0
    assert capsys.readouterr() == ("", "")


def test_certificates_found_anew_are_checked_and_written(tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["search", "G1", "--certificates", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"G1: {tmp_path / 'G1.json'}\n"
    assert load("G1", tmp_path) == load("G1")
    assert cli.main(["search", "G1", "--certificates", str(tmp_path), "-q"]) == 0
    assert capsys.readouterr().out == ""


def test_nowhere_to_write_certificates_is_one_line(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "file").touch()
    assert cli.main(["search", "G1", "--certificates", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_overview_checks_everything(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(opinion, "ask", lambda _: None)
    assert cli.main([]) == 0
    assert "2 of 2 proved" in capsys.readouterr().out
    assert not file.exists()


def test_a_proof_is_shown_for_a_paper(capsys: Capture) -> None:
    assert cli.main(["show", "G1", "--latex"]) == 0
    assert capsys.readouterr().out.startswith("\\documentclass")


def test_theorems_are_offered_to_a_shell() -> None:
    assert cli._ids("T1") == [name for name in groups.ORDER if name.startswith("T1")] != []
