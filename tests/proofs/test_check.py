"""Every theorem is proved, from the very formulas that the monitor evaluates."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import sympy as sp
from typer.testing import CliRunner

from amverify.shown.latex import escaped
from amverify.theorems import theorem as find_theorem
from amverify.theorems.base import Inequality
from proofs.command import cli
from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Refused, var
from proofs.script.facts import REGISTRY
from proofs.script.multipliers import Undecided
from proofs.script.translate import polynomial, relation
from proofs.search import z3 as opinion
from proofs.search.multipliers import multipliers
from proofs.theorems import catalogue as groups
from proofs.theorems.catalogue import CHAINS, ORDER, known
from proofs.theorems.show import PREAMBLE, as_latex, as_text, reason
from proofs.theorems.typeset import typeset
from tests.support import pdflatex

RUNNER = CliRunner()

UNUSED = {
    ("T2z", "modulus"): "what “H convex and smooth everywhere” implies along e − p2Δ",
    ("T3z", "modulus"): "as T2z's",
    ("T3z", "a > 0"): "as T3's",
    ("TM", "s > 0"): "the step is a hypothesis of its own, and s > 0 what it can be for",
    ("TH", "s > 0"): "as TM's",
    ("TH", "a > 0"): "as T3's",
    ("TJ", "s > 0"): "as TM's",
    ("TJ", "s ≥ 1"): "says that the decrease is one, not that the inequality holds",
    ("T1p", "γ ≥ 0"): "the inequality holds for any sign of γ",
    ("T2", "falls at e = Δ"): "what the hypothesis “a weight exists” comes to on a run",
    ("T2", "falls at e = −Δ"): "as “falls at e = Δ”",
    ("T2z", "falls at e = Δ"): "as T2's",
    ("T2z", "falls at e = −Δ"): "as T2's",
    ("T3", "a > 0"): "says that the decrease is one, not that the inequality holds",
    ("T6", "θ < 1"): "the regimes say more of θ each",
    ("S1", "0 < α"): "the inequality holds for any sign",
    ("S4m", "0 ≤ β"): "“formula” holds for no other",
    ("S4", "α_max < 2/L"): "says that the decrease is one, not that the inequality holds",
    ("S6", "α_min ≤ α"): "says that the example is no cheat",
    ("S6", "α ≤ 1/L̄"): "as “α_min ≤ α”",
    ("TC", "KL along the run"): "what the hypothesis “KL” comes to at the points visited",
    ("G1", "η < 2/L"): "says that the decrease is one",
    ("G4", "β < 1"): "says that the decrease can be one",
    ("G4", "η ≤ 2(1 − β)/L"): "says that the decrease is one",
    ("G3", "s > 0"): "the proximal inequality is an assumption of its own",
}
"""Conditions that no step of the kernel uses as a formula, and why they are asked."""


def command(arguments: list[str]) -> int:
    """The exit status."""
    return cli.main(arguments)


@pytest.mark.parametrize("name", ORDER)
def test_every_theorem_is_proved(name: str) -> None:
    made = groups.prove(name)
    assert made.certificates > 0
    assert all(fact.text and fact.source for fact in made.facts)


def test_the_specification_s_theorems_are_all_there() -> None:
    wanted = [
        "T1",
        "T1p",
        "T2",
        "T2n",
        "T2z",
        "T3",
        "T3z",
        "TM",
        "TMG",
        "TMQ",
        "TH",
        "TJ",
        "T4",
        "T5",
        "T6",
        "C1",
        "S1",
        "S2",
        "S3",
        "S4",
        "S5",
        "S6",
        "G1",
        "G2",
        "G3",
    ]
    assert set(wanted) <= set(ORDER)


@pytest.mark.parametrize("name", ORDER)
def test_the_formula_proved_is_the_monitor_s_object(name: str) -> None:
    """Not an equal one: the same. Whoever edits one edits the other."""
    assert groups.prove(name).theorem is find_theorem(name)
    own = [part.inequality for part in find_theorem(name).conclusions]
    for chain in CHAINS:
        if chain.theorem.id == name:
            assert chain.theorem is find_theorem(name)
            assert all(any(end.inequality is x for x in own) for end in chain.conclusions)


@pytest.mark.parametrize("name", ORDER)
def test_an_edit_of_any_formula_is_noticed(name: str) -> None:
    """Each conclusion's right-hand side a little lower: the proof no longer reaches it."""
    theorem = known(name)
    for index, part in enumerate(theorem.conclusions):
        formula = part.inequality
        lower = replace(formula, rhs=formula.rhs - sp.Rational(1, 10**9))
        parts = list(theorem.conclusions)
        parts[index] = replace(part, inequality=lower)
        with pytest.raises(Refused):
            groups.prove(name, variant=replace(theorem, conclusions=tuple(parts)))


def _conditions_used(name: str) -> set[str]:
    made = groups.prove(name)
    lines = [line for found in made.parts.values() for line in found]
    return {line.name for line in lines if line.how == "condition"}


@pytest.mark.parametrize("name", ORDER)
def test_every_condition_is_used_or_said_why_not(name: str) -> None:
    asked = {c.name for part in known(name).conclusions for c in part.conditions}
    excused = {condition for theorem, condition in UNUSED if theorem == name}
    assert asked - _conditions_used(name) == excused


def test_facts_of_analysis_are_listed_and_cited() -> None:
    for entry in REGISTRY.values():
        assert entry.text
        assert entry.source


