"""Coq is asked about statements generated on the spot; what a stale file says is never recorded."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

from amverify.theorems import standing as standings
from amverify.theorems.base import Theorem
from proofs.command import cli, table
from proofs.coq import asked as coqasked
from proofs.coq import run as coqrun
from proofs.coq import statements
from proofs.coq.run import CoqResult
from proofs.theorems import catalogue as groups
from proofs.theorems.catalogue import known

Asked = list[dict[str, Any]]


def command(arguments: list[str]) -> int:
    """The exit status."""
    return cli.main(arguments)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What Coq is asked, by a Coq that accepts everything."""
    seen: Asked = []

    def status(**given: Any) -> Mapping[str, CoqResult]:
        seen.append(given)
        return {name: CoqResult(name, "proved", (), (), "") for name in given["wanted"]}

    monkeypatch.setattr(coqrun, "status", status)
    return seen


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> Theorem:
    """G1 with a sign turned in what it asks, in the place of G1; its proof still goes through."""
    theorem = known("G1")
    (part,) = theorem.conclusions
    conditions = tuple(
        replace(c, rhs=c.rhs + sp.Integer(1)) if c.name == "η < 2/L" else c for c in part.conditions
    )
    other = replace(theorem, conclusions=(replace(part, conditions=conditions),))
    instead = tuple(other if t.id == "G1" else t for t in statements.THEOREMS)
    monkeypatch.setattr(statements, "THEOREMS", instead)
    monkeypatch.setattr(groups, "known", lambda name: other if name == "G1" else known(name))
    for function in (statements.generate, statements.stale, statements.parts):
        monkeypatch.setattr(function, "__defaults__", _with(function, instead))
    return other


def _with(function: Callable[..., Any], theorems: tuple[Theorem, ...]) -> tuple[Any, ...]:
    return (theorems, *(function.__defaults__ or ())[1:])


def test_the_statements_are_generated_and_not_read(asked: Asked, changed: Theorem) -> None:
    answers = coqasked.ask([changed])
    assert answers["G1"].status == "proved"
    (only,) = asked
    assert only["statements"] == statements.generate()
    assert only["statements"] != statements.FILE.read_text(encoding="utf-8")
    assert list(only["wanted"]) == ["G1"]


def test_a_changed_condition_with_a_stale_file_is_named_and_not_recorded(
    asked: Asked,
    changed: Theorem,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(standings, "FILE", tmp_path / "proved.json")
    assert command(["record"]) == 1
    said = capsys.readouterr().err
    assert "nothing is written: G1: proofs/coq/Statements.v does not say" in said
    assert not (tmp_path / "proved.json").exists()
    assert asked == []
    assert command(["check", "G1", "--coq", "--no-z3"]) == 0
    assert "G1: proofs/coq/Statements.v does not say" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed")
def test_coq_itself_refuses_a_sign_turned_in_a_formula() -> None:
    theorem = known("G1")
    (part,) = theorem.conclusions
    formula = replace(part.inequality, rhs=-part.inequality.rhs)
    turned = replace(theorem, conclusions=(replace(part, inequality=formula),))
    text = statements.generate(tuple(turned if t.id == "G1" else t for t in statements.THEOREMS))
    found = coqrun.status(wanted={"G1": coqasked.PROOFS["G1"]}, statements=text)
    assert found["G1"].status == "failed"


@pytest.mark.parametrize(
    ("verdict", "status", "said"), [("failed", 1, "no"), ("not run", 3, "coqc is not installed")]
)
def test_what_coq_did_not_prove_is_not_success(
    verdict: Any, status: int, said: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def answer(**given: Any) -> Mapping[str, CoqResult]:
        return {name: CoqResult(name, verdict, (), (), said) for name in given["wanted"]}

    monkeypatch.setattr(coqrun, "status", answer)
    assert command(["check", "G1", "--coq", "--no-z3"]) == status
    assert f"Coq, G1: {verdict}: {said}" in capsys.readouterr().err


def test_a_theorem_that_is_not_tied_is_not_coq_s(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    loose = tuple(s for s in statements.SETTINGS if s.theorem != "G2")
    monkeypatch.setattr(statements, "SETTINGS", loose)
    assert coqasked.ask([known("G2")])["G2"].status == "not tied"
    assert command(["check", "G2", "--coq", "--no-z3"]) == 1
    assert "Coq, G2: not tied: G2 has no Coq proof" not in capsys.readouterr().out
    assert coqasked.ask([known("C1")])["C1"].status == coqasked.NONE


def test_the_line_on_trust_counts_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = table.FOLDER
    kernel = table.reached(table.KERNEL)
    assert {f"kernel/{m}" for m in ("checker", "polynomial", "squares", "atoms")} <= kernel
    lines = sum(len((folder / f"{m}.py").read_text("utf-8").splitlines()) for m in kernel)
    assert f"the kernel ({lines} lines: " in table.trusted(False)[0]
    monkeypatch.setattr(table, "FOLDER", tmp_path)
    monkeypatch.setattr(table, "GRANTS", ())
    (tmp_path / "kernel").mkdir()
    (tmp_path / "script").mkdir()
    (tmp_path / "kernel/checker.py").write_text("from proofs.extra import f\nimport proofs.more\n")
    (tmp_path / "extra.py").write_text("from proofs.kernel import checker\nimport proofs.more\n\n")
    (tmp_path / "more.py").write_text("import sys\n")
    for name in ("grants", "facts"):
        (tmp_path / f"script/{name}.py").write_text("")
    assert table.reached(table.KERNEL) == {"kernel/checker", "extra", "more"}
    assert "the kernel (6 lines: extra, kernel/checker, more)" in table.trusted(False)[0]
