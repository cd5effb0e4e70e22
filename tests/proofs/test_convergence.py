"""Coq's abstract convergence theorem in Rⁿ: what it assumes, and that less is not enough.

Each hypothesis is weakened in the statement, its place kept, so that the proof fails where it needs
what is gone; that a > 0, the closed graph and KL *are* needed is proved in Coq itself.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from proofs.coq.names import CONVERGENCE, PROOFS, Proof
from proofs.coq.run import COQ, needed, questions, status
from tests.support.long import few

pytestmark = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed")

PROVED = {
    "ConvergenceStatements.v": ("Convergence.v", "LyapunovRun.v"),
    "BlockStatements.v": ("BlockRun.v",),
}

WEAKENED = {
    "H1 with a ≥ 0": ("  0 < a -> 0 <= b ->", "  0 <= a -> 0 <= b ->"),
    "TC: H1 with a ≥ 0": ("  0 < a -> 0 <= b1 ->", "  0 <= a -> 0 <= b1 ->"),
    "H1 without F": ("    F (x (S k)) + norm m (v (S k))", "    norm m (v (S k))"),
    "H2 with a residual that stays": (
        "(forall k, norm n (w (S (S k))) <= b *",
        "(forall k, norm n (w (S (S k))) <= b +",
    ),
    "H2 without ∂F": (
        "run_subgradient : forall k, dF (",
        "run_subgradient : forall k, dF zero zero \\/ dF (",
    ),
    "v does not follow the steps": (
        "norm m (v (S k)) <= c * norm n",
        "norm m (v (S k)) <= c + norm n",
    ),
    "the run may be unbounded": ("norm n (x k) <= M)", "norm n (x k) <= M * INR k)"),
    "F is not continuous along the run": (
        "    Un_cv (fun j => F (u (s j))) (F x).\n\n(** Σ",
        "    Un_cv (fun j => F (u (s j))) (F zero).\n\n(** Σ",
    ),
    "the graph is closed in another place": (
        "tends n w zero -> dF x zero",
        "tends n w zero -> dF (y 0%nat) zero",
    ),
    "KL from 0": ("    1 <= phi' (Psi y - Psi x)", "    0 <= phi' (Psi y - Psi x)"),
    "TC: KL from 0": ("    1 <= phi' (F y + norm", "    0 <= phi' (F y + norm"),
    "φ may jump at 0": ("0 <= y < del -> phi y < eps", "0 < y < del -> phi 0 < eps"),
    "φ convex": ("<= phi (x + tau * (y - x))", ">= phi (x + tau * (y - x))"),
    "half the path": ("E (S J) + E J / 2 + 2 * (b / a)", "E (S J) / 2 + E J / 2 + 2 * (b / a)"),
    "the limit is any point": (
        "summable E /\\ tends n x limit /\\",
        "summable E /\\ tends n x zero /\\",
    ),
}


WEAKENED_BLOCKS = {
    "TΨ: ϑ ≥ 0": (
        "  0 < theta -> 0 < alow -> 0 < low ->\n",
        "  0 <= theta -> 0 < alow -> 0 < low ->\n",
    ),
    "TΨ: no floor": ("low * e2 k i <= D (S k) i", "- low * e2 k i <= D (S k) i"),
    "TΨ: no ceiling": ("D (S k) i <= high * e2 k i", "D (S k) i <= high + e2 k i"),
    "TΨ: weights below 0": ("0 <= delta k i <= dhigh", "- dhigh <= delta k i <= dhigh"),
    "TΨ: the blocks are not all": (
        "sum B (e2 k) = norm n (diff (x (S k)) (x k)) ^ 2",
        "sum B (e2 k) <= norm n (diff (x (S k)) (x k)) ^ 2",
    ),
    "TΨ: displacements too short": ("(sqrt (dhigh * high))", "(sqrt (dhigh * high) / 2)"),
    "TK: b1 alone": ("(b1 + b2) * sqrt", "b1 * sqrt"),
    "TK: the first w may be large": (
        "<= b1 * norm n (diff (x 1%nat)",
        "<= b1 + norm n (diff (x 1%nat)",
    ),
    "TK: v⁰ is carried": ("  norm m (v 0%nat) = 0 ->", "  0 <= norm m (v 0%nat) ->"),
}

CASES = {
    **{name: ("ConvergenceStatements.v", *words) for name, words in WEAKENED.items()},
    **{name: ("BlockStatements.v", *words) for name, words in WEAKENED_BLOCKS.items()},
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the theorem, compiled once."""
    folder = tmp_path_factory.mktemp("coq")
    for file in needed(COQ, ["BlockRun"]):
        shutil.copyfile(COQ / file, folder / file)
        assert coqc(folder, file) == ""
    return folder