Obligations = tuple[tuple[str, tuple[Relation, ...], Relation], ...]


def _against(obligations: Obligations) -> tuple[str, ...]:
    said = opinion.ask(obligations)
    assert said is not None
    return said.against


def test_z3_agrees_where_it_can_say() -> None:
    pytest.importorskip("z3")
    made = groups.prove("T2")
    assert _against(made.obligations) == ()


def test_z3_disagrees_with_a_false_obligation() -> None:
    pytest.importorskip("z3")
    x = sp.Symbol("x", real=True)
    false = ("wrong", (Relation(polynomial(x), ">="),), Relation(polynomial(x - 1), ">="))
    assert _against((false,)) == ("wrong",)


def test_z3_not_installed_is_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "z3", None)
    out = tmp_path / "proofs.json"
    result = RUNNER.invoke(cli.app, ["check", "G1", "--json", str(out)])
    assert result.exit_code == 0
    (row,) = json.loads(out.read_text(encoding="utf-8"))
    assert (row["kernel"], row["z3"]) == ("proved", "not run")


def test_check_prints_a_line_for_each_and_writes_json(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "proofs.json"
    result = RUNNER.invoke(cli.app, ["check", "T1", "G1", "--no-z3", "--json", str(out)])
    assert result.exit_code == 0
    assert "2 of 2 proved" in result.output
    assert "to be trusted: the kernel (" in result.output
    rows = json.loads(out.read_text(encoding="utf-8"))
    assert [row["theorem"] for row in rows] == ["T1", "G1"]
    assert all(row["kernel"] == "proved" and row["z3"] == "not run" for row in rows)
    for row in rows:
        made = groups.prove(row["theorem"])
        assert row["rests on"] == dict(made.rests)
        assert row["not monitored"] == [said.text for said in made.theorem.unmonitored]


def test_an_open_theorem_is_an_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = RUNNER.invoke(cli.app, ["check", "T1", "--no-z3", "--certificates", str(tmp_path)])
    assert result.exit_code == 1
    assert "OPEN" in result.output
    assert "T1.json is missing" in result.output + capfd.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "T99"],
        ["show", "nonsense"],
        ["show", "K2"],
        ["chek"],
        ["--nonsense"],
        ["show"],
        ["certify", "x*x", "--degree", "one"],
        ["certify", "x*x +"],
        ["recheck", "nowhere.json"],
    ],
)
def test_what_a_user_gets_wrong_is_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1


def test_ctrl_c_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(groups, "prove", pressed)
    assert command(["show", "T1"]) == 130
    assert capsys.readouterr().err == "interrupted; what was finished is kept\n"


@pytest.mark.parametrize("name", ORDER)
def test_proofs_are_shown_as_text_and_latex(name: str) -> None:
    made = groups.prove(name)
    text, latex = as_text(made), as_latex(made)
    assert name in text
    for line in (line for part in made.parts.values() for line in part):
        assert f"{line.name}: {line.claim}" in text or line.claim == ""
        assert line.name in text
    assert text.endswith("accepted by proofs/kernel/checker.py")
    for leaf in made.leaves:
        assert f"[{leaf.reason}] {reason(leaf)}" in text
        assert all(h.name in reason(leaf) for h in leaf.licences)
    for said in made.theorem.unmonitored:
        assert said.text in text
    assert latex.count("\\begin{") == latex.count("\\end{") > 0
    summary, _, lines = latex.partition("line by line")
    assert escaped(made.theorem.statement) in summary
    assert made.theorem.latex.replace("\\allowbreak ", "")[:20] in summary
    assert "How it is known:" in summary
    assert lines.count("\\item") == sum(map(len, made.parts.values()))
    assert not re.search(r"_[0-9a-f]{4}_|ǂ", lines.replace("\\_", "_"))


@pdflatex.needed
@pytest.mark.parametrize("name", ["T2", "T5", "S8"])
def test_a_proof_in_latex_compiles_and_fits(name: str, tmp_path: Path) -> None:
    text = as_latex(groups.prove(name)).removeprefix(PREAMBLE).removesuffix("\\end{document}")
    packages = "\\usepackage{amsmath,amssymb}"
    assert pdflatex.faults(f"\\sloppy\\raggedright {text}", tmp_path, packages=packages) == []


def test_names_of_expressions_are_typeset() -> None:
    assert typeset("1/(t)·L·p2^2-_2207_f_5b_0_5d__j >= 0") == (
        r"\frac{1}{{t}}\,\allowbreak {L}\,\allowbreak {{p_{2}}}^{2}-\nabla {f}[0]_{j} \ge  0"
    )
    assert typeset("ǂ5bǂr1ǂ5dǂǂ5eǂǂ5bǂ1ǂ2dǂthetaǂ5dǂ^2").count("{}^{2}") == 1


def test_the_search_answers_undecided_where_nothing_divides() -> None:
    with pytest.raises(Undecided):
        multipliers(var("x"), [var("y")])


def test_inequalities_have_no_hidden_sign() -> None:
    """``lhs ≤ rhs`` becomes rhs − lhs ≥ 0, strict where it is."""
    x = sp.Symbol("x", real=True)
    assert relation(Inequality("a", x, sp.Integer(1))).kind == ">="
    assert relation(Inequality("a", x, sp.Integer(1), strict=True)).kind == ">"
