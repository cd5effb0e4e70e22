"""Coq: every theorem proved from a clean copy, nothing assumed but the reals' axioms.

Without coqc the tests that compile skip; what is said then, and how answers are read, is tested
everywhere.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from proofs.coq import run as coqrun
from proofs.coq.names import PROOFS, Proof
from proofs.coq.run import AXIOMS_OF_REALS, COQ, Compiler, answered, needed, questions, status
from proofs.coq.statements import THEOREMS, generate, stated
from tests.support.long import few

needs_coq = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed")


@needs_coq
def test_every_theorem_is_proved():
    found = status(statements=generate())
    assert {k: r.text for k, r in found.items() if r.status != "proved"} == {}
    assert list(found) == list(PROOFS)
    assert {axiom for result in found.values() for axiom in result.axioms} <= AXIOMS_OF_REALS
    assert "sig_forall_dec" in found["T2"].text
    for theorem in THEOREMS:
        for conclusion, names in stated(theorem).items():
            assert names or (theorem.id, conclusion) == ("T2n", "region")
            assert set(names) <= {proof.statement for proof in PROOFS[theorem.id]}


FALSE_STATEMENTS = {
    "T1, the sign of c turned": ("T1", "- (de * ((p1 * s) - p2))", "+ (de * ((p1 * s) - p2))"),
    "T2, the region's 2|c| halved": (
        "T2",
        "+ (2 * (Rabs ((p1 * s) - p2)))",
        "+ (Rabs ((p1 * s) - p2))",
    ),
    "T3 proximal, δ' ≤ γ": ("T3", "delta1 <= ((1 / 2) * gamma)", "delta1 <= gamma"),
    "T4, without M p2": ("T4", "(M * p2max)", "(0 * p2max)"),
    "T6, twice ν": ("T6", "((1 / 2) * a * ((2 * theta) - 1)", "(a * ((2 * theta) - 1)"),
    "S3, 0.9 of B²/2": ("S3", "((1 / 2) * (B ^ 2)", "((9 / 20) * (B ^ 2)"),
    "TC0, 0.9 of (Ψ⁰ − inf R)/a": (
        "TC0",
        "((psi0 - low) / a).",
        "((9 / 10) * (psi0 - low) / a).",
    ),
    "TK, without e⁰": ("TK", "(b2 * (start ^ 2) * (b1 + b2))", "0"),
    "TC, 0.9 of nλ": ("TC", "((1 / 2) * lam * n)", "((9 / 20) * lam * n)"),
    "G1, 0.9 of L/2": ("G1", "(((1 / 2) * L) - (/ eta))", "(((9 / 20) * L) - (/ eta))"),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All files, of which those are compiled that no statement of a theorem is in."""
    folder = tmp_path_factory.mktemp("coq")
    for file in ("_CoqProject", *coqrun.files_in_order(COQ)):
        shutil.copyfile(COQ / file, folder / file)
    Compiler("coqc", folder, 300.0).compile(untouched())
    return folder


def untouched() -> tuple[str, ...]:
    """The files of which no false statement is proved that do not depend on ``Statements.v``."""
    proofs = [p for name, *_ in FALSE_STATEMENTS.values() for p in PROOFS[name]]
    files = needed(COQ, [p.module for p in proofs if p.module not in NOT_TIED])
    return tuple(f for f in files if "Statements.v" not in needed(COQ, [f.removesuffix(".v")]))


NOT_TIED = ("Examples", "ConvergenceExamples", "ConvergenceNeeded", "LyapunovRun", "BlockRun",
            "Convergence", "Space")  # fmt: skip
"""What is proved besides the statements."""


@needs_coq
@pytest.mark.parametrize("case", few(FALSE_STATEMENTS))
def test_coq_refuses_a_false_statement(case, base, tmp_path):
    name, true, false = FALSE_STATEMENTS[case]
    text = generate()
    assert true in text
    folder = shutil.copytree(base, tmp_path / "coq")
    (folder / "Statements.v").write_text(text.replace(true, false), encoding="utf-8")
    proofs = [proof for proof in PROOFS[name] if proof.module not in NOT_TIED]
    compiler = Compiler("coqc", folder, 300.0)
    files = needed(folder, ["Statements", *(p.module for p in proofs)])
    compiler.compile(tuple(file for file in files if file not in untouched()))
    assert "Statements" not in compiler.faults
    assert any("line" in said and "Cannot find" not in said for _, said in compiler.faults.values())
    assert compiler.ask({name: proofs})[name].status == "failed"


def folder_with(tmp_path: Path, module: str) -> Path:
    (tmp_path / "_CoqProject").write_text("-Q . amverify\nStatements.v\nOwn.v\n")
    (tmp_path / "Statements.v").write_text("Definition x_stmt : Prop := True.\n")
    (tmp_path / "Own.v").write_text(module)
    return tmp_path