def coqc(folder: Path, file: str) -> str:
    """Nothing, or where Coq refuses the file and why."""
    done = subprocess.run(
        ["coqc", "-q", "-Q", ".", "amverify", file],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return "" if done.returncode == 0 else f"{done.stderr} "


@pytest.mark.parametrize("case", few(CASES))
def test_coq_refuses_a_weakened_hypothesis(compiled: Path, tmp_path: Path, case: str) -> None:
    file, true, weak = CASES[case]
    folder = shutil.copytree(compiled, tmp_path / "coq")
    text = (folder / file).read_text(encoding="utf-8")
    assert true in text
    (folder / file).write_text(text.replace(true, weak), encoding="utf-8")
    assert coqc(folder, file) == "", "the weakened statement is well formed"
    refused = next((said for proofs in PROVED[file] if (said := coqc(folder, proofs))), "")
    assert re.search(r'File "\./\w+\.v", line \d+', refused)
    assert "Syntax error" not in refused


def test_it_is_asked_for_with_the_theorems_on_the_whole_run() -> None:
    """``test_coq`` compiles it: every theorem, on the axioms of the reals alone."""
    assert set(CONVERGENCE) <= set(PROOFS["TC"])
    written = {p.written for name in ("TPsi", "TC0", "TK", "TC") for p in PROOFS[name]}
    for file in PROVED:
        text = (COQ / file).read_text(encoding="utf-8")
        said = re.findall(r"^Definition (\w+_stmt) ", text, re.MULTILINE)
        assert {f"{file.removesuffix('.v')}.{name}" for name in said} <= written


def test_the_statement_that_is_named_is_asked_for() -> None:
    asked = questions({"X": (Proof("Own.x", written="Said.x_stmt"),)}).splitlines()
    assert asked[0] == "From amverify Require Own Said Statements."
    assert asked[1] == "Definition tie_0_0 : amverify.Said.x_stmt := amverify.Own.x."


def test_a_theorem_of_another_type_is_refused(tmp_path: Path) -> None:
    (tmp_path / "_CoqProject").write_text("-Q . amverify\nStatements.v\nSaid.v\nOwn.v\n")
    (tmp_path / "Statements.v").write_text("")
    (tmp_path / "Said.v").write_text("Definition x_stmt : Prop := 1 = 1.\n")
    (tmp_path / "Own.v").write_text(
        "From amverify Require Import Said.\nTheorem x : True. Proof. exact I. Qed.\n"
    )
    wanted = {"X": (Proof("Own.x", written="Said.x_stmt"),)}
    found = status(tmp_path, wanted=wanted)["X"]
    assert found.status == "failed"
    assert "Said.x_stmt" in found.text


def test_no_file_of_it_admits_or_postulates() -> None:
    for file in {proof.name.partition(".")[0] for proof in CONVERGENCE} | {"Trapped"}:
        text = (COQ / f"{file}.v").read_text(encoding="utf-8")
        assert not re.search(r"\b(Admitted|Axiom|Parameter|Conjecture|admit)\b", text)