@needs_coq
@pytest.mark.parametrize(
    ("module", "verdict", "said"),
    [
        ("Theorem x : True. Proof. exact I. Qed.", "proved", "Closed under the global context"),
        ("Theorem x : True. Admitted.", "failed", "assumes what is not Coq's own: Own.x"),
        ("Axiom ours : True. Definition x := ours.", "failed", "Own.ours"),
        ("Module Classical_Prop. Axiom classic : True. End Classical_Prop.\n"
         "Definition x := Classical_Prop.classic.", "failed", "Own.Classical_Prop.classic"),
        ("Axiom y : False. Theorem x : True. Proof. exact (match y with end). Qed.", "failed", "y"),
        ("Definition x : 1 = 1 := eq_refl.", "failed", 'have type "Statements.x_stmt"'),
        ("Theorem y : True. Proof. exact I. Qed.", "failed", "Own.x"),
        ("Theorem x : True. Proof. exact 1. Qed.", "failed", "Own.v"),
        ("Module Statements. Definition x_stmt : Prop := True. End Statements.\n"
         "Theorem x : 1 = 1. Proof. reflexivity. Qed.", "failed", 'have type "Statements.x_stmt"'),
        ("Unset Guard Checking. Fixpoint f (n : nat) : True := f n. Definition x := f 0.",
         "failed", "Own.f"),
    ],
)  # fmt: skip
def test_what_counts_as_proved(tmp_path, module, verdict, said):
    wanted = {"X": (Proof("Own.x", "x_stmt"),)}
    found = status(folder_with(tmp_path, module), wanted=wanted)["X"]
    assert (found.status, found.proofs) == (verdict, ("Own.x",))
    assert said in found.text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["Own.v", "Statements.v", "_CoqProject"]


def test_without_coq_nothing_is_proved(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = status()
    assert {result.status for result in found.values()} == {"not run"}
    assert found["T2"].text == "coqc is not installed (Debian: apt install coq)"
    assert coqrun.main() == 1


def test_past_the_time_limit_nothing_is_proved():
    found = status(limit=0.0, coqc="/bin/true")
    assert {result.status for result in found.values()} == {"not run"}
    assert "time limit" in found["T5"].text


def test_a_compiler_that_cannot_be_started(tmp_path):
    found = status(coqc=str(tmp_path / "coqc"))
    assert {result.status for result in found.values()} == {"not run"}
    assert "cannot be run" in found["T1"].text


def test_a_compiler_that_says_nothing_proves_nothing():
    found = status(coqc="/bin/true")
    assert {result.status for result in found.values()} == {"failed"}
    assert "no list of axioms" in found["T6"].text


PROOF = (Proof("Own.x"),)
END = f"{coqrun.MARK} X\nx : True\n{coqrun.MARK} X\n"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (f"Closed under the global context\n{END}", "proved"),
        (f"Axioms:\nClassical_Prop.classic : forall P, P \\/ ~ P\n{END}", "proved"),
        (f"Axioms:\nOwn.classic : False\n{END}", "failed"),
        (f"Axioms:\nOwn.Classical_Prop.classic : False\n{END}", "failed"),
        (f"Axioms:\nClassical_Prop.classic\n  : True\nOwn.y : False\n{END}", "failed"),
        (f"Axioms:\n{END}", "failed"),
        (END, "failed"),
        ("Closed under the global context\n", "failed"),
        (f"{END}Closed under the global context\n", "failed"),
        (f"Closed under the global context\nAxioms:\nOwn.y : False\n{END}", "failed"),
        ("", "failed"),
    ],
)
def test_answers_are_read_strictly(answer, verdict):
    assert answered({"X": PROOF}, answer)["X"].status == verdict


def test_one_theorem_s_answer_is_not_another_s():
    wanted = {"X": PROOF, "Y": (Proof("Own.y"),)}
    closed, bad = "Closed under the global context\n", "Axioms:\nOwn.z : False\n"
    marks = [f"{coqrun.MARK} {name}\n" for name in ("X", "Y", "X", "Y")]

    def status_of(*parts: str) -> list[str]:
        text = "".join(part + mark for part, mark in zip(parts, marks, strict=False))
        return [result.status for result in answered(wanted, text).values()]

    assert status_of(closed, closed, "x", "y") == ["proved", "proved"]
    assert status_of(closed, bad, "x", "y") == ["proved", "failed"]
    assert status_of(bad, closed, "x", "y") == ["failed", "proved"]
    assert status_of(closed) == ["proved", "failed"]
    swapped = closed + marks[1] + closed + marks[0]
    assert [r.status for r in answered(wanted, swapped).values()] == ["failed", "failed"]


def test_assumptions_are_asked_for_before_anything_is_imported():
    wanted = {"X": (Proof("Own.x", "x_stmt"), Proof("Own.y")), "Y": (Proof("Own.z"),)}
    asked = questions(wanted).splitlines()
    assert asked[:4] == [
        "From amverify Require Own Statements.",
        "Definition tie_0_0 : amverify.Statements.x_stmt := amverify.Own.x.",
        "Definition together_0 := (tie_0_0, amverify.Own.y, tt).",
        "Print Assumptions together_0.",
    ]
    assert asked[5:7] == [
        "Definition together_1 := (amverify.Own.z, tt).", "Print Assumptions together_1."
    ]  # fmt: skip
    imports = [i for i, line in enumerate(asked) if "Import" in line]
    assert min(imports) > max(i for i, line in enumerate(asked) if line.startswith("Print"))
    assert [x for x in asked if "Check" in x] == [
        "Check (Own.x).",
        "Check (Own.y).",
        "Check (Own.z).",
    ]


def test_only_what_is_needed_is_compiled():
    assert needed(COQ, ["Norms"]) == ("Scalar.v", "Sums.v", "Norms.v")
    assert needed(COQ, ["Region"])[-2:] == ("Statements.v", "Region.v")
    assert set(needed(COQ, [p.module for ps in PROOFS.values() for p in ps])) == set(
        coqrun.files_in_order(COQ)
    )


def test_all_files_are_listed():
    assert {p.name for p in COQ.glob("*.v")} == set(coqrun.files_in_order(COQ))
